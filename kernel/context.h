/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * context - one hit at a time in each context, and a buffer for its record
 *
 * The contexts (task, softirq, hardirq, NMI) are numbered as perf numbers its
 * own. Each has a guard: what runs under it (reads of memory, perf, the trace
 * event) may be probed itself, and a hit on top of a hit in the same context is
 * dropped, and counted. perf's own buffers, from perf_trace_buf_alloc(), exist
 * only while some tracepoint event is open.
 */
#ifndef KPX_CONTEXT_H
#define KPX_CONTEXT_H

#include <linux/percpu.h>
#include <linux/perf_event.h>
#include <linux/preempt.h>
#include <linux/types.h>

/**
 * struct kpx_context - of one CPU
 * @is_busy:	there is a hit
 * @record:	a buffer of kpx_record_max bytes and 8 more, of which a record of
 *		words may write 4
 */
struct kpx_context {
	bool is_busy;
	u64 *record;
};

DECLARE_PER_CPU(struct kpx_context[PERF_NR_CONTEXTS], kpx_contexts);

/* Bytes of the longest record; a multiple of 8. */
extern unsigned int kpx_record_max;

/* What interrupt_context_level() says; most hits are a task's. */
static __always_inline unsigned int kpx_context_level(void)
{
	if (likely(!(preempt_count() &
		     (NMI_MASK | HARDIRQ_MASK | SOFTIRQ_OFFSET))))
		return 0;
	return interrupt_context_level();
}

/* The one that we are in. Preemption is off, until the last use of it. */
static __always_inline struct kpx_context __percpu *kpx_context_here(void)
{
	struct kpx_context __percpu *context =
		&kpx_contexts[kpx_context_level()];

	/* one register instead of several sums */
	OPTIMIZER_HIDE_VAR(context);
	return context;
}

/* False: it has a hit already. */
static __always_inline bool
kpx_context_enter(struct kpx_context __percpu *context)
{
	if (unlikely(this_cpu_read(context->is_busy)))
		return false;
	this_cpu_write(context->is_busy, true);
	barrier();
	return true;
}

static __always_inline void
kpx_context_leave(struct kpx_context __percpu *context)
{
	barrier();
	this_cpu_write(context->is_busy, false);
}

/* Of a context that was entered. */
static __always_inline void *
kpx_context_record(struct kpx_context __percpu *context)
{
	return this_cpu_read(context->record);
}

/* The buffers. 0 or -ENOMEM; uninit once nothing is registered. */
int kpx_context_init(void);
void kpx_context_uninit(void);

#endif /* KPX_CONTEXT_H */
