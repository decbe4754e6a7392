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
#include <linux/moduleparam.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>

#include "arch.h"
#include "attach.h"
#include "hit.h"
#include "mech.h"
#include "probe.h"

/* A kretprobe costs tens of milliseconds to arm where ftrace is slow. */
#define TARGETS_MAX 1024

/* Instances of one kretprobe, unless r says how many. */
static unsigned int maxactive = 1024;
module_param(maxactive, uint, 0644);
MODULE_PARM_DESC(
	maxactive,
	"calls of one function that may be inside at a time, if a definition doesn't say (1 to 4096)");

/* All instances of a probe with many targets together. */
#define INSTANCES_MAX	65536
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
	struct kpx_attach *attach = hook->attach;

	this_cpu_inc(attach->book->returns);
	if (!kpx_hit_is_watched())
		return 0;
	kpx_hit(attach, regs, hook->func, (struct kpx_call *)ri->data, false);
	return 0;
}
NOKPROBE_SYMBOL(hook_return);

/* Non-zero: the return isn't wanted, and the instance is free again. */
static int hook_entry(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct hook *hook = container_of(get_kretprobe(ri), struct hook, rp);
	struct kpx_attach *attach = hook->attach;
	unsigned long ip = instruction_pointer(regs);
	bool is_wanted;

	if (!kpx_hit_is_watched())
		return 1;
	/* %ip shows the function, as it does without a return hook */
	instruction_pointer_set(regs, hook->func);
	is_wanted = kpx_hit_call(attach, (struct kpx_call *)ri->data,
				 hook->rp.data_size - sizeof(struct kpx_call),
				 regs, hook->func);
	instruction_pointer_set(regs, ip);
	if (!is_wanted)
		return 1;
	this_cpu_inc(attach->book->calls);
	return 0;
}
NOKPROBE_SYMBOL(hook_entry);

/* What an instance keeps; 0: it can't hold a record of this definition. */
static size_t data_bytes(const struct kpx_spec *spec)
{
	size_t tail = kpx_spec_tail_bytes(KPX_UNIT_NS);
	size_t least = sizeof(struct kpx_call), most;

	if (spec->is_return)
		return least + spec->nr_entry * sizeof(u64);
	least += spec->fetch.static_bytes + tail + sizeof(u64);
	most = sizeof(struct kpx_call) +
	       ALIGN(spec->fetch.max_bytes + tail, sizeof(u64));
	if (least > KRETPROBE_MAX_DATA_SIZE)
		return 0;
	/* a plain record may be shorter than where its tail would begin */
	return min_t(size_t, max(most, least), KRETPROBE_MAX_DATA_SIZE);
}

static unsigned int instances(const struct kpx_attach *attach, unsigned int nr)
{
	unsigned int wanted = attach->spec->maxactive;

	if (!wanted)
		wanted = min(READ_ONCE(maxactive),
			     max(INSTANCES_MAX / nr, INSTANCES_LEAST));
	return clamp(wanted, 1U, (unsigned int)KPX_MAXACTIVE_MAX);
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
	hook->rp.maxactive = instances(attach, attach->probe->target.nr_sites);
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
		return;
	}
	/* a grace period each, but it ends */
	for (i = 0; i < returns->nr; i++)
		unregister_kretprobe(&returns->hooks[i].rp);
}

static int refuse(struct kpx_error *err, enum kpx_error_code code, int ret)
{
	kpx_error_set(err, code, 0, NULL, 0);
	return ret;
}

static int return_arm(struct kpx_attach *attach, struct kpx_error *err)
{
	const struct kpx_target *target = &attach->probe->target;
	size_t bytes = data_bytes(attach->spec);
	struct kpx_returns *returns;
	int ret;

	if (target->nr_sites > TARGETS_MAX ||
	    attach->spec->maxactive * target->nr_sites > INSTANCES_MAX)
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

/*
 * Whoever is still inside returns unseen, or never, as from do_exit(): for the
 * book that is over. Nothing else writes to it here.
 */
static void settle(struct kpx_book __percpu *book)
{
	u64 inside = 0;
	int cpu;

	for_each_possible_cpu(cpu) {
		const struct kpx_book *one = per_cpu_ptr(book, cpu);

		inside += READ_ONCE(one->calls) - READ_ONCE(one->returns);
	}
	this_cpu_add(book->returns, inside);
}

static void return_disarm(struct kpx_attach *attach)
{
	struct kpx_returns *returns = attach->returns;

	/* after its grace period no handler runs, and no instance calls one */
	unregister(returns);
	settle(attach->book);
	attach->returns = NULL;
	kvfree(returns);
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

/* An event that reads this keeps it armed. */
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
	.is_deaf = return_is_deaf,
	.present = return_present,
	.missed = return_missed,
	.missed_returns = return_missed_returns,
};
