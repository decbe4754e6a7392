/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * expr - an expression over fields, as it is written
 *
 *   EXPR    = EXPR || EXPR, EXPR && EXPR, !EXPR, (EXPR), COMPARE
 *   COMPARE = FIELD OPERATOR VALUE
 *   FIELD   = a name, or NAME[INDEX] of an array
 *   VALUE   = a word, or a text in " or ', in which \ stands before a quote or \
 *
 * && binds more than ||, ! most. An integer is compared by == != < <= > >=, or by &:
 * some of these bits are set; a string by == and !=, or by ~ with a glob. What names
 * and values mean is found out when it is bound to an event: see exprbind.h.
 *
 * A comparison may come out as unknown: its field isn't there. Neither it nor its
 * negation is true then. So an expression is its comparisons in their order, each
 * with those to go on with: because ! is done away with by turning && and || and
 * the comparisons around, unknown is as good as false.
 */
#ifndef KPC_EXPR_H
#define KPC_EXPR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KPC_EXPR_COMPARES_MAX 64u
#define KPC_EXPR_DEPTH_MAX    32u /* of parentheses and ! */
#define KPC_EXPR_TEXT_MAX     256u

/* Where to go on when all is said. */
#define KPC_EXPR_TRUE  0xffffu
#define KPC_EXPR_FALSE 0xfffeu

enum kpc_expr_operation {
	KPC_EXPR_EQUAL,
	KPC_EXPR_NOT_EQUAL,
	KPC_EXPR_LESS,
	KPC_EXPR_LESS_EQUAL,
	KPC_EXPR_GREATER,
	KPC_EXPR_GREATER_EQUAL,
	KPC_EXPR_BITS,
	KPC_EXPR_GLOB,
};

struct kpc_expr_compare {
	enum kpc_expr_operation operation;
	bool negated;
	bool has_index;
	bool is_quoted;
	/* The next one, if it holds or not; always one behind it. */
	uint16_t yes;
	uint16_t no;
	uint32_t index;
	const char *name; /* in the text: */
	uint32_t name_bytes;
	const char *index_at; /* the [ */
	const char *operator_at;
	const char *value_at;
	char *value; /* without quotes; NUL-terminated */
	uint32_t value_bytes;
};

struct kpc_expr {
	const char *kind; /* "condition", for errors */
	char *text;
	struct kpc_expr_compare compare[KPC_EXPR_COMPARES_MAX];
	uint32_t nr;
};

/*
 * Parses @text from @offset on. 0, -ENOMEM, or -EINVAL with three lines in @error:
 * "bad KIND: " and the reason, @text, and a caret. @kind is borrowed.
 */
int kpc_expr_new(struct kpc_expr **expr, const char *kind, const char *text,
		 size_t offset, char *error, size_t error_size);
void kpc_expr_free(struct kpc_expr *expr); /* NULL ok */

/* Says such an error; @at is in expr->text. */
int kpc_expr_refuse(const struct kpc_expr *expr, const char *at,
		    const char *reason, int err, char *error,
		    size_t error_size);

#endif /* KPC_EXPR_H */
