// SPDX-License-Identifier: GPL-2.0-only
#include <linux/align.h>
#include <linux/cpumask.h>
#include <linux/kprobes.h>
#include <linux/minmax.h>
#include <linux/moduleparam.h>

#include "call.h"

static unsigned int maxactive = 1024;
module_param(maxactive, uint, 0644);
MODULE_PARM_DESC(
	maxactive,
	"calls of one function that may be inside at a time, if a definition doesn't say (1 to 4096)");

/* A kretprobe's limit, for all: so it's the same on every kernel. */
#define BYTES_MAX KRETPROBE_MAX_DATA_SIZE

size_t kpx_call_bytes(const struct kpx_spec *spec)
{
	size_t tail = kpx_spec_tail_bytes(KPX_UNIT_NS);
	size_t least = sizeof(struct kpx_call), most;

	if (spec->is_return)
		return least + spec->nr_entry * sizeof(u64);
	least += spec->fetch.static_bytes + tail + sizeof(u64);
	most = sizeof(struct kpx_call) +
	       ALIGN(spec->fetch.max_bytes + tail, sizeof(u64));
	if (least > BYTES_MAX)
		return 0;
	/* a plain record may be shorter than where its tail would begin */
	return min_t(size_t, max(most, least), BYTES_MAX);
}

unsigned int kpx_call_maxactive(const struct kpx_spec *spec)
{
	unsigned int wanted = spec->maxactive ?: READ_ONCE(maxactive);

	return clamp(wanted, 1U, (unsigned int)KPX_MAXACTIVE_MAX);
}

void kpx_call_settle(struct kpx_book __percpu *book)
{
	u64 inside = 0;
	int cpu;

	for_each_possible_cpu(cpu) {
		const struct kpx_book *one = per_cpu_ptr(book, cpu);

		inside += READ_ONCE(one->calls) - READ_ONCE(one->returns);
	}
	this_cpu_add(book->returns, inside);
}
