/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * clockmap - a trace's times as CLOCK_REALTIME, by its ClockSnapshots; see "Merged
 * traces" in the schema
 */
#ifndef KPC_CLOCKMAP_H
#define KPC_CLOCKMAP_H

#include <stdbool.h>
#include <stdint.h>

struct kpc_clock_point {
	uint64_t trace_ns;
	int64_t offset_ns; /* of CLOCK_REALTIME from the trace clock */
	uint64_t uncertainty_ns;
	/* What others showed. */
	uint64_t monotonic_ns;
	uint64_t monotonic_raw_ns;
	uint64_t boottime_ns;
};

/* Zeroed is empty. */
struct kpc_clockmap {
	struct kpc_clock_point *points;
	uint32_t nr;
	uint32_t room;
	uint32_t last; /* found last */
};

/* 0 or -ENOMEM; what is too much is left out. */
int kpc_clockmap_add(struct kpc_clockmap *map,
		     const struct kpc_clock_point *point);
/* After the last add. */
void kpc_clockmap_finish(struct kpc_clockmap *map);
/* Since 1970; without any point the time as it is. Quickest if times go forward. */
int64_t kpc_clockmap_realtime(struct kpc_clockmap *map, uint64_t time_ns);
/* The most that a snapshot's readings were apart. */
uint64_t kpc_clockmap_uncertainty(const struct kpc_clockmap *map);
/* Times that the clock was set while it was recorded. */
uint32_t kpc_clockmap_steps(const struct kpc_clockmap *map);
void kpc_clockmap_uninit(struct kpc_clockmap *map);

#endif /* KPC_CLOCKMAP_H */
