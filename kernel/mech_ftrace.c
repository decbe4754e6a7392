// SPDX-License-Identifier: GPL-2.0-only
/*
 * All probes at functions' entries share two ftrace_ops: one that saves the
 * arguments' registers, and one that saves all, for those that need it. A
 * function that only one ops wants is patched to call a trampoline of that ops,
 * which calls us directly; an ops for each probe would make two probes at one
 * function go through ftrace's list, and each disarming wait for a grace period
 * of all tasks.
 *
 * Whose hit it is says a table from address to attachment: open addressing, a
 * slot for each pair, immutable. A change makes a new table and swaps it in, so
 * a hit looks in one table from beginning to end, without a lock; the old one
 * goes after a grace period, which a hit with preemption off holds up.
 *
 * ftrace's filter and the table change one after the other: an address is in
 * the table before ftrace calls for it, and out of the filter before it leaves
 * the table. A task that was preempted in the trampoline may come late: it
 * finds the address no more, and that is all. That an ops which goes to sleep
 * has no such task any more is ftrace's to wait for, in
 * unregister_ftrace_function().
 *
 * FTRACE_OPS_FL_PERMANENT: while an event is open, kernel.ftrace_enabled can't
 * be set to 0, which would lose hits without a word. No FTRACE_OPS_FL_RECURSION:
 * kpx_hit() has its own guard, and counts what it drops.
 */
#include <linux/ftrace.h>
#include <linux/hash.h>
#include <linux/kprobes.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "arch.h"
#include "attach.h"
#include "hit.h"
#include "mech.h"
#include "probe.h"
#include "quick.h"

/* No function's addresses. */
#define FREE  0UL /* the end of a search */
#define MUTED 1UL /* disarmed, in a table that hits may still see */

#define HASH_SHIFT 15

/**
 * struct slot - an address and who wants it
 * @ip:		where ftrace calls from, FREE or MUTED
 * @func:	the function's address
 * @attach:	whose
 * @more:	somebody else wants it too, further on
 */
struct slot {
	unsigned long ip;
	unsigned long func;
	struct kpx_attach *attach;
	bool more;
};

/*
 * @live: slots with an address. @mask: of the bytes from the first slot to that
 * where a search begins. Behind those slots there are as many as could ever be
 * pushed out at the end, and a free one: so it needs no look at the bounds.
 */
struct table {
	struct rcu_head rcu;
	unsigned int live;
	unsigned int nr_slots;
	unsigned long mask;
	struct slot slots[];
};

/**
 * struct set - an ftrace_ops and whose addresses it has
 * @ops:	registered while there is a table
 * @is_muted:	there's more in @table than is wanted; arm mutex
 * @is_stuck:	registered for good: see set_stop(); arm mutex
 * @table:	NULL if nothing is armed; written under the arm mutex
 */
struct set {
	struct ftrace_ops ops;
	bool is_muted;
	bool is_stuck;
	struct table __rcu *table;
};

/*
 * UPGRADE calls nobody. It is for addresses of ARGUMENTS whose probes got BPF
 * programs when they were armed already: ftrace saves all registers for all
 * that it calls from an address, if one of them wants that.
 */
enum {
	ARGUMENTS,
	REGISTERS,
	UPGRADE,
	NR_SETS
};
static struct set sets[NR_SETS];

static struct set *set_of(const struct kpx_attach *attach)
{
	return &sets[attach->saves_regs || attach->spec->fetch.wants_all_regs ?
			     REGISTERS :
			     ARGUMENTS];
}

/*
 * Where a search begins. The bits of a product are as good as those of the
 * number up to there: these have the low 20 in them, and more in a larger table.
 */
static __always_inline const struct slot *slot_of(const struct table *table,
						  unsigned long ip)
{
	BUILD_BUG_ON_NOT_POWER_OF_2(sizeof(struct slot));
	return (const void *)table->slots +
	       ((ip * GOLDEN_RATIO_32) >> HASH_SHIFT & table->mask);
}

static __always_inline void deliver(const struct slot *slot,
				    struct pt_regs *regs)
{
	/* people look for the function, not for its endbr */
	kpx_quick_hit(slot->attach, regs, slot->func, NULL, false, true);
}

/* An address that two probes have is in two slots. */
static noinline void deliver_all(const struct slot *slot, unsigned long ip,
				 struct pt_regs *regs)
{
	for (; slot->ip != FREE; slot++)
		if (READ_ONCE(slot->ip) == ip)
			deliver(slot, regs);
}
NOKPROBE_SYMBOL(deliver_all);

static void notrace ftrace_hit(unsigned long ip, unsigned long parent_ip,
			       struct ftrace_ops *ops,
			       struct ftrace_regs *fregs)
{
	struct set *set = container_of(ops, struct set, ops);
	const struct table *table;
	const struct slot *slot;

	if (!kpx_hit_is_watched())
		return;
	preempt_disable_notrace();
	/*
	 * Partner of the release in set_publish(). Not checked: what checks it
	 * can be traced, and would bring us here again.
	 */
	table = rcu_dereference_raw_check(set->table);
	if (unlikely(!table))
		goto out;
	slot = slot_of(table, ip);
	while (unlikely(READ_ONCE(slot->ip) != ip))
		if (slot++->ip == FREE)
			goto out;
	if (likely(!slot->more))
		deliver(slot, kpx_arch_regs(fregs));
	else
		deliver_all(slot, ip, kpx_arch_regs(fregs));
out:
	preempt_enable_notrace();
}
NOKPROBE_SYMBOL(ftrace_hit);

static void notrace ftrace_nothing(unsigned long ip, unsigned long parent_ip,
				   struct ftrace_ops *ops,
				   struct ftrace_regs *fregs)
{
}
NOKPROBE_SYMBOL(ftrace_nothing);

static struct table *table_alloc(unsigned int nr)
{
	/* at most half full: a search ends soon */
	unsigned int bits = ilog2(roundup_pow_of_two(nr)) + 1;
	unsigned int nr_slots = (1U << bits) + nr;
	struct table *table;

	table = kvzalloc(struct_size(table, slots, nr_slots),
			 GFP_KERNEL | __GFP_NOWARN);
	if (table) {
		table->mask = ((1UL << bits) - 1) * sizeof(struct slot);
		table->nr_slots = nr_slots;
	}
	return table;
}

static bool is_live(const struct slot *slot)
{
	return slot->ip != FREE && slot->ip != MUTED;
}

/* There are at most as many as table_alloc() was told. */
static void table_add(struct table *table, unsigned long ip, unsigned long func,
		      struct kpx_attach *attach)
{
	struct slot *slot = (struct slot *)slot_of(table, ip);

	for (; slot->ip != FREE; slot++)
		if (slot->ip == ip)
			slot->more = true;
	slot->ip = ip;
	slot->func = func;
	slot->attach = attach;
	table->live++;
}

/* What is live; NULL is an empty table. */
static void table_copy(struct table *table, const struct table *old)
{
	unsigned int i;

	for (i = 0; old && i < old->nr_slots; i++) {
		const struct slot *slot = &old->slots[i];

		if (is_live(slot))
			table_add(table, slot->ip, slot->func, slot->attach);
		cond_resched();
	}
}

/* From the next hit on it isn't found, whatever else may fail. */
static void table_mute(struct table *table, const struct kpx_attach *attach)
{
	unsigned int i;

	for (i = 0; i < table->nr_slots; i++) {
		struct slot *slot = &table->slots[i];

		if (!is_live(slot) || slot->attach != attach)
			continue;
		WRITE_ONCE(slot->ip, MUTED);
		table->live--;
	}
}

/*
 * The filter is always set as a whole: ftrace refuses to take an address out
 * that it no longer knows, a module's that is gone. And it refuses all for one
 * that it doesn't know: that one is left out, for it isn't called from there,
 * and nobody else is to lose by it. One that is there twice does no harm.
 */
static int set_filter(struct set *set, const struct table *table)
{
	unsigned long *ips =
		kvmalloc_array(table->live, sizeof(*ips), GFP_KERNEL);
	unsigned int i, nr = 0;
	int ret;

	if (!ips)
		return -ENOMEM;
	for (i = 0; i < table->nr_slots; i++)
		if (is_live(&table->slots[i]))
			ips[nr++] = table->slots[i].ip;
	ret = ftrace_set_filter_ips(&set->ops, ips, nr, 0, 1);
	if (ret == -EINVAL) {
		nr = kpx_target_known(ips, nr);
		/* an empty filter would be all functions */
		ret = nr ? ftrace_set_filter_ips(&set->ops, ips, nr, 0, 1) :
			   -ENOENT;
	}
	kvfree(ips);
	return ret;
}

/* ftrace_free_filter() leaves pointers to what it freed. */
static void set_clear(struct set *set)
{
	ftrace_free_filter(&set->ops);
	memset(&set->ops, 0, sizeof(set->ops));
}

static int set_start(struct set *set, const struct table *table)
{
	int ret;

	set->ops.func = set == &sets[UPGRADE] ? ftrace_nothing : ftrace_hit;
	set->ops.flags = FTRACE_OPS_FL_PERMANENT;
	if (set != &sets[ARGUMENTS])
		set->ops.flags |= FTRACE_OPS_FL_SAVE_REGS;
	ret = set_filter(set, table);
	if (!ret)
		ret = register_ftrace_function(&set->ops);
	if (ret)
		set_clear(set);
	return ret;
}

/*
 * Waits until no task is in the trampoline. It fails if ftrace has found itself
 * broken and stopped: then the ops stays in the kernel's list and in patched
 * text for good, and so must we.
 */
static void set_stop(struct set *set)
{
	if (WARN_ON_ONCE(unregister_ftrace_function(&set->ops))) {
		set->is_stuck = true;
		__module_get(THIS_MODULE);
		return;
	}
	set_clear(set);
}

static struct table *set_table(const struct set *set)
{
	/* the arm mutex is attach.c's, who calls us with it */
	return rcu_dereference_protected(set->table, true);
}

/* Partner of the dereference in ftrace_hit(). Takes over both tables. */
static void set_publish(struct set *set, struct table *old, struct table *table)
{
	rcu_assign_pointer(set->table, table);
	if (old)
		kvfree_rcu(old, rcu);
}

static struct table *table_with(const struct table *old,
				struct kpx_attach *attach)
{
	const struct kpx_target *target = &attach->probe->target;
	struct table *table =
		table_alloc((old ? old->live : 0) + target->nr_sites);
	unsigned int i;

	if (!table)
		return NULL;
	table_copy(table, old);
	for (i = 0; i < target->nr_sites; i++)
		table_add(table, target->sites[i].ip, target->sites[i].func,
			  attach);
	return table;
}

static int set_add(struct set *set, struct kpx_attach *attach,
		   struct kpx_error *err)
{
	struct table *old = set_table(set), *table;
	int ret;

	if (set->is_stuck)
		return -ENODEV;
	table = table_with(old, attach);
	if (!table)
		return -ENOMEM;
	/* found before it is called for; the old one is needed to go back */
	rcu_assign_pointer(set->table, table);
	ret = old ? set_filter(set, table) : set_start(set, table);
	if (ret) {
		set_publish(set, table, old);
		/* FTRACE_OPS_FL_PERMANENT with kernel.ftrace_enabled = 0 */
		if (ret == -EBUSY) {
			kpx_error_set(err, KPX_ERR_DEAF, 0, NULL, 0);
			ret = -EIO;
		}
		return ret;
	}
	if (old)
		kvfree_rcu(old, rcu);
	return 0;
}

static int ftrace_arm(struct kpx_attach *attach, struct kpx_error *err)
{
	return set_add(set_of(attach), attach, err);
}

static int ftrace_save_regs(struct kpx_attach *attach, struct kpx_error *err)
{
	int ret;

	if (set_of(attach) == &sets[REGISTERS])
		return 0;
	ret = set_add(&sets[UPGRADE], attach, err);
	if (ret)
		return ret;
	attach->is_upgraded = true;
	/* a task that was preempted in the other trampoline has but the others */
	synchronize_rcu_tasks();
	return 0;
}

static void set_remove(struct set *set, struct kpx_attach *attach)
{
	table_mute(set_table(set), attach);
	set->is_muted = true;
}

static void ftrace_disarm(struct kpx_attach *attach)
{
	set_remove(set_of(attach), attach);
	if (attach->is_upgraded)
		set_remove(&sets[UPGRADE], attach);
}

static void set_shrink(struct set *set)
{
	struct table *old = set_table(set), *table;

	if (!old->live) {
		set_stop(set);
		set_publish(set, old, NULL);
		return;
	}
	/* without memory for it the filter stays as it is, to no effect */
	table = table_alloc(old->live);
	if (!table)
		return;
	table_copy(table, old);
	set_filter(set, table);
	set_publish(set, old, table);
}

static void ftrace_disarm_end(void)
{
	int i;

	for (i = 0; i < NR_SETS; i++) {
		if (sets[i].is_muted)
			set_shrink(&sets[i]);
		sets[i].is_muted = false;
	}
}

static bool ftrace_is_deaf(const struct kpx_attach *attach)
{
	return !kpx_arch_is_called(attach->probe->target.sites[0].ip);
}

static u16 ftrace_present(const struct kpx_attach *attach)
{
	return ftrace_is_deaf(attach) ? 0 : 1 << KPX_MODE_FTRACE;
}

/* What ftrace doesn't deliver to us nobody counts; our own drops are ours. */
static u64 ftrace_missed(const struct kpx_attach *attach)
{
	return 0;
}

const struct kpx_mech kpx_mech_ftrace = {
	.kind = KPX_MECH_FTRACE,
	.arm = ftrace_arm,
	.disarm = ftrace_disarm,
	.disarm_end = ftrace_disarm_end,
	.save_regs = ftrace_save_regs,
	.is_deaf = ftrace_is_deaf,
	.present = ftrace_present,
	.missed = ftrace_missed,
};
