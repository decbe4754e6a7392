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
static DEFINE_PER_CPU(struct hlist_head[2], events); /* by config */
static struct pmu floor_pmu;

/* Only the pinned program calls the function, so the count needs no care. */
static void notrace hook(unsigned long ip, unsigned long parent_ip,
			 struct ftrace_ops *ops, struct ftrace_regs *fregs)
{
	hooked++;
}

/* As perf sees it in a kprobe event with three integers. */
struct record {
	struct trace_entry entry;
	u64 ip;
	u64 args[3];
	u32 pad;
};

#define RECORD_BYTES (offsetof(struct record, pad) + sizeof(u32))

static struct record ready_record;
static struct pt_regs ready_regs;

/* What no probe does that samples can be left out; see hook(). */
static void notrace sample_hook(unsigned long ip, unsigned long parent_ip,
				struct ftrace_ops *ops,
				struct ftrace_regs *fregs)
{
	const struct pt_regs *regs = (const struct pt_regs *)fregs;
	int context;

	preempt_disable_notrace();
	context = perf_swevent_get_recursion_context();
	if (context >= 0) {
		ready_record.args[0] = regs->di;
		ready_record.args[1] = regs->si;
		ready_record.args[2] = regs->dx;
		perf_tp_event(0, 1, &ready_record, RECORD_BYTES, &ready_regs,
			      &(*this_cpu_ptr(&events))[1], context, NULL);
	}
	preempt_enable_notrace();
}

static struct ftrace_ops hook_ops = {
	.func = hook,
};

static struct ftrace_ops sample_ops = {
	.func = sample_hook,
};

u64 kpx_floor_hooked(void)
{
	return hooked;
}

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
			      &(*this_cpu_ptr(&events))[0], context, NULL);
	}
	preempt_enable();
}

static int event_init(struct perf_event *event)
{
	if (event->attr.type != floor_pmu.type)
		return -ENOENT;
	/* with any other, ->add would have a period to set up */
	if (event->attr.freq || event->attr.sample_period != 1 ||
	    event->parent || event->attr.config > 1)
		return -EINVAL;
	return 0;
}

static int event_add(struct perf_event *event, int flags)
{
	event->hw.state = flags & PERF_EF_START ? 0 : PERF_HES_STOPPED;
	hlist_add_head_rcu(&event->hlist_entry,
			   &(*this_cpu_ptr(&events))[event->attr.config]);
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

static int ops_start(struct ftrace_ops *ops, unsigned long address)
{
	int ret = ftrace_set_filter_ip(ops, address, 0, 0);

	return ret ? ret : register_ftrace_function(ops);
}

static void ops_stop(struct ftrace_ops *ops)
{
	unregister_ftrace_function(ops);
	ftrace_free_filter(ops);
}

int kpx_floor_init(unsigned long hooked_address, unsigned long sampled_address)
{
	int ret;

	perf_fetch_caller_regs(&ready_regs);
	ready_record.ip = sampled_address;
	ret = perf_pmu_register(&floor_pmu, KPX_BENCH_PMU, -1);
	if (ret)
		return ret;
	ret = ops_start(&hook_ops, hooked_address);
	if (ret)
		goto err_pmu;
	ret = ops_start(&sample_ops, sampled_address);
	if (ret)
		goto err_hook;
	return 0;

err_hook:
	ops_stop(&hook_ops);
err_pmu:
	perf_pmu_unregister(&floor_pmu);
	return ret;
}

void kpx_floor_uninit(void)
{
	ops_stop(&sample_ops);
	ops_stop(&hook_ops);
	perf_pmu_unregister(&floor_pmu);
}
