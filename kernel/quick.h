/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * quick - the hits of which all that is wanted is a count or whole registers
 *
 * Most are, and a hit's cost is measured by them: this is inlined in the
 * handlers, reads what class.c has made ready for this CPU, and keeps nothing
 * on the stack that a stack protector would protect. All the rest is
 * kpx_hit_rest()'s, in hit.c.
 */
#ifndef KPX_QUICK_H
#define KPX_QUICK_H

#include <linux/lockdep.h>
#include <linux/percpu.h>
#include <linux/perf_event.h>
#include <linux/rculist.h>
#include <linux/trace_events.h>

#include "arch.h"
#include "attach.h"
#include "context.h"
#include "hit.h"
#include "core/fetch.h"

static __always_inline bool kpx_event_is_stopped(const struct perf_event *event)
{
	return event->hw.state & PERF_HES_STOPPED;
}

/*
 * Time: a call that began before the event was enabled isn't its. @entry_ns is
 * U64_MAX for what isn't a time.
 */
static __always_inline bool kpx_event_is_early(const struct perf_event *event,
					       u64 entry_ns)
{
	return entry_ns < event->hw.config_base;
}

/* Counting events take one addition and nothing else. */
static __always_inline bool kpx_count(struct hlist_head *head, u64 value,
				      u64 entry_ns)
{
	struct hlist_node *first = READ_ONCE(head->first);
	struct perf_event *event;

	if (!first)
		return false;
	if (unlikely(READ_ONCE(first->next)))
		return kpx_count_many(head, value, entry_ns);
	event = hlist_entry(first, struct perf_event, hlist_entry);
	if (kpx_event_is_stopped(event) || kpx_event_is_early(event, entry_ns))
		return false;
	local64_add(value, &event->count);
	return true;
}

/* Is there an event that isn't stopped, as a throttled one is? */
static __always_inline bool kpx_is_listening(const struct hlist_head *head)
{
	const struct hlist_node *node;

	for (node = READ_ONCE(head->first); node; node = READ_ONCE(node->next))
		if (likely(!kpx_event_is_stopped(
			    hlist_entry(node, struct perf_event, hlist_entry))))
			return true;
	return false;
}

/*
 * Under the guard, for also what gives us perf's recursion context can be
 * probed. perf_tp_event() puts that: nothing else could.
 */
static __always_inline enum kpx_verdict
kpx_quick_sample(struct kpx_attach *attach, struct pt_regs *regs,
		 unsigned long ip, struct hlist_head *head)
{
	struct kpx_context __percpu *context = kpx_context_here();
	enum kpx_verdict verdict = KPX_RECURSION;
	unsigned int bytes;
	char *record;
	int perf;

	if (!kpx_context_enter(context))
		return KPX_RECURSION;
	perf = perf_swevent_get_recursion_context();
	if (likely(perf >= 0)) {
		record = kpx_context_record(context);
		*(u64 *)(record + KPX_RECORD_IP) = ip;
		bytes = kpx_fetch_words(&attach->spec->fetch, regs, record);
		kpx_arch_regs_complete(regs);
		/* type 0: no trace event listens */
		perf_tp_event(0, 1, record, bytes, regs, head, perf, NULL);
		verdict = KPX_OFFERED;
	}
	kpx_context_leave(context);
	return verdict;
}

/*
 * kpx_hit(), inlined. @is_fentry, a constant: @regs are ftrace's, and go back
 * to it as they came.
 */
static __always_inline void
kpx_quick_hit(struct kpx_attach *attach, struct pt_regs *regs, unsigned long ip,
	      struct kpx_call *call, bool is_int3, const bool is_fentry)
{
	enum kpx_verdict verdict = KPX_NO_LISTENER;
	unsigned long extras = READ_ONCE(attach->extras);
	struct kpx_class_cpu *words;
	struct kpx_arch_saved saved;

	/* The record buffers and perf's recursion context are per CPU. */
	lockdep_assert_preemption_disabled();
	this_cpu_inc(attach->book->entered);
	words = this_cpu_read(attach->active->words);
	if (likely(words && !extras)) {
		/* first, for no verdict of a sample is below OFFERED */
		if (kpx_count(&words->counting, 1, U64_MAX))
			verdict = KPX_OFFERED;
		if (kpx_is_listening(&words->sampling)) {
			if (is_fentry)
				kpx_arch_regs_enter(regs, ip, &saved);
			verdict = kpx_quick_sample(attach, regs, ip,
						   &words->sampling);
			if (is_fentry)
				kpx_arch_regs_leave(regs, &saved);
		}
	} else if (extras || this_cpu_read(attach->active->classes.first)) {
		if (is_fentry)
			kpx_arch_regs_enter(regs, ip, &saved);
		verdict = kpx_hit_rest(attach, regs, ip, call, is_int3);
		if (is_fentry)
			kpx_arch_regs_leave(regs, &saved);
	}
	this_cpu_inc(attach->book->verdicts[verdict]);
}

#endif /* KPX_QUICK_H */
