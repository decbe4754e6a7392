/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * exprbind - what an expression comes to for one event: names are fields, values
 * numbers
 *
 * A number is decimal, or hex behind 0x, may be below zero, and may have a size
 * (K M G T, with B or iB behind it: times 1024) or a time behind it (ns us ms s: in
 * nanoseconds), then with decimals too; or the name of an error (-ENOENT), of one of
 * the field's values, or another field. Numbers compare as mathematicians do,
 * whatever their types.
 */
#ifndef KPC_EXPRBIND_H
#define KPC_EXPRBIND_H

#include "collect.h"
#include "expr.h"

#define KPC_EXPR_OWN (1u << 31) /* of an operand: not a field of the event */

/* Names that a record has besides its event's fields; those go before. */
struct kpc_expr_own {
	const char *name;
	bool is_text;
	bool is_signed;
	bool is_time;  /* in seconds, with + since the scope's beginning */
	bool is_event; /* the event's name: known beforehand */
};

struct kpc_expr_scope {
	const struct kpc_expr_own *own;
	uint32_t nr_own;
	uint64_t start_ns;
};

struct kpc_expr_operand {
	uint32_t field; /* of the event; or KPC_EXPR_OWN + its number */
	bool is_text;
	bool is_signed;
};

/* A comparison. */
struct kpc_expr_step {
	enum kpc_expr_operation operation;
	bool has_right;	  /* compared with a field, not with the value */
	bool is_negative; /* the value is below zero */
	bool is_negated;
	/* KPC_EXPR_TRUE, KPC_EXPR_FALSE, or a later step */
	uint16_t yes;
	uint16_t no;
	uint16_t unknown;
	struct kpc_expr_operand left;
	struct kpc_expr_operand right;
	uint64_t value;
	const char *text; /* the expression's */
	uint32_t text_bytes;
};

struct kpc_expr_program {
	uint16_t first; /* KPC_EXPR_TRUE: always; KPC_EXPR_FALSE: never */
	uint16_t nr;
	struct kpc_expr_step steps[];
};

/* How it went with each comparison, for all events that were bound together. */
struct kpc_expr_findings {
	struct {
		bool is_known;	/* some event has such a field, */
		bool is_good;	/* and can be compared with that */
		bool is_event;	/* it is about the event's name */
		const char *at; /* of the mistake: */
		char reason[192];
	} compare[KPC_EXPR_COMPARES_MAX];
};

/*
 * Of a comparison that makes no sense for @event, no row of it is in, which is in
 * @findings (zeroed before the first). The expression must stay; the caller frees
 * *@program. 0 or -ENOMEM.
 */
int kpc_expr_bind(const struct kpc_expr *expr, const struct kpc_event *event,
		  const struct kpc_expr_scope *scope,
		  struct kpc_expr_findings *findings,
		  struct kpc_expr_program **program);

#endif /* KPC_EXPRBIND_H */
