// SPDX-License-Identifier: GPL-2.0-only
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "json.h"
#include "webtext.h"

#define EXACT_MAX (UINT64_C(1) << 53) /* of a number in JavaScript */

/* How many bytes the character at @p has; 0: it isn't UTF-8. */
static size_t decode(const uint8_t *p, size_t n, uint32_t *c)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t bytes = *p < 0x80	   ? 1 :
		       (*p & 0xe0) == 0xc0 ? 2 :
		       (*p & 0xf0) == 0xe0 ? 3 :
		       (*p & 0xf8) == 0xf0 ? 4 :
					     0;

	if (!bytes || bytes > n)
		return 0;
	*c = bytes == 1 ? *p : *p & (0x7f >> bytes);
	for (size_t i = 1; i < bytes; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		*c = *c << 6 | (p[i] & 0x3f);
	}
	if (*c < least[bytes] || *c > 0x10ffff || (*c & ~0x7ffu) == 0xd800)
		return 0;
	return bytes;
}

/* Has no shape of its own, or changes that of others. */
static bool is_unseen(uint32_t c)
{
	return c < ' ' || (c >= 0x7f && c < 0xa0) || c == 0xad || c == 0x61c ||
	       (c >= 0x180b && c <= 0x180f) || (c >= 0x200b && c <= 0x200f) ||
	       (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) ||
	       (c >= 0xfe00 && c <= 0xfe0f) || c == 0xfeff ||
	       (c >= 0xfff0 && c <= 0xfffb) || c >= 0xe0000;
}

static void put_unseen(struct text *out, uint32_t c)
{
	if (c == '\n' || c == '\t')
		text_string(out, c == '\n' ? "\\\\n" : "\\\\t");
	else if (c <= 0xffff)
		text_printf(out, "\\\\u%04x", c);
	else
		text_printf(out, "\\\\U%08x", c);
}

/* One that may stand in HTML and in JSON. */
static void put(struct text *out, const uint8_t *p, size_t bytes, uint32_t c)
{
	if (is_unseen(c))
		put_unseen(out, c);
	else if (c == '"' || c == '\\' || c == '<' || c == '>' || c == '&')
		text_printf(out, "\\u%04x", c);
	else
		text_bytes(out, (const char *)p, bytes);
}

void webtext_bytes(struct text *out, const char *bytes, size_t n)
{
	const uint8_t *p = (const uint8_t *)bytes;
	const uint8_t *end = p + strnlen(bytes, n);
	const uint8_t *stop = end - p > WEBTEXT_BYTES ? p + WEBTEXT_BYTES : end;

	text_char(out, '"');
	while (p < stop) {
		uint32_t c;
		size_t took = decode(p, end - p, &c);

		if (took) {
			put(out, p, took, c);
			p += took;
		} else {
			text_printf(out, "\\\\x%02x", *p++);
		}
	}
	text_string(out, p < end ? "...\"" : "\"");
}

void webtext(struct text *out, const char *string)
{
	webtext_bytes(out, string, strlen(string));
}

void webtext_u64(struct text *out, uint64_t v)
{
	text_string(out, v > EXACT_MAX ? "\"" : "");
	text_u64(out, v);
	text_string(out, v > EXACT_MAX ? "\"" : "");
}

void webtext_comma(struct text *out, bool *first)
{
	text_string(out, *first ? "" : ",");
	*first = false;
}

void webtext_member(struct text *out, bool *first, const char *key,
		    const char *v)
{
	json_key(out, first, key);
	webtext(out, v);
}

void webtext_member_u64(struct text *out, bool *first, const char *key,
			uint64_t v)
{
	json_key(out, first, key);
	webtext_u64(out, v);
}
