// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "expr.h"
#include "fail.h"

struct parser {
	struct kpc_expr *expr;
	const char *at;
	uint32_t depth;
	char *error;
	size_t error_size;
};

int kpc_expr_refuse(const struct kpc_expr *expr, const char *at,
		    const char *reason, int err, char *error, size_t error_size)
{
	return kpc_fail(error, error_size, err, "bad %s: %s\n  %s\n  %*s^",
			expr->kind, reason, expr->text, (int)(at - expr->text),
			"");
}

static int refuse(const struct parser *p, const char *at, const char *reason)
{
	return kpc_expr_refuse(p->expr, at, reason, -EINVAL, p->error,
			       p->error_size);
}

/* ---- words --------------------------------------------------------------- */

static void skip_space(struct parser *p)
{
	while (isspace((unsigned char)*p->at))
		p->at++;
}

static bool take(struct parser *p, const char *token)
{
	size_t bytes = strlen(token);

	skip_space(p);
	if (strncmp(p->at, token, bytes))
		return false;
	p->at += bytes;
	return true;
}

/* A dot is in the names of what is in another. */
static bool is_name_char(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '$' || c == '.';
}

static bool is_word_char(char c)
{
	return c && !isspace((unsigned char)c) && !strchr("()&|=<>!~\"'", c);
}

/* ---- a comparison -------------------------------------------------------- */

static int take_index(struct parser *p, struct kpc_expr_compare *compare)
{
	unsigned long index;
	char *end;

	compare->index_at = p->at;
	if (!take(p, "["))
		return 0;
	skip_space(p);
	if (!isdigit((unsigned char)*p->at))
		return refuse(p, p->at, "the number of an element is missing");
	errno = 0;
	index = strtoul(p->at, &end, 10);
	compare->has_index = true;
	compare->index = errno || index > UINT32_MAX ? UINT32_MAX : index;
	p->at = end;
	return take(p, "]") ? 0 : refuse(p, p->at, "a ] is missing here");
}

static int take_name(struct parser *p, struct kpc_expr_compare *compare)
{
	skip_space(p);
	compare->name = p->at;
	while (is_name_char(*p->at))
		p->at++;
	compare->name_bytes = p->at - compare->name;
	if (!compare->name_bytes)
		return refuse(p, p->at, "the name of a field is missing here");
	return take_index(p, compare);
}

static int take_operation(struct parser *p, struct kpc_expr_compare *compare)
{
	/* The longer ones first. */
	static const struct {
		const char *token;
		enum kpc_expr_operation operation;
	} table[] = {
		{ "==", KPC_EXPR_EQUAL },	  { "!=", KPC_EXPR_NOT_EQUAL },
		{ "<=", KPC_EXPR_LESS_EQUAL },	  { "<", KPC_EXPR_LESS },
		{ ">=", KPC_EXPR_GREATER_EQUAL }, { ">", KPC_EXPR_GREATER },
		{ "&", KPC_EXPR_BITS },		  { "~", KPC_EXPR_GLOB },
	};

	skip_space(p);
	compare->operator_at = p->at;
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		if (!take(p, table[i].token))
			continue;
		if (table[i].operation == KPC_EXPR_BITS && *p->at == '&')
			break;
		compare->operation = table[i].operation;
		return 0;
	}
	return refuse(p, compare->operator_at,
		      "one of == != < <= > >= & ~ is missing here");
}

/* Up to the same quote, which is taken off as the first one is. */
static int take_quoted(struct parser *p, char *text, uint32_t *bytes)
{
	const char *start = p->at;
	char quote = *p->at++;

	for (; *p->at && *p->at != quote; p->at++) {
		if (*p->at == '\\' && (p->at[1] == quote || p->at[1] == '\\'))
			p->at++;
		if (*bytes == KPC_EXPR_TEXT_MAX)
			return refuse(p, start, "this text is too long");
		text[(*bytes)++] = *p->at;
	}
	if (!*p->at)
		return refuse(p, start,
			      quote == '"' ?
				      "the closing \" of this is missing" :
				      "the closing ' of this is missing");
	p->at++;
	return 0;
}

static int take_word(struct parser *p, char *text, uint32_t *bytes)
{
	const char *start = p->at;

	for (; is_word_char(*p->at); p->at++) {
		if (*bytes == KPC_EXPR_TEXT_MAX)
			return refuse(p, start, "this text is too long");
		text[(*bytes)++] = *p->at;
	}
	return *bytes ? 0 : refuse(p, start, "a value is missing here");
}

static int take_value(struct parser *p, struct kpc_expr_compare *compare)
{
	char text[KPC_EXPR_TEXT_MAX];
	uint32_t bytes = 0;
	int err;

	skip_space(p);
	compare->value_at = p->at;
	compare->is_quoted = *p->at == '"' || *p->at == '\'';
	err = compare->is_quoted ? take_quoted(p, text, &bytes) :
				   take_word(p, text, &bytes);
	if (err)
		return err;
	compare->value = malloc(bytes + 1);
	if (!compare->value)
		return kpc_fail(p->error, p->error_size, -ENOMEM,
				"out of memory");
	memcpy(compare->value, text, bytes);
	compare->value[bytes] = '\0';
	compare->value_bytes = bytes;
	return 0;
}

static int take_compare(struct parser *p)
{
	struct kpc_expr_compare *compare = &p->expr->compare[p->expr->nr];
	int err;

	skip_space(p);
	if (p->expr->nr == KPC_EXPR_COMPARES_MAX)
		return refuse(p, p->at, "there are too many comparisons");
	p->expr->nr++;
	compare->yes = KPC_EXPR_TRUE;
	compare->no = KPC_EXPR_FALSE;
	err = take_name(p, compare);
	if (!err)
		err = take_operation(p, compare);
	return err ? err : take_value(p, compare);
}

/* ---- logic --------------------------------------------------------------- */

/* Those from @first on that would end with @end go on with the next one. */
static void go_on(struct kpc_expr *expr, uint32_t first, uint16_t end)
{
	for (uint32_t i = first; i < expr->nr; i++) {
		struct kpc_expr_compare *compare = &expr->compare[i];

		if (compare->yes == end)
			compare->yes = expr->nr;
		if (compare->no == end)
			compare->no = expr->nr;
	}
}

static uint16_t opposite(uint16_t end)
{
	return end == KPC_EXPR_TRUE  ? KPC_EXPR_FALSE :
	       end == KPC_EXPR_FALSE ? KPC_EXPR_TRUE :
				       end;
}

static void negate(struct kpc_expr *expr, uint32_t first)
{
	for (uint32_t i = first; i < expr->nr; i++) {
		struct kpc_expr_compare *compare = &expr->compare[i];

		compare->negated = !compare->negated;
		compare->yes = opposite(compare->yes);
		compare->no = opposite(compare->no);
	}
}

static int take_or(struct parser *p);

static int take_unary(struct parser *p)
{
	uint32_t first = p->expr->nr;
	bool is_not = take(p, "!");
	int err;

	if (!is_not && !take(p, "("))
		return take_compare(p);
	if (p->depth++ == KPC_EXPR_DEPTH_MAX)
		return refuse(p, p->at, "there are too many parentheses");
	err = is_not ? take_unary(p) : take_or(p);
	p->depth--;
	if (err)
		return err;
	if (is_not)
		negate(p->expr, first);
	else if (!take(p, ")"))
		return refuse(p, p->at, "a ) is missing here");
	return 0;
}

static int take_chain(struct parser *p, const char *sign, uint16_t end,
		      int (*operand)(struct parser *p))
{
	uint32_t first = p->expr->nr;
	int err = operand(p);

	while (!err && take(p, sign)) {
		go_on(p->expr, first, end);
		err = operand(p);
	}
	return err;
}

static int take_and(struct parser *p)
{
	return take_chain(p, "&&", KPC_EXPR_TRUE, take_unary);
}

static int take_or(struct parser *p)
{
	return take_chain(p, "||", KPC_EXPR_FALSE, take_and);
}

/* ---- all of it ----------------------------------------------------------- */

int kpc_expr_new(struct kpc_expr **out, const char *kind, const char *text,
		 size_t offset, char *error, size_t error_size)
{
	struct kpc_expr *expr = calloc(1, sizeof(*expr));
	struct parser p = {
		.expr = expr,
		.error = error,
		.error_size = error_size,
	};
	int err;

	if (!expr || !(expr->text = strdup(text))) {
		free(expr);
		return kpc_fail(error, error_size, -ENOMEM, "out of memory");
	}
	expr->kind = kind;
	p.at = expr->text + offset;
	err = take_or(&p);
	skip_space(&p);
	if (!err && *p.at)
		err = refuse(&p, p.at, "&&, || or the end should be here");
	if (err) {
		kpc_expr_free(expr);
		return err;
	}
	*out = expr;
	return 0;
}

void kpc_expr_free(struct kpc_expr *expr)
{
	if (!expr)
		return;
	for (uint32_t i = 0; i < expr->nr; i++)
		free(expr->compare[i].value);
	free(expr->text);
	free(expr);
}
