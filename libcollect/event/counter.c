// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "counter.h"

#define SW(_config) PERF_TYPE_SOFTWARE, PERF_COUNT_SW_##_config
#define HW(_config) PERF_TYPE_HARDWARE, PERF_COUNT_HW_##_config

static const struct known {
	const char *name;
	const char *alias; /* or NULL */
	uint32_t type;
	uint64_t config;
} known[] = {
	{ "cpu-clock", NULL, SW(CPU_CLOCK) },
	{ "task-clock", NULL, SW(TASK_CLOCK) },
	{ "page-faults", "faults", SW(PAGE_FAULTS) },
	{ "context-switches", "cs", SW(CONTEXT_SWITCHES) },
	{ "cpu-migrations", "migrations", SW(CPU_MIGRATIONS) },
	{ "minor-faults", NULL, SW(PAGE_FAULTS_MIN) },
	{ "major-faults", NULL, SW(PAGE_FAULTS_MAJ) },
	{ "alignment-faults", NULL, SW(ALIGNMENT_FAULTS) },
	{ "emulation-faults", NULL, SW(EMULATION_FAULTS) },
	{ "cgroup-switches", NULL, SW(CGROUP_SWITCHES) },
	{ "cycles", "cpu-cycles", HW(CPU_CYCLES) },
	{ "instructions", NULL, HW(INSTRUCTIONS) },
	{ "cache-references", NULL, HW(CACHE_REFERENCES) },
	{ "cache-misses", NULL, HW(CACHE_MISSES) },
	{ "branches", "branch-instructions", HW(BRANCH_INSTRUCTIONS) },
	{ "branch-misses", NULL, HW(BRANCH_MISSES) },
	{ "bus-cycles", NULL, HW(BUS_CYCLES) },
	{ "stalled-cycles-frontend", "idle-cycles-frontend",
	  HW(STALLED_CYCLES_FRONTEND) },
	{ "stalled-cycles-backend", "idle-cycles-backend",
	  HW(STALLED_CYCLES_BACKEND) },
	{ "ref-cycles", NULL, HW(REF_CPU_CYCLES) },
};

#define NR_KNOWN (sizeof(known) / sizeof(known[0]))

/* CACHE-OPERATION: L1-dcache-loads, L1-dcache-load-misses. */
static const char *const caches[] = {
	[PERF_COUNT_HW_CACHE_L1D] = "L1-dcache",
	[PERF_COUNT_HW_CACHE_L1I] = "L1-icache",
	[PERF_COUNT_HW_CACHE_LL] = "LLC",
	[PERF_COUNT_HW_CACHE_DTLB] = "dTLB",
	[PERF_COUNT_HW_CACHE_ITLB] = "iTLB",
	[PERF_COUNT_HW_CACHE_BPU] = "branch",
	[PERF_COUNT_HW_CACHE_NODE] = "node",
};

static const char *const operations[][2] = {
	/* all; those that miss */
	[PERF_COUNT_HW_CACHE_OP_READ] = { "loads", "load-misses" },
	[PERF_COUNT_HW_CACHE_OP_WRITE] = { "stores", "store-misses" },
	[PERF_COUNT_HW_CACHE_OP_PREFETCH] = { "prefetches", "prefetch-misses" },
};

#define NR_CACHES     (sizeof(caches) / sizeof(caches[0]))
#define NR_OPERATIONS (sizeof(operations) / sizeof(operations[0]))
#define NR_CACHE      (NR_CACHES * NR_OPERATIONS * 2)

/* Number @i of all combinations. */
static void cache_counter(struct kpc_counter *counter, size_t i)
{
	size_t cache = i / 2 / NR_OPERATIONS, op = i / 2 % NR_OPERATIONS;
	size_t miss = i % 2;

	counter->type = PERF_TYPE_HW_CACHE;
	counter->config = cache | op << 8 | miss << 16;
	snprintf(counter->name, sizeof(counter->name), "%s-%s", caches[cache],
		 operations[op][miss]);
}

static bool is_word(const char *word, const char *name, size_t bytes)
{
	return word && strlen(word) == bytes && !memcmp(word, name, bytes);
}

static bool find_cache(struct kpc_counter *counter, const char *name,
		       size_t bytes)
{
	for (size_t i = 0; i < NR_CACHE; i++) {
		cache_counter(counter, i);
		if (is_word(counter->name, name, bytes))
			return true;
	}
	return false;
}

/* rNNN, in hexadecimal. */
static bool find_raw(struct kpc_counter *counter, const char *name,
		     size_t bytes)
{
	if (bytes < 2 || bytes > 17 || *name != 'r')
		return false;
	for (size_t i = 1; i < bytes; i++)
		if (!isxdigit((unsigned char)name[i]))
			return false;
	counter->type = PERF_TYPE_RAW;
	snprintf(counter->name, sizeof(counter->name), "%.*s", (int)bytes,
		 name);
	counter->config = strtoull(counter->name + 1, NULL, 16);
	return true;
}

bool kpc_counter_find(struct kpc_counter *counter, const char *name,
		      size_t bytes)
{
	for (size_t i = 0; i < NR_KNOWN; i++) {
		if (!is_word(known[i].name, name, bytes) &&
		    !is_word(known[i].alias, name, bytes))
			continue;
		counter->type = known[i].type;
		counter->config = known[i].config;
		snprintf(counter->name, sizeof(counter->name), "%s",
			 known[i].name);
		return true;
	}
	return find_cache(counter, name, bytes) ||
	       find_raw(counter, name, bytes);
}

void kpc_counter_offer(struct kpc_nearmiss *near)
{
	struct kpc_counter counter;

	for (size_t i = 0; i < NR_KNOWN; i++) {
		kpc_nearmiss_offer(near, known[i].name);
		if (known[i].alias)
			kpc_nearmiss_offer(near, known[i].alias);
	}
	for (size_t i = 0; i < NR_CACHE; i++) {
		cache_counter(&counter, i);
		kpc_nearmiss_offer(near, counter.name);
	}
}
