// SPDX-License-Identifier: GPL-2.0-only
#include <linux/ftrace.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/perf_event.h>
#include <linux/rculist.h>
#include <linux/trace_events.h>

#include "kpx_bench.h"
#include "kpx_floor.h"

static u64 hooked;
static DEFINE_PER_CPU(struct hlist_head, events);
static struct pmu floor_pmu;

/* Only the pinned program calls the function, so the count needs no care. */
static void notrace hook(unsigned long ip, unsigned long parent_ip,
			 struct ftrace_ops *ops, struct ftrace_regs *fregs)
{
	hooked++;
}

static struct ftrace_ops hook_ops = {
	.func = hook,
};

u64 kpx_floor_hooked(void)
{
	return hooked;
}

/* As perf sees it in a kprobe event with three integers. */
struct record {
	struct trace_entry entry;
	u64 ip;
	u64 args[3];
	u32 pad;
};

#define RECORD_BYTES (offsetof(struct record, pad) + sizeof(u32))

void kpx_floor_sample(const struct kpx_bench_run *run)
{
	u64 turn, end = run->first + run->turns;
	struct record record = {};
	struct pt_regs regs = {};
	int context;

	preempt_disable();
	perf_fetch_caller_regs(&regs);
	record.ip = instruction_pointer(&regs);
	for (turn = run->first; turn < end; turn++) {
		context = perf_swevent_get_recursion_context();
		if (context < 0)
			continue;
		record.args[0] = KPX_BENCH_A(turn);
		record.args[1] = KPX_BENCH_B(turn);
		record.args[2] = run->target;
		perf_tp_event(0, 1, &record, RECORD_BYTES, &regs,
			      this_cpu_ptr(&events), context, NULL);
	}
	preempt_enable();
}

static int event_init(struct perf_event *event)
{
	if (event->attr.type != floor_pmu.type)
		return -ENOENT;
	/* with any other, ->add would have a period to set up */
	if (event->attr.freq || event->attr.sample_period != 1 || event->parent)
		return -EINVAL;
	return 0;
}

static int event_add(struct perf_event *event, int flags)
{
	event->hw.state = flags & PERF_EF_START ? 0 : PERF_HES_STOPPED;
	hlist_add_head_rcu(&event->hlist_entry, this_cpu_ptr(&events));
	return 0;
}

static void event_del(struct perf_event *event, int flags)
{
	hlist_del_rcu(&event->hlist_entry);
}

static void event_start(struct perf_event *event, int flags)
{
	event->hw.state = 0;
}

static void event_stop(struct perf_event *event, int flags)
{
	event->hw.state = PERF_HES_STOPPED;
}

static void event_read(struct perf_event *event)
{
}

static struct pmu floor_pmu = {
	.module = THIS_MODULE,
	.task_ctx_nr = perf_sw_context,
	.event_init = event_init,
	.add = event_add,
	.del = event_del,
	.start = event_start,
	.stop = event_stop,
	.read = event_read,
};

int kpx_floor_init(unsigned long address)
{
	int ret = perf_pmu_register(&floor_pmu, KPX_BENCH_PMU, -1);

	if (ret)
		return ret;
	ret = ftrace_set_filter_ip(&hook_ops, address, 0, 0);
	if (!ret)
		ret = register_ftrace_function(&hook_ops);
	if (ret)
		perf_pmu_unregister(&floor_pmu);
	return ret;
}

void kpx_floor_uninit(void)
{
	unregister_ftrace_function(&hook_ops);
	ftrace_free_filter(&hook_ops);
	perf_pmu_unregister(&floor_pmu);
}
