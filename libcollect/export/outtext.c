// SPDX-License-Identifier: GPL-2.0-only
/* outtext.c - numbers and strings of text formats; see outfile.h */
#include "outfile.h"
#include "utf8.h"

static const char hex_digits[] = "0123456789abcdef";

char *kpc_put_u64(char *p, uint64_t v)
{
	char digits[20];
	char *at = digits + sizeof(digits);
	size_t n;

	do
		*--at = '0' + v % 10;
	while (v /= 10);
	n = digits + sizeof(digits) - at;
	memcpy(p, at, n);
	return p + n;
}

char *kpc_put_s64(char *p, int64_t v)
{
	if (v < 0)
		*p++ = '-';
	return kpc_put_u64(p, v < 0 ? -(uint64_t)v : (uint64_t)v);
}

char *kpc_put_hex(char *p, uint64_t v)
{
	int shift = (63 - __builtin_clzll(v | 1)) & ~3;

	*p++ = '0';
	*p++ = 'x';
	for (; shift >= 0; shift -= 4)
		*p++ = hex_digits[v >> shift & 15];
	return p;
}

void kpc_outfile_char(struct kpc_outfile *out, char c)
{
	*kpc_outfile_room(out, 1) = c;
	out->used++;
}

void kpc_outfile_text(struct kpc_outfile *out, const char *text)
{
	kpc_outfile_write(out, text, strlen(text));
}

void kpc_outfile_u64(struct kpc_outfile *out, uint64_t v)
{
	kpc_outfile_commit(out, kpc_put_u64(kpc_outfile_room(out, 20), v));
}

void kpc_outfile_s64(struct kpc_outfile *out, int64_t v)
{
	kpc_outfile_commit(out, kpc_put_s64(kpc_outfile_room(out, 20), v));
}

void kpc_outfile_hex(struct kpc_outfile *out, uint64_t v)
{
	kpc_outfile_commit(out, kpc_put_hex(kpc_outfile_room(out, 18), v));
}

void kpc_outfile_hex_bytes(struct kpc_outfile *out, const uint8_t *bytes,
			   size_t n)
{
	for (; n--; bytes++) {
		char *p = kpc_outfile_room(out, 2);

		p[0] = hex_digits[*bytes >> 4];
		p[1] = hex_digits[*bytes & 15];
		out->used += 2;
	}
}

static char *put_escape(char *p, uint8_t c)
{
	memcpy(p, "\\u00", 4);
	p[4] = hex_digits[c >> 4];
	p[5] = hex_digits[c & 15];
	return p + 6;
}

/* Bytes in front that are written as they are. */
static size_t plain_bytes(const uint8_t *at, size_t n)
{
	size_t bytes = 0;

	while (bytes < n && at[bytes] >= ' ' && at[bytes] < 0x7f &&
	       at[bytes] != '"' && at[bytes] != '\\')
		bytes++;
	return bytes;
}

void kpc_outfile_json_part(struct kpc_outfile *out, const void *data, size_t n)
{
	const uint8_t *at = data;

	while (n) {
		size_t bytes = plain_bytes(at, n);
		char *p;

		kpc_outfile_write(out, at, bytes);
		at += bytes;
		n -= bytes;
		if (!n)
			return;
		p = kpc_outfile_room(out, 6);
		bytes = kpc_utf8_bytes(at, n);
		if (bytes > 1) {
			memcpy(p, at, bytes);
			p += bytes;
		} else if (*at == '"' || *at == '\\') {
			*p++ = '\\';
			*p++ = *at;
		} else {
			p = put_escape(p, *at);
		}
		kpc_outfile_commit(out, p);
		bytes += !bytes;
		at += bytes;
		n -= bytes;
	}
}

void kpc_outfile_json(struct kpc_outfile *out, const void *data, size_t n)
{
	kpc_outfile_char(out, '"');
	kpc_outfile_json_part(out, data, n);
	kpc_outfile_char(out, '"');
}
