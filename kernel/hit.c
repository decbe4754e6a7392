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
#include "context.h"
#include "face.h"
#include "gate.h"
#include "hit.h"
#include "memory.h"
#include "quick.h"
#include "core/expr.h"
#include "core/fetch.h"
#include "core/weigh.h"

static u64 __percpu *unwatched;

int kpx_hit_init(void)
{
	unwatched = alloc_percpu(u64);
	return unwatched ? 0 : -ENOMEM;
}

void kpx_hit_uninit(void)
{
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

/* What kpx_hit() was told. */
struct hit {
	struct pt_regs *regs;
	unsigned long ip;
	struct kpx_call *call;
	bool is_int3;
};

/*
 * A hit on its way through the classes, and its record once it's fetched.
 * @record: the context's buffer; NULL: the context has a hit already, so that
 * this one can but be counted. @bytes: of the record without a tail; 0: it
 * isn't fetched.
 */
struct shot {
	struct kpx_attach *attach;
	const struct hit *hit;
	void *record;
	u64 duration_ns;
	unsigned int bytes;
};

/* skip_self: a hit of the opener's process; hits in interrupts aren't. */
static __always_inline bool is_self(const struct kpx_class *class, bool is_int3)
{
	return unlikely(class->key.skip) && kpx_arch_in_task(is_int3) &&
	       task_tgid(current) == class->key.skip;
}

static __always_inline bool count_list(struct hlist_head *head, u64 value,
				       u64 entry_ns)
{
	struct perf_event *event;
	bool counted = false;

	hlist_for_each_entry_rcu_notrace(event, head, hlist_entry)
	{
		if (kpx_event_is_stopped(event) ||
		    kpx_event_is_early(event, entry_ns))
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
bool kpx_count_many(struct hlist_head *head, u64 value, u64 entry_ns)
{
	unsigned long flags;
	bool counted;

	raw_local_irq_save(flags);
	counted = count_list(head, value, entry_ns);
	raw_local_irq_restore(flags);
	return counted;
}
NOKPROBE_SYMBOL(kpx_count_many);

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
	if (!shot->bytes)
		shot->bytes = fetch(shot, 0, shot->record,
				    READ_ONCE(shot->attach->face) ?
					    min_t(unsigned int, kpx_record_max,
						  KPX_RECORD_TRACE) :
					    kpx_record_max);
	return shot->record;
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

	if (!kpx_is_listening(head))
		return KPX_NO_LISTENER;
	if (!shot->record)
		return KPX_RECURSION;
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
	void *record = shot->record;
	struct tail *tail;

	if (hit->call && !spec->is_return) {
		*bytes = hit->call->bytes;
		record = *bytes ? hit->call->words : NULL;
	} else {
		*bytes = fetch(shot, kpx_spec_tail_bytes(unit), record,
			       kpx_record_max);
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
	if (!event || kpx_event_is_stopped(event) ||
	    kpx_event_is_early(event, entry_ns))
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

/*
 * The value is counted in one place and sampled in another. An interrupt between
 * them could take the event away, as disabling does, and leave it half done. That
 * interrupts are off is in the record, then: kprobex(4) says so.
 */
static __always_inline enum kpx_verdict
sample_whole_value(struct shot *shot, struct kpx_class *class, u64 value,
		   u64 entry_ns, struct hlist_head *head)
{
	enum kpx_verdict verdict;
	unsigned long flags;

	if (!kpx_is_listening(head))
		return KPX_NO_LISTENER;
	raw_local_irq_save(flags);
	verdict = sample_value(shot, class, value, entry_ns, head);
	raw_local_irq_restore(flags);
	return verdict;
}

static __always_inline enum kpx_verdict shoot_value(struct shot *shot,
						    struct kpx_class *class,
						    struct kpx_class_cpu *lists)
{
	u64 entry_ns = U64_MAX, value = value_of(shot, class);
	enum kpx_verdict verdict;

	if (class->key.unit == KPX_UNIT_NS)
		entry_ns = shot->hit->call->entry_ns;
	verdict = sample_whole_value(shot, class, value, entry_ns,
				     &lists->sampling);
	if (kpx_count(&lists->counting, value, entry_ns))
		verdict = kpx_verdict_max(verdict, KPX_OFFERED);
	return verdict;
}

static __always_inline enum kpx_verdict shoot_hits(struct shot *shot,
						   struct kpx_class *class,
						   struct kpx_class_cpu *lists)
{
	enum kpx_verdict verdict = sample_hits(shot, &lists->sampling);

	if (kpx_count(&lists->counting, 1, U64_MAX))
		verdict = kpx_verdict_max(verdict, KPX_OFFERED);
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
		if (!shot->hit->call)
			return KPX_NO_LISTENER;
		fallthrough;
	case KPX_UNIT_FIELD:
		return shot->record ? shoot_value(shot, class, lists) :
				      KPX_RECURSION;
	default: /* missed: read elsewhere; filtered: it wasn't */
		return KPX_NO_LISTENER;
	}
}

/* KPX_UNIT_FILTERED */
static noinline void count_filtered(const struct shot *shot)
{
	struct hlist_head *active =
		&this_cpu_ptr(shot->attach->active)->classes;
	struct kpx_class_cpu *lists;
	struct walk walk;

	walk_begin(&walk, active);
	hlist_for_each_entry_rcu_notrace(lists, active, node)
	{
		if (lists->class->key.unit == KPX_UNIT_FILTERED &&
		    !is_self(lists->class, shot->hit->is_int3))
			kpx_count(&lists->counting, 1, U64_MAX);
	}
	walk_end(&walk);
}
NOKPROBE_SYMBOL(count_filtered);

/* An entry probe's calls were filtered at the entry. */
static __always_inline bool is_filtered(struct shot *shot)
{
	const struct kpx_spec *spec = shot->attach->spec;

	return spec->condition && (!shot->hit->call || spec->is_return) &&
	       !kpx_expr_eval(spec->condition, plain_record(shot));
}

static __always_inline enum kpx_verdict shoot_classes(struct shot *shot)
{
	struct hlist_head *active =
		&this_cpu_ptr(shot->attach->active)->classes;
	enum kpx_verdict verdict = KPX_NO_LISTENER;
	struct kpx_class_cpu *lists;
	struct walk walk;

	walk_begin(&walk, active);
	hlist_for_each_entry_rcu_notrace(lists, active, node)
	{
		verdict = kpx_verdict_max(verdict, shoot_class(shot, lists));
	}
	walk_end(&walk);
	return verdict;
}

static __always_inline bool face_is_listening(const struct kpx_face *face)
{
	return face && kpx_face_is_listening(face);
}

static __always_inline enum kpx_verdict shoot_face(struct shot *shot,
						   struct kpx_face *face)
{
	if (!shot->record)
		return KPX_RECURSION;
	plain_record(shot);
	kpx_arch_regs_complete(shot->hit->regs);
	return kpx_face_hit(face, shot->record, shot->bytes, shot->hit->regs) ?
		       KPX_OFFERED :
		       KPX_RECURSION;
}

/*
 * Partner of rcu_replace_pointer() in program.c. Not checked: what checks it can
 * be traced, and would bring us here again.
 */
static __always_inline const struct kpx_program_array *
programs_of(const struct kpx_attach *attach)
{
	return rcu_dereference_raw_check(*attach->programs);
}

/*
 * The programs run for whoever listens here, on this CPU; at home, where they
 * are armed themselves, in any case.
 */
static __always_inline bool is_home(const struct kpx_attach *attach)
{
	return READ_ONCE(attach->extras) & BIT(KPX_EXTRA_HOME);
}

static __always_inline enum kpx_verdict
shoot_programs(struct kpx_attach *attach, struct pt_regs *regs,
	       const struct kpx_program_array *programs)
{
	struct kpx_gate_pass pass = { .regs = regs, .programs = programs };

	kpx_arch_regs_complete(regs);
	kpx_gate_run(&pass);
	if (unlikely(!pass.is_done)) {
		this_cpu_inc(attach->book->bpf_busy);
		return KPX_RECURSION;
	}
	this_cpu_inc(attach->book->bpf_runs);
	return pass.verdict ? KPX_OFFERED : KPX_FILTERED_BPF;
}

/* What the programs say, those of an entry probe at a return by what they said. */
static __always_inline enum kpx_verdict
ask_programs(const struct shot *shot, const struct kpx_program_array *programs)
{
	const struct hit *hit = shot->hit;

	if (!hit->call || shot->attach->spec->is_return)
		return shoot_programs(shot->attach, hit->regs, programs);
	return hit->call->is_offered ? KPX_OFFERED : KPX_NO_LISTENER;
}

/* False: the hit is for nobody. @verdict: what it has come to so far. */
static __always_inline bool passes(struct shot *shot,
				   const struct kpx_program_array *programs,
				   enum kpx_verdict *verdict)
{
	*verdict = KPX_NO_LISTENER;
	if (is_filtered(shot))
		*verdict = KPX_FILTERED;
	else if (!programs)
		return true;
	else
		*verdict = ask_programs(shot, programs);
	if (*verdict == KPX_FILTERED || *verdict == KPX_FILTERED_BPF)
		count_filtered(shot);
	return *verdict == KPX_OFFERED;
}

static __always_inline enum kpx_verdict
shoot(struct shot *shot, const struct kpx_program_array *programs)
{
	struct kpx_face *face = READ_ONCE(shot->attach->face);
	enum kpx_verdict verdict;

	if (!passes(shot, programs, &verdict))
		return verdict;
	verdict = kpx_verdict_max(verdict, shoot_classes(shot));
	if (face_is_listening(face))
		verdict = kpx_verdict_max(verdict, shoot_face(shot, face));
	return verdict;
}

/* Programs are all that there is. */
static __always_inline enum kpx_verdict
hit_programs(struct kpx_attach *attach, struct pt_regs *regs,
	     const struct kpx_program_array *programs)
{
	struct kpx_context __percpu *context = kpx_context_here();
	enum kpx_verdict verdict;

	if (unlikely(!kpx_context_enter(context)))
		return KPX_RECURSION;
	verdict = shoot_programs(attach, regs, programs);
	kpx_context_leave(context);
	return verdict;
}

/*
 * One pass in which each class gets all that it wants: what interrupts change
 * meanwhile is seen once, or not at all.
 */
static noinline enum kpx_verdict
hit_all(struct kpx_attach *attach, struct pt_regs *regs, unsigned long ip,
	struct kpx_call *call, bool is_int3,
	const struct kpx_program_array *programs)
{
	const struct hit hit = { regs, ip, call, is_int3 };
	struct shot shot = { .attach = attach, .hit = &hit };
	struct kpx_context __percpu *context = kpx_context_here();
	enum kpx_verdict verdict;

	if (!kpx_context_enter(context))
		/* without a record, or programs, there's no telling */
		return attach->spec->condition || programs ? KPX_RECURSION :
							     shoot(&shot, NULL);
	shot.record = kpx_context_record(context);
	if (call && call->entry_ns)
		shot.duration_ns = ktime_get_mono_fast_ns() - call->entry_ns;
	verdict = shoot(&shot, programs);
	kpx_context_leave(context);
	return verdict;
}
NOKPROBE_SYMBOL(hit_all);

enum kpx_verdict kpx_hit_rest(struct kpx_attach *attach, struct pt_regs *regs,
			      unsigned long ip, struct kpx_call *call,
			      bool is_int3)
{
	const struct kpx_program_array *programs = programs_of(attach);
	const struct kpx_spec *spec = attach->spec;

	if (!this_cpu_read(attach->active->classes.first) &&
	    !face_is_listening(READ_ONCE(attach->face))) {
		if (!programs || !is_home(attach))
			return KPX_NO_LISTENER;
		if (likely(!spec->condition && (!call || spec->is_return)))
			return hit_programs(attach, regs, programs);
	}
	return hit_all(attach, regs, ip, call, is_int3, programs);
}
NOKPROBE_SYMBOL(kpx_hit_rest);

void kpx_hit(struct kpx_attach *attach, struct pt_regs *regs, unsigned long ip,
	     struct kpx_call *call, bool is_int3)
{
	kpx_quick_hit(attach, regs, ip, call, is_int3, false);
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

/* An entry probe's programs want the entry's registers. False: dropped. */
static noinline bool run_at_entry(struct kpx_attach *attach,
				  struct kpx_call *call, const struct hit *hit)
{
	const struct kpx_program_array *programs = programs_of(attach);
	struct kpx_context __percpu *context = kpx_context_here();
	const struct shot shot = { .attach = attach, .hit = hit };
	enum kpx_verdict verdict = KPX_RECURSION;

	/* whoever listens may do so where the call returns, and not here */
	if (!programs || list_empty(&attach->classes))
		return true;
	if (kpx_context_enter(context)) {
		verdict = shoot_programs(attach, hit->regs, programs);
		kpx_context_leave(context);
	}
	call->is_offered = verdict == KPX_OFFERED;
	if (call->is_offered)
		return true;
	this_cpu_inc(attach->book->entered);
	this_cpu_inc(attach->book->verdicts[verdict]);
	if (verdict == KPX_FILTERED_BPF)
		count_filtered(&shot);
	return false;
}
NOKPROBE_SYMBOL(run_at_entry);

/* Of an entry probe. False: the call is dropped. */
static __always_inline bool offer_entry(struct kpx_attach *attach,
					struct kpx_call *call, size_t room,
					const struct hit *hit)
{
	if ((READ_ONCE(attach->captures) || attach->spec->condition) &&
	    !capture(attach, call, room, hit))
		return false;
	return !(READ_ONCE(attach->extras) & BIT(KPX_EXTRA_PROGRAMS)) ||
	       run_at_entry(attach, call, hit);
}

bool kpx_hit_call(struct kpx_attach *attach, struct kpx_call *call, size_t room,
		  struct pt_regs *regs, unsigned long ip)
{
	const struct kpx_spec *spec = attach->spec;
	const struct hit hit = { .regs = regs, .ip = ip };

	call->bytes = 0;
	call->is_offered = false;
	if (spec->is_return)
		kpx_fetch_entry(spec, regs, call->words);
	else if (!offer_entry(attach, call, room, &hit))
		return false;
	/* last, so that our own time isn't the function's */
	call->entry_ns =
		READ_ONCE(attach->is_timed) ? ktime_get_mono_fast_ns() : 0;
	return true;
}
NOKPROBE_SYMBOL(kpx_hit_call);

NOKPROBE_SYMBOL(kpx_expr_eval);

KPX_FETCH_NOKPROBE();
