// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "desc.h"
#include "head.h"

/* ---- checks and copies --------------------------------------------------- */

static bool field_ok(const struct kpc_field *field)
{
	if (!field->name || field->kind > KPC_FIELD_BYTES ||
	    field->offset > KPC_EVENT_RECORD_MAX ||
	    field->bytes > KPC_EVENT_RECORD_MAX - field->offset)
		return false;
	if (field->faults && field->kind != KPC_FIELD_STRING)
		return false;
	if (field->dynamic)
		return field->bytes == 4 && kpc_field_is_blob(field);
	if (field->bits && (kpc_field_is_blob(field) ||
			    field->bit_offset + field->bits > 8 * field->bytes))
		return false;
	return kpc_field_is_blob(field) || field->bytes == 1 ||
	       field->bytes == 2 || field->bytes == 4 || field->bytes == 8;
}

/* All elements of the arrays are there, and none begins within another. */
static bool arrays_ok(const struct kpc_event *event)
{
	uint32_t left = 0;

	for (uint32_t i = 0; i < event->nr_fields; i++) {
		uint32_t elements = event->fields[i].elements;

		if (left && elements)
			return false;
		if (elements > event->nr_fields - i)
			return false;
		left = elements ? elements - 1 : left - !!left;
	}
	return true;
}

int kpc_event_check(const struct kpc_event *event)
{
	if (!event->name || event->nr_fields > KPC_EVENT_FIELDS_MAX)
		return -EINVAL;
	for (uint32_t i = 0; i < event->nr_fields; i++)
		if (!field_ok(&event->fields[i]))
			return -EINVAL;
	return arrays_ok(event) ? 0 : -EINVAL;
}

static void field_uninit(struct kpc_field *field)
{
	for (uint32_t i = 0; field->symbols && i < field->nr_symbols; i++)
		free(field->symbols[i].name);
	free(field->symbols);
	free(field->name);
	free(field->type);
}

void kpc_event_drop_fields(struct kpc_event *event)
{
	for (uint32_t i = 0; event->fields && i < event->nr_fields; i++)
		field_uninit(&event->fields[i]);
	free(event->fields);
	event->fields = NULL;
	event->nr_fields = 0;
	event->record_bytes = 0;
}

void kpc_event_uninit(struct kpc_event *event)
{
	kpc_event_drop_fields(event);
	free(event->name);
	free(event->attr);
	free(event->print_fmt);
	free(event->definition);
	*event = (struct kpc_event){ 0 };
}

/* A copy of @text into @copy, where NULL stays NULL; false without memory. */
static bool copy_text(char **copy, const char *text)
{
	*copy = text ? strdup(text) : NULL;
	return !text || *copy;
}

static bool copy_field(struct kpc_field *copy, const struct kpc_field *field)
{
	*copy = *field;
	copy->name = NULL;
	copy->type = NULL;
	copy->symbols = calloc(field->nr_symbols + 1, sizeof(*copy->symbols));
	if (!copy->symbols || !copy_text(&copy->name, field->name) ||
	    !copy_text(&copy->type, field->type))
		return false;
	for (uint32_t i = 0; i < field->nr_symbols; i++) {
		copy->symbols[i].value = field->symbols[i].value;
		if (!copy_text(&copy->symbols[i].name, field->symbols[i].name))
			return false;
	}
	return true;
}

int kpc_event_copy(struct kpc_event *copy, const struct kpc_event *event)
{
	*copy = *event;
	copy->name = NULL;
	copy->attr = NULL;
	copy->print_fmt = NULL;
	copy->definition = NULL;
	copy->fields = calloc(event->nr_fields + 1, sizeof(*copy->fields));
	if (!copy->fields || !copy_text(&copy->name, event->name) ||
	    !copy_text(&copy->print_fmt, event->print_fmt) ||
	    !copy_text(&copy->definition, event->definition))
		goto err_uninit;
	if (event->attr) {
		copy->attr = malloc(event->attr_bytes + 1);
		if (!copy->attr)
			goto err_uninit;
		memcpy(copy->attr, event->attr, event->attr_bytes);
	}
	for (uint32_t i = 0; i < event->nr_fields; i++)
		if (!copy_field(&copy->fields[i], &event->fields[i]))
			goto err_uninit;
	return 0;

err_uninit:
	kpc_event_uninit(copy);
	return -ENOMEM;
}

/* ---- EventDesc ----------------------------------------------------------- */

/* A field's message with all that it points to; freed by one free(). */
struct field_message {
	Kprobex__Field field;
	Kprobex__Symbol **pointers;
};

static int pack_field(struct field_message *message,
		      const struct kpc_field *field)
{
	uint32_t n = field->nr_symbols;
	Kprobex__Symbol *symbols;

	message->field = (Kprobex__Field)KPROBEX__FIELD__INIT;
	message->field.name = kpc_head_text(field->name);
	message->field.type = kpc_head_text(field->type);
	message->field.offset = field->offset;
	message->field.bytes = field->bytes;
	message->field.kind = (Kprobex__Field__Kind)field->kind;
	message->field.common = field->common;
	message->field.dynamic = field->dynamic;
	message->field.relative = field->relative;
	message->field.elements = field->elements;
	message->field.faults = field->faults;
	message->field.bit_offset = field->bit_offset;
	message->field.bits = field->bits;
	if (!n)
		return 0;
	message->pointers = calloc(n, sizeof(void *) + sizeof(*symbols));
	if (!message->pointers)
		return -ENOMEM;
	symbols = (Kprobex__Symbol *)(message->pointers + n);
	for (uint32_t i = 0; i < n; i++) {
		symbols[i] = (Kprobex__Symbol)KPROBEX__SYMBOL__INIT;
		symbols[i].value = field->symbols[i].value;
		symbols[i].name = kpc_head_text(field->symbols[i].name);
		message->pointers[i] = &symbols[i];
	}
	message->field.n_symbol = n;
	message->field.symbol = message->pointers;
	return 0;
}

int kpc_desc_pack(struct kpc_buf *buf, const struct kpc_event *event)
{
	Kprobex__Head head = KPROBEX__HEAD__INIT;
	Kprobex__EventDesc desc = KPROBEX__EVENT_DESC__INIT;
	uint32_t n = event->nr_fields;
	struct field_message *messages = calloc(n + 1, sizeof(*messages));
	Kprobex__Field **fields = calloc(n + 1, sizeof(*fields));
	int err = messages && fields ? 0 : -ENOMEM;

	for (uint32_t i = 0; !err && i < n; i++) {
		err = pack_field(&messages[i], &event->fields[i]);
		fields[i] = &messages[i].field;
	}
	desc.id = event->id;
	desc.name = kpc_head_text(event->name);
	desc.source = (Kprobex__EventDesc__Source)event->source;
	desc.attr.data = event->attr;
	desc.attr.len = event->attr ? event->attr_bytes : 0;
	desc.n_field = n;
	desc.field = fields;
	desc.print_fmt = kpc_head_text(event->print_fmt);
	desc.definition = kpc_head_text(event->definition);
	desc.callchain = event->callchain;
	desc.cgroup = event->cgroup;
	desc.record_bytes = event->record_bytes;
	desc.unit = (Kprobex__EventDesc__Unit)event->unit;
	desc.time = (Kprobex__EventDesc__Time)event->time;
	head.kind_case = KPROBEX__HEAD__KIND_EVENT;
	head.event = &desc;
	if (!err)
		err = kpc_head_pack(buf, &head);
	for (uint32_t i = 0; messages && i < n; i++)
		free(messages[i].pointers);
	free(messages);
	free(fields);
	return err;
}

static int unpack_field(struct kpc_field *field, const Kprobex__Field *message)
{
	field->name = kpc_head_strdup(message->name);
	field->type = kpc_head_strdup(message->type);
	field->symbols = calloc(message->n_symbol + 1, sizeof(*field->symbols));
	if (!field->name || !field->type || !field->symbols)
		return -ENOMEM;
	field->offset = message->offset;
	field->bytes = message->bytes;
	field->kind = (enum kpc_field_kind)message->kind;
	field->common = message->common;
	field->dynamic = message->dynamic;
	field->relative = message->relative;
	field->elements = message->elements;
	field->faults = message->faults;
	/* What makes no sense is none: values are in columns, taken out. */
	if (message->bits <= 64 && message->bit_offset < 64) {
		field->bit_offset = message->bit_offset;
		field->bits = message->bits;
	}
	for (size_t i = 0; i < message->n_symbol; i++) {
		field->symbols[i].value = message->symbol[i]->value;
		field->symbols[i].name =
			kpc_head_strdup(message->symbol[i]->name);
		if (!field->symbols[i].name)
			return -ENOMEM;
		field->nr_symbols++;
	}
	return 0;
}

static int unpack_texts(struct kpc_event *event, const Kprobex__EventDesc *desc)
{
	event->name = kpc_head_strdup(desc->name);
	if (!event->name)
		return -ENOMEM;
	if (desc->print_fmt.len) {
		event->print_fmt = kpc_head_strdup(desc->print_fmt);
		if (!event->print_fmt)
			return -ENOMEM;
	}
	if (desc->definition.len) {
		event->definition = kpc_head_strdup(desc->definition);
		if (!event->definition)
			return -ENOMEM;
	}
	if (desc->attr.len) {
		event->attr = malloc(desc->attr.len);
		if (!event->attr)
			return -ENOMEM;
		memcpy(event->attr, desc->attr.data, desc->attr.len);
		event->attr_bytes = desc->attr.len;
	}
	return 0;
}

int kpc_desc_unpack(struct kpc_event *event, const Kprobex__EventDesc *desc)
{
	int err;

	*event = (struct kpc_event){
		.id = desc->id,
		.source = (enum kpc_source)desc->source,
		.record_bytes = desc->record_bytes,
		.callchain = desc->callchain,
		.cgroup = desc->cgroup,
		.unit = (enum kpc_unit)desc->unit,
		.time = (enum kpc_time)desc->time,
	};
	if (event->source > KPC_SOURCE_HARDWARE)
		event->source = KPC_SOURCE_UNKNOWN;
	if (desc->n_field > KPC_EVENT_FIELDS_MAX)
		return -EBADMSG;
	event->fields = calloc(desc->n_field + 1, sizeof(*event->fields));
	if (!event->fields)
		return -ENOMEM;
	err = unpack_texts(event, desc);
	for (size_t i = 0; !err && i < desc->n_field; i++) {
		event->nr_fields++;
		err = unpack_field(&event->fields[i], desc->field[i]);
	}
	if (!err && kpc_event_check(event))
		err = -EBADMSG;
	if (err)
		kpc_event_uninit(event);
	return err;
}
