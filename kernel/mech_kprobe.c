// SPDX-License-Identifier: GPL-2.0-only
/*
 * The anchor is registered already, so arming it is enable_kprobe(): it can't
 * fail for the target any more, and disarming waits for no grace period. int3
 * and jump have a kprobe of their own, registered while armed: an int3's
 * post_handler would take the jump from everybody else at the address, and
 * where ftrace owns the address they go behind its call.
 */
#include <linux/kprobes.h>
#include <linux/string.h>

#include "arch.h"
#include "attach.h"
#include "hit.h"
#include "linger.h"
#include "mech.h"
#include "probe.h"

/* What one grace period is for. */
#define BATCH 32

static __always_inline void deliver(struct kpx_attach *attach,
				    struct kprobe *kp, struct pt_regs *regs)
{
	unsigned long ip = instruction_pointer(regs);

	if (!kpx_hit_is_watched())
		return;
	/*
	 * The handler gets the address plus one, as after an int3. The sample,
	 * its stack and %ip are to show where the probe is.
	 */
	instruction_pointer_set(regs, (unsigned long)kp->addr);
	kpx_hit(attach, regs, attach->probe->target.sites[0].func, NULL,
		kpx_arch_is_int3(kp));
	instruction_pointer_set(regs, ip);
}

int kpx_mech_anchor_hit(struct kprobe *kp, struct pt_regs *regs)
{
	struct kpx_probe *probe =
		container_of(kp, struct kpx_probe, target.anchor);

	/* there before the anchor was enabled, and as long as the probe */
	deliver(probe->attach[KPX_MECH_ANCHOR], kp, regs);
	return 0;
}
NOKPROBE_SYMBOL(kpx_mech_anchor_hit);

static int own_hit(struct kprobe *kp, struct pt_regs *regs)
{
	struct kpx_attach *attach = container_of(kp, struct kpx_attach, kp);

	if (attach->mech == &kpx_mech_jump && kpx_arch_is_int3(kp))
		this_cpu_inc(attach->book->by_int3);
	deliver(attach, kp, regs);
	return 0;
}
NOKPROBE_SYMBOL(own_hit);

/* That it's there is all that it is for: the kernel makes no jump then. */
static void no_jump(struct kprobe *kp, struct pt_regs *regs,
		    unsigned long flags)
{
}
NOKPROBE_SYMBOL(no_jump);

static bool kprobe_is_deaf(const struct kprobe *kp)
{
	return kpx_arch_kprobe_text(kp) == KPX_TEXT_OTHER;
}

static u16 kprobe_present(const struct kprobe *kp)
{
	switch (kpx_arch_kprobe_text(kp)) {
	case KPX_TEXT_INT3:
		return 1 << KPX_MODE_INT3;
	case KPX_TEXT_JUMP:
		return 1 << KPX_MODE_JUMP;
	case KPX_TEXT_CALL:
		return 1 << KPX_MODE_FTRACE;
	default:
		return 0;
	}
}

static int anchor_arm(struct kpx_attach *attach, struct kpx_error *err)
{
	struct kprobe *kp = &attach->probe->target.anchor;

	kpx_linger_wait_at((unsigned long)kp->addr);
	return enable_kprobe(kp);
}

static void anchor_disarm(struct kpx_attach *attach)
{
	struct kprobe *kp = &attach->probe->target.anchor;

	disable_kprobe(kp);
	kpx_linger_note(kp);
}

static bool anchor_is_deaf(const struct kpx_attach *attach)
{
	return kprobe_is_deaf(&attach->probe->target.anchor);
}

static u16 anchor_present(const struct kpx_attach *attach)
{
	return kprobe_present(&attach->probe->target.anchor);
}

static u64 anchor_missed(const struct kpx_attach *attach)
{
	return READ_ONCE(attach->probe->target.anchor.nmissed);
}

static int own_arm(struct kpx_attach *attach, struct kpx_error *err)
{
	const struct kpx_target *target = &attach->probe->target;
	unsigned long ip = target->sites[0].ip;
	struct kprobe *kp = &attach->kp;

	/* A fresh struct each time: register_kprobe() leaves its marks. */
	memset(kp, 0, sizeof(*kp));
	kp->addr =
		(kprobe_opcode_t *)(target->is_fentry ? kpx_arch_body(ip) : ip);
	kp->pre_handler = own_hit;
	if (attach->mech == &kpx_mech_int3)
		kp->post_handler = no_jump;
	kpx_linger_wait_at((unsigned long)kp->addr);
	return register_kprobe(kp);
}

static LIST_HEAD(idle); /* arm mutex */

/* The text, and what would call us, stay until own_disarm_end(). */
static void own_disarm(struct kpx_attach *attach)
{
	list_add_tail(&attach->idle_node, &idle);
}

/* A grace period for each batch. */
static void own_disarm_end(void)
{
	struct kprobe *kps[BATCH];
	struct kpx_attach *attach, *next;
	int i, nr = 0;

	list_for_each_entry_safe(attach, next, &idle, idle_node) {
		list_del_init(&attach->idle_node);
		kps[nr++] = &attach->kp;
		if (nr < BATCH && !list_empty(&idle))
			continue;
		unregister_kprobes(kps, nr);
		for (i = 0; i < nr; i++)
			kpx_linger_note(kps[i]);
		nr = 0;
	}
}

static bool own_is_deaf(const struct kpx_attach *attach)
{
	return kprobe_is_deaf(&attach->kp);
}

static u16 own_present(const struct kpx_attach *attach)
{
	return kprobe_present(&attach->kp);
}

static u64 own_missed(const struct kpx_attach *attach)
{
	return READ_ONCE(attach->kp.nmissed);
}

bool kpx_mech_jump_is_there(const struct kpx_attach *attach)
{
	return own_present(attach) == 1 << KPX_MODE_JUMP;
}

const struct kpx_mech kpx_mech_anchor = {
	.kind = KPX_MECH_ANCHOR,
	.arm = anchor_arm,
	.disarm = anchor_disarm,
	.is_deaf = anchor_is_deaf,
	.present = anchor_present,
	.missed = anchor_missed,
};

const struct kpx_mech kpx_mech_int3 = {
	.kind = KPX_MECH_INT3,
	.arm = own_arm,
	.disarm = own_disarm,
	.disarm_end = own_disarm_end,
	.is_deaf = own_is_deaf,
	.present = own_present,
	.missed = own_missed,
};

const struct kpx_mech kpx_mech_jump = {
	.kind = KPX_MECH_JUMP,
	.arm = own_arm,
	.disarm = own_disarm,
	.disarm_end = own_disarm_end,
	.is_deaf = own_is_deaf,
	.present = own_present,
	.missed = own_missed,
};
