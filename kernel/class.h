/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * class - the events of an attachment that see the same hits in the same way
 *
 * perf_tp_event() gives one count and one record to a whole list of events. So
 * events are listed together that count the same and leave out the same
 * process; a sampling event whose unit isn't hits is alone in its class,
 * because each has its own period to weigh a value against.
 */
#ifndef KPX_CLASS_H
#define KPX_CLASS_H

#include <linux/atomic.h>
#include <linux/list.h>
#include <linux/rcupdate.h>

#include "include/uapi/kprobex.h"

struct kpx_attach;
struct kpx_program_set;
struct perf_event;
struct pid;

/**
 * struct kpx_class_cpu - one CPU's events of a class
 * @sampling, @counting: perf adds and deletes them on that CPU
 * @node:	in the attachment's list of that CPU, while there are any: a hit
 *		looks at no class that has nothing to do there
 * @class:	whose
 */
struct kpx_class_cpu {
	struct hlist_head sampling;
	struct hlist_head counting;
	struct hlist_node node;
	struct kpx_class *class;
};

/**
 * struct kpx_active - what has events of an attachment on a CPU
 * @classes:	what a hit walks; RCU, written on that CPU
 * @words:	the only one there, if it is_words and leaves out nobody
 */
struct kpx_active {
	struct hlist_head classes;
	struct kpx_class_cpu *words;
};

/**
 * struct kpx_class_key - what makes events belong together
 * @unit:	what they count
 * @field:	with KPX_UNIT_FIELD: which argument
 * @is_single:	a class for one event
 * @skip:	the process whose hits they don't see, or NULL
 * @set:	the BPF programs that came with them, or NULL
 */
struct kpx_class_key {
	enum kpx_unit unit;
	u8 field;
	bool is_single;
	struct pid *skip;
	struct kpx_program_set *set;
};

/**
 * struct kpx_class - see above
 * @node:	in the attachment's list; RCU, written under the arm mutex
 * @attach:	not counted: an attachment with classes is armed, and an armed
 *		one holds the probe
 * @key:	its skip and its set are referenced
 * @is_plain:	hits, and no "if": counting events need nothing but the hit
 * @is_words:	… and a definition that takes whole registers
 * @users:	events; from 0 to 1 under the arm mutex only
 * @cpu:	the events that are scheduled in
 * @rcu:	frees it after the last hit that could see it
 */
struct kpx_class {
	struct list_head node;
	struct kpx_attach *attach;
	struct kpx_class_key key;
	bool is_plain;
	bool is_words;
	atomic_t users;
	struct kpx_class_cpu __percpu *cpu;
	struct rcu_head rcu;
};

/* With no user and in no list. NULL: no memory. */
struct kpx_class *kpx_class_create(struct kpx_attach *attach,
				   const struct kpx_class_key *key);
/* Never was in a list. */
void kpx_class_free(struct kpx_class *class);
/* Unlinked just now; the module's end waits with rcu_barrier(). */
void kpx_class_free_later(struct kpx_class *class);

/*
 * An event comes or goes, on this CPU, with interrupts off. An NMI meanwhile may
 * see @words as it was.
 */
void kpx_class_add(struct kpx_class *class, struct perf_event *event);
void kpx_class_del(struct kpx_class *class, struct perf_event *event);

bool kpx_class_is(const struct kpx_class *class,
		  const struct kpx_class_key *key);

#endif /* KPX_CLASS_H */
