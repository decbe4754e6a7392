// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "units.h"

#define SECOND_NS 1000000000ull

/* A number as whole part and fraction, of which nine digits count. */
struct decimal {
	uint64_t whole;
	uint64_t nanos;
};

struct unit {
	const char *name;
	uint64_t factor;
};

static const struct unit times[] = {
	{ "ns", 1 },	    { "us", 1000 },	     { "ms", 1000000 },
	{ "s", SECOND_NS }, { "m", 60 * SECOND_NS }, { "h", 3600 * SECOND_NS },
};

static bool is_digit(char c)
{
	return isdigit((unsigned char)c);
}

/* Moves @at behind it. */
static int parse_decimal(const char **at, struct decimal *number)
{
	uint64_t worth = SECOND_NS;
	const char *text = *at;

	*number = (struct decimal){ 0 };
	if (!is_digit(*text))
		return -EINVAL;
	for (; is_digit(*text); text++)
		if (__builtin_mul_overflow(number->whole, 10u,
					   &number->whole) ||
		    __builtin_add_overflow(number->whole, *text - '0',
					   &number->whole))
			return -ERANGE;
	if (*text == '.') {
		text++;
		if (!is_digit(*text))
			return -EINVAL;
		for (; is_digit(*text); text++) {
			worth /= 10;
			number->nanos += (*text - '0') * worth;
		}
	}
	*at = text;
	return 0;
}

static int scale(const struct decimal *number, uint64_t factor, uint64_t *out)
{
	uint64_t whole;
	/* Both factors are below 2^50: 128 bits are enough. */
	unsigned __int128 rest =
		(unsigned __int128)number->nanos * factor / SECOND_NS;

	if (__builtin_mul_overflow(number->whole, factor, &whole) ||
	    __builtin_add_overflow(whole, (uint64_t)rest, out))
		return -ERANGE;
	return 0;
}

static uint64_t size_factor(const char *unit)
{
	static const char letters[] = "KMGT";
	const char *letter;
	uint64_t factor = 1;

	if (!*unit || !strcmp(unit, "B"))
		return 1;
	letter = strchr(letters, toupper((unsigned char)*unit));
	if (!letter ||
	    (unit[1] && strcmp(unit + 1, "B") && strcmp(unit + 1, "iB")))
		return 0;
	for (const char *at = letters; at <= letter; at++)
		factor *= 1024;
	return factor;
}

static uint64_t time_factor(const char *unit, uint64_t bare_ns)
{
	if (!*unit)
		return bare_ns;
	for (size_t i = 0; i < sizeof(times) / sizeof(*times); i++)
		if (!strcasecmp(unit, times[i].name))
			return times[i].factor;
	return 0;
}

int units_size(const char *text, uint64_t *bytes)
{
	struct decimal number;
	int err = parse_decimal(&text, &number);
	uint64_t factor = size_factor(text);

	if (!err && !factor)
		err = -EINVAL;
	return err ? err : scale(&number, factor, bytes);
}

int units_time(const char *text, uint64_t bare_ns, uint64_t *ns)
{
	struct decimal number;
	int err = parse_decimal(&text, &number);
	uint64_t factor = time_factor(text, bare_ns);

	if (!err && !factor)
		err = -EINVAL;
	return err ? err : scale(&number, factor, ns);
}
