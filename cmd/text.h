/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * text - quick output: numbers and strings into a big buffer, without printf
 */
#ifndef TEXT_H
#define TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TEXT_BYTES (256u << 10)

struct text {
	int fd;
	size_t used;
	int failed;  /* errno of the first failed write */
	bool colour; /* text_colour() does something; not by itself */
	char buf[TEXT_BYTES];
};

/* NULL without memory. */
struct text *text_new(int fd);
void text_free(struct text *text);

/* Writes out what is there; false after a failure, with text->failed. */
bool text_flush(struct text *text);
/*
 * The exit status after the last flush: a reader that went away (EPIPE) isn't a
 * failure; others are, with a message.
 */
int text_status(const struct text *text);

/*
 * For pieces of known length: room for @n bytes (less than half the buffer), to
 * be written by text_put_*(), which return where they ended, and committed.
 */
char *text_room(struct text *text, size_t n);
static inline void text_commit(struct text *text, const char *end)
{
	text->used = end - text->buf;
}
char *text_put_u64(char *p, uint64_t v); /* at most 20 bytes */
char *text_put_s64(char *p, int64_t v);
char *text_put_hex(char *p, uint64_t v);	/* at most 18 bytes */
char *text_put_seconds(char *p, uint64_t ns);	/* at most 21 bytes */
char *text_put_word(char *p, const char *word); /* four for a byte at most */
/* Without its quotes; six for a byte at most. */
char *text_put_json(char *p, const uint8_t *bytes, size_t n);

void text_char(struct text *text, char c);
void text_bytes(struct text *text, const char *bytes, size_t n);
void text_string(struct text *text, const char *string);
void text_u64(struct text *text, uint64_t v);
void text_s64(struct text *text, int64_t v);
void text_hex(struct text *text, uint64_t v); /* with 0x */
void text_hex_bytes(struct text *text, const uint8_t *bytes, size_t n);
/* Where colours are on: one of colour.h's from here on, or for a string; NULL: none. */
void text_colour(struct text *text, const char *colour);
void text_coloured(struct text *text, const char *colour, const char *string);
/* Seconds with nine decimals. */
void text_seconds(struct text *text, uint64_t ns);

/*
 * Printable ASCII as it is; other bytes, the backslash and those in @except as
 * \xNN.
 */
void text_escaped(struct text *text, const uint8_t *bytes, size_t n,
		  const char *except);
/* In double quotes, escaped; "" where there are no bytes. */
void text_quoted(struct text *text, const uint8_t *bytes, size_t n);
/* A word that has no blanks: escaped. */
void text_word(struct text *text, const char *word);
/*
 * A JSON string. UTF-8 stays as it is; a byte beyond ASCII that isn't UTF-8 becomes
 * the character of its number.
 */
void text_json(struct text *text, const char *string);
void text_json_bytes(struct text *text, const uint8_t *bytes, size_t n);

/* A formatted piece of less than 1 KiB, where speed doesn't matter. */
__attribute__((format(printf, 2, 3))) void text_printf(struct text *text,
						       const char *format, ...);

#endif /* TEXT_H */
