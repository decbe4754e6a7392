// SPDX-License-Identifier: GPL-2.0-only
#include <linux/perf_event.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flame.h"

#define NONE	   UINT32_MAX
#define TEXT_MAX   128
#define NODE_SLOTS (2 * FLAME_NODES)
#define NAME_SLOTS (2 * FLAME_NAMES)
#define GOLDEN	   UINT64_C(0x9e3779b97f4a7c15)

struct flame {
	struct flame_node *node;
	struct flame_name *name;
	uint32_t *node_slot; /* position + 1, or 0 */
	uint32_t *name_slot;
	uint32_t nr_nodes;
	uint32_t nr_names;
	uint64_t chains;
	uint64_t cut;
};

struct flame *flame_new(void)
{
	struct flame *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->node = calloc(FLAME_NODES, sizeof(*f->node));
	f->name = calloc(FLAME_NAMES, sizeof(*f->name));
	f->node_slot = calloc(NODE_SLOTS, sizeof(*f->node_slot));
	f->name_slot = calloc(NAME_SLOTS, sizeof(*f->name_slot));
	if (f->node && f->name && f->node_slot && f->name_slot) {
		f->nr_nodes = 1; /* the root */
		return f;
	}
	flame_free(f);
	return NULL;
}

void flame_free(struct flame *f)
{
	if (!f)
		return;
	for (uint32_t i = 0; i < f->nr_names; i++)
		free(f->name[i].text);
	free(f->node);
	free(f->name);
	free(f->node_slot);
	free(f->name_slot);
	free(f);
}

/* ---- names --------------------------------------------------------------- */

static uint64_t hash_text(const char *text, enum flame_kind kind)
{
	uint64_t h = kind + 1;

	for (; *text; text++)
		h = (h ^ (uint8_t)*text) * GOLDEN;
	return h ^ h >> 32;
}

/* Its position; NONE without room. */
static uint32_t name_of(struct flame *f, const char *text, enum flame_kind kind)
{
	uint64_t i = hash_text(text, kind);
	struct flame_name *name;
	uint32_t *slot;

	for (;; i++) {
		slot = &f->name_slot[i % NAME_SLOTS];
		if (!*slot)
			break;
		name = &f->name[*slot - 1];
		if (name->kind == kind && !strcmp(name->text, text))
			return *slot - 1;
	}
	if (f->nr_names == FLAME_NAMES)
		return NONE;
	name = &f->name[f->nr_names];
	name->text = strdup(text);
	if (!name->text)
		return NONE;
	name->kind = kind;
	*slot = ++f->nr_names;
	return *slot - 1;
}

static uint32_t kernel_name(struct flame *f, const struct kpc_row *row,
			    uint64_t address)
{
	struct kpc_kernel_symbol symbol;
	char text[TEXT_MAX];

	if (kpc_trace_symbol(row->info, address, row->time_ns, &symbol))
		return name_of(f, "[unknown]", FLAME_KERNEL);
	/* Where only the module is known, that is the name. */
	if (!*symbol.name)
		snprintf(text, sizeof(text), "[%s]", symbol.module);
	else if (*symbol.module)
		snprintf(text, sizeof(text), "%.90s [%s]", symbol.name,
			 symbol.module);
	else
		snprintf(text, sizeof(text), "%s", symbol.name);
	return name_of(f, text, FLAME_KERNEL);
}

static uint32_t user_name(struct flame *f, const struct kpc_row *row,
			  uint64_t address)
{
	struct kpc_mapping mapping;
	const char *file;
	char text[TEXT_MAX];

	if (kpc_trace_map(row->info, row->pid, address, row->time_ns, &mapping))
		return name_of(f, "[unknown]", FLAME_USER);
	file = strrchr(mapping.path, '/');
	snprintf(text, sizeof(text), "%.100s+0x%llx",
		 file ? file + 1 : mapping.path,
		 (unsigned long long)mapping.offset);
	return name_of(f, text, FLAME_USER);
}

/* The names of the chain's frames, innermost first. Returns how many. */
static uint32_t names_of(struct flame *f, const struct kpc_row *row,
			 uint32_t names[FLAME_DEPTH])
{
	bool kernel = false;
	uint32_t nr = 0;

	for (uint32_t i = 0; i < row->stack_depth && nr < FLAME_DEPTH; i++) {
		uint64_t address = row->stack[i];

		if (address >= (uint64_t)PERF_CONTEXT_MAX)
			kernel = address == (uint64_t)PERF_CONTEXT_KERNEL;
		else
			names[nr++] = kernel ? kernel_name(f, row, address) :
					       user_name(f, row, address);
	}
	return nr;
}

/* ---- the tree ------------------------------------------------------------ */

/* The node of that name below @parent; NONE without room. */
static uint32_t child_of(struct flame *f, uint32_t parent, uint32_t name)
{
	uint64_t key = (uint64_t)parent << 32 | name;
	uint64_t i = key * GOLDEN >> 32;
	uint32_t *slot;

	if (name == NONE)
		return NONE;
	for (;; i++) {
		const struct flame_node *node;

		slot = &f->node_slot[i % NODE_SLOTS];
		if (!*slot)
			break;
		node = &f->node[*slot - 1];
		if (node->parent == parent && node->name == name)
			return *slot - 1;
	}
	if (f->nr_nodes == FLAME_NODES)
		return NONE;
	f->node[f->nr_nodes] = (struct flame_node){ name, parent, 0 };
	*slot = ++f->nr_nodes;
	return *slot - 1;
}

static void count_names(struct flame *f, const uint32_t *names, uint32_t nr)
{
	if (nr && names[0] != NONE)
		f->name[names[0]].self++;
	for (uint32_t i = 0; i < nr; i++) {
		struct flame_name *name;

		if (names[i] == NONE)
			continue;
		name = &f->name[names[i]];
		if (name->last == f->chains)
			continue; /* recursion is one chain */
		name->last = f->chains;
		name->total++;
	}
}

void flame_row(struct flame *f, const char *event, const struct kpc_row *row)
{
	uint32_t names[FLAME_DEPTH];
	uint32_t at, next, nr;

	if (!row->stack_depth)
		return;
	f->chains++;
	nr = names_of(f, row, names);
	count_names(f, names, nr);
	at = child_of(f, 0, name_of(f, event, FLAME_EVENT));
	if (at == NONE)
		at = 0;
	for (; nr; nr--) {
		next = child_of(f, at, names[nr - 1]);
		if (next == NONE) {
			f->cut++;
			break;
		}
		at = next;
	}
	f->node[at].total++;
}

void flame_finish(struct flame *f)
{
	for (uint32_t i = f->nr_nodes - 1; i; i--)
		f->node[f->node[i].parent].total += f->node[i].total;
}

uint64_t flame_chains(const struct flame *f)
{
	return f->chains;
}

uint64_t flame_cut(const struct flame *f)
{
	return f->cut;
}

uint32_t flame_nodes(const struct flame *f, const struct flame_node **nodes)
{
	*nodes = f->node;
	return f->nr_nodes;
}

uint32_t flame_names(const struct flame *f, const struct flame_name **names)
{
	*names = f->name;
	return f->nr_names;
}
