/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * slice - a piece of text that somebody else owns: pointer and length
 *
 * Not NUL-terminated, may hold any byte. Nothing here writes to the text.
 */
#ifndef KPX_CORE_SLICE_H
#define KPX_CORE_SLICE_H

#include <linux/types.h>

struct kpx_slice {
	const char *s;
	size_t len;
};

static inline struct kpx_slice kpx_slice(const char *s, size_t len)
{
	struct kpx_slice slice = { s, len };

	return slice;
}

/* The bytes [from, to) of @slice; out-of-range ends are clamped. */
struct kpx_slice kpx_slice_sub(struct kpx_slice slice, size_t from, size_t to);

/* Index of the first @c, or slice.len. */
size_t kpx_slice_find(struct kpx_slice slice, char c);

bool kpx_slice_eq(struct kpx_slice slice, const char *str);
bool kpx_slice_starts(struct kpx_slice slice, const char *prefix);

/* Space, tab, CR, LF, VT, FF and nothing else, whatever the locale. */
bool kpx_is_space(char c);
bool kpx_is_digit(char c);

/* C's rule: letters, digits and '_', no digit first, not empty. */
bool kpx_slice_is_identifier(struct kpx_slice slice);

/*
 * The next whitespace-separated token of @text from *@pos on, as a slice of
 * it; *@pos moves behind. An empty slice (s still set) at the end.
 */
struct kpx_slice kpx_slice_token(struct kpx_slice text, size_t *pos);

/*
 * Splits off the command that starts at *@pos and ends before the next
 * @separator (or the end); *@pos moves behind the separator. False at the end
 * of @text. The result may be blank.
 */
bool kpx_slice_command(struct kpx_slice text, char separator, size_t *pos,
		       struct kpx_slice *command);

/* Nothing in it but space, or a comment: first non-space is '#'. */
bool kpx_slice_is_blank(struct kpx_slice slice);

/*
 * A whole number, all of @slice: decimal, 0x hex or 0 octal as strtoul(…, 0).
 * 0, or -EINVAL (not a number, empty), -ERANGE (above @max).
 */
int kpx_slice_number(struct kpx_slice slice, u64 max, u64 *number);

/* The same with one '-' or '+' before it, or none; from S64_MIN to S64_MAX. */
int kpx_slice_signed(struct kpx_slice slice, s64 *number);

/* Decimal digits, all of @slice, leading zeroes ok. Errors as above. */
int kpx_slice_decimal(struct kpx_slice slice, u64 max, u64 *number);

/* Index of the last @c, or slice.len. */
size_t kpx_slice_find_last(struct kpx_slice slice, char c);

#endif /* KPX_CORE_SLICE_H */
