// SPDX-License-Identifier: GPL-2.0-only
#include <linux/ktime.h>
#include <linux/lockdep.h>
#include <linux/minmax.h>
#include <linux/moduleparam.h>
#include <linux/percpu.h>
#include <linux/perf_event.h>
#include <linux/ptrace.h>
#include <linux/rculist.h>
#include <linux/sched/signal.h>
#include <linux/timekeeping.h>
#include <linux/trace_events.h>

#include "arch.h"
#include "attach.h"
#include "call.h"
#include "face.h"
#include "hit.h"
#include "memory.h"
#include "core/expr.h"
#include "core/fetch.h"
#include "core/weigh.h"

/* All of the arguments' static part, a tail and what rounds it up. */
#define RECORD_LEAST ALIGN(KPX_RECORD_ARGS + KPX_STATIC_MAX + 24 + 16, 64)

/* What tracefs' rings refuse without a word is longer than this. */
#define RECORD_TRACE 4048

static unsigned int record_max = RECORD_TRACE;
module_param(record_max, uint, 0444);
MODULE_PARM_DESC(record_max,
		 "bytes of the longest record (3136 to 8192); strings are cut");

/*
 * A buffer per context (task, softirq, hardirq, NMI), as perf numbers its
 * recursion contexts; perf's own, from perf_trace_buf_alloc(), exist only while
 * some tracepoint event is open. busy is the guard: what runs under it (reads
 * of memory, perf, the trace event) may be probed itself, and a hit on top of a
 * hit in the same context is dropped, and counted.
 */
struct context {
	bool busy;
	u64 *record;
};

struct contexts {
	struct context contexts[PERF_NR_CONTEXTS];
};

static struct contexts __percpu *contexts;
static u64 __percpu *unwatched;

static void free_records(void)
{
	int cpu, i;

	for_each_possible_cpu(cpu)
		for (i = 0; i < PERF_NR_CONTEXTS; i++)
			kfree(per_cpu_ptr(contexts, cpu)->contexts[i].record);
}

static int alloc_records(void)
{
	int cpu, i;

	for_each_possible_cpu(cpu) {
		struct context *context = per_cpu_ptr(contexts, cpu)->contexts;

		for (i = 0; i < PERF_NR_CONTEXTS; i++, context++) {
			/* a record of words may write 4 bytes more */
			context->record = kzalloc_node(record_max + sizeof(u64),
						       GFP_KERNEL,
						       cpu_to_node(cpu));
			if (!context->record)
				return -ENOMEM;
		}
	}
	return 0;
}

int kpx_hit_init(void)
{
	BUILD_BUG_ON(sizeof(struct trace_entry) != KPX_RECORD_IP);
	record_max = ALIGN_DOWN(clamp(record_max, (unsigned int)RECORD_LEAST,
				      (unsigned int)KPX_RECORD_MAX),
				8);
	contexts = alloc_percpu(struct contexts);
	unwatched = alloc_percpu(u64);
	if (contexts && unwatched && !alloc_records())
		return 0;
	kpx_hit_uninit();
	return -ENOMEM;
}

void kpx_hit_uninit(void)
{
	if (contexts)
		free_records();
	free_percpu(contexts);
	free_percpu(unwatched);
}

/* Touches nothing that RCU guards. */
bool kpx_hit_is_unwatched(void)
{
	if (rcu_is_watching())
		return false;
	this_cpu_inc(*unwatched);
	return true;
}
NOKPROBE_SYMBOL(kpx_hit_is_unwatched);

u64 kpx_hit_nr_unwatched(void)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(*per_cpu_ptr(unwatched, cpu));
	return sum;
}

/* NULL: this context has a hit already. */
static __always_inline struct context *context_enter(void)
{
	struct context *context =
		&this_cpu_ptr(contexts)->contexts[interrupt_context_level()];

	if (context->busy)
		return NULL;
	context->busy = true;
	barrier();
	return context;
}

static __always_inline void context_leave(struct context *context)
{
	barrier();
	context->busy = false;
}

/* What kpx_hit() was told. */
struct hit {
	struct pt_regs *regs;
	unsigned long ip;
	struct kpx_call *call;
	bool is_int3;
};

/* A hit on its way through the classes, and its record once it's fetched. */
struct shot {
	struct kpx_attach *attach;
	const struct hit *hit;
	struct context *context;
	u64 duration_ns;
	unsigned int bytes; /* of the record without a tail; 0: not fetched */
};

/* skip_self: a hit of the opener's process; hits in interrupts aren't. */
static __always_inline bool is_self(const struct kpx_class *class, bool is_int3)
{
	return unlikely(class->key.skip) && kpx_arch_in_task(is_int3) &&
	       task_tgid(current) == class->key.skip;
}

static __always_inline bool is_stopped(const struct perf_event *event)
{
	return event->hw.state & PERF_HES_STOPPED;
}

/*
 * Time: a call that began before the event was enabled isn't its. @entry_ns is
 * U64_MAX for what isn't a time.
 */
static __always_inline bool is_early(const struct perf_event *event,
				     u64 entry_ns)
{
	return entry_ns < event->hw.config_base;
}

static __always_inline bool count_list(struct hlist_head *head, u64 value,
				       u64 entry_ns)
{
	struct perf_event *event;
	bool counted = false;

	hlist_for_each_entry_rcu_notrace(event, head, hlist_entry)
	{
		if (is_stopped(event) || is_early(event, entry_ns))
			continue;
		local64_add(value, &event->count);
		counted = true;
	}
	return counted;
}

/*
 * An interrupt on this CPU may take an event off the list and put it back at
 * its head, where a walk would miss others or meet it twice.
 */
static noinline bool count_many(struct hlist_head *head, u64 value,
				u64 entry_ns)
{
	unsigned long flags;
	bool counted;

	raw_local_irq_save(flags);
	counted = count_list(head, value, entry_ns);
	raw_local_irq_restore(flags);
	return counted;
}
NOKPROBE_SYMBOL(count_many);

/* Counting events take one addition and nothing else. */
static __always_inline bool count(struct hlist_head *head, u64 value,
				  u64 entry_ns)
{
	struct hlist_node *first = READ_ONCE(head->first);
	struct perf_event *event;

	if (!first)
		return false;
	if (unlikely(READ_ONCE(first->next)))
		return count_many(head, value, entry_ns);
	event = hlist_entry(first, struct perf_event, hlist_entry);
	if (is_stopped(event) || is_early(event, entry_ns))
		return false;
	local64_add(value, &event->count);
	return true;
}

/* The same holds of the classes that have events on this CPU. */
struct walk {
	unsigned long flags;
	bool is_guarded;
};

static __always_inline void walk_begin(struct walk *walk,
				       const struct hlist_head *active)
{
	const struct hlist_node *first = READ_ONCE(active->first);

	walk->is_guarded = first && READ_ONCE(first->next);
	if (unlikely(walk->is_guarded))
		raw_local_irq_save(walk->flags);
}

static __always_inline void walk_end(const struct walk *walk)
{
	if (unlikely(walk->is_guarded))
		raw_local_irq_restore(walk->flags);
}

/* Is there an event that isn't stopped, as a throttled one is? */
static __always_inline bool is_listening(struct hlist_head *head)
{
	struct perf_event *event;

	hlist_for_each_entry_rcu_notrace(
		event, head, hlist_entry) if (!is_stopped(event)) return true;
	return false;
}

static __always_inline unsigned int fetch(const struct shot *shot,
					  unsigned int tail, void *record,
					  unsigned int limit)
{
	const struct hit *hit = shot->hit;
	const struct kpx_fetch_source source = {
		.regs = hit->regs,
		.entry = hit->call ? hit->call->words : NULL,
		.ip = hit->ip,
		.duration_ns = shot->duration_ns,
	};
	bool truncated = false;
	unsigned int bytes;

	bytes = kpx_fetch_record(&shot->attach->spec->fetch, &source, tail,
				 limit, record, &truncated);
	if (unlikely(truncated))
		this_cpu_inc(shot->attach->book->truncated);
	return bytes;
}

/* The record without a tail, fetched once for all who want it. */
static __always_inline void *plain_record(struct shot *shot)
{
	void *record = shot->context->record;

	if (!shot->bytes)
		shot->bytes = fetch(shot, 0, record,
				    READ_ONCE(shot->attach->face) ?
					    min(record_max, RECORD_TRACE) :
					    record_max);
	return record;
}

/* common_type: the trace event's, if it listens. */
static __always_inline u16 face_type(const struct kpx_attach *attach)
{
	const struct kpx_face *face = READ_ONCE(attach->face);

	return face ? kpx_face_type(face) : 0;
}

/* perf's recursion context is put by perf_tp_event(): nothing else could. */
static __always_inline enum kpx_verdict sample(struct shot *shot, u64 count,
					       void *record, unsigned int bytes,
					       struct hlist_head *head)
{
	int context = perf_swevent_get_recursion_context();

	if (context < 0)
		return KPX_RECURSION;
	kpx_arch_regs_complete(shot->hit->regs);
	perf_tp_event(face_type(shot->attach), count, record, bytes,
		      shot->hit->regs, head, context, NULL);
	return KPX_OFFERED;
}

static __always_inline enum kpx_verdict sample_hits(struct shot *shot,
						    struct hlist_head *head)
{
	void *record;

	if (!is_listening(head))
		return KPX_NO_LISTENER;
	record = plain_record(shot);
	return sample(shot, 1, record, shot->bytes, head);
}

/* What follows the arguments in the record of an event whose unit isn't hits. */
struct tail {
	u64 weight;
	u64 duration_ns;
	u64 retval;
};

/* NULL: the entry's record wasn't kept, because nobody wanted it yet. */
static __always_inline void *tailed_record(struct shot *shot, u64 weight,
					   enum kpx_unit unit,
					   unsigned int *bytes)
{
	const struct kpx_spec *spec = shot->attach->spec;
	const struct hit *hit = shot->hit;
	void *record = shot->context->record;
	struct tail *tail;

	if (hit->call && !spec->is_return) {
		*bytes = hit->call->bytes;
		record = *bytes ? hit->call->words : NULL;
	} else {
		*bytes = fetch(shot, kpx_spec_tail_bytes(unit), record,
			       record_max);
		shot->bytes = 0; /* the one without is overwritten */
	}
	if (!record)
		return NULL;
	tail = record + spec->fetch.static_bytes;
	tail->weight = weight;
	if (unit == KPX_UNIT_NS) {
		tail->duration_ns = shot->duration_ns;
		tail->retval = regs_return_value(hit->regs);
	}
	return record;
}

/* The only event of its class: see core/weigh.h. */
static __always_inline enum kpx_verdict sample_value(struct shot *shot,
						     struct kpx_class *class,
						     u64 value, u64 entry_ns,
						     struct hlist_head *head)
{
	struct perf_event *event;
	struct kpx_weight weight;
	enum kpx_verdict verdict;
	unsigned int bytes;
	void *record;

	event = hlist_entry_safe(READ_ONCE(head->first), struct perf_event,
				 hlist_entry);
	if (!event || is_stopped(event) || is_early(event, entry_ns))
		return KPX_NO_LISTENER;
	weight = kpx_weigh(value, local64_read(&event->hw.period_left),
			   event->hw.sample_period);
	if (!weight.periods) {
		local64_add(value, &event->count);
		local64_add(value, &event->hw.period_left);
		return KPX_OFFERED;
	}
	record = tailed_record(shot, weight.periods, class->key.unit, &bytes);
	if (!record)
		return KPX_NO_LISTENER;
	verdict = sample(shot, weight.pass, record, bytes, head);
	if (verdict == KPX_OFFERED) {
		local64_add(value - weight.pass, &event->count);
		local64_add(weight.rest, &event->hw.period_left);
	}
	return verdict;
}

/* What the hit counts for in events of this class. */
static __always_inline u64 value_of(struct shot *shot,
				    const struct kpx_class *class)
{
	const struct hit *hit = shot->hit;
	bool clamped;
	u64 value;

	if (class->key.unit == KPX_UNIT_NS) {
		value = shot->duration_ns;
	} else {
		const struct kpx_fetch_source source = {
			.regs = hit->regs,
			.entry = hit->call ? hit->call->words : NULL,
			.ip = hit->ip,
			.duration_ns = shot->duration_ns,
		};

		value = kpx_fetch_value(&shot->attach->spec->fetch,
					class->key.field, &source);
	}
	value = kpx_clamp(value, &clamped);
	if (unlikely(clamped))
		this_cpu_inc(shot->attach->book->clamped);
	return value;
}

static __always_inline enum kpx_verdict shoot_value(struct shot *shot,
						    struct kpx_class *class,
						    struct kpx_class_cpu *lists)
{
	u64 entry_ns = U64_MAX, value = value_of(shot, class);
	enum kpx_verdict verdict;

	if (class->key.unit == KPX_UNIT_NS)
		entry_ns = shot->hit->call->entry_ns;
	verdict = sample_value(shot, class, value, entry_ns, &lists->sampling);
	if (count(&lists->counting, value, entry_ns))
		verdict = KPX_OFFERED;
	return verdict;
}

static __always_inline enum kpx_verdict shoot_hits(struct shot *shot,
						   struct kpx_class *class,
						   struct kpx_class_cpu *lists)
{
	enum kpx_verdict verdict = sample_hits(shot, &lists->sampling);

	if (count(&lists->counting, 1, U64_MAX))
		verdict = KPX_OFFERED;
	return verdict;
}

static __always_inline enum kpx_verdict shoot_class(struct shot *shot,
						    struct kpx_class_cpu *lists)
{
	struct kpx_class *class = lists->class;

	if (is_self(class, shot->hit->is_int3))
		return KPX_SELF;
	switch (class->key.unit) {
	case KPX_UNIT_HITS:
		return shoot_hits(shot, class, lists);
	case KPX_UNIT_NS:
		return shot->hit->call ? shoot_value(shot, class, lists) :
					 KPX_NO_LISTENER;
	case KPX_UNIT_FIELD:
		return shoot_value(shot, class, lists);
	default: /* missed: read elsewhere; filtered: it wasn't */
		return KPX_NO_LISTENER;
	}
}

/* KPX_UNIT_FILTERED */
static void count_filtered(const struct shot *shot)
{
	struct hlist_head *active = this_cpu_ptr(shot->attach->active);
	struct kpx_class_cpu *lists;
	struct walk walk;

	walk_begin(&walk, active);
	hlist_for_each_entry_rcu_notrace(lists, active, node)
	{
		if (lists->class->key.unit == KPX_UNIT_FILTERED &&
		    !is_self(lists->class, shot->hit->is_int3))
			count(&lists->counting, 1, U64_MAX);
	}
	walk_end(&walk);
}

/* An entry probe's calls were filtered at the entry. */
static __always_inline bool is_filtered(struct shot *shot)
{
	const struct kpx_spec *spec = shot->attach->spec;

	return spec->condition && (!shot->hit->call || spec->is_return) &&
	       !kpx_expr_eval(spec->condition, plain_record(shot));
}

/* Does kpx_hit() itself give this class what it wants? */
static __always_inline bool is_quick(const struct kpx_class_cpu *lists)
{
	return lists->class->is_words ||
	       (lists->class->is_plain && hlist_empty(&lists->sampling));
}

static __always_inline enum kpx_verdict shoot_classes(struct shot *shot)
{
	struct hlist_head *active = this_cpu_ptr(shot->attach->active);
	enum kpx_verdict one, verdict = KPX_NO_LISTENER;
	struct kpx_class_cpu *lists;
	struct walk walk;

	walk_begin(&walk, active);
	hlist_for_each_entry_rcu_notrace(lists, active, node)
	{
		if (is_quick(lists))
			continue; /* it has had its part */
		one = shoot_class(shot, lists);
		verdict = max(verdict, one);
	}
	walk_end(&walk);
	return verdict;
}

static enum kpx_verdict shoot(struct shot *shot)
{
	struct kpx_face *face = READ_ONCE(shot->attach->face);
	enum kpx_verdict verdict;

	if (is_filtered(shot)) {
		count_filtered(shot);
		return KPX_FILTERED;
	}
	verdict = shoot_classes(shot);
	if (face && kpx_face_is_listening(face)) {
		void *record = plain_record(shot);

		kpx_arch_regs_complete(shot->hit->regs);
		kpx_face_hit(face, record, shot->bytes, shot->hit->regs);
		verdict = KPX_OFFERED;
	}
	return verdict;
}

/*
 * Where more is wanted than hits and registers. Not inlined, as are the others
 * that need room on the stack: kpx_hit() has none to protect.
 */
static noinline enum kpx_verdict full(struct kpx_attach *attach,
				      struct pt_regs *regs, unsigned long ip,
				      struct kpx_call *call, bool is_int3)
{
	const struct hit hit = { regs, ip, call, is_int3 };
	struct shot shot = { .attach = attach, .hit = &hit };
	enum kpx_verdict verdict;

	shot.context = context_enter();
	if (!shot.context)
		return KPX_RECURSION;
	if (call && call->entry_ns)
		shot.duration_ns = ktime_get_mono_fast_ns() - call->entry_ns;
	verdict = shoot(&shot);
	context_leave(shot.context);
	return verdict;
}
NOKPROBE_SYMBOL(full);

/*
 * Samples of hits, of a definition that takes whole registers and no condition.
 * Under the guard, for also what gives us perf's recursion context can be
 * probed.
 */
static noinline enum kpx_verdict sample_plain(struct kpx_attach *attach,
					      struct pt_regs *regs,
					      unsigned long ip,
					      struct hlist_head *head)
{
	enum kpx_verdict verdict = KPX_RECURSION;
	struct context *context;
	unsigned int bytes;
	char *record;
	int rctx;

	if (!is_listening(head))
		return KPX_NO_LISTENER;
	context = context_enter();
	if (!context)
		return KPX_RECURSION;
	rctx = perf_swevent_get_recursion_context();
	if (likely(rctx >= 0)) {
		record = (char *)context->record;
		*(u64 *)(record + KPX_RECORD_IP) = ip;
		bytes = kpx_fetch_words(&attach->spec->fetch, regs, record);
		kpx_arch_regs_complete(regs);
		perf_tp_event(face_type(attach), 1, record, bytes, regs, head,
			      rctx, NULL);
		verdict = KPX_OFFERED;
	}
	context_leave(context);
	return verdict;
}
NOKPROBE_SYMBOL(sample_plain);

/* All that such a class wants of a hit; else tells that there's @more to do. */
static __always_inline enum kpx_verdict
quick_class(struct kpx_attach *attach, struct kpx_class_cpu *lists,
	    struct pt_regs *regs, unsigned long ip, bool is_int3, bool *more)
{
	enum kpx_verdict verdict = KPX_NO_LISTENER;

	if (!is_quick(lists)) {
		*more = true;
		return KPX_NO_LISTENER;
	}
	if (is_self(lists->class, is_int3))
		return KPX_SELF;
	if (!hlist_empty(&lists->sampling))
		verdict = sample_plain(attach, regs, ip, &lists->sampling);
	if (count(&lists->counting, 1, U64_MAX))
		verdict = KPX_OFFERED;
	return verdict;
}

static noinline enum kpx_verdict quick_many(struct kpx_attach *attach,
					    struct hlist_head *active,
					    struct pt_regs *regs,
					    unsigned long ip, bool is_int3)
{
	enum kpx_verdict one, verdict = KPX_NO_LISTENER;
	struct kpx_class_cpu *lists;
	struct walk walk;
	bool more; /* the caller has a look in any case */

	walk_begin(&walk, active);
	hlist_for_each_entry_rcu_notrace(lists, active, node)
	{
		one = quick_class(attach, lists, regs, ip, is_int3, &more);
		verdict = max(verdict, one);
	}
	walk_end(&walk);
	return verdict;
}
NOKPROBE_SYMBOL(quick_many);

void kpx_hit(struct kpx_attach *attach, struct pt_regs *regs, unsigned long ip,
	     struct kpx_call *call, bool is_int3)
{
	struct hlist_head *active = this_cpu_ptr(attach->active);
	struct hlist_node *first = READ_ONCE(active->first);
	struct kpx_face *face = READ_ONCE(attach->face);
	enum kpx_verdict one, verdict = KPX_NO_LISTENER;
	bool more = face && kpx_face_is_listening(face);

	/* The record buffers and perf's recursion context are per CPU. */
	lockdep_assert_preemption_disabled();
	this_cpu_inc(attach->book->entered);
	if (first && likely(!READ_ONCE(first->next))) {
		verdict = quick_class(
			attach, hlist_entry(first, struct kpx_class_cpu, node),
			regs, ip, is_int3, &more);
	} else if (first) {
		verdict = quick_many(attach, active, regs, ip, is_int3);
		/* some of them may: it isn't worth another look at each */
		more = true;
	}
	if (more) {
		one = full(attach, regs, ip, call, is_int3);
		verdict = max(verdict, one);
	}
	this_cpu_inc(attach->book->verdicts[verdict]);
}
NOKPROBE_SYMBOL(kpx_hit);

/* The entry's record, and whether the condition holds of it. */
static bool capture(struct kpx_attach *attach, struct kpx_call *call,
		    size_t room, const struct hit *hit)
{
	const struct kpx_spec *spec = attach->spec;
	struct shot shot = { .attach = attach, .hit = hit };

	call->bytes = fetch(&shot, kpx_spec_tail_bytes(KPX_UNIT_NS),
			    call->words, min_t(size_t, room, KPX_RECORD_MAX));
	if (!spec->condition || kpx_expr_eval(spec->condition, call->words))
		return true;
	this_cpu_inc(attach->book->entered);
	this_cpu_inc(attach->book->verdicts[KPX_FILTERED]);
	count_filtered(&shot);
	return false;
}

bool kpx_hit_call(struct kpx_attach *attach, struct kpx_call *call, size_t room,
		  struct pt_regs *regs, unsigned long ip)
{
	const struct kpx_spec *spec = attach->spec;
	const struct hit hit = { .regs = regs, .ip = ip };

	call->bytes = 0;
	if (spec->is_return)
		kpx_fetch_entry(spec, regs, call->words);
	else if ((READ_ONCE(attach->captures) || spec->condition) &&
		 !capture(attach, call, room, &hit))
		return false;
	/* last, so that our own time isn't the function's */
	call->entry_ns =
		READ_ONCE(attach->is_timed) ? ktime_get_mono_fast_ns() : 0;
	return true;
}
NOKPROBE_SYMBOL(kpx_hit_call);

KPX_FETCH_NOKPROBE();
