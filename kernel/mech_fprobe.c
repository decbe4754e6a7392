// SPDX-License-Identifier: GPL-2.0-only
/*
 * The returns of many functions, by one fprobe: an ftrace_ops at the entries,
 * armed as fast as ours, and one pool of instances for all returns. Arming a
 * kretprobe for each takes a hundred times as long. What is said here of the
 * kernel is from Linux 6.12: fprobe.c, rethook.c and ftrace.c in kernel/trace,
 * lib/objpool.c.
 *
 * Preemption is off in both handlers: fprobe takes ftrace's recursion guard
 * around each, which disables it, and so does the return's trampoline. The
 * registers are whole: fprobe sets FTRACE_OPS_FL_SAVE_REGS, and the trampoline
 * saves them as it does for a kretprobe; ip shows where the function returns to.
 *
 * That guard is one for all users of ftrace: of what is called in a handler,
 * ours or another's, in the same context (task, soft or hard interrupt, NMI) the
 * first level is let in, and the next is missed. Therefore it's no matter which
 * functions fprobe itself calls; most have no call of ftrace's anyway. A call is
 * missed, too, if no instance is free. fprobe counts both in nmissed: not
 * atomically, so it's a lower bound. It also counts there a return that the
 * guard refuses though it let in the entry, which stays in flight until we
 * disarm: it can only be of a function that ends an interrupt, on top of two
 * handlers.
 *
 * A single function stays with its kretprobe, though a hit costs a little more
 * there: all kretprobes share one ftrace_ops, where each fprobe that more than
 * one has at a function makes ftrace walk a list, and waits for all tasks when
 * it goes; and functions that ftrace can't call from have kretprobes only.
 *
 * Not FPROBE_FL_KPROBE_SHARED: kpx_hit() has its own guard, for all mechanisms,
 * and counts what it drops. With that flag a function would be missed in every
 * kprobe's handler, and every kprobe in our handlers.
 *
 * Disarming: unregister_fprobe() first takes the pool's handler away. From then
 * on no entry gets an instance, and no return calls us, but for handlers that
 * have begun. It waits for tasks in ftrace's trampolines, which lead to our
 * struct fprobe, and gives the pool up to RCU: instances that are out come back
 * later, as their tasks return or die, and the last one frees it. None of that
 * touches anything of ours. The handlers that had begun do; they have preemption
 * off, and we wait a grace period for them, one for all that go. With it also
 * those end who read nmissed: they saw the attachment armed, and have preemption
 * off.
 */
#include <linux/fprobe.h>
#include <linux/kprobes.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include "arch.h"
#include "attach.h"
#include "call.h"
#include "compat.h"
#include "mech.h"
#include "probe.h"

#if KPX_COMPAT_HAS_FPROBE

/* The pool's memory, whatever is wanted. */
#define POOL_BYTES_MAX (64 << 20)

/**
 * struct kpx_fprobe - while it's armed
 * @fp:		fp.nmissed is the kernel's count
 * @attach:	whose it is
 * @sites:	the target's, which change only with nothing armed
 * @nr_sites:	how many
 * @is_stuck:	ftrace has found itself broken, and stopped: patched text leads to
 *		@fp for good, but without a handler not to us; arm mutex
 */
struct kpx_fprobe {
	struct fprobe fp;
	struct kpx_attach *attach;
	const struct kpx_site *sites;
	unsigned int nr_sites;
	bool is_stuck;
};

/* @ip is there: ftrace calls from no other address. They are in its order. */
static __always_inline unsigned int find_site(const struct kpx_fprobe *fprobe,
					      unsigned long ip)
{
	unsigned int low = 0, high = fprobe->nr_sites;

	while (high - low > 1) {
		unsigned int middle = low + (high - low) / 2;

		if (fprobe->sites[middle].ip <= ip)
			low = middle;
		else
			high = middle;
	}
	return low;
}

/* Non-zero: the return isn't wanted, and the instance is free again. */
static int fprobe_entry(struct fprobe *fp, unsigned long ip,
			unsigned long parent_ip, struct pt_regs *regs,
			void *data)
{
	struct kpx_fprobe *fprobe = container_of(fp, struct kpx_fprobe, fp);
	struct kpx_call *call = data;

	call->site = find_site(fprobe, ip);
	return !kpx_call_enter(fprobe->attach, call,
			       fp->entry_data_size - sizeof(*call), regs,
			       fprobe->sites[call->site].func);
}
NOKPROBE_SYMBOL(fprobe_entry);

static void fprobe_return(struct fprobe *fp, unsigned long ip,
			  unsigned long parent_ip, struct pt_regs *regs,
			  void *data)
{
	struct kpx_fprobe *fprobe = container_of(fp, struct kpx_fprobe, fp);
	struct kpx_call *call = data;

	kpx_call_leave(fprobe->attach, call, regs,
		       fprobe->sites[call->site].func);
}
NOKPROBE_SYMBOL(fprobe_return);

/*
 * The functions share them: one in which many tasks sleep may take what others
 * leave. The pool costs a pointer for each CPU, too.
 */
static unsigned int instances(const struct kpx_attach *attach, size_t bytes)
{
	size_t each = sizeof(struct rethook_node) + 2 * sizeof(long) + bytes +
		      num_possible_cpus() * sizeof(void *);
	unsigned int most = min_t(size_t, POOL_BYTES_MAX / each, KPX_CALLS_MAX);

	return min(kpx_call_maxactive(attach->spec) *
			   attach->probe->target.nr_sites,
		   most);
}

/*
 * From nothing each time: a failure leaves pointers to what was freed. fprobe
 * adds its own flags to the one that is there. FTRACE_OPS_FL_PERMANENT: see
 * mech_ftrace.c.
 */
static int try_register(struct kpx_fprobe *fprobe, unsigned long *ips,
			unsigned int nr, size_t bytes)
{
	fprobe->fp = (struct fprobe){
		.ops.flags = FTRACE_OPS_FL_PERMANENT,
		.entry_data_size = bytes,
		.nr_maxactive = instances(fprobe->attach, bytes),
		.entry_handler = fprobe_entry,
		.exit_handler = fprobe_return,
	};
	return register_fprobe_ips(&fprobe->fp, ips, nr);
}

/* All are refused for one that ftrace doesn't know: that one is left out. */
static int register_sites(struct kpx_fprobe *fprobe, size_t bytes)
{
	unsigned int i, nr = fprobe->nr_sites;
	unsigned long *ips = kvmalloc_array(nr, sizeof(*ips), GFP_KERNEL);
	int ret;

	if (!ips)
		return -ENOMEM;
	for (i = 0; i < nr; i++)
		ips[i] = fprobe->sites[i].ip;
	ret = try_register(fprobe, ips, nr, bytes);
	if (ret == -EINVAL) {
		nr = kpx_target_known(ips, nr);
		ret = nr ? try_register(fprobe, ips, nr, bytes) : -ENOENT;
	}
	kvfree(ips);
	return ret;
}

static int refuse(struct kpx_error *err, enum kpx_error_code code, int ret)
{
	kpx_error_set(err, code, 0, NULL, 0);
	return ret;
}

static int fprobe_arm(struct kpx_attach *attach, struct kpx_error *err)
{
	const struct kpx_target *target = &attach->probe->target;
	size_t bytes = kpx_call_bytes(attach->spec);
	struct kpx_fprobe *fprobe;
	int ret;

	if (!bytes)
		return refuse(err, KPX_ERR_RECORD_TOO_LONG, -E2BIG);
	fprobe = kzalloc(sizeof(*fprobe), GFP_KERNEL);
	if (!fprobe)
		return -ENOMEM;
	fprobe->attach = attach;
	fprobe->sites = target->sites;
	fprobe->nr_sites = target->nr_sites;
	ret = register_sites(fprobe, bytes);
	if (ret) {
		kfree(fprobe);
		/* FTRACE_OPS_FL_PERMANENT with kernel.ftrace_enabled = 0 */
		return ret == -EBUSY ? refuse(err, KPX_ERR_DEAF, -EIO) : ret;
	}
	WRITE_ONCE(attach->fprobe, fprobe);
	return 0;
}

static LIST_HEAD(idle); /* arm mutex */

static void fprobe_disarm(struct kpx_attach *attach)
{
	struct kpx_fprobe *fprobe = attach->fprobe;

	fprobe->is_stuck = WARN_ON_ONCE(unregister_fprobe(&fprobe->fp));
	list_add_tail(&attach->idle_node, &idle);
}

static void fprobe_disarm_end(void)
{
	struct kpx_attach *attach, *next;

	if (list_empty(&idle))
		return;
	synchronize_rcu();
	list_for_each_entry_safe(attach, next, &idle, idle_node) {
		struct kpx_fprobe *fprobe = attach->fprobe;

		list_del_init(&attach->idle_node);
		kpx_call_settle(attach->book);
		WRITE_ONCE(attach->fprobe, NULL);
		if (!fprobe->is_stuck)
			kfree(fprobe);
	}
}

static bool fprobe_is_deaf(const struct kpx_attach *attach)
{
	return !kpx_arch_is_called(attach->probe->target.sites[0].ip);
}

static u16 fprobe_present(const struct kpx_attach *attach)
{
	return fprobe_is_deaf(attach) ? 0 : 1 << KPX_MODE_AUTO;
}

/* Each is of a return: fprobe counts them together. */
static u64 fprobe_missed(const struct kpx_attach *attach)
{
	return 0;
}

static u64 fprobe_missed_returns(const struct kpx_attach *attach)
{
	const struct kpx_fprobe *fprobe = READ_ONCE(attach->fprobe);

	return fprobe ? READ_ONCE(fprobe->fp.nmissed) : 0;
}

const struct kpx_mech kpx_mech_fprobe = {
	.kind = KPX_MECH_FPROBE,
	.arm = fprobe_arm,
	.disarm = fprobe_disarm,
	.disarm_end = fprobe_disarm_end,
	.is_deaf = fprobe_is_deaf,
	.present = fprobe_present,
	.missed = fprobe_missed,
	.missed_returns = fprobe_missed_returns,
};

#else

/* Never chosen. */
const struct kpx_mech kpx_mech_fprobe = {
	.kind = KPX_MECH_FPROBE,
};

#endif
