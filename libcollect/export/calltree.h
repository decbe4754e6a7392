/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * calltree - call chains that have been added up, by who called whom
 *
 * The first levels are labels, such as the event or the comm; below are functions,
 * outermost first. It is bounded: a chain that there's no room for is cut short, and
 * counts where it ends.
 */
#ifndef KPC_CALLTREE_H
#define KPC_CALLTREE_H

#include "callframe.h"
#include "names.h"
#include "records.h"
#include "weight.h"

enum kpc_calltree_label {
	KPC_CALLTREE_FUNCTION, /* not a label */
	KPC_CALLTREE_EVENT,
	KPC_CALLTREE_COMM,
	KPC_CALLTREE_PID,
};

/* What functions are told apart by; flags. */
enum kpc_calltree_flags {
	KPC_CALLTREE_BY_EVENT = 1, /* labels: */
	KPC_CALLTREE_BY_PID = 2,
	KPC_CALLTREE_BY_ADDRESS = 4,
};

struct kpc_callmap { /* a file as it was mapped first */
	uint32_t file;
	uint32_t is_kernel;
	uint32_t build_id_bytes;
	uint8_t build_id[20];
	/* Of the kernel, and of what isn't known, zeros. */
	uint64_t start;
	uint64_t bytes;
	uint64_t offset;
};

struct kpc_calltree_frame { /* texts are names; 0 is "" */
	uint32_t name;	    /* of a pid: its number */
	uint32_t label;	    /* enum kpc_calltree_label */
	uint32_t map;
	uint32_t padding;
	uint64_t address;
};

struct kpc_calltree_node {
	uint32_t parent;
	uint32_t frame;
	uint64_t samples; /* that end here */
	uint64_t weight;
};

struct kpc_calltree {
	unsigned int flags;
	struct kpc_names names;
	struct kpc_records maps;
	struct kpc_records frames;
	struct kpc_records nodes; /* 0: the root; parents come first */
	struct kpc_weight weight;
	uint64_t samples;
	uint64_t without; /* rows that have no call chain */
	uint64_t cut;	  /* chains that there wasn't room for, in part */
	uint64_t no_room; /* or at all: rows that were left out */
};

/* 0 or -ENOMEM. uninit after that, whatever it returned. */
int kpc_calltree_init(struct kpc_calltree *tree, unsigned int flags);
void kpc_calltree_uninit(struct kpc_calltree *tree);
/* Adds a row, with the weight that x->opts say. 0 or a negative errno. */
int kpc_calltree_add(struct kpc_calltree *tree, struct kpc_export *x,
		     const struct kpc_row *row);
/* Tells the log what was left out or cut; fails if there is nothing. */
int kpc_calltree_check(const struct kpc_calltree *tree, struct kpc_export *x);

static inline const struct kpc_calltree_node *
kpc_calltree_node(const struct kpc_calltree *tree, uint32_t number)
{
	return kpc_records_at(&tree->nodes, number);
}

static inline const struct kpc_calltree_frame *
kpc_calltree_frame(const struct kpc_calltree *tree, uint32_t number)
{
	return kpc_records_at(&tree->frames, number);
}

static inline const struct kpc_callmap *
kpc_calltree_map(const struct kpc_calltree *tree, uint32_t number)
{
	return kpc_records_at(&tree->maps, number);
}

/* Of a path the last part, of a module all. */
const char *kpc_calltree_base(const char *file);

/* The longest way from the root. */
#define KPC_CALLTREE_DEPTH_MAX 1024

/* The frames of a node's way from the root, outermost first; how many. */
uint32_t kpc_calltree_way(const struct kpc_calltree *tree, uint32_t node,
			  uint32_t frames[KPC_CALLTREE_DEPTH_MAX]);

#endif /* KPC_CALLTREE_H */
