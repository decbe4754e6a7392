// SPDX-License-Identifier: GPL-2.0-only
/*
 * format_folded.c - folded stacks: COMM;FUNCTION;FUNCTION COUNT, a line for each call
 * chain, outermost first; flamegraph.pl and its like draw them
 *
 * Functions of the kernel end with _[k]. What has no name is [FILE] or [unknown].
 */
#include "calltree.h"
#include "formats.h"

static int folded_begin(struct kpc_export *x)
{
	struct kpc_calltree *tree = x->state;
	int err = kpc_calltree_init(tree, 0);

	kpc_weight_init(&tree->weight, x);
	return err;
}

static int folded_row(struct kpc_export *x, const struct kpc_row *row)
{
	return kpc_calltree_add(x->state, x, row);
}

/* Without what ends a frame or a line. */
static void put_name(struct kpc_outfile *out, const char *name)
{
	for (; *name; name++)
		kpc_outfile_char(out, *name == ';'		  ? ':' :
				      (unsigned char)*name <= ' ' ? '_' :
								    *name);
}

static void put_frame(struct kpc_outfile *out, const struct kpc_calltree *tree,
		      uint32_t number)
{
	const struct kpc_calltree_frame *frame =
		kpc_calltree_frame(tree, number);
	const struct kpc_callmap *map = kpc_calltree_map(tree, frame->map);
	const char *name = kpc_names_text(&tree->names, frame->name);
	const char *file = kpc_names_text(&tree->names, map->file);

	if (*name) {
		put_name(out, name);
	} else {
		kpc_outfile_char(out, '[');
		put_name(out, *file ? kpc_calltree_base(file) : "unknown");
		kpc_outfile_char(out, ']');
	}
	if (map->is_kernel)
		kpc_outfile_text(out, "_[k]");
}

static int folded_end(struct kpc_export *x)
{
	struct kpc_calltree *tree = x->state;
	uint32_t way[KPC_CALLTREE_DEPTH_MAX];
	int err = kpc_calltree_check(tree, x);

	for (uint32_t i = 0; !err && i < tree->nodes.nr; i++) {
		const struct kpc_calltree_node *node =
			kpc_calltree_node(tree, i);
		uint32_t depth = node->weight ? kpc_calltree_way(tree, i, way) :
						0;

		for (uint32_t f = 0; f < depth; f++) {
			if (f)
				kpc_outfile_char(x->out, ';');
			put_frame(x->out, tree, way[f]);
		}
		if (!depth)
			continue;
		kpc_outfile_char(x->out, ' ');
		kpc_outfile_u64(x->out, node->weight);
		kpc_outfile_char(x->out, '\n');
	}
	return err;
}

static void folded_uninit(struct kpc_export *x)
{
	kpc_calltree_uninit(x->state);
}

const struct kpc_export_format kpc_format_folded = {
	.name = "folded",
	.what = "folded stacks, a line for each call chain (flamegraph.pl)",
	.flags = KPC_FORMAT_STACKS | KPC_FORMAT_WEIGHT,
	.state_bytes = sizeof(struct kpc_calltree),
	.begin = folded_begin,
	.row = folded_row,
	.end = folded_end,
	.uninit = folded_uninit,
};
