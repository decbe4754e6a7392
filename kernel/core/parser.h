/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * parser - what the parts of a definition's parser share; private to core
 *
 * spec.c takes the command and the target, arg.c one argument, expr.c the
 * condition. Everything that they make lies in the spec's one allocation,
 * whose parts are counted from the text before (struct kpx_parser's pointers
 * are to what is free there).
 */
#ifndef KPX_CORE_PARSER_H
#define KPX_CORE_PARSER_H

#include "error.h"
#include "expr.h"
#include "spec.h"

struct kpx_parser {
	struct kpx_slice text;
	struct kpx_error *err;
	struct kpx_spec *spec;
	unsigned int flags;		       /* KPX_SPEC_* */
	const struct kpx_reg_syscall *syscall; /* or NULL */
	unsigned int end;		       /* of the record so far */
	struct kpx_fetch_arg *fetch;	       /* [nr_args] is the next */
	struct kpx_fetch_op *ops;	       /* as many as those */
	struct kpx_fetch_deref *deref;	       /* the next */
	u16 *entry;			       /* all of them */
	struct kpx_expr *expr;
	struct kpx_expr_op *expr_ops; /* KPX_EXPR_OPS_MAX, or for each byte one */
	unsigned int max_expr_ops;
	char *chars; /* the next */
};

static inline int kpx_parser_fail(struct kpx_parser *p,
				  enum kpx_error_code code, struct kpx_slice at)
{
	return kpx_error_at(p->err, code, p->text, at);
}

/* A copy of @from in the spec, NUL-terminated. */
char *kpx_parser_copy(struct kpx_parser *p, struct kpx_slice from);

/* What symbols are made of; the compiler adds dots ("foo.isra.0"). */
bool kpx_parser_is_symbol(struct kpx_slice symbol);

/* How many of the record's arguments the token @token makes. */
unsigned int kpx_arg_count(struct kpx_slice token);

/* Appends what @token says to the spec's arguments. 0 or -EINVAL. */
int kpx_arg_parse(struct kpx_parser *p, struct kpx_slice token);

/*
 * Compiles @text, all that stands behind "if", over the spec's arguments.
 * 0, or -EINVAL.
 */
int kpx_expr_parse(struct kpx_parser *p, struct kpx_slice text);

#endif /* KPX_CORE_PARSER_H */
