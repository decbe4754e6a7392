// SPDX-License-Identifier: GPL-2.0-only
/*
 * format_json.c - JSON Lines: an object for each event, as collect dump --json has them
 *
 * {"time_ns":N,"cpu":N,"comm":"S","pid":N,"tid":N,"event":"S","fields":{...},
 *  "stack":[{"address":"0x...","offset":N,"symbol":"S","module":"S","file":"S"},...]}
 *
 * Fields are numbers, strings ("0x..." of pointers and what else is hex, the hex digits
 * of bytes, null where the kernel couldn't read a string) or arrays of those. A cpu, comm,
 * pid or tid that isn't known is null. Where there is one: weight, cgroup (its path), and
 * payload (in hex) in place of fields that a record couldn't be split into. Of joined traces the time is since
 * 1970, and host comes behind it.
 */
#include <string.h>

#include "callframe.h"
#include "fieldtext.h"
#include "formats.h"

static void put_key(struct kpc_outfile *out, const char *key)
{
	kpc_outfile_text(out, ",\"");
	kpc_outfile_text(out, key);
	kpc_outfile_text(out, "\":");
}

static void put_text(struct kpc_outfile *out, const char *text)
{
	kpc_outfile_json(out, text, strlen(text));
}

static void put_hex_bytes(struct kpc_outfile *out, const uint8_t *bytes,
			  size_t n)
{
	kpc_outfile_char(out, '"');
	kpc_outfile_hex_bytes(out, bytes, n);
	kpc_outfile_char(out, '"');
}

static void put_id(struct kpc_outfile *out, const char *key, uint32_t id)
{
	put_key(out, key);
	if (id == KPC_TID_UNKNOWN)
		kpc_outfile_text(out, "null");
	else
		kpc_outfile_u64(out, id);
}

static void put_lead(struct kpc_outfile *out, const struct kpc_row *row)
{
	kpc_outfile_text(out, "{\"time_ns\":");
	if (row->info->merged) {
		kpc_outfile_s64(out, row->realtime_ns);
		put_key(out, "host");
		put_text(out, row->info->hostname);
	} else {
		kpc_outfile_u64(out, row->time_ns);
	}
	put_key(out, "cpu");
	if (row->cpu < 0)
		kpc_outfile_text(out, "null");
	else
		kpc_outfile_s64(out, row->cpu);
	put_key(out, "comm");
	if (*row->comm)
		put_text(out, row->comm);
	else
		kpc_outfile_text(out, "null");
	put_id(out, "pid", row->pid);
	put_id(out, "tid", row->tid);
	put_key(out, "event");
	put_text(out, row->event->name);
}

static void put_part(struct kpc_outfile *out, const char *text)
{
	kpc_outfile_json_part(out, text, strlen(text));
}

/* NAME+0x1, NAME+0x1 [FILE] or FILE+0x1 */
static void put_place(struct kpc_outfile *out, const char *name,
		      const char *file, uint64_t offset)
{
	kpc_outfile_char(out, '"');
	put_part(out, *name ? name : file);
	kpc_outfile_char(out, '+');
	kpc_outfile_hex(out, offset);
	if (*name && *file) {
		kpc_outfile_text(out, " [");
		put_part(out, file);
		kpc_outfile_char(out, ']');
	}
	kpc_outfile_char(out, '"');
}

static void put_value(struct kpc_export *x, const struct kpc_field *field,
		      const struct kpc_value *value)
{
	struct kpc_outfile *out = x->out;
	bool quoted = field->kind == KPC_FIELD_HEX;
	struct kpc_kernel_symbol symbol;

	if (field->kind == KPC_FIELD_BYTES) {
		put_hex_bytes(out, value->blob, value->blob_bytes);
	} else if (value->fault) {
		kpc_outfile_text(out, "null");
	} else if (field->kind == KPC_FIELD_STRING) {
		kpc_outfile_json(out, value->blob, value->blob_bytes);
	} else if (kpc_export_is_place(x, value->u, &symbol)) {
		put_place(out, symbol.name, symbol.module, symbol.offset);
	} else {
		char *p = kpc_outfile_room(out, 22);

		if (quoted)
			*p++ = '"';
		p = kpc_put_number(p, field, value->u);
		if (quoted)
			*p++ = '"';
		kpc_outfile_commit(out, p);
	}
}

static void put_fields(struct kpc_export *x, const struct kpc_row *row)
{
	struct kpc_outfile *out = x->out;
	uint32_t left = 0; /* of an array */
	bool first = true;

	put_key(out, "fields");
	kpc_outfile_char(out, '{');
	for (uint32_t i = 0; i < row->event->nr_fields; i++) {
		const struct kpc_field *field = &row->event->fields[i];

		if (field->common)
			continue;
		if (!first)
			kpc_outfile_char(out, ',');
		first = false;
		if (field->elements || !left) {
			put_text(out, field->name);
			kpc_outfile_text(out, field->elements ? ":[" : ":");
			left = field->elements;
		}
		put_value(x, field, &row->values[i]);
		if (left && !--left)
			kpc_outfile_char(out, ']');
	}
	kpc_outfile_text(out, left ? "]}" : "}");
}

static void put_hex(struct kpc_outfile *out, uint64_t v)
{
	kpc_outfile_char(out, '"');
	kpc_outfile_hex(out, v);
	kpc_outfile_char(out, '"');
}

/* Of a function of the kernel, its offset is in it, of a program's, in the file. */
static void put_frame(struct kpc_export *x, const struct kpc_callframe *frame)
{
	struct kpc_outfile *out = x->out;
	const char *file_key = frame->is_kernel ? "module" : "file";
	bool known = *frame->name || *frame->file;
	uint64_t offset = frame->offset;

	if (!frame->is_kernel)
		offset = frame->map_offset + frame->address - frame->map_start;
	kpc_outfile_char(out, '{');
	/* What is in place of an address says nothing that the rest doesn't. */
	if (!x->anonymizer || !known) {
		kpc_outfile_text(out, "\"address\":");
		put_hex(out, frame->address);
	}
	if (known) {
		kpc_outfile_text(out, x->anonymizer ? "\"offset\":" :
						      ",\"offset\":");
		kpc_outfile_u64(out, offset);
	}
	if (*frame->name) {
		put_key(out, "symbol");
		put_text(out, frame->name);
	}
	if (*frame->file) {
		put_key(out, file_key);
		put_text(out, frame->file);
	}
	kpc_outfile_char(out, '}');
}

static void put_stack(struct kpc_export *x, const struct kpc_row *row)
{
	struct kpc_callframes frames = { x, row };
	struct kpc_callframe frame;
	const char *between = "";

	put_key(x->out, "stack");
	kpc_outfile_char(x->out, '[');
	while (kpc_callframes_next(&frames, &frame)) {
		kpc_outfile_text(x->out, between);
		put_frame(x, &frame);
		between = ",";
	}
	kpc_outfile_char(x->out, ']');
}

static int json_row(struct kpc_export *x, const struct kpc_row *row)
{
	put_lead(x->out, row);
	if (row->payload) {
		put_key(x->out, "payload");
		put_hex_bytes(x->out, row->payload, row->payload_bytes);
	} else {
		put_fields(x, row);
	}
	if (*row->cgroup_path) {
		put_key(x->out, "cgroup");
		put_text(x->out, row->cgroup_path);
	}
	if (row->stack_depth)
		put_stack(x, row);
	if (row->weight) {
		put_key(x->out, "weight");
		kpc_outfile_u64(x->out, row->weight);
	}
	kpc_outfile_text(x->out, "}\n");
	return 0;
}

const struct kpc_export_format kpc_format_json = {
	.name = "json",
	.what = "JSON Lines, an object for each event (jq, scripts)",
	.row = json_row,
};
