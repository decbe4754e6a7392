/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * counters - events that only count; the public part is in collect.h. countersopen.c
 * opens them, counters.c counts.
 */
#ifndef KPC_COUNTERS_H
#define KPC_COUNTERS_H

#include <stdbool.h>
#include <stdint.h>

#include "collect.h"
#include "events.h"
#include "evlist.h"
#include "fail.h"
#include "target.h"
#include "workload.h"

/* What is opened of an event: numbers in the evlist, -1 for none. */
struct kpc_counters_line {
	int count;
	int time;
	int sum;
	const char *field; /* of the sum */
	struct kpc_probe_account before;
};

struct kpc_counters {
	struct kpc_counters_opts opts;
	bool system_wide;
	struct kpc_events events;
	struct kpc_target target;
	struct kpc_workload workload;
	struct kpc_evlist *evlist;
	int nr_opened;
	struct kpc_counters_line *lines; /* of events.nr */
	struct kpc_counter *counters;	 /* the same, as read last */
	int stop_fd;			 /* an eventfd; readable: stop */
	uint64_t stops;			 /* asked for */
	uint64_t stop_ns;		 /* when first */
	bool terminated;		 /* the command got SIGTERM */
	uint64_t start_ns;
	uint64_t end_ns;
	char error[KPC_ERROR_BYTES];
};

#endif /* KPC_COUNTERS_H */
