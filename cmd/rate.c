// SPDX-License-Identifier: GPL-2.0-only
#include <langinfo.h>
#include <locale.h>
#include <string.h>

#include "json.h"
#include "rate.h"

#define LEVELS 8

void rate_init(struct rate *rate, uint64_t start_ns, uint64_t end_ns)
{
	uint64_t ns = end_ns > start_ns ? end_ns - start_ns : 0;

	*rate = (struct rate){
		.start_ns = start_ns,
		.bucket_ns = ns / RATE_BUCKETS + 1,
	};
}

uint32_t rate_bucket(const struct rate *rate, uint64_t time_ns)
{
	uint64_t at;

	if (time_ns <= rate->start_ns)
		return 0;
	at = (time_ns - rate->start_ns) / rate->bucket_ns;
	return at < RATE_BUCKETS ? at : RATE_BUCKETS - 1;
}

void rate_add(struct rate *rate, const uint64_t *time_ns, uint32_t nr)
{
	uint64_t from = 0, width = 0; /* of the bucket that was hit last */
	uint32_t at = 0;

	for (uint32_t i = 0; i < nr; i++) {
		if (time_ns[i] - from >= width) {
			at = rate_bucket(rate, time_ns[i]);
			from = rate->start_ns + at * rate->bucket_ns;
			width = rate->bucket_ns;
		}
		rate->n[at]++;
	}
}

uint64_t rate_most(const struct rate *rate)
{
	uint64_t most = 0;

	for (uint32_t i = 0; i < RATE_BUCKETS; i++)
		most = rate->n[i] > most ? rate->n[i] : most;
	return most;
}

static bool is_utf8(void)
{
	static int known; /* 0: not yet */
	locale_t locale;

	if (known)
		return known > 0;
	locale = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
	known = locale && !strcmp(nl_langinfo_l(CODESET, locale), "UTF-8") ? 1 :
									     -1;
	if (locale)
		freelocale(locale);
	return known > 0;
}

void rate_spark(struct text *out, const struct rate *rate)
{
	static const char *const blocks[LEVELS] = { "▁", "▂", "▃", "▄",
						    "▅", "▆", "▇", "█" };
	static const char *const signs[LEVELS] = { ".", ",", ":", "-",
						   "=", "+", "*", "#" };
	const char *const *levels = is_utf8() ? blocks : signs;
	uint64_t most = rate_most(rate);

	for (uint32_t i = 0; i < RATE_BUCKETS; i++) {
		/* The least that isn't none is to be seen, too. */
		unsigned int level = most ? (unsigned __int128)rate->n[i] *
						     (LEVELS - 1) / most :
					    0;

		text_string(out, rate->n[i] ? levels[level] : " ");
	}
}

void rate_json(struct text *out, const struct rate *rate)
{
	bool first = true;

	text_char(out, '{');
	json_u64(out, &first, "start_ns", rate->start_ns);
	json_u64(out, &first, "bucket_ns", rate->bucket_ns);
	json_key(out, &first, "counts");
	for (uint32_t i = 0; i < RATE_BUCKETS; i++) {
		text_char(out, i ? ',' : '[');
		text_u64(out, rate->n[i]);
	}
	text_string(out, "]}");
}
