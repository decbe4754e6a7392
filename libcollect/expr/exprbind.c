// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "errnonumber.h"
#include "exprbind.h"
#include "exprrun.h"
#include "exprvalue.h"

#define ARGS	    "args."
#define SYMBOLS_MAX 8 /* names of values that are told */

enum outcome {
	UNKNOWN,
	NO,
	YES,
	OPEN, /* the record decides */
};

struct binder {
	const struct kpc_expr *expr;
	const struct kpc_event *event;
	const struct kpc_expr_scope *scope;
	struct kpc_expr_findings *findings;
	uint32_t i; /* of the comparison */
	const struct kpc_expr_compare *compare;
	struct kpc_expr_step *step;
};

/* ---- mistakes ------------------------------------------------------------ */

/* Names are a file's: they may be made to do harm to a terminal. */
static void add_name(char *text, size_t size, const char *before,
		     const char *name)
{
	size_t used = strlen(text);

	used += snprintf(text + used, size - used, "%s", before);
	for (; *name && used + 1 < size; name++)
		text[used++] = *name >= ' ' && *name < 0x7f ? *name : '?';
	if (used < size)
		text[used] = '\0';
}

/* The first one is told, if it doesn't turn out well with another event. */
static int mistake(const struct binder *b, const char *at, const char *reason)
{
	char *text = b->findings->compare[b->i].reason;

	if (!*text) {
		b->findings->compare[b->i].at = at;
		snprintf(text, sizeof(b->findings->compare[b->i].reason), "%s",
			 reason);
	}
	return -EINVAL;
}

/* ---- names --------------------------------------------------------------- */

static bool is_named(const char *is, const char *name, size_t bytes)
{
	return strlen(is) == bytes && !memcmp(is, name, bytes);
}

static const struct kpc_field *find_exactly(const struct kpc_event *event,
					    const char *name, size_t bytes)
{
	for (uint32_t i = 0; i < event->nr_fields; i++)
		if (is_named(event->fields[i].name, name, bytes))
			return &event->fields[i];
	return NULL;
}

static const struct kpc_field *find_field(const struct kpc_event *event,
					  const char *name, size_t bytes)
{
	const struct kpc_field *field = find_exactly(event, name, bytes);

	/* What the record's own names hide. */
	if (!field && bytes > strlen(ARGS) &&
	    !strncmp(name, ARGS, strlen(ARGS)))
		field = find_exactly(event, name + strlen(ARGS),
				     bytes - strlen(ARGS));
	return field;
}

static const struct kpc_expr_own *find_own(const struct kpc_expr_scope *scope,
					   const char *name, size_t bytes)
{
	for (uint32_t i = 0; i < scope->nr_own; i++)
		if (is_named(scope->own[i].name, name, bytes))
			return &scope->own[i];
	return NULL;
}

/* NAME[1], where the kernel's description has fields NAME0, NAME1, … */
static const struct kpc_field *find_numbered(const struct kpc_event *event,
					     const struct kpc_expr_compare *c)
{
	char name[64];

	if (!c->has_index)
		return NULL;
	snprintf(name, sizeof(name), "%.*s%u", (int)c->name_bytes, c->name,
		 c->index);
	return find_field(event, name, strlen(name));
}

static int take_element(struct binder *b, const struct kpc_field **field)
{
	const struct kpc_expr_compare *c = b->compare;

	if (!(*field)->elements)
		return c->has_index ? mistake(b, c->index_at,
					      "this field isn't an array") :
				      0;
	if (!c->has_index)
		return mistake(
			b, c->index_at,
			"this is an array: say which element, such as NAME[0]");
	if (c->index >= (*field)->elements)
		return mistake(b, c->index_at + 1,
			       "the array has fewer elements");
	*field += c->index;
	return 0;
}

static int check_kind(struct binder *b, const struct kpc_field *field,
		      const char *at)
{
	if (field->kind == KPC_FIELD_BYTES ||
	    (field->kind != KPC_FIELD_STRING &&
	     (!field->bytes || field->bytes > sizeof(uint64_t))))
		return mistake(b, at,
			       "this field is neither an integer nor a string");
	return 0;
}

static struct kpc_expr_operand operand_of(const struct kpc_event *event,
					  const struct kpc_field *field)
{
	return (struct kpc_expr_operand){
		.field = field - event->fields,
		.is_text = field->kind == KPC_FIELD_STRING,
		.is_signed = field->kind == KPC_FIELD_SIGNED,
	};
}

static int bind_own(struct binder *b, const struct kpc_expr_own *own)
{
	b->findings->compare[b->i].is_known = true;
	b->step->left = (struct kpc_expr_operand){
		.field = KPC_EXPR_OWN + (own - b->scope->own),
		.is_text = own->is_text,
		.is_signed = own->is_signed,
	};
	return b->compare->has_index ?
		       mistake(b, b->compare->index_at, "this isn't an array") :
		       0;
}

/* Of *@field and *@own one is NULL. */
static int bind_left(struct binder *b, const struct kpc_field **field,
		     const struct kpc_expr_own **own)
{
	const struct kpc_expr_compare *c = b->compare;
	char reason[128] = "there is no such field";
	bool is_numbered;
	int err = 0;

	*field = NULL;
	*own = find_own(b->scope, c->name, c->name_bytes);
	if (*own)
		return bind_own(b, *own);
	*field = find_field(b->event, c->name, c->name_bytes);
	is_numbered = !*field;
	if (is_numbered)
		*field = find_numbered(b->event, c);
	if (!*field) {
		add_name(reason, sizeof(reason), " in ", b->event->name);
		return mistake(b, c->name, reason);
	}
	if (!b->findings->compare[b->i].is_known) /* that one is no more */
		b->findings->compare[b->i].reason[0] = '\0';
	b->findings->compare[b->i].is_known = true;
	if (!is_numbered)
		err = take_element(b, field);
	if (!err)
		err = check_kind(b, *field, c->name);
	if (!err)
		b->step->left = operand_of(b->event, *field);
	return err;
}

/* ---- values -------------------------------------------------------------- */

static int bind_text(struct binder *b)
{
	const struct kpc_expr_compare *c = b->compare;

	if (c->operation != KPC_EXPR_EQUAL &&
	    c->operation != KPC_EXPR_NOT_EQUAL && c->operation != KPC_EXPR_GLOB)
		return mistake(b, c->operator_at,
			       "strings are compared by ==, != and ~");
	if (c->operation == KPC_EXPR_GLOB && !kpc_expr_is_glob(c->value))
		return mistake(b, c->value_at,
			       "a [ of this pattern has no ] behind it");
	b->step->text = c->value;
	b->step->text_bytes = c->value_bytes;
	return 0;
}

static int bind_time(struct binder *b)
{
	const char *text = b->compare->value;
	bool is_relative = *text == '+';
	uint64_t *ns = &b->step->value;

	if (kpc_expr_time(text + is_relative, ns) ||
	    (is_relative &&
	     __builtin_add_overflow(*ns, b->scope->start_ns, ns)))
		return mistake(
			b, b->compare->value_at,
			"times are in seconds, such as 15.5, or +1.5 since the beginning");
	return 0;
}

static bool has_symbol(const struct kpc_field *field, const char *name,
		       uint64_t *value)
{
	for (uint32_t i = 0; field && i < field->nr_symbols; i++) {
		if (strcmp(field->symbols[i].name, name))
			continue;
		*value = field->symbols[i].value;
		return true;
	}
	return false;
}

static int no_value(struct binder *b, const struct kpc_field *field)
{
	char reason[160] = "a number is missing here";
	const char *before = ", or one of ";

	if (b->compare->is_quoted && (!field || !field->nr_symbols))
		return mistake(b, b->compare->value_at,
			       "this field is a number, not a string");
	for (uint32_t i = 0; field && i < field->nr_symbols && i < SYMBOLS_MAX;
	     i++) {
		add_name(reason, sizeof(reason), before,
			 field->symbols[i].name);
		before = ", ";
	}
	return mistake(b, b->compare->value_at, reason);
}

static int check_range(struct binder *b)
{
	const struct kpc_expr_step *step = b->step;

	if (step->is_negative && !step->left.is_signed)
		return mistake(b, b->compare->value_at,
			       "the field has no negative values");
	if (!step->is_negative && step->left.is_signed &&
	    step->operation != KPC_EXPR_BITS && step->value > INT64_MAX)
		return mistake(b, b->compare->value_at,
			       "this number is too large");
	return 0;
}

/* -ENOENT, or ENOENT */
static bool take_errno(struct binder *b)
{
	const char *name = b->compare->value;
	bool is_negative = *name == '-';
	int number;

	name += is_negative;
	number = *name == 'E' ? kpc_errno_number(name, strlen(name)) : 0;
	b->step->is_negative = is_negative;
	b->step->value = is_negative ? -(uint64_t)number : (uint64_t)number;
	return number;
}

static bool is_ip4(const struct kpc_field *field)
{
	return field && field->kind == KPC_FIELD_HEX && field->bytes == 4 &&
	       field->type && !strncmp(field->type, "ip4", 3);
}

static int bind_right(struct binder *b, const struct kpc_field *field)
{
	const struct kpc_expr_compare *c = b->compare;
	const struct kpc_expr_own *own =
		find_own(b->scope, c->value, c->value_bytes);
	const struct kpc_field *other;

	b->step->has_right = true;
	if (own && !own->is_text && !own->is_time) {
		b->step->right = (struct kpc_expr_operand){
			.field = KPC_EXPR_OWN + (own - b->scope->own),
			.is_signed = own->is_signed,
		};
		return 0;
	}
	other = find_field(b->event, c->value, c->value_bytes);
	if (!other)
		return no_value(b, field);
	if (other->kind == KPC_FIELD_STRING || other->elements)
		return mistake(b, c->value_at, "this field isn't an integer");
	b->step->right = operand_of(b->event, other);
	return check_kind(b, other, c->value_at);
}

static int bind_number(struct binder *b, const struct kpc_field *field)
{
	const struct kpc_expr_compare *c = b->compare;
	struct kpc_expr_number number;
	const char *digits = c->value + (*c->value == '-');
	const char *wrong;

	if (c->operation == KPC_EXPR_GLOB)
		return mistake(b, c->operator_at,
			       "~ is for strings: this field is a number");
	if (has_symbol(field, c->value, &b->step->value)) {
		b->step->is_negative = b->step->left.is_signed &&
				       (int64_t)b->step->value < 0;
		return 0;
	}
	if (c->is_quoted)
		return no_value(b, field);
	if (is_ip4(field) && kpc_expr_ip4(c->value, &b->step->value))
		return 0;
	if (take_errno(b))
		return check_range(b);
	if (*digits < '0' || *digits > '9')
		return digits == c->value ? bind_right(b, field) :
					    no_value(b, field);
	wrong = kpc_expr_number(c->value, &number);
	if (wrong)
		return mistake(b, c->value_at, wrong);
	b->step->value = number.value;
	b->step->is_negative = number.is_negative;
	return check_range(b);
}

/* ---- a comparison -------------------------------------------------------- */

/* What is about the event alone is decided here. */
static enum outcome decide(struct binder *b)
{
	const struct kpc_expr_value name = {
		.text = (const uint8_t *)b->event->name,
		.text_bytes = strlen(b->event->name),
	};
	bool is = kpc_expr_text_holds(b->step, &name);

	b->findings->compare[b->i].is_event = true;
	/* A name that no event has is a mistake. */
	if (is || b->step->operation == KPC_EXPR_NOT_EQUAL)
		b->findings->compare[b->i].is_good = true;
	else
		mistake(b, b->compare->value_at,
			"there is no event of that name");
	return is ? YES : NO;
}

static enum outcome bind_compare(struct binder *b)
{
	const struct kpc_expr_own *own;
	const struct kpc_field *field;
	int err;

	*b->step = (struct kpc_expr_step){
		.operation = b->compare->operation,
		.yes = b->compare->yes,
		.no = b->compare->no,
		.is_negated = b->compare->negated,
	};
	err = bind_left(b, &field, &own);
	if (!err)
		err = b->step->left.is_text ? bind_text(b) :
		      own && own->is_time   ? bind_time(b) :
					      bind_number(b, field);
	if (err)
		return UNKNOWN;
	if (own && own->is_event)
		return decide(b);
	b->findings->compare[b->i].is_good = true;
	return OPEN;
}

/* ---- all of it ----------------------------------------------------------- */

/* Past those that are decided already. */
static uint16_t next_open(const struct kpc_expr_step *steps,
			  const uint8_t *outcomes, uint16_t at)
{
	while (at < KPC_EXPR_FALSE && outcomes[at] != OPEN)
		at = outcomes[at] == YES ? steps[at].yes :
		     outcomes[at] == NO	 ? steps[at].no :
					   steps[at].unknown;
	return at;
}

int kpc_expr_bind(const struct kpc_expr *expr, const struct kpc_event *event,
		  const struct kpc_expr_scope *scope,
		  struct kpc_expr_findings *findings,
		  struct kpc_expr_program **out)
{
	struct kpc_expr_program *program;
	uint8_t outcomes[KPC_EXPR_COMPARES_MAX];
	struct binder b = { expr, event, scope, findings };

	program = malloc(sizeof(*program) + expr->nr * sizeof(*program->steps));
	if (!program)
		return -ENOMEM;
	program->nr = expr->nr;
	for (b.i = 0; b.i < expr->nr; b.i++) {
		b.compare = &expr->compare[b.i];
		b.step = &program->steps[b.i];
		outcomes[b.i] = bind_compare(&b);
		b.step->unknown = b.step->is_negated ? b.step->yes : b.step->no;
	}
	program->first = next_open(program->steps, outcomes, 0);
	for (uint32_t i = 0; i < expr->nr; i++) {
		struct kpc_expr_step *step = &program->steps[i];

		step->yes = next_open(program->steps, outcomes, step->yes);
		step->no = next_open(program->steps, outcomes, step->no);
		step->unknown =
			next_open(program->steps, outcomes, step->unknown);
	}
	*out = program;
	return 0;
}
