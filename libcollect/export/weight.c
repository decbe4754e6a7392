// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "fieldtext.h"
#include "weight.h"

void kpc_weight_init(struct kpc_weight *weight, const struct kpc_export *x)
{
	*weight = (struct kpc_weight){ .what = x->opts.weight };
}

void kpc_weight_uninit(struct kpc_weight *weight)
{
	kpc_ptrmap_uninit(&weight->fields, NULL);
}

/* 1 + its number; 0: the event has no such number. */
static uintptr_t find_field(const struct kpc_event *event, const char *name)
{
	for (uint32_t i = 0; i < event->nr_fields; i++)
		if (!strcmp(event->fields[i].name, name) &&
		    !kpc_field_is_blob(&event->fields[i]))
			return i + 1;
	return 0;
}

static int of_field(struct kpc_weight *weight, const struct kpc_row *row,
		    uint64_t *value)
{
	uintptr_t field =
		(uintptr_t)kpc_ptrmap_find(&weight->fields, row->event);

	if (!field) {
		int err;

		field = find_field(row->event, weight->what);
		if (!field)
			return 0;
		err = kpc_ptrmap_put(&weight->fields, row->event,
				     (void *)field);
		if (err)
			return err;
	}
	if (row->payload)
		return 0;
	*value = row->values[field - 1].u;
	if (row->event->fields[field - 1].kind == KPC_FIELD_SIGNED &&
	    (int64_t)*value < 0) {
		weight->negative++;
		*value = 0;
	}
	return 1;
}

int kpc_weight_of(struct kpc_weight *weight, const struct kpc_row *row,
		  uint64_t *value)
{
	*value = 1;
	if (!weight->what)
		return 1;
	if (strcmp(weight->what, "hits"))
		return of_field(weight, row, value);
	if (row->weight)
		*value = row->weight;
	return 1;
}

const char *kpc_weight_name(const struct kpc_weight *weight)
{
	return weight->what ? weight->what : "samples";
}

static bool ends(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);

	return n >= m && !strcmp(text + n - m, end);
}

const char *kpc_weight_unit(const struct kpc_weight *weight)
{
	const char *what = kpc_weight_name(weight);

	/* sched_stat_runtime's runtime, too. */
	if (ends(what, "_ns") || !strcmp(what, "runtime"))
		return "nanoseconds";
	return !strncmp(what, "bytes", 5) || ends(what, "bytes") ? "bytes" : "";
}
