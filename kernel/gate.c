// SPDX-License-Identifier: GPL-2.0-only
/*
 * What we rely on, beyond what the headers say, and try at load:
 *
 * - perf_trace_run_bpf_submit() runs the programs of call->prog_array with
 *   @raw_data as their context, into whose first word it has written @regs;
 * - not if programs or bpf(2) are at work on this CPU;
 * - it puts perf's recursion context if they return 0, and does no more.
 *
 * A program is called as bpf_prog_run() in the kernel's headers does it, by
 * bpf_func(context, insnsi).
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/bpf.h>
#include <linux/delay.h>
#include <linux/filter.h>
#include <linux/irq_work.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/perf_event.h>
#include <linux/slab.h>
#include <linux/trace_events.h>

#include "gate.h"

bool kpx_gate_is_fallback __read_mostly;
module_param_named(bpf_fallback, kpx_gate_is_fallback, bool, 0444);
MODULE_PARM_DESC(
	bpf_fallback,
	"run BPF programs under the module's own guard: set by itself if the kernel's can't be had");

/* An interrupt on top of a program: programs must be kept out. */
struct kpx_gate_trial {
	struct irq_work work;
	struct kpx_gate_pass pass;
};

#define TRIES  10
#define TRY_MS 10

static struct bpf_prog *gate_prog;
struct trace_event_call kpx_gate_call;
struct hlist_head kpx_gate_no_events;
DEFINE_PER_CPU(bool, kpx_gate_is_busy);

static noinline u32 run_call_array(struct bpf_prog_array __rcu **call_array,
				   struct pt_regs *regs)
{
	return bpf_prog_run_array(rcu_dereference(*call_array), regs,
				  bpf_prog_run);
}
NOKPROBE_SYMBOL(run_call_array);

static noinline void run_trial(struct kpx_gate_trial *trial)
{
	irq_work_queue(&trial->work);
	while (irq_work_is_busy(&trial->work))
		cpu_relax();
}

static __always_inline void run_pass(struct kpx_gate_pass *pass)
{
	if (likely(pass->programs))
		pass->verdict = kpx_gate_run_array(pass->programs, pass->regs);
	else if (pass->call_array)
		pass->verdict = run_call_array(pass->call_array, pass->regs);
	else if (pass->trial)
		run_trial(pass->trial);
	pass->is_done = true;
}

/* The gate's program. 0: the kernel has nothing else to do. */
static unsigned int gate_enter(const void *context,
			       const struct bpf_insn *insns)
{
	run_pass((struct kpx_gate_pass *)context);
	return 0;
}
NOKPROBE_SYMBOL(gate_enter);

void kpx_gate_run_fallback(struct kpx_gate_pass *pass)
{
	/* kpx_gate_run() looked at it, and an interrupt leaves it as it was */
	this_cpu_write(kpx_gate_is_busy, true);
	barrier();
	rcu_read_lock();
	run_pass(pass);
	rcu_read_unlock();
	barrier();
	this_cpu_write(kpx_gate_is_busy, false);
}
NOKPROBE_SYMBOL(kpx_gate_run_fallback);

static void trial_interrupt(struct irq_work *work)
{
	struct kpx_gate_trial *trial =
		container_of(work, struct kpx_gate_trial, work);

	kpx_gate_run(&trial->pass);
}

/* Twice: a recursion context that wasn't put is missed the second time. */
static bool gate_works(void)
{
	struct pt_regs regs = {};
	struct kpx_gate_trial trial = { .pass.regs = &regs };
	struct kpx_gate_pass pass = { .trial = &trial };
	int i, done = 0;

	trial.work = IRQ_WORK_INIT_HARD(trial_interrupt);
	for (i = 0; i < 2; i++) {
		pass.regs = &regs;
		pass.is_done = false;
		preempt_disable();
		kpx_gate_run(&pass);
		preempt_enable();
		done += pass.is_done && pass.regs == &regs;
	}
	if (done != 2 || trial.pass.is_done)
		return false;
	/* not on top of a program the interrupt's gets in */
	preempt_disable();
	run_trial(&trial);
	preempt_enable();
	return trial.pass.is_done;
}

static int make_gate(void)
{
	struct bpf_prog_array *array =
		kzalloc(struct_size(array, items, 2), GFP_KERNEL);

	if (!array)
		return -ENOMEM;
	gate_prog = bpf_prog_alloc(bpf_prog_size(1), 0);
	if (!gate_prog) {
		kfree(array);
		return -ENOMEM;
	}
	gate_prog->bpf_func = gate_enter;
	array->items[0].prog = gate_prog;
	RCU_INIT_POINTER(kpx_gate_call.prog_array, array);
	return 0;
}

int kpx_gate_init(void)
{
	int ret = make_gate();

	if (ret)
		return ret;
	if (!kpx_gate_is_fallback && !gate_works()) {
		kpx_gate_is_fallback = true;
		pr_notice(
			"BPF: the kernel's guard can't be had: some programs will be refused\n");
	}
	return 0;
}

void kpx_gate_uninit(void)
{
	kfree(rcu_access_pointer(kpx_gate_call.prog_array));
	/* by a work item of the kernel's, which has its own text only */
	bpf_prog_free(gate_prog);
}
