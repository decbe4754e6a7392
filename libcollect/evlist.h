/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * evlist - perf events on a set of CPUs and threads, opened through libperf,
 * with one ring per CPU that they share
 */
#ifndef KPC_EVLIST_H
#define KPC_EVLIST_H

#include <linux/perf_event.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "cpulist.h"
#include "idmap.h"
#include "ring.h"

struct kpc_evlist;

/* What perf counted for one event, on all CPUs and threads and children. */
struct kpc_count {
	uint64_t value;
	uint64_t enabled_ns;
	uint64_t running_ns;
	uint64_t lost; /* samples; 0 if the kernel doesn't tell */
};

/* @pids: threads to follow, none for all of the system. */
int kpc_evlist_new(struct kpc_evlist **evlist, const struct kpc_cpulist *cpus,
		   const pid_t *pids, uint32_t nr_pids);
/* Closes all. NULL ok. */
void kpc_evlist_free(struct kpc_evlist *evlist);

/*
 * Adds an event, to be opened as @attr says; @name is for errors, borrowed.
 * Its number is how many were added before. 0 or -ENOMEM.
 */
int kpc_evlist_add(struct kpc_evlist *evlist,
		   const struct perf_event_attr *attr, const char *name);
/*
 * Opens all events, and maps their rings of @ring_bytes each. Without
 * PERF_FORMAT_LOST where the kernel doesn't know it: see
 * kpc_evlist_knows_lost().
 */
int kpc_evlist_open(struct kpc_evlist *evlist, uint64_t ring_bytes, char *error,
		    size_t error_size);
bool kpc_evlist_knows_lost(const struct kpc_evlist *evlist);
/* As opened. */
const struct perf_event_attr *kpc_evlist_attr(const struct kpc_evlist *evlist,
					      uint32_t event);
/* How many descriptors each event has. */
uint32_t kpc_evlist_nr_fds(const struct kpc_evlist *evlist);

/* Its descriptor of the CPU of ring @ring, of the first thread. */
int kpc_evlist_fd(const struct kpc_evlist *evlist, uint32_t event,
		  uint32_t ring);

uint32_t kpc_evlist_nr_rings(const struct kpc_evlist *evlist);
struct kpc_ring *kpc_evlist_ring(struct kpc_evlist *evlist, uint32_t ring);
/* An event of this ring whose task lives, to poll; -1 if there is none. */
int kpc_evlist_live_fd(const struct kpc_evlist *evlist, uint32_t ring);
/* From the id that a record has to the number of the event. */
const struct kpc_idmap *kpc_evlist_ids(const struct kpc_evlist *evlist);

/* 0 or a negative errno. */
int kpc_evlist_filter(struct kpc_evlist *evlist, uint32_t event,
		      const char *filter);
int kpc_evlist_enable(struct kpc_evlist *evlist);
int kpc_evlist_disable(struct kpc_evlist *evlist);
int kpc_evlist_read(struct kpc_evlist *evlist, uint32_t event,
		    struct kpc_count *count);

#endif /* KPC_EVLIST_H */
