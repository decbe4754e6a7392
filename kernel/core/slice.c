// SPDX-License-Identifier: GPL-2.0-only
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "slice.h"

struct kpx_slice kpx_slice_sub(struct kpx_slice slice, size_t from, size_t to)
{
	if (to > slice.len)
		to = slice.len;
	if (from > to)
		from = to;
	return kpx_slice(slice.s + from, to - from);
}

size_t kpx_slice_find(struct kpx_slice slice, char c)
{
	size_t i = 0;

	while (i < slice.len && slice.s[i] != c)
		i++;
	return i;
}

bool kpx_slice_eq(struct kpx_slice slice, const char *str)
{
	return slice.len == strlen(str) && !memcmp(slice.s, str, slice.len);
}

bool kpx_slice_starts(struct kpx_slice slice, const char *prefix)
{
	size_t len = strlen(prefix);

	return slice.len >= len && !memcmp(slice.s, prefix, len);
}

bool kpx_is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

bool kpx_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool kpx_slice_is_identifier(struct kpx_slice slice)
{
	size_t i;

	if (!slice.len || !is_letter(slice.s[0]))
		return false;
	for (i = 1; i < slice.len; i++)
		if (!is_letter(slice.s[i]) && !kpx_is_digit(slice.s[i]))
			return false;
	return true;
}

struct kpx_slice kpx_slice_token(struct kpx_slice text, size_t *pos)
{
	size_t start;

	while (*pos < text.len && kpx_is_space(text.s[*pos]))
		++*pos;
	start = *pos;
	while (*pos < text.len && !kpx_is_space(text.s[*pos]))
		++*pos;
	return kpx_slice_sub(text, start, *pos);
}

bool kpx_slice_command(struct kpx_slice text, char separator, size_t *pos,
		       struct kpx_slice *command)
{
	struct kpx_slice rest;
	size_t len;

	if (*pos >= text.len)
		return false;
	rest = kpx_slice_sub(text, *pos, text.len);
	len = kpx_slice_find(rest, separator);
	*command = kpx_slice_sub(rest, 0, len);
	*pos += len + 1;
	return true;
}

bool kpx_slice_is_blank(struct kpx_slice slice)
{
	size_t i = 0;

	while (i < slice.len && kpx_is_space(slice.s[i]))
		i++;
	return i == slice.len || slice.s[i] == '#';
}

static int digit_value(char c)
{
	if (kpx_is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 16;
}

/* All of @slice in that base. */
static int parse_digits(struct kpx_slice slice, unsigned int base, u64 max,
			u64 *number)
{
	u64 value = 0;
	size_t i;

	if (!slice.len)
		return -EINVAL;
	for (i = 0; i < slice.len; i++) {
		unsigned int digit = digit_value(slice.s[i]);

		if (digit >= base)
			return -EINVAL;
		/* value * base + digit <= max, said without overflow */
		if (digit > max || value > (max - digit) / base)
			return -ERANGE;
		value = value * base + digit;
	}
	*number = value;
	return 0;
}

int kpx_slice_number(struct kpx_slice slice, u64 max, u64 *number)
{
	if (slice.len > 2 && slice.s[0] == '0' && (slice.s[1] | 0x20) == 'x')
		return parse_digits(kpx_slice_sub(slice, 2, slice.len), 16, max,
				    number);
	if (slice.len > 1 && slice.s[0] == '0')
		return parse_digits(kpx_slice_sub(slice, 1, slice.len), 8, max,
				    number);
	return parse_digits(slice, 10, max, number);
}

int kpx_slice_signed(struct kpx_slice slice, s64 *number)
{
	bool minus = kpx_slice_starts(slice, "-");
	u64 max = (U64_MAX >> 1) + minus, value;
	int ret;

	if (minus || kpx_slice_starts(slice, "+"))
		slice = kpx_slice_sub(slice, 1, slice.len);
	ret = kpx_slice_number(slice, max, &value);
	if (!ret)
		*number = (s64)(minus ? 0 - value : value);
	return ret;
}

int kpx_slice_decimal(struct kpx_slice slice, u64 max, u64 *number)
{
	return parse_digits(slice, 10, max, number);
}

size_t kpx_slice_find_last(struct kpx_slice slice, char c)
{
	size_t i = slice.len;

	while (i--)
		if (slice.s[i] == c)
			return i;
	return slice.len;
}
