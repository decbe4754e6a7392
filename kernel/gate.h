/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * gate - the kernel's own way of running BPF programs at a probe
 *
 * A program may be hit while its CPU is in the middle of a bpf(2) operation on
 * a map, or of another program, and would wait for a lock that it holds itself.
 * The kernel keeps its own probes' programs out by a count for each CPU, which
 * modules can't reach; but perf_trace_run_bpf_submit(), which they can, looks
 * at it. So there is one program of our making, whose code is ours: the kernel
 * runs it under its guard, and it runs the rest.
 *
 * Programs that call nothing of the kernel's hold no lock, and need no guard
 * against others: in a task that isn't in bpf(2) they run as they are. While they
 * do, none of ours runs on top of them.
 *
 * That this holds is tried at load. If it doesn't, a guard of our own keeps
 * programs out of each other, and what could deadlock with bpf(2) is refused by
 * program.c.
 */
#ifndef KPX_GATE_H
#define KPX_GATE_H

#include <linux/compiler.h>
#include <linux/filter.h>
#include <linux/list.h>
#include <linux/percpu.h>
#include <linux/perf_event.h>
#include <linux/sched.h>
#include <linux/trace_events.h>
#include <linux/types.h>

#include "context.h"
#include "program.h"

struct bpf_prog_array;
struct kpx_gate_trial;
struct pt_regs;

/**
 * struct kpx_gate_pass - what is to be run
 * @regs:	the programs' context; first, for the kernel writes it there
 * @programs:	ours, or NULL
 * @call_array:	a trace event's, or NULL; RCU
 * @trial:	at load only
 * @verdict:	what the programs came to
 * @is_done:	they ran: nobody else was running
 */
struct kpx_gate_pass {
	struct pt_regs *regs;
	const struct kpx_program_array *programs;
	struct bpf_prog_array __rcu **call_array;
	struct kpx_gate_trial *trial;
	u32 verdict;
	bool is_done;
};

/* The kernel's guard can't be had, or the module was told to do without. */
extern bool kpx_gate_is_fallback;

/* What has our program; it's never registered, and has no events. */
extern struct trace_event_call kpx_gate_call;
extern struct hlist_head kpx_gate_no_events;

/*
 * This is a task's own context, outside of bpf(2)'s operations on maps, which
 * forbid migration. Preemption is off.
 */
static __always_inline bool kpx_gate_is_clear(void)
{
#ifdef CONFIG_SMP
	return !kpx_context_level() && !current->migration_disabled;
#else
	return false;
#endif
}

/* Programs run that the kernel doesn't know of. */
DECLARE_PER_CPU(bool, kpx_gate_is_busy);

/*
 * As bpf_prog_run_array() does, and the AND begins with 1 as there. The run
 * context is for bpf_get_attach_cookie() and its like.
 */
static __always_inline u32
kpx_gate_run_array(const struct kpx_program_array *array, struct pt_regs *regs)
{
	struct bpf_trace_run_ctx run_ctx = {};
	const struct kpx_program_item *item;
	struct bpf_run_ctx *old_run_ctx;
	u32 verdict = 1;

	old_run_ctx = bpf_set_run_ctx(&run_ctx.run_ctx);
	for (item = array->items; item->prog; item++) {
		run_ctx.bpf_cookie = item->cookie;
		this_cpu_inc(*item->runs);
		verdict &= bpf_prog_run(item->prog, regs);
	}
	bpf_reset_run_ctx(old_run_ctx);
	return verdict;
}

/* Programs that call nothing, where it's clear. */
static __always_inline void kpx_gate_run_clear(struct kpx_gate_pass *pass)
{
	this_cpu_write(kpx_gate_is_busy, true);
	barrier();
	pass->verdict = kpx_gate_run_array(pass->programs, pass->regs);
	pass->is_done = true;
	barrier();
	this_cpu_write(kpx_gate_is_busy, false);
}

/* Under our own guard. */
void kpx_gate_run_fallback(struct kpx_gate_pass *pass);

/*
 * Runs what @pass says, with its members but @verdict and @is_done set, and
 * those 0. Any context, preemption off, RCU watching; inside the guard of
 * context.h.
 */
static __always_inline void kpx_gate_run(struct kpx_gate_pass *pass)
{
	int context;

	if (unlikely(this_cpu_read(kpx_gate_is_busy)))
		return;
	if (pass->programs && pass->programs->calls_nothing &&
	    kpx_gate_is_clear()) {
		kpx_gate_run_clear(pass);
		return;
	}
	if (unlikely(kpx_gate_is_fallback)) {
		kpx_gate_run_fallback(pass);
		return;
	}
	context = perf_swevent_get_recursion_context();
	if (unlikely(context < 0))
		return;
	/* puts the context */
	perf_trace_run_bpf_submit(pass, sizeof(*pass), context, &kpx_gate_call,
				  1, pass->regs, &kpx_gate_no_events, NULL);
}

/* 0 or -ENOMEM; uninit once nothing is registered. Sleep. */
int kpx_gate_init(void);
void kpx_gate_uninit(void);

#endif /* KPX_GATE_H */
