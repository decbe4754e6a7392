/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kpx_floor - what a hit costs at least: ftrace's call of an empty function,
 * perf's handling of a record that is ready, and both
 */
#ifndef KPX_FLOOR_H
#define KPX_FLOOR_H

#include <linux/types.h>

struct kpx_bench_run;

/* Hooks the functions and registers the PMU. 0 or -errno. */
int kpx_floor_init(unsigned long hooked_address, unsigned long sampled_address);
void kpx_floor_uninit(void);

/* Calls of the hook so far. */
u64 kpx_floor_hooked(void);

/* A sample for each of @run's turns, to this CPU's events. */
void kpx_floor_sample(const struct kpx_bench_run *run);

#endif /* KPX_FLOOR_H */
