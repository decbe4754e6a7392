// SPDX-License-Identifier: GPL-2.0-only
/*
 * format_csv.c - RFC 4180: a line for each event, a column for each field
 *
 * A field's name is its column's; where all events have such a column, field.NAME is,
 * and where fields of that name aren't of one kind in all events, EVENT.NAME are. Columns come in the order in which the trace describes its
 * events and they their fields. Elements of an array are NAME[0], NAME[1], ...
 */
#define _GNU_SOURCE /* asprintf() */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "callframe.h"
#include "fieldtext.h"
#include "formats.h"
#include "names.h"
#include "ptrmap.h"

#define COLUMNS_MAX 65536u
#define NO_FIELD    UINT32_MAX
#define NO_KIND	    UINT8_MAX

/* An event, and which of its fields each column has. */
struct source {
	const struct kpc_event *event;
	uint32_t *field;
};

struct csv {
	struct source **source;
	uint32_t nr_sources;
	struct kpc_ptrmap by_event;
	struct kpc_names columns;
	bool has_header;
	bool has_cgroups;
	bool is_merged;
};

/* ---- columns ------------------------------------------------------------- */

/* Walks over the fields that have columns, and knows the elements of arrays. */
struct walk {
	const struct kpc_event *event;
	uint32_t field;
	uint32_t element;
	uint32_t left; /* elements behind this one */
};

static bool walk_next(struct walk *walk, bool begin)
{
	const struct kpc_event *event = walk->event;

	if (!begin)
		walk->field++;
	for (; walk->field < event->nr_fields; walk->field++) {
		const struct kpc_field *field = &event->fields[walk->field];

		if (field->elements) {
			walk->element = 0;
			walk->left = field->elements;
		} else if (walk->left) {
			walk->element++;
			walk->left--;
		}
		if (!field->common)
			return true;
	}
	return false;
}

/* With @prefix and a dot before it, unless that is NULL. NULL without memory. */
static char *column_name(const struct walk *walk, const char *prefix)
{
	const char *name = walk->event->fields[walk->field].name;
	char *text;
	int n = walk->left ? asprintf(&text, "%s%s%s[%u]", prefix ? prefix : "",
				      prefix ? "." : "", name, walk->element) :
			     asprintf(&text, "%s%s%s", prefix ? prefix : "",
				      prefix ? "." : "", name);

	return n < 0 ? NULL : text;
}

/* Columns of all events; the last one where there are cgroups. */
static const char *const fixed[] = {
	"realtime_ns", "host",	"time_ns", "cpu",    "comm",	"pid",
	"tid",	       "event", "stack",   "weight", "payload", "cgroup",
};
#define NR_FIXED (sizeof(fixed) / sizeof(*fixed))

static uint32_t nr_fixed(const struct csv *csv)
{
	return csv->has_cgroups ? NR_FIXED : NR_FIXED - 1;
}

/* Takes @name over. Its number, or a negative errno. */
static int64_t add_name(struct kpc_names *names, char *name)
{
	int64_t number = name ? kpc_names_add(names, name) : -ENOMEM;

	free(name);
	return number;
}

/* Names of fields, and where they have several kinds. */
struct kinds {
	struct kpc_names names;
	uint8_t *kind;
	bool *differs;
};

static int kinds_add(struct kinds *kinds, const struct walk *walk)
{
	uint32_t nr = kpc_names_nr(&kinds->names);
	uint8_t kind = walk->event->fields[walk->field].kind;
	int64_t number = add_name(&kinds->names, column_name(walk, NULL));

	if (number < 0)
		return number;
	if (number >= COLUMNS_MAX)
		return -E2BIG;
	if (number == nr || kinds->kind[number] == NO_KIND)
		kinds->kind[number] = kind;
	else if (kinds->kind[number] != kind)
		kinds->differs[number] = true;
	return 0;
}

static int find_kinds(struct csv *csv, struct kinds *kinds)
{
	kinds->kind = calloc(COLUMNS_MAX, sizeof(*kinds->kind));
	kinds->differs = calloc(COLUMNS_MAX, sizeof(*kinds->differs));
	if (!kinds->kind || !kinds->differs)
		return -ENOMEM;
	for (uint32_t i = 0; i < nr_fixed(csv); i++) {
		int64_t number = kpc_names_add(&kinds->names, fixed[i]);

		if (number < 0)
			return number;
		kinds->kind[number] = NO_KIND;
	}
	for (uint32_t i = 0; i < csv->nr_sources; i++) {
		struct walk walk = { csv->source[i]->event };

		for (bool more = walk_next(&walk, true); more;
		     more = walk_next(&walk, false)) {
			int err = kinds_add(kinds, &walk);

			if (err)
				return err;
		}
	}
	return 0;
}

/* The column of a field that is there already, or is made. */
static int64_t column_of(struct csv *csv, struct kinds *kinds,
			 const struct walk *walk)
{
	int64_t number = add_name(&kinds->names, column_name(walk, NULL));
	const char *prefix = NULL;

	if (number < 0)
		return number;
	if (kinds->differs[number])
		prefix = walk->event->name;
	else if (number < nr_fixed(csv))
		prefix = "field";
	number = add_name(&csv->columns, column_name(walk, prefix));
	return number < COLUMNS_MAX ? number : -E2BIG;
}

/* Calls on all fields of a source; @fill: the columns are complete. */
static int place_fields(struct csv *csv, struct kinds *kinds,
			struct source *source, bool fill)
{
	struct walk walk = { source->event };

	for (bool more = walk_next(&walk, true); more;
	     more = walk_next(&walk, false)) {
		int64_t column = column_of(csv, kinds, &walk);

		if (column < 0)
			return column;
		if (fill && source->field[column] == NO_FIELD)
			source->field[column] = walk.field;
	}
	return 0;
}

static int make_columns(struct csv *csv, struct kinds *kinds)
{
	int err = find_kinds(csv, kinds);

	for (uint32_t i = 0; !err && i < csv->nr_sources; i++)
		err = place_fields(csv, kinds, csv->source[i], false);
	for (uint32_t i = 0; !err && i < csv->nr_sources; i++) {
		struct source *source = csv->source[i];

		source->field = malloc((kpc_names_nr(&csv->columns) + 1) *
				       sizeof(*source->field));
		if (!source->field)
			return -ENOMEM;
		memset(source->field, 0xff,
		       kpc_names_nr(&csv->columns) * sizeof(*source->field));
		err = place_fields(csv, kinds, source, true);
	}
	return err;
}

/* ---- text ---------------------------------------------------------------- */

/*
 * Within quotes. A control character, a byte that is no ASCII and the backslash are
 * \xNN, so that a line of text is a line of the table.
 */
static void put_escaped(struct kpc_outfile *out, const void *data, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *at = data;

	for (; n--; at++) {
		char *p = kpc_outfile_room(out, 4);

		if (*at >= ' ' && *at < 0x7f && *at != '\\') {
			if (*at == '"')
				*p++ = '"';
			*p++ = *at;
		} else {
			*p++ = '\\';
			*p++ = 'x';
			*p++ = digits[*at >> 4];
			*p++ = digits[*at & 15];
		}
		kpc_outfile_commit(out, p);
	}
}

static void put_string(struct kpc_outfile *out, const void *data, size_t n)
{
	kpc_outfile_char(out, '"');
	put_escaped(out, data, n);
	kpc_outfile_char(out, '"');
}

static void put_text(struct kpc_outfile *out, const char *text)
{
	put_string(out, text, strlen(text));
}

/* A name that needs no quotes. */
static bool is_plain(const char *name)
{
	while (isalnum((unsigned char)*name) ||
	       (*name && strchr("_.:[]", *name)))
		name++;
	return !*name;
}

static void put_header(struct kpc_outfile *out, const struct csv *csv)
{
	kpc_outfile_text(out,
			 csv->is_merged ? "time_ns,host,cpu," : "time_ns,cpu,");
	kpc_outfile_text(out, "comm,pid,tid,event");
	for (uint32_t i = 0; i < kpc_names_nr(&csv->columns); i++) {
		const char *name = kpc_names_text(&csv->columns, i);

		kpc_outfile_char(out, ',');
		if (is_plain(name))
			kpc_outfile_text(out, name);
		else
			put_text(out, name);
	}
	kpc_outfile_text(out, ",stack,weight,payload");
	kpc_outfile_text(out, csv->has_cgroups ? ",cgroup\r\n" : "\r\n");
}

/* NAME+0x1 */
static void put_place(struct kpc_outfile *out, const char *name,
		      uint64_t offset)
{
	put_escaped(out, name, strlen(name));
	kpc_outfile_char(out, '+');
	kpc_outfile_hex(out, offset);
}

static void put_symbol(struct kpc_outfile *out,
		       const struct kpc_kernel_symbol *symbol)
{
	kpc_outfile_char(out, '"');
	put_place(out, *symbol->name ? symbol->name : symbol->module,
		  symbol->offset);
	kpc_outfile_char(out, '"');
}

static void put_value(struct kpc_export *x, const struct kpc_field *field,
		      const struct kpc_value *value)
{
	struct kpc_outfile *out = x->out;
	struct kpc_kernel_symbol symbol;

	if (field->kind == KPC_FIELD_BYTES)
		kpc_outfile_hex_bytes(out, value->blob, value->blob_bytes);
	else if (value->fault)
		kpc_outfile_text(out, "(fault)");
	else if (field->kind == KPC_FIELD_STRING)
		put_string(out, value->blob, value->blob_bytes);
	else if (kpc_export_is_place(x, value->u, &symbol))
		put_symbol(out, &symbol);
	else
		kpc_outfile_commit(out,
				   kpc_put_number(kpc_outfile_room(out, 20),
						  field, value->u));
}

static void put_id(struct kpc_outfile *out, uint32_t id)
{
	kpc_outfile_char(out, ',');
	if (id != KPC_TID_UNKNOWN)
		kpc_outfile_u64(out, id);
}

static void put_lead(struct kpc_outfile *out, const struct csv *csv,
		     const struct kpc_row *row)
{
	/* Of joined traces by the clock that they have in common, and where. */
	kpc_outfile_u64(out, row->info->merged ? (uint64_t)row->realtime_ns :
						 row->time_ns);
	kpc_outfile_char(out, ',');
	if (csv->is_merged) {
		put_text(out, row->info->merged ? row->info->hostname : "");
		kpc_outfile_char(out, ',');
	}
	if (row->cpu >= 0)
		kpc_outfile_s64(out, row->cpu);
	kpc_outfile_char(out, ',');
	if (*row->comm)
		put_text(out, row->comm);
	put_id(out, row->pid);
	put_id(out, row->tid);
	kpc_outfile_char(out, ',');
	put_text(out, row->event->name);
}

static void put_addresses(struct kpc_outfile *out, const struct kpc_row *row)
{
	for (uint32_t i = 0; i < row->stack_depth; i++) {
		if (i)
			kpc_outfile_char(out, ' ');
		kpc_outfile_hex(out, row->stack[i]);
	}
}

/* In place of addresses. */
static void put_frames(struct kpc_export *x, const struct kpc_row *row)
{
	struct kpc_callframes frames = { x, row };
	struct kpc_callframe frame;
	const char *between = "";

	while (kpc_callframes_next(&frames, &frame)) {
		const char *name = *frame.name ? frame.name : frame.file;

		kpc_outfile_text(x->out, between);
		if (*name)
			put_place(x->out, name, frame.offset);
		else
			kpc_outfile_hex(x->out, frame.address);
		between = " ";
	}
}

static void put_tail(struct kpc_export *x, const struct csv *csv,
		     const struct kpc_row *row)
{
	struct kpc_outfile *out = x->out;

	kpc_outfile_text(out, row->stack_depth ? ",\"" : ",");
	if (x->anonymizer)
		put_frames(x, row);
	else
		put_addresses(out, row);
	kpc_outfile_text(out, row->stack_depth ? "\"" : "");
	kpc_outfile_char(out, ',');
	if (row->weight)
		kpc_outfile_u64(out, row->weight);
	kpc_outfile_char(out, ',');
	if (row->payload)
		kpc_outfile_hex_bytes(out, row->payload, row->payload_bytes);
	if (csv->has_cgroups)
		kpc_outfile_char(out, ',');
	if (*row->cgroup_path)
		put_text(out, row->cgroup_path);
	kpc_outfile_text(out, "\r\n");
}

/* ---- operations ---------------------------------------------------------- */

static int csv_event(struct kpc_export *x, const struct kpc_event *event)
{
	struct csv *csv = x->state;
	struct source *source;
	struct source **grown = csv->source;

	if (kpc_ptrmap_find(&csv->by_event, event))
		return 0;
	if (!(csv->nr_sources & (csv->nr_sources - 1)))
		grown = reallocarray(csv->source,
				     csv->nr_sources ? csv->nr_sources * 2 : 1,
				     sizeof(*grown));
	source = grown ? calloc(1, sizeof(*source)) : NULL;
	if (grown)
		csv->source = grown;
	if (!source)
		return -ENOMEM;
	source->event = event;
	csv->source[csv->nr_sources++] = source;
	csv->has_cgroups |= event->cgroup && !csv->has_header;
	return kpc_ptrmap_put(&csv->by_event, event, source);
}

static int csv_trace_begin(struct kpc_export *x,
			   const struct kpc_reader *reader)
{
	struct csv *csv = x->state;
	struct kinds kinds = { 0 };
	int err;

	if (csv->has_header)
		return 0;
	csv->has_header = true;
	csv->is_merged = kpc_export_info(x, reader)->merged;
	err = make_columns(csv, &kinds);
	kpc_names_uninit(&kinds.names);
	free(kinds.kind);
	free(kinds.differs);
	if (err == -E2BIG)
		return kpc_export_fail(
			x, err,
			"the events have more than %u different fields: choose some with --event",
			COLUMNS_MAX);
	if (!err)
		put_header(x->out, csv);
	return err;
}

static int csv_row(struct kpc_export *x, const struct kpc_row *row)
{
	struct csv *csv = x->state;
	const struct source *source =
		kpc_ptrmap_find(&csv->by_event, row->event);

	if (!source || !source->field)
		return kpc_export_fail(
			x, -EINVAL,
			"the header has no columns for %s: it came with a later trace of the file",
			row->event->name);
	put_lead(x->out, csv, row);
	for (uint32_t i = 0; i < kpc_names_nr(&csv->columns); i++) {
		uint32_t field = source->field[i];

		kpc_outfile_char(x->out, ',');
		if (field != NO_FIELD && !row->payload)
			put_value(x, &row->event->fields[field],
				  &row->values[field]);
	}
	put_tail(x, csv, row);
	return 0;
}

static void csv_uninit(struct kpc_export *x)
{
	struct csv *csv = x->state;

	for (uint32_t i = 0; i < csv->nr_sources; i++) {
		free(csv->source[i]->field);
		free(csv->source[i]);
	}
	free(csv->source);
	kpc_ptrmap_uninit(&csv->by_event, NULL);
	kpc_names_uninit(&csv->columns);
}

const struct kpc_export_format kpc_format_csv = {
	.name = "csv",
	.what = "a table, with a column for each field (spreadsheets, pandas)",
	.state_bytes = sizeof(struct csv),
	.event = csv_event,
	.trace_begin = csv_trace_begin,
	.row = csv_row,
	.uninit = csv_uninit,
};
