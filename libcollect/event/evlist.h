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
#include "evslot.h"
#include "idmap.h"
#include "ring.h"

struct kpc_evlist;

/*
 * @pids: threads to follow, none for all of the system. There is a ring for each
 * CPU, in the order of @cpus; those that may come later have none yet.
 */
int kpc_evlist_new(struct kpc_evlist **evlist, const struct kpc_cpulist *cpus,
		   const pid_t *pids, uint32_t nr_pids);
/*
 * Before it is opened, and without pids: only of these cgroups, which are
 * descriptors of their folders, borrowed while the list is there. 0 or -ENOMEM.
 */
int kpc_evlist_cgroups(struct kpc_evlist *evlist, const int *cgroups,
		       uint32_t nr);
/* Closes all. NULL ok. */
void kpc_evlist_free(struct kpc_evlist *evlist);

/*
 * Adds an event, to be opened as @attr says; @name is for errors, borrowed.
 * Its number is how many were added before. 0 or -ENOMEM.
 */
int kpc_evlist_add(struct kpc_evlist *evlist,
		   const struct perf_event_attr *attr, const char *name);
/*
 * Opens all events, and maps their rings of @ring_bytes each; 0: there are none, of
 * events that only count. Without
 * PERF_FORMAT_LOST where the kernel doesn't know it: see
 * kpc_evlist_knows_lost().
 */
int kpc_evlist_open(struct kpc_evlist *evlist, uint64_t ring_bytes, char *error,
		    size_t error_size);
bool kpc_evlist_knows_lost(const struct kpc_evlist *evlist);
/* As opened. */
const struct perf_event_attr *kpc_evlist_attr(const struct kpc_evlist *evlist,
					      uint32_t event);
/* How many counters each event has had on its own, children aside. */
uint32_t kpc_evlist_nr_fds(const struct kpc_evlist *evlist);

/* Its descriptor of the CPU of ring @ring, of the first thread. */
int kpc_evlist_fd(const struct kpc_evlist *evlist, uint32_t event,
		  uint32_t ring);

/* The CPUs', those that have none yet included: they aren't looked at in vain. */
uint32_t kpc_evlist_nr_rings(const struct kpc_evlist *evlist);
struct kpc_ring *kpc_evlist_ring(struct kpc_evlist *evlist, uint32_t ring);
/* An event of this ring whose task lives, to poll; -1 if there is none. */
int kpc_evlist_live_fd(const struct kpc_evlist *evlist, uint32_t ring);
/*
 * From the id that a record has to the number of the event. Other threads may
 * look while kpc_evlist_online() adds some.
 */
const struct kpc_idmap *kpc_evlist_ids(const struct kpc_evlist *evlist);

/* 0 or a negative errno. */
int kpc_evlist_filter(struct kpc_evlist *evlist, uint32_t event,
		      const char *filter);
int kpc_evlist_enable(struct kpc_evlist *evlist);
int kpc_evlist_disable(struct kpc_evlist *evlist);
/*
 * From now on a sample every @period hits; or so many a second, if the event was
 * opened with a frequency. (The kernel opens clocks with a period in any case.) What
 * was inherited keeps its own.
 */
int kpc_evlist_set_period(struct kpc_evlist *evlist, uint32_t event,
			  uint64_t period, bool is_frequency);
/* Disables one for good, also where it is opened later. */
int kpc_evlist_disarm(struct kpc_evlist *evlist, uint32_t event);
int kpc_evlist_read(struct kpc_evlist *evlist, uint32_t event,
		    struct kpc_count *count);

/* How many of the rings are open. */
uint32_t kpc_evlist_nr_open(const struct kpc_evlist *evlist);
/* What all events lost in a ring, as far as the kernel tells. 0 or an errno. */
int kpc_evlist_ring_lost(const struct kpc_evlist *evlist, uint32_t ring,
			 uint64_t *lost);

/* ---- CPUs that come and go ----------------------------------------------- */

bool kpc_evlist_is_open(const struct kpc_evlist *evlist, uint32_t ring);
/*
 * For how long its first event has been enabled: a detached one's time stands
 * still. (Not of cgroups, whose time runs while they do.)
 */
uint64_t kpc_evlist_enabled_ns(const struct kpc_evlist *evlist, uint32_t ring);
/*
 * The CPU of the ring is online, and has no events, because it wasn't when the
 * list was opened, or was offline since: opens them as the others are. The ring
 * stays if it has one. 0 or a negative errno with the reason.
 */
int kpc_evlist_online(struct kpc_evlist *evlist, uint32_t ring, char *error,
		      size_t error_size);

#endif /* KPC_EVLIST_H */
