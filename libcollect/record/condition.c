// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "condition.h"
#include "exprrun.h"
#include "fail.h"

struct kpc_condition {
	struct kpc_expr *expr;
	struct kpc_expr_program *program;
	/* Of each step's left operand, and then its right one. */
	struct kpc_field places[2 * KPC_EXPR_COMPARES_MAX];
};

/* The event is gone when records come: operands get the places of their fields. */
static void keep_place(struct kpc_condition *c, uint32_t i,
		       struct kpc_expr_operand *operand,
		       const struct kpc_event *event)
{
	const struct kpc_field *field = &event->fields[operand->field];

	c->places[i] = (struct kpc_field){
		.offset = field->offset,
		.bytes = field->bytes,
		.dynamic = field->dynamic,
		.relative = field->relative,
		.bit_offset = field->bit_offset,
		.bits = field->bits,
	};
	operand->field = i;
}

static int bind(struct kpc_condition *c, const struct kpc_event *event,
		char *error, size_t error_size)
{
	struct kpc_expr_scope none = { 0 };
	struct kpc_expr_findings findings = { 0 };
	int err = kpc_expr_bind(c->expr, event, &none, &findings, &c->program);

	if (err)
		return kpc_fail(error, error_size, err, "out of memory");
	for (uint32_t i = 0; i < c->expr->nr; i++) {
		struct kpc_expr_step *step = &c->program->steps[i];

		if (!findings.compare[i].is_good)
			return kpc_expr_refuse(c->expr, findings.compare[i].at,
					       findings.compare[i].reason,
					       -EINVAL, error, error_size);
		keep_place(c, 2 * i, &step->left, event);
		if (step->has_right)
			keep_place(c, 2 * i + 1, &step->right, event);
	}
	return 0;
}

int kpc_condition_new(struct kpc_condition **out, const struct kpc_event *event,
		      const char *text, const char *at, char *error,
		      size_t error_size)
{
	struct kpc_condition *c = calloc(1, sizeof(*c));
	int err;

	if (!c)
		return kpc_fail(error, error_size, -ENOMEM, "out of memory");
	err = kpc_expr_new(&c->expr, "condition", text, at - text, error,
			   error_size);
	if (!err)
		err = bind(c, event, error, error_size);
	if (err) {
		kpc_condition_free(c);
		return err;
	}
	*out = c;
	return 0;
}

void kpc_condition_free(struct kpc_condition *c)
{
	if (!c)
		return;
	free(c->program);
	kpc_expr_free(c->expr);
	free(c);
}

/* ---- evaluating ---------------------------------------------------------- */

struct record {
	const struct kpc_condition *condition;
	const uint8_t *raw;
	uint32_t bytes;
};

/* Where the field's own bytes are; false: not in the record. */
static bool in_record(uint64_t offset, uint64_t length, uint32_t bytes)
{
	return offset <= bytes && length <= bytes - offset;
}

static bool load_number(const struct record *record,
			const struct kpc_field *place, bool is_signed,
			struct kpc_expr_value *value)
{
	uint32_t bits = place->bits ? place->bits : 8 * place->bytes;
	uint64_t v = 0;

	if (!in_record(place->offset, place->bytes, record->bytes))
		return false;
	memcpy(&v, record->raw + place->offset, place->bytes);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	v >>= 8 * (sizeof(v) - place->bytes);
#endif
	if (place->bits)
		v >>= place->bit_offset;
	/* To the top and back: what isn't of it goes, its sign is spread. */
	if (bits < 64) {
		v <<= 64 - bits;
		v = is_signed ? (uint64_t)((int64_t)v >> (64 - bits)) :
				v >> (64 - bits);
	}
	value->u = v;
	return true;
}

/* u32 offset | length << 16, from the record's start or from the field's end. */
static bool load_text(const struct record *record,
		      const struct kpc_field *place,
		      struct kpc_expr_value *value)
{
	uint64_t offset = place->offset, length = place->bytes;
	uint32_t location;

	if (place->dynamic || place->relative) {
		if (!in_record(offset, sizeof(location), record->bytes))
			return false;
		memcpy(&location, record->raw + offset, sizeof(location));
		offset = location & 0xffff;
		length = location >> 16;
		if (place->relative)
			offset += place->offset + sizeof(location);
	}
	if (!in_record(offset, length, record->bytes))
		return false;
	value->text = record->raw + offset;
	value->text_bytes = strnlen((const char *)value->text, length);
	return true;
}

static bool load(void *ctx, const struct kpc_expr_operand *operand,
		 struct kpc_expr_value *value)
{
	const struct record *record = ctx;
	const struct kpc_field *place =
		&record->condition->places[operand->field];

	return operand->is_text ?
		       load_text(record, place, value) :
		       load_number(record, place, operand->is_signed, value);
}

bool kpc_condition_holds(const struct kpc_condition *c, const uint8_t *raw,
			 uint32_t bytes)
{
	struct record record = { c, raw, bytes };

	return kpc_expr_run(c->program, load, &record);
}
