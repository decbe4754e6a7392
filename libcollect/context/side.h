/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * side - which threads there are, and what their processes have mapped: COMM,
 * FORK, EXIT and MMAP2 records of a dummy event with rings of its own, so that
 * they are neither lost with samples nor counted as samples; and /proc, for those
 * that were there before
 */
#ifndef KPC_SIDE_H
#define KPC_SIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "cpulist.h"
#include "evlist.h"
#include "writer.h"

struct kpc_side;

struct kpc_side_opts {
	const struct kpc_cpulist *cpus;
	const pid_t *pids; /* as for kpc_evlist_new() */
	uint32_t nr_pids;
	uint64_t ring_bytes;
	bool mmaps; /* what processes map to be executed, too */
};

/* Not enabled yet. */
int kpc_side_new(struct kpc_side **side, const struct kpc_side_opts *opts,
		 char *error, size_t error_size);
void kpc_side_free(struct kpc_side *side);

int kpc_side_enable(struct kpc_side *side);
int kpc_side_disable(struct kpc_side *side);
/*
 * Notes the threads of /proc, and the mappings: all of them, or those of the
 * process @pid. A process that ends meanwhile is left out. The rings are drained
 * meanwhile, and mappings read for 2 s at most. 0 or -ENOMEM.
 */
int kpc_side_scan(struct kpc_side *side, pid_t pid);
/* Takes what is in the rings; 0 or -ENOMEM. */
int kpc_side_drain(struct kpc_side *side);
/*
 * The same, and looks at files that were mapped for their build-ids, which may wait for
 * a disk: not for who has a lock that others wait for.
 */
int kpc_side_hear(struct kpc_side *side);
/* What was noted and isn't written yet. */
uint32_t kpc_side_pending(const struct kpc_side *side);
/* Writes what was noted since, in the order of time. */
int kpc_side_write(struct kpc_side *side, struct kpc_writer *writer);
/*
 * Writes all that was there at the last drain, for a trace that begins anew, as far as
 * it was written before: the threads that live, and their mappings.
 */
int kpc_side_snapshot(struct kpc_side *side, struct kpc_writer *writer);

/*
 * Keeps what was written in the last @ns, so that a part of a trace that begins
 * has it, too: rows of then may be in it.
 */
void kpc_side_remember(struct kpc_side *side, uint64_t ns);
int kpc_side_repeat(struct kpc_side *side, struct kpc_writer *writer);

/* At the end, with the events disabled: looks for losses of the tail. */
void kpc_side_count_lost(struct kpc_side *side);
uint64_t kpc_side_lost(const struct kpc_side *side);
/* New threads seen so far. */
uint64_t kpc_side_forks(const struct kpc_side *side);
struct kpc_evlist *kpc_side_evlist(struct kpc_side *side);

/* One record, as the kernel gives it; for tests. 0, -EBADMSG or -ENOMEM. */
int kpc_side_record(struct kpc_side *side,
		    const struct perf_event_header *record);

#endif /* KPC_SIDE_H */
