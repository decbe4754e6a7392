// SPDX-License-Identifier: GPL-2.0-only
/*
 * format_pprof.c - pprof's profile.proto, compressed: what Go's and others' tools read
 *
 * A sample is a call chain of one event, comm and process, which are its labels; its
 * values are how many there were, and with a weight their sum. A location is an
 * address, in the file as it was mapped first.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "calltree.h"
#include "formats.h"
#include "gzip.h"
#include "utf8.h"
#include "version.h"
#include "wire.h"

/* The numbers of the fields; see pprof's profile.proto. */
enum {
	PROFILE_SAMPLE_TYPE = 1,
	PROFILE_SAMPLE = 2,
	PROFILE_MAPPING = 3,
	PROFILE_LOCATION = 4,
	PROFILE_FUNCTION = 5,
	PROFILE_STRING = 6,
	PROFILE_TIME_NS = 9,
	PROFILE_DURATION_NS = 10,
	PROFILE_COMMENT = 13,
	PROFILE_DEFAULT_TYPE = 14
};
enum {
	TYPE_TYPE = 1,
	TYPE_UNIT = 2
};
enum {
	SAMPLE_LOCATION = 1,
	SAMPLE_VALUE = 2,
	SAMPLE_LABEL = 3
};
enum {
	LABEL_KEY = 1,
	LABEL_TEXT = 2,
	LABEL_NUMBER = 3
};
enum {
	MAPPING_ID = 1,
	MAPPING_START = 2,
	MAPPING_LIMIT = 3,
	MAPPING_OFFSET = 4,
	MAPPING_FILE = 5,
	MAPPING_BUILD_ID = 6,
	MAPPING_HAS_FUNCTIONS = 7
};
enum {
	LOCATION_ID = 1,
	LOCATION_MAPPING = 2,
	LOCATION_ADDRESS = 3,
	LOCATION_LINE = 4
};
enum {
	LINE_FUNCTION = 1
};
enum {
	FUNCTION_ID = 1,
	FUNCTION_NAME = 2,
	FUNCTION_SYSTEM_NAME = 3,
	FUNCTION_FILE = 4
};

/* Ids begin with 1: of a mapping and a location they are 1 + the tree's numbers. */
struct pprof {
	struct kpc_calltree tree;
	struct kpc_gzip gzip;
	struct kpc_buf message;
	struct kpc_records functions; /* a name and a file */
	int64_t start_ns;	      /* realtime */
	uint64_t duration_ns;
	bool has_time;
};

struct function {
	uint32_t name;
	uint32_t file;
};

static int pprof_begin(struct kpc_export *x)
{
	struct pprof *pprof = x->state;
	int err = kpc_calltree_init(
		&pprof->tree, KPC_CALLTREE_BY_EVENT | KPC_CALLTREE_BY_PID |
				      KPC_CALLTREE_BY_ADDRESS);

	kpc_weight_init(&pprof->tree.weight, x);
	pprof->functions = (struct kpc_records){ sizeof(struct function),
						 sizeof(struct function),
						 UINT32_MAX / 4 };
	return err ? err : kpc_gzip_init(&pprof->gzip, x->out);
}

static int pprof_trace_begin(struct kpc_export *x,
			     const struct kpc_reader *reader)
{
	const struct kpc_trace_info *info = kpc_export_info(x, reader);
	struct pprof *pprof = x->state;

	if (!pprof->has_time)
		pprof->start_ns = info->start_ns + info->realtime_offset_ns;
	pprof->has_time = true;
	pprof->duration_ns += info->end_ns - info->start_ns;
	return 0;
}

static int pprof_row(struct kpc_export *x, const struct kpc_row *row)
{
	struct pprof *pprof = x->state;

	return kpc_calltree_add(&pprof->tree, x, row);
}

/* ---- writing ------------------------------------------------------------- */

/* A number of a text that is put into the string table. */
static int64_t text(struct pprof *pprof, const char *string)
{
	return kpc_names_add(&pprof->tree.names, string);
}

/* The message is field @number of the profile. 0 or -ENOMEM. */
static int put_message(struct pprof *pprof, uint32_t number)
{
	struct kpc_buf *message = &pprof->message;
	uint8_t head[2 * KPC_WIRE_VARINT_BYTES];
	uint8_t *p = kpc_wire_store_varint(head, number << 3 | KPC_WIRE_BYTES);

	if (message->error)
		return message->error;
	p = kpc_wire_store_varint(p, message->used);
	kpc_gzip_write(&pprof->gzip, head, p - head);
	kpc_gzip_write(&pprof->gzip, message->data, message->used);
	kpc_buf_reset(message);
	return 0;
}

static int put_number(struct pprof *pprof, uint32_t number, uint64_t v)
{
	uint8_t field[2 * KPC_WIRE_VARINT_BYTES];
	uint8_t *p = kpc_wire_store_varint(field, number << 3);

	p = kpc_wire_store_varint(p, v);
	kpc_gzip_write(&pprof->gzip, field, p - field);
	return 0;
}

static int put_type(struct pprof *pprof, const char *type, const char *unit)
{
	int64_t type_text = text(pprof, type), unit_text = text(pprof, unit);

	if (type_text < 0 || unit_text < 0)
		return -ENOMEM;
	kpc_wire_add_varint(&pprof->message, TYPE_TYPE, type_text);
	kpc_wire_add_varint(&pprof->message, TYPE_UNIT, unit_text);
	return put_message(pprof, PROFILE_SAMPLE_TYPE);
}

static int put_types(struct pprof *pprof)
{
	const struct kpc_weight *weight = &pprof->tree.weight;
	const char *unit = kpc_weight_unit(weight);
	int err = put_type(pprof, "samples", "count");

	if (err || !weight->what)
		return err;
	err = put_type(pprof, weight->what, *unit ? unit : "count");
	return err ? err :
		     put_number(pprof, PROFILE_DEFAULT_TYPE,
				text(pprof, weight->what));
}

static int64_t build_id_text(struct pprof *pprof, const struct kpc_callmap *map)
{
	char hex[2 * sizeof(map->build_id) + 1] = "";

	for (uint32_t i = 0; i < map->build_id_bytes; i++)
		snprintf(hex + 2 * i, 3, "%02x", map->build_id[i]);
	return text(pprof, hex);
}

static int put_mappings(struct pprof *pprof)
{
	const struct kpc_calltree *tree = &pprof->tree;
	int64_t kernel = text(pprof, "[kernel.kallsyms]");
	int64_t build_id;
	int err = kernel < 0 ? kernel : 0;

	for (uint32_t i = 1; !err && i < tree->maps.nr; i++) {
		const struct kpc_callmap *map = kpc_calltree_map(tree, i);
		struct kpc_buf *message = &pprof->message;

		build_id = build_id_text(pprof, map);
		if (build_id < 0)
			return build_id;
		kpc_wire_add_varint(message, MAPPING_ID, i + 1);
		kpc_wire_add_varint(message, MAPPING_START, map->start);
		kpc_wire_add_varint(message, MAPPING_LIMIT,
				    map->start + map->bytes);
		kpc_wire_add_varint(message, MAPPING_OFFSET, map->offset);
		kpc_wire_add_varint(message, MAPPING_FILE,
				    map->is_kernel && !map->file ? kernel :
								   map->file);
		kpc_wire_add_varint(message, MAPPING_BUILD_ID, build_id);
		kpc_wire_add_varint(message, MAPPING_HAS_FUNCTIONS,
				    map->is_kernel);
		err = put_message(pprof, PROFILE_MAPPING);
	}
	return err;
}

/* The id of a function, which is written when it is new. */
static int64_t put_function(struct pprof *pprof, uint32_t name, uint32_t file)
{
	const struct function function = { name, file };
	uint32_t nr = pprof->functions.nr;
	int64_t number = kpc_records_add(&pprof->functions, &function);
	struct kpc_buf *message = &pprof->message;
	int err;

	if (number != nr)
		return number < 0 ? number : number + 1;
	kpc_wire_add_varint(message, FUNCTION_ID, number + 1);
	kpc_wire_add_varint(message, FUNCTION_NAME, name);
	kpc_wire_add_varint(message, FUNCTION_SYSTEM_NAME, name);
	kpc_wire_add_varint(message, FUNCTION_FILE, file);
	err = put_message(pprof, PROFILE_FUNCTION);
	return err ? err : number + 1;
}

static int put_location(struct pprof *pprof, uint32_t number)
{
	const struct kpc_calltree *tree = &pprof->tree;
	const struct kpc_calltree_frame *frame =
		kpc_calltree_frame(tree, number);
	const struct kpc_callmap *map = kpc_calltree_map(tree, frame->map);
	struct kpc_buf *message = &pprof->message;
	int64_t function = 0;
	size_t line;

	if (frame->name)
		function = put_function(pprof, frame->name, map->file);
	if (function < 0)
		return function;
	kpc_wire_add_varint(message, LOCATION_ID, number + 1);
	if (frame->map)
		kpc_wire_add_varint(message, LOCATION_MAPPING, frame->map + 1);
	kpc_wire_add_varint(message, LOCATION_ADDRESS, frame->address);
	if (function) {
		line = kpc_wire_begin(message, LOCATION_LINE);
		kpc_wire_add_varint(message, LINE_FUNCTION, function);
		kpc_wire_end(message, line);
	}
	return put_message(pprof, PROFILE_LOCATION);
}

static int put_locations(struct pprof *pprof)
{
	int err = 0;

	/* The first is of what nothing is known of, not even an address. */
	for (uint32_t i = 0; !err && i < pprof->tree.frames.nr; i++)
		if (!kpc_calltree_frame(&pprof->tree, i)->label)
			err = put_location(pprof, i);
	return err;
}

static int put_label(struct pprof *pprof,
		     const struct kpc_calltree_frame *frame)
{
	static const char *const keys[] = {
		[KPC_CALLTREE_EVENT] = "event",
		[KPC_CALLTREE_COMM] = "comm",
		[KPC_CALLTREE_PID] = "pid",
	};
	int64_t key = text(pprof, keys[frame->label]);
	size_t label;

	if (key < 0)
		return key;
	label = kpc_wire_begin(&pprof->message, SAMPLE_LABEL);
	kpc_wire_add_varint(&pprof->message, LABEL_KEY, key);
	if (frame->label == KPC_CALLTREE_PID)
		kpc_wire_add_varint(
			&pprof->message, LABEL_NUMBER,
			strtoll(kpc_names_text(&pprof->tree.names, frame->name),
				NULL, 10));
	else
		kpc_wire_add_varint(&pprof->message, LABEL_TEXT, frame->name);
	kpc_wire_end(&pprof->message, label);
	return 0;
}

static int put_sample(struct pprof *pprof, uint32_t number)
{
	const struct kpc_calltree *tree = &pprof->tree;
	const struct kpc_calltree_node *node = kpc_calltree_node(tree, number);
	uint32_t way[KPC_CALLTREE_DEPTH_MAX];
	uint32_t depth = kpc_calltree_way(tree, number, way);
	struct kpc_buf *message = &pprof->message;
	size_t packed = kpc_wire_begin(message, SAMPLE_LOCATION);
	int err = 0;

	/* The innermost first. */
	for (uint32_t i = depth; i--;)
		if (!kpc_calltree_frame(tree, way[i])->label)
			kpc_wire_put_varint(message, way[i] + 1);
	kpc_wire_end(message, packed);
	packed = kpc_wire_begin(message, SAMPLE_VALUE);
	kpc_wire_put_varint(message, node->samples);
	if (tree->weight.what)
		kpc_wire_put_varint(message, node->weight);
	kpc_wire_end(message, packed);
	for (uint32_t i = 0; !err && i < depth; i++)
		if (kpc_calltree_frame(tree, way[i])->label)
			err = put_label(pprof,
					kpc_calltree_frame(tree, way[i]));
	return err ? err : put_message(pprof, PROFILE_SAMPLE);
}

static int put_samples(struct pprof *pprof)
{
	int err = 0;

	for (uint32_t i = 0; !err && i < pprof->tree.nodes.nr; i++)
		if (kpc_calltree_node(&pprof->tree, i)->samples)
			err = put_sample(pprof, i);
	return err;
}

/* After all that have texts. A text is UTF-8 there. */
static int put_strings(struct pprof *pprof)
{
	const struct kpc_names *names = &pprof->tree.names;
	int err = 0;

	for (uint32_t i = 0; !err && i < kpc_names_nr(names); i++) {
		const char *at = kpc_names_text(names, i);

		kpc_utf8_add(&pprof->message, at, strlen(at));
		err = put_message(pprof, PROFILE_STRING);
	}
	return err;
}

static int pprof_end(struct kpc_export *x)
{
	struct pprof *pprof = x->state;
	int64_t comment = text(pprof, "collect " KPC_VERSION);
	int err = kpc_calltree_check(&pprof->tree, x);

	if (!err && comment < 0)
		err = comment;
	if (!err)
		err = put_types(pprof);
	if (!err)
		err = put_samples(pprof);
	if (!err)
		err = put_mappings(pprof);
	if (!err)
		err = put_locations(pprof);
	if (err)
		return err;
	put_number(pprof, PROFILE_TIME_NS, pprof->start_ns);
	put_number(pprof, PROFILE_DURATION_NS, pprof->duration_ns);
	put_number(pprof, PROFILE_COMMENT, comment);
	err = put_strings(pprof);
	kpc_gzip_finish(&pprof->gzip);
	return err;
}

static void pprof_uninit(struct kpc_export *x)
{
	struct pprof *pprof = x->state;

	kpc_calltree_uninit(&pprof->tree);
	kpc_records_uninit(&pprof->functions);
	kpc_buf_uninit(&pprof->message);
	kpc_gzip_uninit(&pprof->gzip);
}

const struct kpc_export_format kpc_format_pprof = {
	.name = "pprof",
	.what = "a profile for go tool pprof and its like",
	.flags = KPC_FORMAT_STACKS | KPC_FORMAT_WEIGHT | KPC_FORMAT_BINARY,
	.state_bytes = sizeof(struct pprof),
	.begin = pprof_begin,
	.trace_begin = pprof_trace_begin,
	.row = pprof_row,
	.end = pprof_end,
	.uninit = pprof_uninit,
};
