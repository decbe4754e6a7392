/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * expr - the condition of a definition, "if EXPR", over the fetched record
 *
 *	EXPR:    EXPR || EXPR, EXPR && EXPR, !EXPR, (EXPR), COMPARE
 *	COMPARE: FIELD == != < <= > >= NUMBER or FIELD	numbers
 *		 FIELD & NUMBER				any of these bits
 *		 FIELD == != "STRING", FIELD ~ "GLOB"	strings
 *	NUMBER:  decimal, 0x hex, 0 octal, each with '-' or not, 'c'
 *	STRING:  printable, with \" and \\; GLOB: * ? [abc] [a-z] [!abc]
 *
 * FIELD is an argument's name or __probe_ip. && binds more than ||, ! most.
 * Numbers compare as mathematicians do: -1 is below any unsigned field, and a
 * literal that the field can't hold is refused. A string that couldn't be
 * read equals nothing.
 *
 * Compiled to a flat program over one truth value with jumps forward only, so
 * that it ends; no recursion when it runs.
 */
#ifndef KPX_CORE_EXPR_H
#define KPX_CORE_EXPR_H

#include <linux/compiler.h>
#include <linux/string.h>
#include <linux/types.h>

#include "record.h"

#define KPX_EXPR_OPS_MAX    128 /* a longer program is refused */
#define KPX_EXPR_DEPTH_MAX  8	/* as are more nested parentheses and ! */
#define KPX_EXPR_STRING_MAX 127

enum kpx_expr_kind {
	KPX_EXPR_EQ,
	KPX_EXPR_NE,
	KPX_EXPR_LT,
	KPX_EXPR_LE,
	KPX_EXPR_GT,
	KPX_EXPR_GE,
	KPX_EXPR_BITS,
	KPX_EXPR_STREQ,
	KPX_EXPR_STRNE,
	KPX_EXPR_GLOB,
	KPX_EXPR_NOT,
	KPX_EXPR_JUMP_TRUE,  /* to the op at target if true */
	KPX_EXPR_JUMP_FALSE, /* … if false */
};

/* A number in the record. */
struct kpx_expr_field {
	u16 offset;
	u8 bytes;
	bool is_signed;
};

struct kpx_expr_op {
	u8 kind;	  /* enum kpx_expr_kind */
	bool has_field;	  /* right is compared with, not value */
	bool is_negative; /* value is below zero, two's complement */
	u16 target;	  /* of a jump: > this op's index, <= nr_ops */
	struct kpx_expr_field left, right;
	union {
		u64 value;
		struct {
			const char *text; /* not NUL-terminated */
			size_t text_len;
		};
	};
};

struct kpx_expr {
	const struct kpx_expr_op *ops;
	u16 nr_ops;
};

/* A field's bits, as 64; *@is_negative if it is signed and below zero. */
static __always_inline u64 kpx_expr_load(const struct kpx_expr_field *field,
					 const char *record, bool *is_negative)
{
	const char *at = record + field->offset;
	u64 value = kpx_record_extend(kpx_record_get(at, field->bytes),
				      field->bytes, field->is_signed);

	*is_negative = field->is_signed && (s64)value < 0;
	return value;
}

static __always_inline bool kpx_expr_number(const struct kpx_expr_op *op,
					    const char *record)
{
	bool left_negative, right_negative = op->is_negative;
	u64 left = kpx_expr_load(&op->left, record, &left_negative);
	u64 right = op->value;
	bool equal, less;

	if (op->has_field)
		right = kpx_expr_load(&op->right, record, &right_negative);
	/* of the same sign, two's complement orders as unsigned */
	equal = left_negative == right_negative && left == right;
	less = left_negative == right_negative ? left < right : left_negative;
	switch (op->kind) {
	case KPX_EXPR_EQ:
		return equal;
	case KPX_EXPR_NE:
		return !equal;
	case KPX_EXPR_LT:
		return less;
	case KPX_EXPR_LE:
		return less || equal;
	case KPX_EXPR_GT:
		return !less && !equal;
	case KPX_EXPR_GE:
		return !less;
	default:
		return left & right;
	}
}

/*
 * A character class of @pattern, whose '[' is at @*at: does it have @c? *@at
 * moves behind its ']', which the parser saw.
 */
static __always_inline bool kpx_expr_in_class(const char *pattern, size_t *at,
					      unsigned char c)
{
	size_t i = *at + 1, first;
	bool invert = pattern[i] == '!', found = false;

	if (invert)
		i++;
	/* a ']' that comes first is a member */
	for (first = i; i == first || pattern[i] != ']'; i++) {
		unsigned char from = pattern[i], to = from;

		if (pattern[i + 1] == '-' && pattern[i + 2] != ']') {
			to = pattern[i + 2];
			i += 2;
		}
		found |= from <= c && c <= to;
	}
	*at = i + 1;
	return found != invert;
}

/* Does all of @s match @pattern? No recursion: only the last '*' is tried on. */
static __always_inline bool kpx_expr_glob(const char *pattern,
					  size_t pattern_len, const char *s,
					  size_t len)
{
	size_t p = 0, i = 0, star_p = 0, star_i = 0;
	bool star = false;

	while (i < len || p < pattern_len) {
		if (p < pattern_len && pattern[p] == '*') {
			star = true;
			star_p = ++p;
			star_i = i;
			continue;
		}
		if (p < pattern_len && i < len) {
			size_t next = p + 1;
			bool same = pattern[p] == '?' || pattern[p] == s[i];

			if (pattern[p] == '[') {
				next = p;
				same = kpx_expr_in_class(pattern, &next, s[i]);
			}
			if (same) {
				p = next;
				i++;
				continue;
			}
		}
		/* the star takes one more, if there is one and one is left */
		if (!star || star_i >= len)
			return false;
		i = ++star_i;
		p = star_p;
	}
	return true;
}

static __always_inline bool kpx_expr_string(const struct kpx_expr_op *op,
					    const char *record)
{
	u32 word = *(const u32 *)(record + op->left.offset);
	const char *s = record + (word & 0xffff);
	size_t len = word >> 16;
	bool equal;

	if (!len) /* it couldn't be read */
		return op->kind == KPX_EXPR_STRNE;
	len--; /* the NUL */
	if (op->kind == KPX_EXPR_GLOB)
		return kpx_expr_glob(op->text, op->text_len, s, len);
	equal = len == op->text_len && !memcmp(s, op->text, len);
	return equal == (op->kind == KPX_EXPR_STREQ);
}

/*
 * Is it true of @record, as kpx_fetch_record() wrote it? Any context. Not
 * traced; a file that calls it says NOKPROBE_SYMBOL(kpx_expr_eval).
 */
static noinline notrace __maybe_unused bool
kpx_expr_eval(const struct kpx_expr *expr, const void *record)
{
	bool truth = false;
	unsigned int i = 0;

	while (i < expr->nr_ops) {
		const struct kpx_expr_op *op = &expr->ops[i++];

		switch (op->kind) {
		case KPX_EXPR_JUMP_TRUE:
			if (truth)
				i = op->target;
			break;
		case KPX_EXPR_JUMP_FALSE:
			if (!truth)
				i = op->target;
			break;
		case KPX_EXPR_NOT:
			truth = !truth;
			break;
		case KPX_EXPR_STREQ:
		case KPX_EXPR_STRNE:
		case KPX_EXPR_GLOB:
			truth = kpx_expr_string(op, record);
			break;
		default:
			truth = kpx_expr_number(op, record);
		}
	}
	return truth;
}

#endif /* KPX_CORE_EXPR_H */
