// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "text.h"

#define NS_PER_S   1000000000ull
#define DIGITS_MAX 20 /* of 64 bits, decimal */

static const char hex_digits[] = "0123456789abcdef";

struct text *text_new(int fd)
{
	struct text *text = malloc(sizeof(*text));

	if (!text)
		return NULL;
	text->fd = fd;
	text->used = 0;
	text->failed = 0;
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

/* Room for @n bytes, much less than the buffer. */
static char *text_reserve(struct text *text, size_t n)
{
	if (TEXT_BYTES - text->used < n)
		text_flush(text);
	return text->buf + text->used;
}

void text_char(struct text *text, char c)
{
	*text_reserve(text, 1) = c;
	text->used++;
}

void text_bytes(struct text *text, const char *bytes, size_t n)
{
	while (n) {
		size_t piece = n < TEXT_BYTES ? n : TEXT_BYTES;

		memcpy(text_reserve(text, piece), bytes, piece);
		text->used += piece;
		bytes += piece;
		n -= piece;
	}
}

void text_string(struct text *text, const char *string)
{
	text_bytes(text, string, strlen(string));
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

void text_u64(struct text *text, uint64_t v)
{
	char digits[DIGITS_MAX];
	char *end = digits + sizeof(digits);
	char *start = format_u64(end, v);

	memcpy(text_reserve(text, DIGITS_MAX), start, end - start);
	text->used += end - start;
}

void text_s64(struct text *text, int64_t v)
{
	if (v < 0)
		text_char(text, '-');
	text_u64(text, v < 0 ? -(uint64_t)v : (uint64_t)v);
}

void text_hex(struct text *text, uint64_t v)
{
	unsigned int n = (63 - __builtin_clzll(v | 1)) / 4 + 1;
	char *p = text_reserve(text, 2 + 16);

	*p++ = '0';
	*p++ = 'x';
	for (unsigned int i = n; i-- > 0;)
		*p++ = hex_digits[v >> i * 4 & 15];
	text->used += n + 2;
}

void text_hex_bytes(struct text *text, const uint8_t *bytes, size_t n)
{
	for (; n--; bytes++) {
		char *p = text_reserve(text, 2);

		p[0] = hex_digits[*bytes >> 4];
		p[1] = hex_digits[*bytes & 15];
		text->used += 2;
	}
}

void text_seconds(struct text *text, uint64_t ns)
{
	char *p;

	text_u64(text, ns / NS_PER_S);
	p = text_reserve(text, 10);
	/* A leading one keeps the zeros; the point takes its place. */
	format_u64(p + 10, NS_PER_S + ns % NS_PER_S);
	*p = '.';
	text->used += 10;
}

void text_escaped(struct text *text, const uint8_t *bytes, size_t n,
		  const char *except)
{
	for (; n--; bytes++) {
		char *p = text_reserve(text, 4);

		if (*bytes >= ' ' && *bytes < 0x7f && *bytes != '\\' &&
		    !strchr(except, *bytes)) {
			*p = *bytes;
			text->used++;
			continue;
		}
		p[0] = '\\';
		p[1] = 'x';
		p[2] = hex_digits[*bytes >> 4];
		p[3] = hex_digits[*bytes & 15];
		text->used += 4;
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

void text_json(struct text *text, const char *string)
{
	text_char(text, '"');
	for (; *string; string++) {
		uint8_t c = *string;

		if (c == '"' || c == '\\')
			text_char(text, '\\');
		if (c >= ' ' && c < 0x7f) {
			text_char(text, c);
			continue;
		}
		text_string(text, "\\u00");
		text_char(text, hex_digits[c >> 4]);
		text_char(text, hex_digits[c & 15]);
	}
	text_char(text, '"');
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
