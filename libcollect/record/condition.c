// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "condition.h"
#include "fail.h"

#define TERMS_MAX 64u /* comparisons, in one expression */
#define DEPTH_MAX 32u /* of parentheses */
#define TEXT_MAX  256u

enum operation {
	OR,
	AND,
	EQUAL,
	NOT_EQUAL,
	LESS,
	LESS_EQUAL,
	GREATER,
	GREATER_EQUAL,
	BITS,
};

struct node {
	enum operation operation;
	uint16_t left, right; /* of OR and AND */
	/* Of a comparison: the field, */
	uint32_t offset;
	uint32_t bytes;
	bool text;
	bool is_signed;
	bool dynamic;
	bool relative;
	uint8_t bit_offset;
	uint8_t bits;
	/* and what it is compared with. */
	uint64_t value;
	char *string;
	uint32_t string_bytes;
};

struct kpc_condition {
	/* A tree of so many comparisons has one less of the others. */
	struct node node[2 * TERMS_MAX];
	uint32_t nr;
	uint32_t terms;
	uint16_t root;
};

struct parser {
	struct kpc_condition *condition;
	const struct kpc_event *event;
	const char *text;
	const char *at;
	uint32_t depth;
	char *error;
	size_t error_size;
};

/* ---- parsing ------------------------------------------------------------- */

static int refuse(const struct parser *p, const char *at, const char *reason,
		  const char *more)
{
	return kpc_fail(p->error, p->error_size, -EINVAL,
			"bad condition: %s%s\n  %s\n  %*s^", reason, more,
			p->text, (int)(at - p->text), "");
}

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

static bool is_name_char(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '$';
}

static const struct kpc_field *find_field(const struct parser *p,
					  const char *name, size_t bytes)
{
	for (uint32_t i = 0; i < p->event->nr_fields; i++) {
		const struct kpc_field *f = &p->event->fields[i];

		if (strlen(f->name) == bytes && !memcmp(f->name, name, bytes))
			return f;
	}
	return NULL;
}

/* [INDEX] behind the name of an array, whose first element @field is. */
static int take_element(struct parser *p, const struct kpc_field **field)
{
	const char *at = p->at;
	unsigned long index;
	char *end;

	if (!take(p, "[")) {
		if (!(*field)->elements)
			return 0;
		return refuse(p, at,
			      "this is an array: say which element, such as ",
			      "NAME[0]");
	}
	skip_space(p);
	if (!isdigit((unsigned char)*p->at))
		return refuse(p, p->at, "the number of an element is missing",
			      "");
	errno = 0;
	index = strtoul(p->at, &end, 10);
	if (!(*field)->elements)
		return refuse(p, at, "this field isn't an array", "");
	if (errno || index >= (*field)->elements)
		return refuse(p, p->at, "the array has fewer elements", "");
	p->at = end;
	*field += index;
	return take(p, "]") ? 0 : refuse(p, p->at, "a ] is missing here", "");
}

static int take_field(struct parser *p, struct node *node)
{
	const struct kpc_field *field;
	const char *name;
	int err;

	skip_space(p);
	name = p->at;
	while (is_name_char(*p->at))
		p->at++;
	if (p->at == name)
		return refuse(p, name, "the name of a field is missing here",
			      "");
	field = find_field(p, name, p->at - name);
	if (!field)
		return refuse(p, name, "there is no such field in ",
			      p->event->name);
	err = take_element(p, &field);
	if (err)
		return err;
	node->text = field->kind == KPC_FIELD_STRING;
	if (field->kind == KPC_FIELD_BYTES ||
	    (!node->text && (!field->bytes || field->bytes > sizeof(uint64_t))))
		return refuse(p, name,
			      "this field is neither an integer nor a string",
			      "");
	node->offset = field->offset;
	node->bytes = field->bytes;
	node->is_signed = field->kind == KPC_FIELD_SIGNED;
	node->dynamic = field->dynamic;
	node->relative = field->relative;
	node->bit_offset = field->bit_offset;
	node->bits = field->bits;
	return 0;
}

static int take_operation(struct parser *p, struct node *node)
{
	/* The longer ones first. */
	static const struct {
		const char *token;
		enum operation operation;
	} table[] = {
		{ "==", EQUAL }, { "!=", NOT_EQUAL },	  { "<=", LESS_EQUAL },
		{ "<", LESS },	 { ">=", GREATER_EQUAL }, { ">", GREATER },
		{ "&", BITS },
	};
	const char *at;

	skip_space(p);
	at = p->at;
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		if (!take(p, table[i].token))
			continue;
		if (table[i].operation == BITS && *p->at == '&')
			break;
		node->operation = table[i].operation;
		if (node->text && node->operation > NOT_EQUAL)
			return refuse(p, at,
				      "strings are compared by == and !=", "");
		return 0;
	}
	return refuse(p, at, "one of == != < <= > >= & is missing here", "");
}

static int take_string(struct parser *p, struct node *node)
{
	char text[TEXT_MAX];
	const char *at;
	uint32_t n = 0;

	skip_space(p);
	at = p->at;
	if (*at != '"')
		return refuse(
			p, at,
			"this field is a string: a \"text\" is missing here",
			"");
	for (p->at++; *p->at && *p->at != '"'; p->at++) {
		if (*p->at == '\\' && (p->at[1] == '"' || p->at[1] == '\\'))
			p->at++;
		if (n == sizeof(text))
			return refuse(p, at, "this text is too long", "");
		text[n++] = *p->at;
	}
	if (*p->at != '"')
		return refuse(p, at, "the closing \" of this is missing", "");
	p->at++;
	node->string = malloc(n + 1);
	if (!node->string)
		return kpc_fail(p->error, p->error_size, -ENOMEM,
				"out of memory");
	memcpy(node->string, text, n);
	node->string_bytes = n;
	return 0;
}

static int take_number(struct parser *p, struct node *node)
{
	const char *at, *digits;
	bool negative, hex;
	char *end;

	skip_space(p);
	at = p->at;
	negative = *at == '-';
	digits = at + negative;
	if (!isdigit((unsigned char)*digits))
		return refuse(p, at, "a number is missing here", "");
	hex = digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'X');
	errno = 0;
	/* Without a prefix it is decimal, also behind a 0. */
	node->value = strtoull(digits, &end, hex ? 16 : 10);
	if (is_name_char(*end))
		return refuse(p, at, "this isn't a number", "");
	if (errno || (node->is_signed && node->operation != BITS &&
		      node->value > (uint64_t)INT64_MAX + negative))
		return refuse(p, at, "this number is too large", "");
	if (negative && !node->is_signed)
		return refuse(p, at, "the field has no negative values", "");
	if (negative)
		node->value = -node->value;
	p->at = end;
	return 0;
}

/* There is room: comparisons are counted, and the others are less. */
static struct node *new_node(struct parser *p, uint16_t *index)
{
	*index = p->condition->nr++;
	return &p->condition->node[*index];
}

static int take_expression(struct parser *p, uint16_t *index);

static int take_comparison(struct parser *p, uint16_t *index)
{
	struct node *node;
	int err;

	skip_space(p);
	if (p->condition->terms++ == TERMS_MAX)
		return refuse(p, p->at, "there are too many comparisons", "");
	node = new_node(p, index);
	err = take_field(p, node);
	if (!err)
		err = take_operation(p, node);
	if (err)
		return err;
	return node->text ? take_string(p, node) : take_number(p, node);
}

static int take_term(struct parser *p, uint16_t *index)
{
	int err;

	skip_space(p);
	if (!take(p, "("))
		return take_comparison(p, index);
	if (p->depth++ == DEPTH_MAX)
		return refuse(p, p->at, "there are too many parentheses", "");
	err = take_expression(p, index);
	if (err)
		return err;
	p->depth--;
	return take(p, ")") ? 0 : refuse(p, p->at, "a ) is missing here", "");
}

static int take_chain(struct parser *p, enum operation operation,
		      uint16_t *index);

/* Of an OR each part is ANDs, of an AND a term. */
static int take_part(struct parser *p, enum operation operation,
		     uint16_t *index)
{
	return operation == AND ? take_term(p, index) :
				  take_chain(p, AND, index);
}

/* Each one has what is left of it as its left part. */
static int take_chain(struct parser *p, enum operation operation,
		      uint16_t *index)
{
	struct node *node;
	uint16_t left, right;
	int err = take_part(p, operation, index);

	while (!err && take(p, operation == AND ? "&&" : "||")) {
		left = *index;
		err = take_part(p, operation, &right);
		if (err)
			break;
		node = new_node(p, index);
		node->operation = operation;
		node->left = left;
		node->right = right;
	}
	return err;
}

static int take_expression(struct parser *p, uint16_t *index)
{
	return take_chain(p, OR, index);
}

int kpc_condition_new(struct kpc_condition **out, const struct kpc_event *event,
		      const char *text, const char *at, char *error,
		      size_t error_size)
{
	struct parser p = {
		.condition = calloc(1, sizeof(*p.condition)),
		.event = event,
		.text = text,
		.at = at,
		.error = error,
		.error_size = error_size,
	};
	int err;

	if (!p.condition)
		return kpc_fail(error, error_size, -ENOMEM, "out of memory");
	err = take_expression(&p, &p.condition->root);
	skip_space(&p);
	if (!err && *p.at)
		err = refuse(&p, p.at, "&&, || or the end should be here", "");
	if (err) {
		kpc_condition_free(p.condition);
		return err;
	}
	*out = p.condition;
	return 0;
}

void kpc_condition_free(struct kpc_condition *c)
{
	if (!c)
		return;
	for (uint32_t i = 0; i < c->nr; i++)
		free(c->node[i].string);
	free(c);
}

/* ---- evaluating ---------------------------------------------------------- */

/* Where the field's own bytes are; false: not in the record. */
static bool in_record(uint64_t offset, uint64_t length, uint32_t bytes)
{
	return offset <= bytes && length <= bytes - offset;
}

static uint64_t load(const uint8_t *at, uint32_t bytes)
{
	uint64_t v = 0;

	memcpy(&v, at, bytes);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	v >>= 8 * (sizeof(v) - bytes);
#endif
	return v;
}

static bool compare_number(const struct node *n, const uint8_t *raw,
			   uint32_t bytes)
{
	uint32_t bits = n->bits ? n->bits : 8 * n->bytes;
	uint64_t v;
	int64_t a, b;

	if (!in_record(n->offset, n->bytes, bytes))
		return false;
	v = load(raw + n->offset, n->bytes);
	if (n->bits)
		v >>= n->bit_offset;
	/* To the top and back: what isn't of it goes, its sign is spread. */
	if (bits < 64) {
		v <<= 64 - bits;
		v = n->is_signed ? (uint64_t)((int64_t)v >> (64 - bits)) :
				   v >> (64 - bits);
	}
	a = v;
	b = n->value;
	switch (n->operation) {
	case EQUAL:
		return v == n->value;
	case NOT_EQUAL:
		return v != n->value;
	case LESS:
		return n->is_signed ? a < b : v < n->value;
	case LESS_EQUAL:
		return n->is_signed ? a <= b : v <= n->value;
	case GREATER:
		return n->is_signed ? a > b : v > n->value;
	case GREATER_EQUAL:
		return n->is_signed ? a >= b : v >= n->value;
	default:
		return v & n->value;
	}
}

/* u32 offset | length << 16, from the record's start or from the field's end. */
static bool compare_string(const struct node *n, const uint8_t *raw,
			   uint32_t bytes)
{
	uint64_t offset = n->offset, length = n->bytes;
	uint32_t location;
	bool same;

	if (n->dynamic || n->relative) {
		if (!in_record(n->offset, sizeof(location), bytes))
			return false;
		memcpy(&location, raw + n->offset, sizeof(location));
		offset = location & 0xffff;
		length = location >> 16;
		if (n->relative)
			offset += n->offset + sizeof(location);
	}
	if (!in_record(offset, length, bytes))
		return false;
	length = strnlen((const char *)raw + offset, length);
	same = length == n->string_bytes &&
	       !memcmp(raw + offset, n->string, length);
	return same == (n->operation == EQUAL);
}

/* No deeper than there are comparisons. */
static bool holds(const struct kpc_condition *c, uint16_t index,
		  const uint8_t *raw, uint32_t bytes)
{
	const struct node *n = &c->node[index];

	if (n->operation == OR)
		return holds(c, n->left, raw, bytes) ||
		       holds(c, n->right, raw, bytes);
	if (n->operation == AND)
		return holds(c, n->left, raw, bytes) &&
		       holds(c, n->right, raw, bytes);
	return n->text ? compare_string(n, raw, bytes) :
			 compare_number(n, raw, bytes);
}

bool kpc_condition_holds(const struct kpc_condition *c, const uint8_t *raw,
			 uint32_t bytes)
{
	return holds(c, c->root, raw, bytes);
}
