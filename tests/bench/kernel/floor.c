// SPDX-License-Identifier: GPL-2.0-only
/* floor - what kpx_bench.ko does without a probe: see KPX_BENCH_HOOKED */
#include <errno.h>
#include <stdio.h>

#include "kpx_bench.h"
#include "variant.h"

#define TYPE "/sys/bus/event_source/devices/" KPX_BENCH_PMU "/type"

static int floor_define(struct variant *variant, const char *place,
			struct perf_event_attr *attr)
{
	FILE *file = fopen(TYPE, "r");
	int got;

	(void)place;
	if (!file)
		return unavailable(variant, errno, TYPE);
	got = fscanf(file, "%u", &attr->type);
	fclose(file);
	attr->config = variant->target == KPX_BENCH_SAMPLED;
	return got == 1 ? 0 : unavailable(variant, EIO, TYPE);
}

/* perf's part has no book of its own: count and records are checked. */
static uint64_t floor_hits(struct variant *variant)
{
	return variant->target == KPX_BENCH_HOOKED ? hooked_calls() :
						     variant->turns;
}

const struct side floor_side = {
	.name = "floor",
	.define = floor_define,
	.hits = floor_hits,
};
