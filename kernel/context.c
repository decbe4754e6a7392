// SPDX-License-Identifier: GPL-2.0-only
#include <linux/align.h>
#include <linux/minmax.h>
#include <linux/moduleparam.h>
#include <linux/slab.h>
#include <linux/topology.h>
#include <linux/trace_events.h>

#include "context.h"
#include "core/record.h"

/* All of the arguments' static part, a tail and what rounds it up. */
#define RECORD_LEAST ALIGN(KPX_RECORD_ARGS + KPX_STATIC_MAX + 24 + 16, 64)

DEFINE_PER_CPU(struct kpx_context[PERF_NR_CONTEXTS], kpx_contexts);

unsigned int kpx_record_max = KPX_RECORD_TRACE;
module_param_named(record_max, kpx_record_max, uint, 0444);
MODULE_PARM_DESC(record_max,
		 "bytes of the longest record (3136 to 8192); strings are cut");

static int alloc_records(int cpu)
{
	struct kpx_context *contexts = per_cpu(kpx_contexts, cpu);
	int i;

	for (i = 0; i < PERF_NR_CONTEXTS; i++) {
		contexts[i].record = kzalloc_node(kpx_record_max + sizeof(u64),
						  GFP_KERNEL, cpu_to_node(cpu));
		if (!contexts[i].record)
			return -ENOMEM;
	}
	return 0;
}

int kpx_context_init(void)
{
	int cpu;

	BUILD_BUG_ON(sizeof(struct trace_entry) != KPX_RECORD_IP);
	kpx_record_max =
		ALIGN_DOWN(clamp(kpx_record_max, (unsigned int)RECORD_LEAST,
				 (unsigned int)KPX_RECORD_MAX),
			   8);
	for_each_possible_cpu(cpu)
		if (alloc_records(cpu)) {
			kpx_context_uninit();
			return -ENOMEM;
		}
	return 0;
}

void kpx_context_uninit(void)
{
	int cpu, i;

	for_each_possible_cpu(cpu)
		for (i = 0; i < PERF_NR_CONTEXTS; i++)
			kfree(per_cpu(kpx_contexts, cpu)[i].record);
}
