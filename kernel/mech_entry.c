// SPDX-License-Identifier: GPL-2.0-only
/*
 * A kprobe at each function's entry. It costs more than ftrace's call, and tens
 * of milliseconds to arm where ftrace is slow; but bpf_get_func_ip() asks the
 * kernel which kprobe it is at, and knows nothing else.
 */
#include <linux/kprobes.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "arch.h"
#include "attach.h"
#include "hit.h"
#include "mech.h"
#include "probe.h"

#define TARGETS_MAX 1024

struct hook {
	struct kprobe kp;
	struct kpx_attach *attach;
	unsigned long func;
};

struct kpx_entries {
	unsigned int nr;
	struct hook hooks[];
};

static int entry_hit(struct kprobe *kp, struct pt_regs *regs)
{
	struct hook *hook = container_of(kp, struct hook, kp);
	unsigned long ip = instruction_pointer(regs);

	if (!kpx_hit_is_watched())
		return 0;
	instruction_pointer_set(regs, (unsigned long)kp->addr);
	kpx_hit(hook->attach, regs, hook->func, NULL, kpx_arch_is_int3(kp));
	instruction_pointer_set(regs, ip);
	return 0;
}
NOKPROBE_SYMBOL(entry_hit);

static void unregister(struct kpx_entries *entries)
{
	unsigned int i, nr = entries->nr;
	struct kprobe **kps = kvmalloc_array(nr, sizeof(*kps), GFP_KERNEL);

	for (i = 0; kps && i < nr; i++)
		kps[i] = &entries->hooks[i].kp;
	if (kps)
		unregister_kprobes(kps, nr);
	else /* a grace period each, but it ends */
		for (i = 0; i < nr; i++)
			unregister_kprobe(&entries->hooks[i].kp);
	kvfree(kps);
}

static int register_next(struct kpx_entries *entries, struct kpx_attach *attach)
{
	const struct kpx_site *site = &attach->probe->target.sites[entries->nr];
	struct hook *hook = &entries->hooks[entries->nr];
	int ret = fatal_signal_pending(current) ? -EINTR : 0;

	hook->attach = attach;
	hook->func = site->func;
	hook->kp.addr = (kprobe_opcode_t *)site->func;
	hook->kp.pre_handler = entry_hit;
	if (!ret)
		ret = register_kprobe(&hook->kp);
	if (!ret)
		entries->nr++;
	return ret;
}

static int entry_arm(struct kpx_attach *attach, struct kpx_error *err)
{
	unsigned int nr = attach->probe->target.nr_sites;
	struct kpx_entries *entries;
	int ret = 0;

	if (nr > TARGETS_MAX) {
		kpx_error_set(err, KPX_ERR_BPF_MANY, 0, NULL, 0);
		return -E2BIG;
	}
	entries = kvzalloc(struct_size(entries, hooks, nr), GFP_KERNEL);
	if (!entries)
		return -ENOMEM;
	while (!ret && entries->nr < nr)
		ret = register_next(entries, attach);
	if (ret) {
		if (entries->nr)
			unregister(entries);
		kvfree(entries);
		return ret;
	}
	WRITE_ONCE(attach->entries, entries);
	return 0;
}

static LIST_HEAD(idle); /* arm mutex */

static void entry_disarm(struct kpx_attach *attach)
{
	list_add_tail(&attach->idle_node, &idle);
}

/* A grace period for each: there are few of this kind. */
static void entry_disarm_end(void)
{
	struct kpx_attach *attach, *next;

	list_for_each_entry_safe(attach, next, &idle, idle_node) {
		struct kpx_entries *entries = attach->entries;

		list_del_init(&attach->idle_node);
		unregister(entries);
		WRITE_ONCE(attach->entries, NULL);
		/* who reads the counts has preemption off */
		synchronize_rcu();
		kvfree(entries);
	}
}

static bool entry_is_deaf(const struct kpx_attach *attach)
{
	const struct kpx_entries *entries = attach->entries;
	unsigned int i;

	for (i = 0; i < entries->nr; i++)
		if (kpx_arch_kprobe_text(&entries->hooks[i].kp) ==
		    KPX_TEXT_OTHER)
			return true;
	return false;
}

static u16 entry_present(const struct kpx_attach *attach)
{
	return entry_is_deaf(attach) ? 0 : 1 << KPX_MODE_FTRACE;
}

static u64 entry_missed(const struct kpx_attach *attach)
{
	const struct kpx_entries *entries = READ_ONCE(attach->entries);
	unsigned int i;
	u64 missed = 0;

	for (i = 0; entries && i < entries->nr; i++)
		missed += READ_ONCE(entries->hooks[i].kp.nmissed);
	return missed;
}

const struct kpx_mech kpx_mech_entry = {
	.kind = KPX_MECH_ENTRY,
	.arm = entry_arm,
	.disarm = entry_disarm,
	.disarm_end = entry_disarm_end,
	.is_deaf = entry_is_deaf,
	.present = entry_present,
	.missed = entry_missed,
};
