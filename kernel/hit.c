// SPDX-License-Identifier: GPL-2.0-only
#include <linux/kprobes.h>
#include <linux/lockdep.h>
#include <linux/percpu.h>
#include <linux/perf_event.h>
#include <linux/rculist.h>
#include <linux/sched/signal.h>
#include <linux/trace_events.h>

#include "arch.h"
#include "hit.h"
#include "probe.h"

/*
 * A record per recursion context (task, softirq, hardirq, NMI), as
 * perf_swevent_get_recursion_context() numbers them. perf's own buffers, from
 * perf_trace_buf_alloc(), exist only while some tracepoint event is open.
 */
#define NR_CONTEXTS 4

/* a quarter of what percpu allocations may have, and enough for any fields */
#define RECORD_BYTES 4096

struct records {
	u64 words[NR_CONTEXTS][RECORD_BYTES / sizeof(u64)];
};

static struct records __percpu *records;

int kpx_hit_init(void)
{
	BUILD_BUG_ON(NR_CONTEXTS != PERF_NR_CONTEXTS);
	BUILD_BUG_ON(sizeof(struct trace_entry) != KPX_RECORD_IP);
	records = alloc_percpu(struct records);
	return records ? 0 : -ENOMEM;
}

void kpx_hit_uninit(void)
{
	free_percpu(records);
}

/* skip_self: a hit of the opener's process; hits in interrupts aren't. */
static __always_inline bool is_self(const struct kpx_class *class,
				    const struct kprobe *kp)
{
	return class->skip && kpx_arch_in_task(kp) &&
	       task_tgid(current) == class->skip;
}

/* Counting events take one increment and nothing else. */
static __always_inline bool count(struct hlist_head *head)
{
	struct perf_event *event;
	bool counted = false;

	hlist_for_each_entry_rcu(event, head, hlist_entry) {
		if (event->hw.state & PERF_HES_STOPPED)
			continue;
		local64_inc(&event->count);
		counted = true;
	}
	return counted;
}

/* Is there an event that isn't stopped, as a throttled one is? */
static __always_inline bool is_listening(struct hlist_head *head)
{
	struct perf_event *event;

	hlist_for_each_entry_rcu(event, head, hlist_entry)
		if (!(event->hw.state & PERF_HES_STOPPED))
			return true;
	return false;
}

/*
 * Sampling events: fetch once, one record, perf_tp_event(), which also puts
 * the recursion context; nothing else that is exported could.
 */
static __always_inline enum kpx_verdict sample(struct kpx_probe *probe,
					       struct kprobe *kp,
					       struct pt_regs *regs,
					       struct hlist_head *head)
{
	const struct kpx_fetch *fetch = &probe->spec->fetch;
	unsigned long ip = instruction_pointer(regs);
	struct kpx_fetch_source source = {};
	bool truncated = false;
	unsigned int bytes;
	void *record;
	int context;

	context = perf_swevent_get_recursion_context();
	if (context < 0)
		return KPX_RECURSION;
	record = this_cpu_ptr(records)->words[context];
	/*
	 * The handler gets the address plus one, as after an int3. The sample,
	 * its stack and %ip are to show where the probe is.
	 */
	instruction_pointer_set(regs, (unsigned long)kp->addr);
	source.regs = regs;
	source.ip = (unsigned long)kp->addr;
	bytes = kpx_fetch_record(fetch, &source, 0, RECORD_BYTES, record,
				 &truncated);
	perf_tp_event(0, 1, record, bytes, regs, head, context, NULL);
	instruction_pointer_set(regs, ip);
	return KPX_OFFERED;
}

static __always_inline enum kpx_verdict hit_class(struct kpx_class *class,
						  struct kpx_probe *probe,
						  struct kprobe *kp,
						  struct pt_regs *regs)
{
	struct kpx_class_cpu *lists = this_cpu_ptr(class->cpu);
	enum kpx_verdict verdict = KPX_NO_LISTENER;

	if (hlist_empty(&lists->sampling) && hlist_empty(&lists->counting))
		return KPX_NO_LISTENER;
	if (is_self(class, kp))
		return KPX_SELF;
	if (is_listening(&lists->sampling))
		verdict = sample(probe, kp, regs, &lists->sampling);
	if (count(&lists->counting))
		verdict = KPX_OFFERED;
	return verdict;
}

int kpx_hit(struct kprobe *kp, struct pt_regs *regs)
{
	struct kpx_probe *probe = container_of(kp, struct kpx_probe, attach.kp);
	enum kpx_verdict verdict = KPX_NO_LISTENER;
	struct kpx_class *class;

	/* The record buffers and perf's recursion context are per CPU. */
	lockdep_assert_preemption_disabled();
	this_cpu_inc(probe->book->entered);
	list_for_each_entry_rcu(class, &probe->attach.classes, node) {
		enum kpx_verdict one = hit_class(class, probe, kp, regs);

		if (one > verdict)
			verdict = one;
	}
	this_cpu_inc(probe->book->verdicts[verdict]);
	return 0;
}
NOKPROBE_SYMBOL(kpx_hit);
