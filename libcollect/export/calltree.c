// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "calltree.h"

/* About 100 MiB in all, at most, with their tables. */
#define NODES_MAX  (1u << 21)
#define FRAMES_MAX (1u << 18)
#define MAPS_MAX   (1u << 16)

#define MAP_KEY_BYTES  32 /* file, kind, build-id: the rest is of the first */
#define NODE_KEY_BYTES 8

_Static_assert(offsetof(struct kpc_callmap, start) == MAP_KEY_BYTES, "");
_Static_assert(offsetof(struct kpc_calltree_node, samples) == NODE_KEY_BYTES,
	       "");

int kpc_calltree_init(struct kpc_calltree *tree, unsigned int flags)
{
	const struct kpc_calltree_node root = { 0 };
	const struct kpc_calltree_frame frame = { 0 };
	const struct kpc_callmap map = { 0 };

	*tree = (struct kpc_calltree){
		.flags = flags,
		.maps = { sizeof(map), MAP_KEY_BYTES, MAPS_MAX },
		.frames = { sizeof(frame), sizeof(frame), FRAMES_MAX },
		.nodes = { sizeof(root), NODE_KEY_BYTES, NODES_MAX },
	};
	if (kpc_names_add(&tree->names, "") ||
	    kpc_records_add(&tree->maps, &map) ||
	    kpc_records_add(&tree->frames, &frame) ||
	    kpc_records_add(&tree->nodes, &root))
		return -ENOMEM;
	return 0;
}

void kpc_calltree_uninit(struct kpc_calltree *tree)
{
	kpc_names_uninit(&tree->names);
	kpc_records_uninit(&tree->maps);
	kpc_records_uninit(&tree->frames);
	kpc_records_uninit(&tree->nodes);
	kpc_weight_uninit(&tree->weight);
}

/* ---- frames -------------------------------------------------------------- */

/* All of these: a number, or a negative errno. */

static int64_t add_map(struct kpc_calltree *tree,
		       const struct kpc_callframe *frame)
{
	int64_t file = kpc_names_add(&tree->names, frame->file);
	struct kpc_callmap map = {
		.file = file,
		.is_kernel = frame->is_kernel,
		.start = frame->map_start,
		.bytes = frame->map_bytes,
		.offset = frame->map_offset,
	};

	if (frame->build_id_bytes &&
	    frame->build_id_bytes <= sizeof(map.build_id)) {
		map.build_id_bytes = frame->build_id_bytes;
		memcpy(map.build_id, frame->build_id, frame->build_id_bytes);
	}
	return file < 0 ? file : kpc_records_add(&tree->maps, &map);
}

/*
 * Where a file is mapped differs from process to process, so its functions are where
 * they were in the first one.
 */
static uint64_t common_address(const struct kpc_calltree *tree, uint32_t map,
			       const struct kpc_callframe *frame)
{
	const struct kpc_callmap *first = kpc_calltree_map(tree, map);

	if (!frame->map_bytes)
		return frame->address;
	return first->start - first->offset + frame->map_offset +
	       (frame->address - frame->map_start);
}

static int64_t add_function(struct kpc_calltree *tree,
			    const struct kpc_callframe *from)
{
	int64_t map = add_map(tree, from);
	int64_t name = kpc_names_add(&tree->names, from->name);
	struct kpc_calltree_frame frame = { .name = name, .map = map };

	if (map < 0 || name < 0)
		return map < 0 ? map : name;
	if (tree->flags & KPC_CALLTREE_BY_ADDRESS)
		frame.address = common_address(tree, map, from);
	return kpc_records_add(&tree->frames, &frame);
}

/* The node of a label below @node. */
static int64_t add_label(struct kpc_calltree *tree, uint32_t node,
			 enum kpc_calltree_label label, const char *text)
{
	int64_t name = kpc_names_add(&tree->names, text);
	const struct kpc_calltree_frame frame = { .name = name,
						  .label = label };
	int64_t number = name < 0 ? name :
				    kpc_records_add(&tree->frames, &frame);
	const struct kpc_calltree_node child = { .parent = node,
						 .frame = number };

	return number < 0 ? number : kpc_records_add(&tree->nodes, &child);
}

static int64_t add_labels(struct kpc_calltree *tree, const struct kpc_row *row)
{
	const char *comm = row->tid ? row->comm : "<idle>";
	int64_t node = 0;
	char pid[16];

	if (tree->flags & KPC_CALLTREE_BY_EVENT)
		node = add_label(tree, 0, KPC_CALLTREE_EVENT, row->event->name);
	if (node >= 0)
		node = add_label(tree, node, KPC_CALLTREE_COMM,
				 *comm ? comm : "<...>");
	if (node < 0 || !(tree->flags & KPC_CALLTREE_BY_PID))
		return node;
	snprintf(pid, sizeof(pid), "%" PRId64,
		 row->pid == KPC_TID_UNKNOWN ? -1 : (int64_t)row->pid);
	return add_label(tree, node, KPC_CALLTREE_PID, pid);
}

/* ---- rows ---------------------------------------------------------------- */

/* The node of a chain below @node, as far as there's room. */
static int64_t add_chain(struct kpc_calltree *tree, struct kpc_export *x,
			 const struct kpc_row *row, uint32_t node)
{
	int64_t chain[KPC_CALLTREE_DEPTH_MAX - 8];
	struct kpc_callframes frames = { x, row };
	struct kpc_callframe frame;
	uint32_t depth = 0;

	while (depth < sizeof(chain) / sizeof(*chain) &&
	       kpc_callframes_next(&frames, &frame)) {
		chain[depth] = add_function(tree, &frame);
		if (chain[depth] == -ENOMEM)
			return -ENOMEM;
		depth++;
	}
	if (kpc_callframes_next(&frames, &frame))
		tree->cut++;
	for (; depth; depth--) {
		int64_t function = chain[depth - 1];
		const struct kpc_calltree_node child = {
			.parent = node,
			.frame = function,
		};
		int64_t number = function < 0 ?
					 function :
					 kpc_records_add(&tree->nodes, &child);

		if (number == -E2BIG) {
			tree->cut++;
			return node;
		}
		if (number < 0)
			return number;
		node = number;
	}
	return node;
}

int kpc_calltree_add(struct kpc_calltree *tree, struct kpc_export *x,
		     const struct kpc_row *row)
{
	struct kpc_calltree_node *node;
	int64_t number;
	uint64_t value;
	int ret = row->stack_depth ? kpc_weight_of(&tree->weight, row, &value) :
				     0;

	tree->without += !row->stack_depth;
	if (ret <= 0) {
		kpc_export_left_out(x);
		return ret;
	}
	number = add_labels(tree, row);
	if (number >= 0)
		number = add_chain(tree, x, row, number);
	if (number == -E2BIG) { /* not even its process has room */
		tree->no_room++;
		kpc_export_left_out(x);
		return 0;
	}
	if (number < 0)
		return number;
	node = kpc_records_at(&tree->nodes, number);
	node->samples++;
	node->weight += value;
	tree->samples++;
	return 0;
}

int kpc_calltree_check(const struct kpc_calltree *tree, struct kpc_export *x)
{
	uint64_t no_field = x->result.left_out - tree->without - tree->no_room;

	if (!tree->samples && tree->without == x->result.left_out)
		return kpc_export_fail(
			x, -EINVAL,
			"no event has a call chain: record them with collect -g");
	if (!tree->samples)
		return kpc_export_fail(
			x, -EINVAL,
			"no event with a call chain has a field '%s' that is a number",
			kpc_weight_name(&tree->weight));
	if (tree->without)
		kpc_export_log(x, KPC_LOG_INFO,
			       "%" PRIu64
			       " events have no call chain and are left out",
			       tree->without);
	if (no_field)
		kpc_export_log(x, KPC_LOG_INFO,
			       "%" PRIu64
			       " events have no field '%s' and are left out",
			       no_field, kpc_weight_name(&tree->weight));
	if (tree->weight.negative)
		kpc_export_log(x, KPC_LOG_WARNING,
			       "%" PRIu64
			       " values are below 0 and count for nothing",
			       tree->weight.negative);
	if (tree->cut)
		kpc_export_log(
			x, KPC_LOG_WARNING,
			"%" PRIu64
			" call chains are cut short: there are too many different ones to keep, or they are too deep; choose some with --event, --pid or --time",
			tree->cut);
	if (tree->no_room)
		kpc_export_log(
			x, KPC_LOG_WARNING,
			"%" PRIu64
			" call chains are left out: there are too many different ones to keep; choose some with --event, --pid or --time",
			tree->no_room);
	return 0;
}

uint32_t kpc_calltree_way(const struct kpc_calltree *tree, uint32_t node,
			  uint32_t frames[KPC_CALLTREE_DEPTH_MAX])
{
	uint32_t depth = 0, nr;

	for (uint32_t at = node; at; at = kpc_calltree_node(tree, at)->parent)
		depth++;
	nr = depth;
	for (uint32_t at = node; at; at = kpc_calltree_node(tree, at)->parent)
		frames[--depth] = kpc_calltree_node(tree, at)->frame;
	return nr;
}

const char *kpc_calltree_base(const char *file)
{
	const char *slash = strrchr(file, '/');

	return slash ? slash + 1 : file;
}
