/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * exprrun - is an expression true of a record? Any thread; nothing is allocated
 *
 * Who includes it supplies the way in which an operand is read, so that no call
 * through a pointer is made for each.
 */
#ifndef KPC_EXPRRUN_H
#define KPC_EXPRRUN_H

#include "exprbind.h"

/* Of an operand: which of the two, its type says. */
struct kpc_expr_value {
	uint64_t u; /* sign-extended if it's signed */
	const uint8_t *text;
	size_t text_bytes;
};

/* Is every [ of a pattern closed? */
bool kpc_expr_is_glob(const char *pattern);
/* Does all of @text match? * ? [a-z] [!a-z]; as the kernel's conditions have it. */
bool kpc_expr_glob(const char *pattern, size_t pattern_bytes,
		   const uint8_t *text, size_t text_bytes);
bool kpc_expr_text_holds(const struct kpc_expr_step *step,
			 const struct kpc_expr_value *left);

static inline bool kpc_expr_number_holds(const struct kpc_expr_step *step,
					 uint64_t left, uint64_t right,
					 bool right_negative)
{
	bool left_negative = step->left.is_signed && (int64_t)left < 0;
	bool equal = left == right && left_negative == right_negative;
	/* Of the same sign, two's complement is in the order of unsigned. */
	bool less = left_negative == right_negative ? left < right :
						      left_negative;

	switch (step->operation) {
	case KPC_EXPR_EQUAL:
		return equal;
	case KPC_EXPR_NOT_EQUAL:
		return !equal;
	case KPC_EXPR_LESS:
		return less;
	case KPC_EXPR_LESS_EQUAL:
		return less || equal;
	case KPC_EXPR_GREATER:
		return !less && !equal;
	case KPC_EXPR_GREATER_EQUAL:
		return !less;
	default:
		return left & right;
	}
}

/* False: it isn't in the record. */
typedef bool (*kpc_expr_load_fn)(void *ctx,
				 const struct kpc_expr_operand *operand,
				 struct kpc_expr_value *value);

static inline __attribute__((always_inline)) uint16_t
kpc_expr_step(const struct kpc_expr_step *step, kpc_expr_load_fn load,
	      void *ctx)
{
	uint64_t right = step->value;
	bool right_negative = step->is_negative;
	struct kpc_expr_value left, other;

	if (!load(ctx, &step->left, &left))
		return step->unknown;
	if (step->left.is_text)
		return kpc_expr_text_holds(step, &left) ? step->yes : step->no;
	if (step->has_right) {
		if (!load(ctx, &step->right, &other))
			return step->unknown;
		right = other.u;
		right_negative = step->right.is_signed && (int64_t)right < 0;
	}
	return kpc_expr_number_holds(step, left.u, right, right_negative) ?
		       step->yes :
		       step->no;
}

static inline __attribute__((always_inline)) bool
kpc_expr_run(const struct kpc_expr_program *program, kpc_expr_load_fn load,
	     void *ctx)
{
	uint16_t at = program->first;

	while (at < KPC_EXPR_FALSE)
		at = kpc_expr_step(&program->steps[at], load, ctx);
	return at == KPC_EXPR_TRUE;
}

#endif /* KPC_EXPRRUN_H */
