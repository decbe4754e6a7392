/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bpfmap - the maps of a BPF object through which its programs give records, as
 * events: perf event arrays and ring buffers
 *
 * What a record has is said by the map's __type(value, …), else by a struct of
 * the map's name (which clang has in the BTF only if a map or variable is of it);
 * else nothing is known, the event has no fields, and records are kept as they
 * are (payload). The kernel wants no such type: it is taken away before the
 * object is loaded.
 */
#ifndef KPC_BPFMAP_H
#define KPC_BPFMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <bpf/libbpf.h>

#include "bpflost.h"
#include "collect.h"

struct kpc_bpfmap {
	const struct bpf_object *object;
	struct bpf_map *map;
	bool ring; /* else a perf event array */
	bool odd;  /* its records' type can't be taken apart: no fields */
	struct kpc_event event;
	uint32_t time_at; /* + 1: where a ring's record has its time, or 0 */
	uint32_t tid_at;  /* + 1: … its thread, or 0 */
	struct kpc_bpflost lost;
};

struct kpc_bpfmaps {
	struct kpc_bpfmap *map; /* the arrays, then the rings */
	uint32_t nr;
	uint32_t nr_arrays;
};

/*
 * Appends those of @object, which is opened and not yet loaded. Their names are
 * bpf:MAP, or bpf:OBJECT.MAP, bpf:OBJECT.2.MAP, … where that is taken. 0 or a
 * negative errno with the reason.
 */
int kpc_bpfmaps_add(struct kpc_bpfmaps *maps, struct bpf_object *object,
		    char *error, size_t error_size);
/* When all are loaded. */
void kpc_bpfmaps_loaded(struct kpc_bpfmaps *maps);
void kpc_bpfmaps_uninit(struct kpc_bpfmaps *maps);

#endif /* KPC_BPFMAP_H */
