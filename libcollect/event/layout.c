// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "desc.h"
#include "fail.h"
#include "layout.h"

static enum kpc_field_kind kind_of(const struct kpx_field *field)
{
	if (field->flags & KPX_FIELD_STRING)
		return KPC_FIELD_STRING;
	if (field->flags & KPX_FIELD_HEX)
		return KPC_FIELD_HEX;
	return field->flags & KPX_FIELD_SIGNED ? KPC_FIELD_SIGNED :
						 KPC_FIELD_UNSIGNED;
}

static uint32_t nr_elements(const struct kpx_field *field)
{
	return field->count ? field->count : 1;
}

/* Its elements are of a size that there is, and all in the field. */
static bool is_sound(const struct kpx_field *field)
{
	uint32_t nr = nr_elements(field), bytes = field->bytes / nr;

	if (field->bytes % nr ||
	    (field->flags & KPX_FIELD_STRING && bytes != 4))
		return false;
	return bytes == 1 || bytes == 2 || bytes == 4 || bytes == 8;
}

/* Element @i of a field of the module, as a field of ours. */
static int add_element(struct kpc_event *event, const struct kpx_field *from,
		       uint32_t i)
{
	struct kpc_field *field = &event->fields[event->nr_fields++];

	field->name = strndup(from->name, KPX_NAME_SIZE);
	field->type = strndup(from->type, KPX_TYPE_SIZE);
	field->bytes = from->bytes / nr_elements(from);
	field->offset = from->offset + i * field->bytes;
	field->kind = kind_of(from);
	field->common = from->flags & KPX_FIELD_COMMON;
	field->dynamic = from->flags & KPX_FIELD_STRING;
	field->faults = field->dynamic;
	field->elements = i ? 0 : from->count;
	return field->name && field->type ? 0 : -ENOMEM;
}

int kpc_layout_fields(struct kpc_event *event, const struct kpx_field *fields,
		      uint32_t nr)
{
	uint32_t all = 0;
	int err = 0;

	for (uint32_t i = 0; i < nr; i++) {
		all += nr_elements(&fields[i]);
		if (!is_sound(&fields[i]) || all > KPC_EVENT_FIELDS_MAX)
			return -EBADMSG;
	}
	event->fields = calloc(all + 1, sizeof(*event->fields));
	if (!event->fields)
		return -ENOMEM;
	for (uint32_t i = 0; i < nr; i++)
		for (uint32_t e = 0; !err && e < nr_elements(&fields[i]); e++)
			err = add_element(event, &fields[i], e);
	return err;
}

uint32_t kpc_layout_weight_at(const struct kpx_field *fields, uint32_t nr)
{
	for (uint32_t i = 0; i < nr; i++)
		if (fields[i].flags & KPX_FIELD_TAIL && fields[i].bytes == 8)
			return fields[i].offset;
	return 0;
}

static bool is_argument(const struct kpx_field *field)
{
	return !(field->flags & (KPX_FIELD_COMMON | KPX_FIELD_TAIL));
}

static bool is_wanted(const struct kpx_field *field, uint32_t number,
		      const struct kpc_eventterms *terms)
{
	return terms->field_name ?
		       !strncmp(field->name, terms->field_name, KPX_NAME_SIZE) :
		       number == terms->field;
}

int kpc_layout_argument(const struct kpx_field *fields, uint32_t nr,
			const struct kpc_eventspec *spec, char *error,
			size_t error_size)
{
	const struct kpc_eventterms *terms = &spec->terms;
	uint32_t number = 0;

	for (uint32_t i = 0; i < nr; i++) {
		if (!is_argument(&fields[i]))
			continue;
		if (!is_wanted(&fields[i], number, terms)) {
			number++;
			continue;
		}
		if (fields[i].count || fields[i].flags & KPX_FIELD_STRING)
			return kpc_fail(error, error_size, -EINVAL,
					"the argument %.*s of %s isn't a "
					"number: its values can't be added up",
					KPX_NAME_SIZE, fields[i].name,
					spec->name);
		return number;
	}
	if (terms->field_name)
		return kpc_fail(error, error_size, -EINVAL,
				"%s has no argument called %s", spec->name,
				terms->field_name);
	return kpc_fail(error, error_size, -EINVAL,
			"%s has %u arguments: there is no field=%u (they "
			"count from 0, and have names)",
			spec->name, number, terms->field);
}
