// SPDX-License-Identifier: GPL-2.0-only
/* Compiles a condition. The truth value at the end of the program counts. */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "parser.h"

#define PENDING 0xffff /* a jump's target that isn't known yet */

enum token_kind {
	TOKEN_END,
	TOKEN_WORD,   /* field or number */
	TOKEN_QUOTED, /* 'c' or "text", with its quotes */
	TOKEN_SIGN,   /* an operator or a parenthesis */
	TOKEN_OTHER,
};

/* One pass over the text, a token ahead. */
struct reader {
	struct kpx_parser *p;
	struct kpx_slice text;
	size_t pos; /* behind the token */
	enum token_kind kind;
	struct kpx_slice token;
	unsigned int depth;
	unsigned int nr_ops;
	char *texts; /* where the next goes */
};

static int fail(const struct reader *r, enum kpx_error_code code,
		struct kpx_slice at)
{
	return kpx_parser_fail(r->p, code, at);
}

/* ---- tokens -------------------------------------------------------------- */

static bool is_word(char c)
{
	return kpx_is_digit(c) || kpx_slice_is_identifier(kpx_slice(&c, 1));
}

static size_t word_len(struct kpx_slice rest)
{
	size_t len = 1; /* a digit, a letter or a number's sign */

	while (len < rest.len && is_word(rest.s[len]))
		len++;
	return len;
}

/* With both quotes; 0 if the second is missing. */
static size_t quoted_len(struct kpx_slice rest)
{
	size_t len = 1;

	while (len < rest.len && rest.s[len] != rest.s[0])
		len += rest.s[len] == '\\' ? 2 : 1;
	return len < rest.len ? len + 1 : 0;
}

static size_t sign_len(struct kpx_slice rest)
{
	static const char *const signs[] = {
		"==", "!=", "<=", ">=", "&&", "||", "<",
		">",  "&",  "~",  "!",	"(",  ")",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(signs); i++)
		if (kpx_slice_starts(rest, signs[i]))
			return strlen(signs[i]);
	return 0;
}

/* The next token. */
static int next(struct reader *r)
{
	size_t len;
	struct kpx_slice rest;

	while (r->pos < r->text.len && kpx_is_space(r->text.s[r->pos]))
		r->pos++;
	rest = kpx_slice_sub(r->text, r->pos, r->text.len);
	if (!rest.len) {
		r->kind = TOKEN_END;
		len = 0;
	} else if (is_word(rest.s[0]) || (rest.s[0] == '-' && rest.len > 1 &&
					  kpx_is_digit(rest.s[1]))) {
		r->kind = TOKEN_WORD;
		len = word_len(rest);
	} else if (rest.s[0] == '"' || rest.s[0] == '\'') {
		r->kind = TOKEN_QUOTED;
		len = quoted_len(rest);
		if (!len)
			return fail(r, KPX_ERR_EXPR_QUOTE, rest);
	} else {
		len = sign_len(rest);
		r->kind = len ? TOKEN_SIGN : TOKEN_OTHER;
		len = len ?: 1;
	}
	r->token = kpx_slice_sub(rest, 0, len);
	r->pos += len;
	return 0;
}

static bool at_sign(const struct reader *r, const char *sign)
{
	return r->kind == TOKEN_SIGN && kpx_slice_eq(r->token, sign);
}

/* ---- program ------------------------------------------------------------- */

static int add_op(struct reader *r, enum kpx_expr_kind kind,
		  struct kpx_slice at, struct kpx_expr_op **op)
{
	if (r->nr_ops == r->p->max_expr_ops)
		return fail(r, KPX_ERR_EXPR_LONG, at);
	*op = &r->p->expr_ops[r->nr_ops++];
	(*op)->kind = kind;
	(*op)->target = PENDING;
	return 0;
}

/* The jumps from op @first on that wait for a target go to the next op. */
static void land(struct reader *r, unsigned int first)
{
	unsigned int i;

	for (i = first; i < r->nr_ops; i++) {
		struct kpx_expr_op *op = &r->p->expr_ops[i];

		if (op->kind >= KPX_EXPR_JUMP_TRUE && op->target == PENDING)
			op->target = r->nr_ops;
	}
}

/* ---- fields and values --------------------------------------------------- */

/* What a name stands for. */
struct field {
	struct kpx_expr_field at;
	unsigned int bits;
	bool is_string;
};

static int find_arg(struct reader *r, struct kpx_slice name,
		    struct field *field)
{
	const struct kpx_spec *spec = r->p->spec;
	const struct kpx_spec_arg *arg;
	const struct kpx_fetch_arg *fetch;
	unsigned int i = 0;

	while (i < spec->nr_args && !kpx_slice_eq(name, spec->args[i].name))
		i++;
	if (i == spec->nr_args)
		return fail(r,
			    kpx_slice_starts(name, "common_") ?
				    KPX_ERR_EXPR_COMMON :
				    KPX_ERR_EXPR_FIELD,
			    name);
	arg = &spec->args[i];
	fetch = &r->p->fetch[i];
	if (fetch->count)
		return fail(r, KPX_ERR_EXPR_ARRAY, name);
	field->at.offset = fetch->offset;
	field->at.bytes = fetch->bytes;
	field->at.is_signed = fetch->is_signed;
	field->bits = arg->type.width ?: 8 * fetch->bytes;
	field->is_string = kpx_type_is_string(arg->type.base);
	return 0;
}

static int find_field(struct reader *r, struct kpx_slice name,
		      struct field *field)
{
	memset(field, 0, sizeof(*field));
	if (!kpx_slice_eq(name, "__probe_ip"))
		return find_arg(r, name, field);
	field->at.offset = KPX_RECORD_IP;
	field->at.bytes = sizeof(u64);
	field->bits = 64;
	return 0;
}

/* 'c', '\n' */
static int parse_char(struct reader *r, struct kpx_slice token, u64 *value)
{
	static const char from[] = "nt0\\'\"", to[] = "\n\t\0\\'\"";
	size_t i;

	if (token.len == 3 && token.s[1] != '\\' && token.s[1] >= 0x20) {
		*value = (unsigned char)token.s[1];
		return 0;
	}
	if (token.len == 4 && token.s[1] == '\\') {
		for (i = 0; i < sizeof(from) - 1; i++) {
			if (token.s[2] != from[i])
				continue;
			*value = (unsigned char)to[i];
			return 0;
		}
	}
	return fail(r, KPX_ERR_EXPR_VALUE, token);
}

/* A number's token; *@is_negative if it is below zero. */
static int parse_number(struct reader *r, u64 *value, bool *is_negative)
{
	struct kpx_slice token = r->token;
	s64 number;
	int ret;

	*is_negative = false;
	if (r->kind == TOKEN_QUOTED)
		return parse_char(r, token, value);
	if (token.s[0] == '-') {
		ret = kpx_slice_signed(token, &number);
		if (!ret) {
			*value = (u64)number;
			*is_negative = number < 0;
		}
	} else {
		ret = kpx_slice_number(token, U64_MAX, value);
	}
	return ret ? fail(r, KPX_ERR_EXPR_VALUE, token) : 0;
}

/* Could @field ever have this value? */
static bool can_have(const struct field *field, u64 value, bool is_negative)
{
	u64 max = U64_MAX >> (64 - field->bits);

	if (!field->at.is_signed)
		return !is_negative && value <= max;
	if (is_negative)
		return (s64)value >= -(s64)(max >> 1) - 1;
	return value <= max >> 1;
}

static int parse_right_number(struct reader *r, const struct field *left,
			      struct kpx_expr_op *op)
{
	bool is_name = r->kind == TOKEN_WORD && r->token.s[0] != '-' &&
		       !kpx_is_digit(r->token.s[0]);
	struct field right;
	int ret;

	if (is_name) {
		ret = find_field(r, r->token, &right);
		if (ret)
			return ret;
		if (right.is_string)
			return fail(r, KPX_ERR_EXPR_KIND, r->token);
		op->has_field = true;
		op->right = right.at;
		return 0;
	}
	ret = parse_number(r, &op->value, &op->is_negative);
	if (ret)
		return ret;
	/* as a mask any 64 bits make sense */
	if (op->kind != KPX_EXPR_BITS &&
	    !can_have(left, op->value, op->is_negative))
		return fail(r, KPX_ERR_EXPR_RANGE, r->token);
	return 0;
}

/* Index behind the class that begins at @at; 0 if it doesn't end. */
static size_t class_end(const char *pattern, size_t len, size_t at)
{
	size_t i = at + 1, first;

	if (i < len && pattern[i] == '!')
		i++;
	for (first = i; i < len; i++) {
		if (i != first && pattern[i] == ']')
			return i + 1;
		if (i + 2 < len && pattern[i + 1] == '-' &&
		    pattern[i + 2] != ']')
			i += 2;
	}
	return 0;
}

static bool is_glob(const char *pattern, size_t len)
{
	size_t i = 0;

	while (i < len) {
		if (pattern[i] != '[') {
			i++;
			continue;
		}
		i = class_end(pattern, len, i);
		if (!i)
			return false;
	}
	return true;
}

/* The text between the quotes, into the spec. */
static int parse_text(struct reader *r, struct kpx_expr_op *op)
{
	struct kpx_slice in = kpx_slice_sub(r->token, 1, r->token.len - 1);
	char text[KPX_EXPR_STRING_MAX];
	size_t i, len = 0;

	for (i = 0; i < in.len; i++) {
		char c = in.s[i];

		if (c == '\\' && i + 1 < in.len &&
		    (in.s[i + 1] == '\\' || in.s[i + 1] == '"'))
			c = in.s[++i];
		if (c < 0x20)
			return fail(r, KPX_ERR_EXPR_VALUE, r->token);
		if (len == sizeof(text))
			return fail(r, KPX_ERR_EXPR_TEXT_LONG, r->token);
		text[len++] = c;
	}
	if (op->kind == KPX_EXPR_GLOB && !is_glob(text, len))
		return fail(r, KPX_ERR_EXPR_GLOB, r->token);
	op->text = r->texts;
	op->text_len = len;
	memcpy(r->texts, text, len);
	r->texts += len;
	return 0;
}

/* ---- grammar ------------------------------------------------------------- */

static int parse_operator(struct reader *r, const struct field *left,
			  enum kpx_expr_kind *kind)
{
	static const struct {
		const char *sign;
		enum kpx_expr_kind number;
		int string; /* -1: not for strings */
	} operators[] = {
		{ "==", KPX_EXPR_EQ, KPX_EXPR_STREQ },
		{ "!=", KPX_EXPR_NE, KPX_EXPR_STRNE },
		{ "<", KPX_EXPR_LT, -1 },
		{ "<=", KPX_EXPR_LE, -1 },
		{ ">", KPX_EXPR_GT, -1 },
		{ ">=", KPX_EXPR_GE, -1 },
		{ "&", KPX_EXPR_BITS, -1 },
	};
	size_t i;

	if (left->is_string && at_sign(r, "~")) {
		*kind = KPX_EXPR_GLOB;
		return 0;
	}
	for (i = 0; i < ARRAY_SIZE(operators); i++) {
		if (!at_sign(r, operators[i].sign))
			continue;
		if (left->is_string && operators[i].string < 0)
			break;
		*kind = left->is_string ? operators[i].string :
					  operators[i].number;
		return 0;
	}
	return fail(r, KPX_ERR_EXPR_OPERATOR, r->token);
}

/* FIELD OPERATOR VALUE */
static int parse_compare(struct reader *r)
{
	enum kpx_expr_kind kind = KPX_EXPR_EQ;
	struct kpx_expr_op *op;
	struct kpx_slice at = r->token;
	struct field left;
	bool is_text;
	int ret;

	if (r->kind != TOKEN_WORD)
		return fail(r, KPX_ERR_EXPR_FIELD, r->token);
	ret = find_field(r, r->token, &left);
	if (!ret)
		ret = next(r);
	if (!ret)
		ret = parse_operator(r, &left, &kind);
	if (!ret)
		ret = next(r);
	if (!ret)
		ret = add_op(r, kind, at, &op);
	if (ret)
		return ret;
	op->left = left.at;
	is_text = r->kind == TOKEN_QUOTED && r->token.s[0] == '"';
	if (r->kind != TOKEN_WORD && r->kind != TOKEN_QUOTED)
		return fail(r, KPX_ERR_EXPR_VALUE, r->token);
	if (is_text != left.is_string)
		return fail(r, KPX_ERR_EXPR_KIND, r->token);
	ret = is_text ? parse_text(r, op) : parse_right_number(r, &left, op);
	return ret ?: next(r);
}

static int parse_or(struct reader *r);

/* !EXPR, (EXPR), a comparison; the only way back to the top, and counted */
static int parse_unary(struct reader *r)
{
	struct kpx_slice at = r->token;
	struct kpx_expr_op *op;
	int ret;

	if (!at_sign(r, "!") && !at_sign(r, "("))
		return parse_compare(r);
	if (r->depth == KPX_EXPR_DEPTH_MAX)
		return fail(r, KPX_ERR_EXPR_DEEP, r->token);
	r->depth++;
	if (at_sign(r, "!")) {
		ret = next(r);
		if (!ret)
			ret = parse_unary(r);
		if (!ret)
			ret = add_op(r, KPX_EXPR_NOT, at, &op);
	} else {
		ret = next(r);
		if (!ret)
			ret = parse_or(r);
		if (!ret)
			ret = at_sign(r, ")") ?
				      next(r) :
				      fail(r, KPX_ERR_EXPR_PAREN, r->token);
	}
	r->depth--;
	return ret;
}

/* Operands with @sign between, and a jump of @kind over the rest. */
static int parse_chain(struct reader *r, const char *sign,
		       enum kpx_expr_kind kind, int (*operand)(struct reader *))
{
	unsigned int first = r->nr_ops;
	struct kpx_expr_op *op;
	int ret;

	ret = operand(r);
	while (!ret && at_sign(r, sign)) {
		ret = add_op(r, kind, r->token, &op);
		if (!ret)
			ret = next(r);
		if (!ret)
			ret = operand(r);
	}
	land(r, first);
	return ret;
}

static int parse_and(struct reader *r)
{
	return parse_chain(r, "&&", KPX_EXPR_JUMP_FALSE, parse_unary);
}

static int parse_or(struct reader *r)
{
	return parse_chain(r, "||", KPX_EXPR_JUMP_TRUE, parse_and);
}

/* The text with one space where there were some; it can't grow. */
static const char *copy_text(struct kpx_parser *p, struct kpx_slice text)
{
	const char *copy = p->chars;
	char quote = '\0';
	size_t i;

	for (i = 0; i < text.len; i++) {
		char c = text.s[i];

		if (!quote && kpx_is_space(c)) {
			if (p->chars == copy || p->chars[-1] == ' ')
				continue;
			c = ' ';
		} else if (!quote && (c == '"' || c == '\'')) {
			quote = c;
		} else if (quote && c == '\\' && i + 1 < text.len) {
			*p->chars++ = c;
			c = text.s[++i];
		} else if (c == quote) {
			quote = '\0';
		}
		*p->chars++ = c;
	}
	if (p->chars > copy && p->chars[-1] == ' ')
		p->chars--;
	*p->chars++ = '\0';
	return copy;
}

int kpx_expr_parse(struct kpx_parser *p, struct kpx_slice text)
{
	struct reader r = { .p = p, .text = text };
	int ret;

	r.texts = p->chars;
	ret = next(&r);
	if (ret)
		return ret;
	if (r.kind == TOKEN_END)
		return fail(&r, KPX_ERR_NO_EXPR, r.token);
	ret = parse_or(&r);
	if (ret)
		return ret;
	if (r.kind != TOKEN_END)
		return fail(&r, KPX_ERR_EXPR_TRAILING, r.token);
	p->chars = r.texts;
	p->spec->condition_text = copy_text(p, text);
	p->expr->ops = p->expr_ops;
	p->expr->nr_ops = r.nr_ops;
	p->spec->condition = p->expr;
	return 0;
}
