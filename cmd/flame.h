/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * flame - call chains put together into a tree, and the functions in them
 *
 * Nodes and names are bounded: a chain that there's no room for ends early.
 */
#ifndef FLAME_H
#define FLAME_H

#include <stdint.h>

#include "collect.h"

#define FLAME_NODES (1u << 17)
#define FLAME_NAMES (1u << 15)
#define FLAME_DEPTH 192u /* frames of a chain at most, the innermost */

enum flame_kind {
	FLAME_EVENT, /* below the root, one for each event */
	FLAME_KERNEL,
	FLAME_USER,
};

struct flame_name {
	char *text;
	enum flame_kind kind;
	uint64_t self;	/* chains that end in it */
	uint64_t total; /* chains that it is in */
	uint64_t last;	/* the chain that counted it */
};

struct flame_node {
	uint32_t name;
	uint32_t parent; /* always before it; of the root (0): 0 */
	uint64_t total;	 /* when it's finished; before that, of itself alone */
};

struct flame;

/* NULL without memory. */
struct flame *flame_new(void);
void flame_free(struct flame *flame); /* NULL ok */
/* @event: the name under which the row's chain, if it has one, is put. */
void flame_row(struct flame *flame, const char *event,
	       const struct kpc_row *row);
/* Nothing is added any more: totals are made. */
void flame_finish(struct flame *flame);
uint64_t flame_chains(const struct flame *flame);
/* Chains that end early here, for want of room. */
uint64_t flame_cut(const struct flame *flame);
uint32_t flame_nodes(const struct flame *flame,
		     const struct flame_node **nodes);
uint32_t flame_names(const struct flame *flame,
		     const struct flame_name **names);

#endif /* FLAME_H */
