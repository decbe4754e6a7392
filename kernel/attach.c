// SPDX-License-Identifier: GPL-2.0-only
/*
 * A probe's kprobe is registered, disabled, from definition to the end: so the
 * target is checked once, opening an event can't fail for it any more, and
 * neither arming nor disarming waits for a grace period. enable_kprobe() arms.
 *
 * Who may still hold what, and until when:
 *
 * - A hit runs with preemption off, from the kernel's finding the kprobe to
 *   the handler's return. It may go on behind disable_kprobe(), but not behind
 *   unregister_kprobes(), which waits for such sections; only then is the
 *   probe freed.
 * - A class is unlinked and freed by call_rcu(): a hit that found it is over
 *   by then.
 * - An event is off the per-CPU lists (pmu->del) before its destroy(), which
 *   drops the class; perf frees the event itself after a grace period.
 * - The last thing that destroy() touches of ours is class->users. From then
 *   on the worker may free the class, and with it the probe, at any time.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/pid.h>
#include <linux/rculist.h>
#include <linux/security.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "arch.h"
#include "attach.h"
#include "hit.h"
#include "probe.h"

/*
 * Closing 256 events of an -a recording shall be one disarming, and perf, which
 * opens and closes events to find out what the kernel can do, shall not patch
 * the text each time.
 */
#define SWEEP_DELAY_MS 100

static void sweep_work(struct work_struct *work);

static DEFINE_MUTEX(arm_mutex);
static LIST_HEAD(armed_list); /* arm mutex */
static DECLARE_DELAYED_WORK(sweep_later, sweep_work);

void kpx_attach_setup(struct kpx_probe *probe)
{
	INIT_LIST_HEAD(&probe->attach.armed_node);
	INIT_LIST_HEAD(&probe->attach.classes);
}

/* Wants a fresh struct each time, because register_kprobe() fills in the address. */
static int register_disabled(struct kpx_probe *probe)
{
	struct kprobe *kp = &probe->attach.kp;
	int ret;

	memset(kp, 0, sizeof(*kp));
	if (probe->spec->symbol) {
		kp->symbol_name = probe->spec->symbol;
		kp->offset = probe->spec->symbol_offset;
	} else {
		kp->addr =
			(kprobe_opcode_t *)(unsigned long)probe->spec->address;
	}
	kp->pre_handler = kpx_hit;
	kp->flags = KPROBE_FLAG_DISABLED;
	ret = register_kprobe(kp);
	/* an address where nothing is: some kernels say ENOENT, some EINVAL */
	if (ret == -ENOENT && !probe->spec->symbol)
		ret = -EINVAL;
	probe->attach.registered = !ret;
	return ret;
}

static enum kpx_error_code explain(int ret)
{
	switch (ret) {
	case -ENOENT:
		return KPX_ERR_NO_SYMBOL;
	case -EILSEQ:
		return KPX_ERR_BOUNDARY;
	case -EINVAL:
		return KPX_ERR_NOT_PROBEABLE;
	default:
		return KPX_ERR_REFUSED;
	}
}

int kpx_attach_register(struct kpx_probe *probe, struct kpx_error *err)
{
	char target[KPX_ERROR_SIZE];
	int ret;

	ret = security_locked_down(LOCKDOWN_KPROBES);
	if (ret)
		return ret;
	ret = register_disabled(probe);
	if (ret && ret != -ENOMEM) {
		kpx_spec_print_target(probe->spec, target, sizeof(target));
		kpx_error_set(err, explain(ret), probe->spec->target_at, target,
			      strlen(target));
	}
	return ret;
}

void kpx_attach_unregister(struct kpx_probe **probes, int nr)
{
	struct kprobe *kps[KPX_UNREGISTER_MAX];
	int i, nr_kps = 0;

	if (WARN_ON_ONCE(nr > KPX_UNREGISTER_MAX))
		return;
	for (i = 0; i < nr; i++)
		if (probes[i]->attach.registered)
			kps[nr_kps++] = &probes[i]->attach.kp;
	unregister_kprobes(kps, nr_kps);
}

/* The kernel counts misses of everybody at the address, also while we're disabled. */
static u64 missed_now(const struct kpx_attach *attach)
{
	u64 missed = attach->missed;

	if (attach->armed)
		missed += READ_ONCE(attach->kp.nmissed) - attach->missed_base;
	return missed;
}

static void set_disarmed_locked(struct kpx_attach *attach)
{
	lockdep_assert_held(&arm_mutex);
	attach->missed = missed_now(attach);
	attach->armed = false;
}

/* The module that was probed went away, and the kernel killed the kprobe. */
static bool is_gone(const struct kpx_attach *attach)
{
	return !attach->registered ||
	       (READ_ONCE(attach->kp.flags) & KPROBE_FLAG_GONE);
}

static int revive_locked(struct kpx_probe *probe)
{
	struct kpx_attach *attach = &probe->attach;

	lockdep_assert_held(&arm_mutex);
	/* another module's text may be at the address by now */
	if (!probe->spec->symbol)
		return -ENOENT;
	if (attach->armed)
		set_disarmed_locked(attach);
	if (attach->registered)
		unregister_kprobe(&attach->kp);
	return register_disabled(probe);
}

static int enable_locked(struct kpx_probe *probe)
{
	struct kpx_attach *attach = &probe->attach;
	int ret;

	lockdep_assert_held(&arm_mutex);
	attach->missed_base = READ_ONCE(attach->kp.nmissed);
	ret = enable_kprobe(&attach->kp);
	if (ret)
		return ret;
	if (kpx_arch_is_dead(&attach->kp)) {
		pr_warn_ratelimited(
			"%s would never be hit: set kernel.ftrace_enabled and debugfs kprobes/enabled to 1\n",
			probe->spec->symbol ?: "the address");
		disable_kprobe(&attach->kp);
		return -EIO;
	}
	attach->armed = true;
	return 0;
}

/* Takes the armed list's reference on the probe. */
static int arm_locked(struct kpx_probe *probe)
{
	struct kpx_attach *attach = &probe->attach;
	int ret = 0;

	lockdep_assert_held(&arm_mutex);
	if (is_gone(attach))
		ret = revive_locked(probe);
	if (!ret && !attach->armed)
		ret = enable_locked(probe);
	if (!ret && list_empty(&attach->armed_node)) {
		kref_get(&probe->ref);
		list_add_tail(&attach->armed_node, &armed_list);
	}
	return ret;
}

static struct kpx_class *kpx_class_find_locked(struct kpx_attach *attach,
					       const struct pid *skip)
{
	struct kpx_class *class;

	lockdep_assert_held(&arm_mutex);
	list_for_each_entry(class, &attach->classes, node)
		if (class->skip == skip)
			return class;
	return NULL;
}

static struct kpx_class *kpx_class_create(struct kpx_probe *probe,
					  struct pid *skip)
{
	struct kpx_class *class = kzalloc(sizeof(*class), GFP_KERNEL);

	if (!class)
		return NULL;
	/* zeroed, and a zeroed hlist_head is an empty one */
	class->cpu = alloc_percpu(struct kpx_class_cpu);
	if (!class->cpu) {
		kfree(class);
		return NULL;
	}
	class->probe = probe;
	class->skip = get_pid(skip);
	atomic_set(&class->users, 0);
	return class;
}

static void kpx_class_free(struct kpx_class *class)
{
	put_pid(class->skip);
	free_percpu(class->cpu);
	kfree(class);
}

static void class_free_rcu(struct rcu_head *rcu)
{
	kpx_class_free(container_of(rcu, struct kpx_class, rcu));
}

struct kpx_class *kpx_attach_open(struct kpx_probe *probe, struct pid *skip)
{
	struct kpx_attach *attach = &probe->attach;
	struct kpx_class *class, *fresh = NULL;
	int ret;

	ret = security_locked_down(LOCKDOWN_KPROBES);
	if (ret)
		return ERR_PTR(ret);

	mutex_lock(&arm_mutex);
	class = kpx_class_find_locked(attach, skip);
	if (!class) {
		class = fresh = kpx_class_create(probe, skip);
		ret = class ? 0 : -ENOMEM;
	}
	if (!ret)
		ret = arm_locked(probe);
	if (ret) {
		if (fresh)
			kpx_class_free(fresh);
		class = ERR_PTR(ret);
	} else {
		atomic_inc(&class->users);
		if (fresh)
			list_add_tail_rcu(&fresh->node, &attach->classes);
	}
	mutex_unlock(&arm_mutex);
	return class;
}

void kpx_attach_get(struct kpx_class *class)
{
	atomic_inc(&class->users);
}

void kpx_attach_put(struct kpx_class *class)
{
	if (atomic_dec_and_test(&class->users))
		queue_delayed_work(system_unbound_wq, &sweep_later,
				   msecs_to_jiffies(SWEEP_DELAY_MS));
}

/* Unlinks idle classes; true if none is left. */
static bool sweep_classes_locked(struct kpx_attach *attach)
{
	struct kpx_class *class, *next;

	lockdep_assert_held(&arm_mutex);
	list_for_each_entry_safe(class, next, &attach->classes, node) {
		if (atomic_read(&class->users))
			continue;
		/*
		 * Nobody can bring it back: opening needs our mutex, and an
		 * inherited event needs a parent that is a user.
		 */
		list_del_rcu(&class->node);
		call_rcu(&class->rcu, class_free_rcu);
	}
	return list_empty(&attach->classes);
}

/*
 * Disarms what has no events. The reference that it drops is the last one of a
 * probe that is no longer published.
 */
static void sweep(void)
{
	struct kpx_attach *attach, *next;

	mutex_lock(&arm_mutex);
	list_for_each_entry_safe(attach, next, &armed_list, armed_node) {
		if (!sweep_classes_locked(attach))
			continue;
		if (attach->armed && !is_gone(attach))
			disable_kprobe(&attach->kp);
		set_disarmed_locked(attach);
		list_del_init(&attach->armed_node);
		kpx_probe_put(container_of(attach, struct kpx_probe, attach));
	}
	mutex_unlock(&arm_mutex);
}

static void sweep_work(struct work_struct *work)
{
	sweep();
}

u64 kpx_attach_events(const struct kpx_probe *probe)
{
	const struct kpx_class *class;
	u64 events = 0;

	rcu_read_lock();
	list_for_each_entry_rcu(class, &probe->attach.classes, node)
		events += atomic_read(&class->users);
	rcu_read_unlock();
	return events;
}

u64 kpx_attach_missed(struct kpx_probe *probe)
{
	u64 missed;

	mutex_lock(&arm_mutex);
	missed = missed_now(&probe->attach);
	mutex_unlock(&arm_mutex);
	return missed;
}

void kpx_attach_drain(void)
{
	cancel_delayed_work_sync(&sweep_later);
	sweep();
	/* class_free_rcu() is our text */
	rcu_barrier();
}
