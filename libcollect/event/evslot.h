/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * evslot - the events of one CPU, opened through libperf, with the ring that they
 * share
 */
#ifndef KPC_EVSLOT_H
#define KPC_EVSLOT_H

#include <linux/perf_event.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ring.h"

struct perf_evlist;
struct perf_evsel;

/* What perf counted for one event. */
struct kpc_count {
	uint64_t value;
	uint64_t enabled_ns;
	uint64_t running_ns;
	uint64_t lost; /* samples; 0 if the kernel doesn't tell */
};

/* What the slots of a list have in common. */
struct kpc_evset {
	struct perf_event_attr *attr; /* per event */
	const char **name;	      /* borrowed, for errors */
	char **filter;		      /* or NULL */
	uint32_t nr;
	int *member; /* threads; descriptors of cgroups; one -1: whoever runs */
	uint32_t nr_members;
	bool cgroups;
	bool system_wide;    /* cgroups are */
	uint64_t ring_bytes; /* 0: they only count */
};

struct kpc_evslot {
	int cpu;
	struct perf_evlist *perf; /* NULL: not opened yet */
	struct perf_evsel **evsel;
	struct kpc_ring ring;
	int ring_fd;		/* of the event that was mapped; -1: none */
	struct kpc_count *base; /* per event: of those that were closed */
};

/* Not opened; for kpc_evslot_close() in any case. 0 or -ENOMEM. */
int kpc_evslot_init(struct kpc_evslot *slot, int cpu, uint32_t nr_events);
/* 0 or a negative errno with the reason; then nothing is open. */
int kpc_evslot_open(struct kpc_evslot *slot, const struct kpc_evset *set,
		    char *error, size_t error_size);
/* Maps its ring, which others may be looking at already. As open, of failures. */
int kpc_evslot_map(struct kpc_evslot *slot, const struct kpc_evset *set,
		   char *error, size_t error_size);
/*
 * When the CPU was offline its events are detached, for good: closes them, keeps
 * what they counted, and opens others with the same ring.
 */
int kpc_evslot_reopen(struct kpc_evslot *slot, const struct kpc_evset *set,
		      char *error, size_t error_size);
/* Frees all. */
void kpc_evslot_close(struct kpc_evslot *slot, const struct kpc_evset *set);

/* Opens @attr of this thread: its descriptor, or a negative errno. */
int kpc_evslot_try(const struct perf_event_attr *attr);

/* Of one member, without the base. 0 or a negative errno. */
int kpc_evslot_read(const struct kpc_evslot *slot, uint32_t event,
		    uint32_t member, struct kpc_count *count);
int kpc_evslot_fd(const struct kpc_evslot *slot, uint32_t event,
		  uint32_t member);
int kpc_evslot_filter(const struct kpc_evslot *slot, uint32_t event,
		      const char *filter);
int kpc_evslot_enable(const struct kpc_evslot *slot, uint32_t event);
int kpc_evslot_disable(const struct kpc_evslot *slot, uint32_t event);
/* From now on, and when it is opened again, as @set has it. */
int kpc_evslot_set_period(struct kpc_evslot *slot, const struct kpc_evset *set,
			  uint32_t event);

#endif /* KPC_EVSLOT_H */
