/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bpflost - how many records of a map were lost, as the BPF program counts them
 *
 * When a ring buffer is full, only the program is told. By convention it counts
 * in a number called MAP_lost, or lost if its object has one such map only: a
 * global variable (an integer of 4 or 8 bytes, or an array of them), or an ARRAY
 * or PERCPU_ARRAY map with such values, of 4096 keys at most. All elements, of all
 * CPUs, are added up.
 */
#ifndef KPC_BPFLOST_H
#define KPC_BPFLOST_H

#include <stdbool.h>
#include <stdint.h>

#include <bpf/libbpf.h>

struct kpc_bpflost {
	int fd;		  /* the map's; -1: nobody counts */
	uint32_t nr;	  /* keys */
	uint32_t bytes;	  /* of a value of the map, of one CPU */
	uint32_t cpus;	  /* values of a key */
	uint32_t offset;  /* of the counters in a value */
	uint32_t counter; /* bytes of one */
	uint32_t counters;
	uint64_t before; /* as read last by kpc_bpflost_start() */
};

/* In an object that is loaded; @only: "lost" will do. */
void kpc_bpflost_find(struct kpc_bpflost *lost, const struct bpf_object *object,
		      const char *map, bool only);
/* What was lost before doesn't count. */
void kpc_bpflost_start(struct kpc_bpflost *lost);
/* Since then. False: nobody counts, or it can't be read. */
bool kpc_bpflost_read(const struct kpc_bpflost *lost, uint64_t *count);

#endif /* KPC_BPFLOST_H */
