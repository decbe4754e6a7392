// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "colour.h"
#include "text.h"

#define NS_PER_S   1000000000ull
#define DIGITS_MAX 20 /* of 64 bits, decimal */

static const char hex_digits[] = "0123456789abcdef";

/* "00" to "ff" */
#define HEX_ROW(h)                                                            \
	h "0", h "1", h "2", h "3", h "4", h "5", h "6", h "7", h "8", h "9", \
		h "a", h "b", h "c", h "d", h "e", h "f"
static const char hex_pairs[256][3] = {
	HEX_ROW("0"), HEX_ROW("1"), HEX_ROW("2"), HEX_ROW("3"),
	HEX_ROW("4"), HEX_ROW("5"), HEX_ROW("6"), HEX_ROW("7"),
	HEX_ROW("8"), HEX_ROW("9"), HEX_ROW("a"), HEX_ROW("b"),
	HEX_ROW("c"), HEX_ROW("d"), HEX_ROW("e"), HEX_ROW("f"),
};

struct text *text_new(int fd)
{
	struct text *text = malloc(sizeof(*text));

	if (!text)
		return NULL;
	text->fd = fd;
	text->used = 0;
	text->failed = 0;
	text->colour = false;
	return text;
}

void text_free(struct text *text)
{
	free(text);
}

bool text_flush(struct text *text)
{
	size_t done = 0;

	while (!text->failed && done < text->used) {
		ssize_t n =
			write(text->fd, text->buf + done, text->used - done);

		if (n > 0)
			done += n;
		else if (!n || errno != EINTR)
			text->failed = n ? errno : EIO;
	}
	text->used = 0;
	return !text->failed;
}

int text_status(const struct text *text)
{
	if (!text->failed || text->failed == EPIPE)
		return CMD_OK;
	fprintf(stderr, "collect: cannot write to standard output: %s\n",
		strerror(text->failed));
	return CMD_FAILED;
}

char *text_room(struct text *text, size_t n)
{
	if (TEXT_BYTES - text->used < n)
		text_flush(text);
	return text->buf + text->used;
}

void text_char(struct text *text, char c)
{
	*text_room(text, 1) = c;
	text->used++;
}

void text_bytes(struct text *text, const char *bytes, size_t n)
{
	while (n) {
		size_t piece = n < TEXT_BYTES ? n : TEXT_BYTES;

		memcpy(text_room(text, piece), bytes, piece);
		text->used += piece;
		bytes += piece;
		n -= piece;
	}
}

void text_string(struct text *text, const char *string)
{
	text_bytes(text, string, strlen(string));
}

void text_colour(struct text *text, const char *colour)
{
	if (text->colour && colour)
		text_string(text, colour);
}

void text_coloured(struct text *text, const char *colour, const char *string)
{
	text_colour(text, colour);
	text_string(text, string);
	text_colour(text, colour ? COLOUR_OFF : NULL);
}

/* Decimal digits of @v before @end; where they begin. */
static char *format_u64(char *end, uint64_t v)
{
	static const char pairs[] = "0001020304050607080910111213141516171819"
				    "2021222324252627282930313233343536373839"
				    "4041424344454647484950515253545556575859"
				    "6061626364656667686970717273747576777879"
				    "8081828384858687888990919293949596979899";

	for (; v >= 100; v /= 100) {
		end -= 2;
		memcpy(end, pairs + v % 100 * 2, 2);
	}
	if (v >= 10) {
		end -= 2;
		memcpy(end, pairs + v * 2, 2);
		return end;
	}
	*--end = '0' + v;
	return end;
}

char *text_put_u64(char *p, uint64_t v)
{
	char digits[DIGITS_MAX];
	char *end = digits + sizeof(digits);
	char *start;

	if (v < 10) {
		*p = '0' + v;
		return p + 1;
	}
	start = format_u64(end, v);
	memcpy(p, start, end - start);
	return p + (end - start);
}

char *text_put_s64(char *p, int64_t v)
{
	if (v < 0)
		*p++ = '-';
	return text_put_u64(p, v < 0 ? -(uint64_t)v : (uint64_t)v);
}

char *text_put_hex(char *p, uint64_t v)
{
	unsigned int n = (63 - __builtin_clzll(v | 1)) / 4 + 1;

	*p++ = '0';
	*p++ = 'x';
	if (n & 1)
		*p++ = hex_digits[v >> (n - 1) * 4];
	for (n &= ~1u; n; n -= 2) {
		memcpy(p, hex_pairs[v >> (n - 2) * 4 & 0xff], 2);
		p += 2;
	}
	return p;
}

char *text_put_seconds(char *p, uint64_t ns)
{
	p = text_put_u64(p, ns / NS_PER_S);
	/* A leading one keeps the zeros; the point takes its place. */
	format_u64(p + 10, NS_PER_S + ns % NS_PER_S);
	*p = '.';
	return p + 10;
}

void text_u64(struct text *text, uint64_t v)
{
	text_commit(text, text_put_u64(text_room(text, DIGITS_MAX), v));
}

void text_s64(struct text *text, int64_t v)
{
	text_commit(text, text_put_s64(text_room(text, DIGITS_MAX + 1), v));
}

void text_hex(struct text *text, uint64_t v)
{
	text_commit(text, text_put_hex(text_room(text, 2 + 16), v));
}

void text_hex_bytes(struct text *text, const uint8_t *bytes, size_t n)
{
	for (; n--; bytes++) {
		char *p = text_room(text, 2);

		p[0] = hex_digits[*bytes >> 4];
		p[1] = hex_digits[*bytes & 15];
		text->used += 2;
	}
}

void text_seconds(struct text *text, uint64_t ns)
{
	text_commit(text,
		    text_put_seconds(text_room(text, DIGITS_MAX + 10), ns));
}

static bool is_plain(uint8_t c)
{
	return c >= ' ' && c < 0x7f && c != '\\';
}

static char *put_escape(char *p, uint8_t c)
{
	p[0] = '\\';
	p[1] = 'x';
	p[2] = hex_digits[c >> 4];
	p[3] = hex_digits[c & 15];
	return p + 4;
}

char *text_put_word(char *p, const char *word)
{
	for (; *word; word++) {
		if (is_plain(*word) && *word != ' ')
			*p++ = *word;
		else
			p = put_escape(p, *word);
	}
	return p;
}

void text_escaped(struct text *text, const uint8_t *bytes, size_t n,
		  const char *except)
{
	while (n) {
		size_t piece = n < TEXT_BYTES / 8 ? n : TEXT_BYTES / 8;
		char *p = text_room(text, piece * 4);

		n -= piece;
		for (; piece--; bytes++) {
			if (is_plain(*bytes) &&
			    !(*except && strchr(except, *bytes)))
				*p++ = *bytes;
			else
				p = put_escape(p, *bytes);
		}
		text_commit(text, p);
	}
}

void text_quoted(struct text *text, const uint8_t *bytes, size_t n)
{
	text_char(text, '"');
	text_escaped(text, bytes, n, "\"");
	text_char(text, '"');
}

void text_word(struct text *text, const char *word)
{
	text_escaped(text, (const uint8_t *)word, strlen(word), " ");
}

/* Bytes of the well-formed UTF-8 character at @at, or 0. */
static size_t utf8_bytes(const uint8_t *at, size_t n)
{
	/* Of the byte behind the first one: neither too long nor a surrogate. */
	uint8_t from = *at == 0xe0 ? 0xa0 : *at == 0xf0 ? 0x90 : 0x80;
	uint8_t to = *at == 0xed ? 0x9f : *at == 0xf4 ? 0x8f : 0xbf;
	size_t bytes = *at < 0xc2 ? 0 :
		       *at < 0xe0 ? 2 :
		       *at < 0xf0 ? 3 :
		       *at < 0xf5 ? 4 :
				    0;

	if (!bytes || bytes > n || at[1] < from || at[1] > to)
		return 0;
	for (size_t i = 2; i < bytes; i++)
		if (at[i] < 0x80 || at[i] > 0xbf)
			return 0;
	return bytes;
}

char *text_put_json(char *p, const uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint8_t c = bytes[i];
		size_t more = c < 0x80 ? 0 : utf8_bytes(bytes + i, n - i);

		if (more) {
			memcpy(p, bytes + i, more);
			p += more;
			i += more - 1;
			continue;
		}
		if (c == '"' || c == '\\')
			*p++ = '\\';
		if (c >= ' ' && c < 0x7f) {
			*p++ = c;
			continue;
		}
		memcpy(p, "\\u00", 4);
		memcpy(p + 4, hex_pairs[c], 2);
		p += 6;
	}
	return p;
}

void text_json_bytes(struct text *text, const uint8_t *bytes, size_t n)
{
	text_char(text, '"');
	while (n) {
		size_t piece = n < TEXT_BYTES / 16 ? n : TEXT_BYTES / 16;

		/* A character, of up to four bytes, isn't torn apart. */
		for (int i = 0; i < 3 && piece < n; i++)
			if ((bytes[piece] & 0xc0) == 0x80)
				piece--;
		text_commit(text, text_put_json(text_room(text, piece * 6),
						bytes, piece));
		bytes += piece;
		n -= piece;
	}
	text_char(text, '"');
}

void text_json(struct text *text, const char *string)
{
	text_json_bytes(text, (const uint8_t *)string, strlen(string));
}

void text_printf(struct text *text, const char *format, ...)
{
	char piece[1024];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(piece, sizeof(piece), format, args);
	va_end(args);
	if (n > 0)
		text_bytes(text, piece,
			   (size_t)n < sizeof(piece) ? (size_t)n :
						       sizeof(piece) - 1);
}
