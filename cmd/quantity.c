// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "quantity.h"

const char *quantity_count(uint64_t number, char text[QUANTITY_TEXT])
{
	char *at = text + QUANTITY_TEXT - 1;
	int digits = 0;

	*at = '\0';
	do {
		if (digits && digits % 3 == 0)
			*--at = ',';
		*--at = '0' + number % 10;
		number /= 10;
		digits++;
	} while (number);
	memmove(text, at, strlen(at) + 1);
	return text;
}

/* Three figures, whatever the unit. */
static const char *figures(double value, const char *unit,
			   char text[QUANTITY_TEXT])
{
	int decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;

	snprintf(text, QUANTITY_TEXT, "%.*f%s", decimals, value, unit);
	return text;
}

const char *quantity_time(uint64_t ns, char text[QUANTITY_TEXT])
{
	if (ns < 1000) {
		snprintf(text, QUANTITY_TEXT, "%" PRIu64 "ns", ns);
		return text;
	}
	if (ns < 999500)
		return figures(ns / 1e3, "us", text);
	if (ns < 999500000)
		return figures(ns / 1e6, "ms", text);
	if (ns < 7200 * 1000000000ull)
		return figures(ns / 1e9, "s", text);
	return figures(ns / 3.6e12, "h", text);
}

const char *quantity_bytes(double bytes, char text[QUANTITY_TEXT])
{
	static const char *const units[] = { "B",   "KiB", "MiB", "GiB",
					     "TiB", "PiB", "EiB" };
	int unit = 0;

	while (bytes >= 1023.95 && unit < 6) {
		bytes /= 1024;
		unit++;
	}
	snprintf(text, QUANTITY_TEXT, "%.*f%s", unit ? 1 : 0, bytes,
		 units[unit]);
	return text;
}

const char *quantity_rate(double rate, char text[QUANTITY_TEXT])
{
	if (rate >= 9.95)
		return quantity_count(rate + 0.5, text);
	snprintf(text, QUANTITY_TEXT, "%.*f",
		 !rate	      ? 0 :
		 rate < 0.995 ? 2 :
				1,
		 rate);
	return text;
}
