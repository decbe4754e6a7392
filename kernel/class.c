// SPDX-License-Identifier: GPL-2.0-only
#include <linux/percpu.h>
#include <linux/perf_event.h>
#include <linux/pid.h>
#include <linux/rculist.h>
#include <linux/slab.h>

#include "attach.h"
#include "class.h"
#include "program.h"

struct kpx_class *kpx_class_create(struct kpx_attach *attach,
				   const struct kpx_class_key *key)
{
	struct kpx_class *class = kzalloc(sizeof(*class), GFP_KERNEL);
	int cpu;

	if (!class)
		return NULL;
	/* zeroed, and a zeroed hlist_head is an empty one */
	class->cpu = alloc_percpu(struct kpx_class_cpu);
	if (!class->cpu) {
		kfree(class);
		return NULL;
	}
	for_each_possible_cpu(cpu)
		per_cpu_ptr(class->cpu, cpu)->class = class;
	class->attach = attach;
	class->key = *key;
	get_pid(class->key.skip);
	if (class->key.set)
		kref_get(&class->key.set->ref);
	class->is_plain = key->unit == KPX_UNIT_HITS &&
			  !attach->spec->condition;
	class->is_words = class->is_plain && attach->spec->fetch.is_words;
	atomic_set(&class->users, 0);
	return class;
}

void kpx_class_free(struct kpx_class *class)
{
	put_pid(class->key.skip);
	kpx_program_set_put(class->key.set);
	free_percpu(class->cpu);
	kfree(class);
}

static void free_rcu(struct rcu_head *rcu)
{
	kpx_class_free(container_of(rcu, struct kpx_class, rcu));
}

void kpx_class_free_later(struct kpx_class *class)
{
	call_rcu(&class->rcu, free_rcu);
}

static bool is_idle(const struct kpx_class_cpu *lists)
{
	return hlist_empty(&lists->sampling) && hlist_empty(&lists->counting);
}

static void set_words(struct kpx_active *active)
{
	struct kpx_class_cpu *lists = hlist_entry_safe(
		active->classes.first, struct kpx_class_cpu, node);

	if (lists && (lists->node.next || !lists->class->is_words ||
		      lists->class->key.skip))
		lists = NULL;
	WRITE_ONCE(active->words, lists);
}

void kpx_class_add(struct kpx_class *class, struct perf_event *event)
{
	struct kpx_active *active = this_cpu_ptr(class->attach->active);
	struct kpx_class_cpu *lists = this_cpu_ptr(class->cpu);
	bool was_idle = is_idle(lists);

	hlist_add_head_rcu(&event->hlist_entry, is_sampling_event(event) ?
							&lists->sampling :
							&lists->counting);
	if (!was_idle)
		return;
	hlist_add_head_rcu(&lists->node, &active->classes);
	set_words(active);
}

void kpx_class_del(struct kpx_class *class, struct perf_event *event)
{
	struct kpx_class_cpu *lists = this_cpu_ptr(class->cpu);

	hlist_del_rcu(&event->hlist_entry);
	if (!is_idle(lists))
		return;
	hlist_del_rcu(&lists->node);
	set_words(this_cpu_ptr(class->attach->active));
}

bool kpx_class_is(const struct kpx_class *class,
		  const struct kpx_class_key *key)
{
	return !key->is_single && !class->key.is_single &&
	       class->key.unit == key->unit && class->key.field == key->field &&
	       class->key.skip == key->skip && class->key.set == key->set;
}
