// SPDX-License-Identifier: GPL-2.0-only
/*
 * format_speedscope.c - speedscope's file format: a sampled profile for each event
 *
 * A call chain that came often is one sample of its weight: what is lost is when each
 * of them was.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "calltree.h"
#include "formats.h"
#include "version.h"

#define SCHEMA "https://www.speedscope.app/file-format-schema.json"

struct speedscope {
	struct kpc_calltree tree;
	uint32_t *event; /* of each node, the node of its event */
};

static int speedscope_begin(struct kpc_export *x)
{
	struct speedscope *state = x->state;
	struct kpc_calltree *tree = &state->tree;
	int err = kpc_calltree_init(tree, KPC_CALLTREE_BY_EVENT);

	kpc_weight_init(&tree->weight, x);
	return err;
}

static int speedscope_row(struct kpc_export *x, const struct kpc_row *row)
{
	struct speedscope *state = x->state;

	return kpc_calltree_add(&state->tree, x, row);
}

static void put_text(struct kpc_outfile *out, const char *text)
{
	kpc_outfile_json(out, text, strlen(text));
}

static void put_part(struct kpc_outfile *out, const char *text)
{
	kpc_outfile_json_part(out, text, strlen(text));
}

static void put_frame(struct kpc_outfile *out, const struct kpc_calltree *tree,
		      const struct kpc_calltree_frame *frame)
{
	const struct kpc_callmap *map = kpc_calltree_map(tree, frame->map);
	const char *name = kpc_names_text(&tree->names, frame->name);
	const char *file = kpc_names_text(&tree->names, map->file);

	kpc_outfile_text(out, "{\"name\":");
	if (*name) {
		put_text(out, name);
	} else {
		kpc_outfile_text(out, "\"[");
		put_part(out, *file ? kpc_calltree_base(file) : "unknown");
		kpc_outfile_text(out, "]\"");
	}
	if (!*file && map->is_kernel)
		file = "kernel";
	if (*file) {
		kpc_outfile_text(out, ",\"file\":");
		put_text(out, file);
	}
	kpc_outfile_char(out, '}');
}

static void put_frames(struct kpc_outfile *out, const struct kpc_calltree *tree)
{
	kpc_outfile_text(out, "\"shared\":{\"frames\":[");
	for (uint32_t i = 0; i < tree->frames.nr; i++) {
		kpc_outfile_text(out, i ? ",\n" : "\n");
		put_frame(out, tree, kpc_calltree_frame(tree, i));
	}
	kpc_outfile_text(out, "\n]}");
}

/* The frames of a node's way but for the event's. */
static void put_way(struct kpc_outfile *out, const struct kpc_calltree *tree,
		    uint32_t node)
{
	uint32_t way[KPC_CALLTREE_DEPTH_MAX];
	uint32_t depth = kpc_calltree_way(tree, node, way);

	kpc_outfile_char(out, '[');
	for (uint32_t i = 1; i < depth; i++) {
		if (i > 1)
			kpc_outfile_char(out, ',');
		kpc_outfile_u64(out, way[i]);
	}
	kpc_outfile_char(out, ']');
}

/* Those with a weight below the node @event; their sum. */
static uint64_t put_samples(struct kpc_outfile *out,
			    const struct speedscope *state, uint32_t event,
			    bool weights)
{
	const struct kpc_calltree *tree = &state->tree;
	const char *between = "";
	uint64_t sum = 0;

	for (uint32_t i = 1; i < tree->nodes.nr; i++) {
		const struct kpc_calltree_node *node =
			kpc_calltree_node(tree, i);

		if (!node->weight || state->event[i] != event)
			continue;
		kpc_outfile_text(out, between);
		if (weights)
			kpc_outfile_u64(out, node->weight);
		else
			put_way(out, tree, i);
		sum += node->weight;
		between = ",";
	}
	return sum;
}

static void put_profile(struct kpc_outfile *out, const struct speedscope *state,
			uint32_t event)
{
	const struct kpc_calltree *tree = &state->tree;
	const struct kpc_calltree_frame *frame =
		kpc_calltree_frame(tree, kpc_calltree_node(tree, event)->frame);
	const char *unit = kpc_weight_unit(&tree->weight);
	uint64_t sum;

	kpc_outfile_text(out, "{\"type\":\"sampled\",\"name\":");
	put_text(out, kpc_names_text(&tree->names, frame->name));
	kpc_outfile_text(out, ",\"unit\":");
	put_text(out, *unit ? unit : "none");
	kpc_outfile_text(out, ",\"samples\":[");
	put_samples(out, state, event, false);
	kpc_outfile_text(out, "],\"weights\":[");
	sum = put_samples(out, state, event, true);
	kpc_outfile_text(out, "],\"startValue\":0,\"endValue\":");
	kpc_outfile_u64(out, sum);
	kpc_outfile_char(out, '}');
}

/* Parents come first. */
static int find_events(struct speedscope *state)
{
	const struct kpc_calltree *tree = &state->tree;

	state->event = calloc(tree->nodes.nr, sizeof(*state->event));
	if (!state->event)
		return -ENOMEM;
	for (uint32_t i = 1; i < tree->nodes.nr; i++) {
		uint32_t parent = kpc_calltree_node(tree, i)->parent;

		state->event[i] = parent ? state->event[parent] : i;
	}
	return 0;
}

static int speedscope_end(struct kpc_export *x)
{
	struct speedscope *state = x->state;
	const struct kpc_calltree *tree = &state->tree;
	struct kpc_outfile *out = x->out;
	const char *between = "\n";
	int err = kpc_calltree_check(tree, x);

	if (!err)
		err = find_events(state);
	if (err)
		return err;
	kpc_outfile_text(out, "{\"$schema\":\"" SCHEMA "\",\n");
	kpc_outfile_text(out, "\"exporter\":\"collect " KPC_VERSION "\",\n");
	put_frames(out, tree);
	kpc_outfile_text(out, ",\n\"profiles\":[");
	for (uint32_t i = 1; i < tree->nodes.nr; i++) {
		if (kpc_calltree_node(tree, i)->parent)
			continue;
		kpc_outfile_text(out, between);
		put_profile(out, state, i);
		between = ",\n";
	}
	kpc_outfile_text(out, "\n]}\n");
	return 0;
}

static void speedscope_uninit(struct kpc_export *x)
{
	struct speedscope *state = x->state;

	kpc_calltree_uninit(&state->tree);
	free(state->event);
}

const struct kpc_export_format kpc_format_speedscope = {
	.name = "speedscope",
	.what = "flame graphs and tables at speedscope.app",
	.flags = KPC_FORMAT_STACKS | KPC_FORMAT_WEIGHT,
	.state_bytes = sizeof(struct speedscope),
	.begin = speedscope_begin,
	.row = speedscope_row,
	.end = speedscope_end,
	.uninit = speedscope_uninit,
};
