/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mech - the mechanisms: what makes the kernel call kpx_hit()
 *
 *	anchor	the target's own kprobe: int3, or a jump if the kernel likes
 *	int3	a kprobe that forbids the jump
 *	jump	a kprobe that insists on it
 *	ftrace	the call at a function's entry, through an ftrace_ops of ours
 *	entry	a kprobe at each of many functions' entries, for BPF programs
 *		that ask kprobes where they are
 *	return	kretprobes: the return, with what was captured at the entry
 *	fprobe	the same of many functions, where the kernel has fprobes for it
 */
#ifndef KPX_MECH_H
#define KPX_MECH_H

#include <linux/types.h>

#include "core/error.h"

struct kpx_attach;
struct kprobe;
struct pt_regs;

enum kpx_mech_kind {
	KPX_MECH_ANCHOR,
	KPX_MECH_INT3,
	KPX_MECH_JUMP,
	KPX_MECH_FTRACE,
	KPX_MECH_ENTRY,
	KPX_MECH_RETURN,
	KPX_MECH_FPROBE,
	KPX_NR_MECHS,
};

/**
 * struct kpx_mech - all calls under the arm mutex; they sleep
 * @arm:	0 or a negative errno, with the reason in @err if there is one to
 *		tell
 * @disarm:	from here on its hits may stop; a probe is freed after a grace period
 * @disarm_end:	what disarm() has put off, in one go for any number of
 *		attachments: hits may still be in flight on return, but none begins.
 *		Before the arm mutex is let go. NULL: nothing is put off
 * @save_regs:	armed: hits have all registers, not just what a function gets; NULL:
 *		they have
 * @is_deaf:	armed, but the kernel won't call
 * @present:	1 << enum kpx_mode of what the text at the target says
 * @missed:	the kernel's own count of hits that it didn't deliver; no lock
 * @missed_returns: … and of returns; NULL: none can be
 */
struct kpx_mech {
	enum kpx_mech_kind kind;
	int (*arm)(struct kpx_attach *attach, struct kpx_error *err);
	void (*disarm)(struct kpx_attach *attach);
	void (*disarm_end)(void);
	int (*save_regs)(struct kpx_attach *attach, struct kpx_error *err);
	bool (*is_deaf)(const struct kpx_attach *attach);
	u16 (*present)(const struct kpx_attach *attach);
	u64 (*missed)(const struct kpx_attach *attach);
	u64 (*missed_returns)(const struct kpx_attach *attach);
};

extern const struct kpx_mech kpx_mech_anchor;
extern const struct kpx_mech kpx_mech_int3;
extern const struct kpx_mech kpx_mech_jump;
extern const struct kpx_mech kpx_mech_ftrace;
extern const struct kpx_mech kpx_mech_entry;
extern const struct kpx_mech kpx_mech_return;
extern const struct kpx_mech kpx_mech_fprobe;

/* The anchor's pre_handler. */
int kpx_mech_anchor_hit(struct kprobe *kp, struct pt_regs *regs);

/* Is the text at @attach's jump e9 by now? */
bool kpx_mech_jump_is_there(const struct kpx_attach *attach);

#endif /* KPX_MECH_H */
