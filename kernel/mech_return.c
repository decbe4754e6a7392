// SPDX-License-Identifier: GPL-2.0-only
/*
 * A kretprobe for each address. At the entry it takes an instance, which keeps
 * the time and what the definition wants of the entry: of a return probe the
 * registers of its $argN; of an entry probe, whose calls are timed, the whole
 * record. The kernel hands it back at the return, on whatever CPU that is.
 *
 * Without a free instance a call is missed, and the kernel counts it. Calls
 * that are inside when we disarm return unseen.
 */
#include <linux/kprobes.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "arch.h"
#include "attach.h"
#include "call.h"
#include "linger.h"
#include "mech.h"
#include "probe.h"

/*
 * Where a kernel has no fprobe for it. A kretprobe costs tens of milliseconds to
 * arm where ftrace is slow.
 */
#define TARGETS_MAX 1024

/* Of many kretprobes each has so many instances, if they have to share. */
#define INSTANCES_LEAST 16U

struct hook {
	struct kretprobe rp;
	struct kpx_attach *attach;
	unsigned long func;
};

struct kpx_returns {
	unsigned int nr;
	struct hook hooks[];
};

static int hook_return(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct hook *hook = container_of(get_kretprobe(ri), struct hook, rp);

	kpx_call_leave(hook->attach, (struct kpx_call *)ri->data, regs,
		       hook->func);
	return 0;
}
NOKPROBE_SYMBOL(hook_return);

/* Non-zero: the return isn't wanted, and the instance is free again. */
static int hook_entry(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct hook *hook = container_of(get_kretprobe(ri), struct hook, rp);

	return !kpx_call_enter(hook->attach, (struct kpx_call *)ri->data,
			       hook->rp.data_size - sizeof(struct kpx_call),
			       regs, hook->func);
}
NOKPROBE_SYMBOL(hook_entry);

static unsigned int instances(const struct kpx_spec *spec, unsigned int nr)
{
	unsigned int wanted = kpx_call_maxactive(spec);

	if (spec->maxactive)
		return wanted;
	return min(wanted, max(KPX_CALLS_MAX / nr, INSTANCES_LEAST));
}

static void setup_hook(struct hook *hook, struct kpx_attach *attach,
		       const struct kpx_site *site, size_t bytes)
{
	hook->attach = attach;
	hook->func = site->func;
	hook->rp.kp.addr = (kprobe_opcode_t *)site->func;
	hook->rp.handler = hook_return;
	hook->rp.entry_handler = hook_entry;
	hook->rp.data_size = bytes;
	hook->rp.maxactive =
		instances(attach->spec, attach->probe->target.nr_sites);
}

static void note_jumps(const struct kpx_returns *returns)
{
	unsigned int i;

	for (i = 0; i < returns->nr; i++)
		kpx_linger_note(&returns->hooks[i].rp.kp);
}

static void unregister(struct kpx_returns *returns)
{
	struct kretprobe **rps;
	unsigned int i;

	rps = kmalloc_array(returns->nr, sizeof(*rps), GFP_KERNEL);
	if (rps) {
		for (i = 0; i < returns->nr; i++)
			rps[i] = &returns->hooks[i].rp;
		unregister_kretprobes(rps, returns->nr);
		kfree(rps);
	} else {
		/* a grace period each, but it ends */
		for (i = 0; i < returns->nr; i++)
			unregister_kretprobe(&returns->hooks[i].rp);
	}
	note_jumps(returns);
}

static int refuse(struct kpx_error *err, enum kpx_error_code code, int ret)
{
	kpx_error_set(err, code, 0, NULL, 0);
	return ret;
}

static int return_arm(struct kpx_attach *attach, struct kpx_error *err)
{
	const struct kpx_target *target = &attach->probe->target;
	size_t bytes = kpx_call_bytes(attach->spec);
	struct kpx_returns *returns;
	int ret;

	if (target->nr_sites > TARGETS_MAX ||
	    attach->spec->maxactive * target->nr_sites > KPX_CALLS_MAX)
		return refuse(err, KPX_ERR_MANY_RETURNS, -E2BIG);
	if (!bytes)
		return refuse(err, KPX_ERR_RECORD_TOO_LONG, -E2BIG);
	returns = kvzalloc(struct_size(returns, hooks, target->nr_sites),
			   GFP_KERNEL);
	if (!returns)
		return -ENOMEM;
	while (returns->nr < target->nr_sites) {
		struct hook *hook = &returns->hooks[returns->nr];

		ret = fatal_signal_pending(current) ? -EINTR : 0;
		if (ret)
			goto err_hooks;
		setup_hook(hook, attach, &target->sites[returns->nr], bytes);
		kpx_linger_wait_at((unsigned long)hook->rp.kp.addr);
		ret = register_kretprobe(&hook->rp);
		if (ret)
			goto err_hooks;
		returns->nr++;
	}
	attach->returns = returns;
	return 0;

err_hooks:
	/* only a function's entry can have one */
	if (ret == -EINVAL)
		ret = refuse(err, KPX_ERR_ENTRY_ONLY, -EOPNOTSUPP);
	if (returns->nr)
		unregister(returns);
	kvfree(returns);
	return ret;
}

static LIST_HEAD(idle); /* arm mutex */

static void return_disarm(struct kpx_attach *attach)
{
	list_add_tail(&attach->idle_node, &idle);
}

/* After the grace period no handler runs, and no instance calls one. */
static void return_end(struct kpx_attach *attach)
{
	struct kpx_returns *returns = attach->returns;

	list_del_init(&attach->idle_node);
	kpx_call_settle(attach->book);
	WRITE_ONCE(attach->returns, NULL);
	kvfree(returns);
}

static unsigned int collect(struct kretprobe **rps)
{
	struct kpx_attach *attach;
	unsigned int i, nr = 0;

	list_for_each_entry(attach, &idle, idle_node) {
		for (i = 0; i < attach->returns->nr; i++, nr++)
			if (rps)
				rps[nr] = &attach->returns->hooks[i].rp;
	}
	return nr;
}

static void return_disarm_end(void)
{
	struct kpx_attach *attach, *next;
	unsigned int nr = collect(NULL);
	struct kretprobe **rps;

	if (list_empty(&idle))
		return;
	rps = kvmalloc_array(nr, sizeof(*rps), GFP_KERNEL);
	if (rps) {
		collect(rps);
		unregister_kretprobes(rps, nr);
		kvfree(rps);
		list_for_each_entry(attach, &idle, idle_node)
			note_jumps(attach->returns);
	} else {
		list_for_each_entry(attach, &idle, idle_node)
			unregister(attach->returns);
	}
	list_for_each_entry_safe(attach, next, &idle, idle_node)
		return_end(attach);
}

static bool return_is_deaf(const struct kpx_attach *attach)
{
	const struct kpx_returns *returns = attach->returns;
	unsigned int i;

	for (i = 0; i < returns->nr; i++) {
		if (kpx_arch_kprobe_text(&returns->hooks[i].rp.kp) ==
		    KPX_TEXT_OTHER)
			return true;
	}
	return false;
}

static u16 return_present(const struct kpx_attach *attach)
{
	return return_is_deaf(attach) ? 0 : 1 << KPX_MODE_AUTO;
}

/* Who reads this has preemption off, which the end of disarming waits for. */
static u64 return_missed(const struct kpx_attach *attach)
{
	const struct kpx_returns *returns = READ_ONCE(attach->returns);
	unsigned int i;
	u64 missed = 0;

	for (i = 0; returns && i < returns->nr; i++)
		missed += READ_ONCE(returns->hooks[i].rp.kp.nmissed);
	return missed;
}

static u64 return_missed_returns(const struct kpx_attach *attach)
{
	const struct kpx_returns *returns = READ_ONCE(attach->returns);
	unsigned int i;
	u64 missed = 0;

	for (i = 0; returns && i < returns->nr; i++)
		missed += READ_ONCE(returns->hooks[i].rp.nmissed);
	return missed;
}

const struct kpx_mech kpx_mech_return = {
	.kind = KPX_MECH_RETURN,
	.arm = return_arm,
	.disarm = return_disarm,
	.disarm_end = return_disarm_end,
	.is_deaf = return_is_deaf,
	.present = return_present,
	.missed = return_missed,
	.missed_returns = return_missed_returns,
};
