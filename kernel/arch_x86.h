/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * arch_x86 - text bytes and contexts on x86-64
 */
#ifndef KPX_ARCH_X86_H
#define KPX_ARCH_X86_H

#include <linux/kprobes.h>
#include <linux/preempt.h>
#include <linux/uaccess.h>

/* First bytes: ftrace's five-byte nop, an int3, an optimised probe's jump. */
#define KPX_X86_NOP5 0x0f
#define KPX_X86_INT3 0xcc
#define KPX_X86_JMP  0xe9

/*
 * Was the hit in task context? Called in a probe handler. An int3 in the
 * kernel is entered as an NMI (irqentry_nmi_enter), which adds one NMI and one
 * hardirq level to the count; a probe on ftrace or an optimised one adds
 * nothing. Only the ftrace kind shows in our kprobe, so an optimised probe
 * that is hit in a real NMI on top of a task passes for task context.
 */
static __always_inline bool kpx_arch_in_task(const struct kprobe *kp)
{
	unsigned int count = preempt_count();

	if (!(kp->flags & KPROBE_FLAG_FTRACE) && (count & NMI_MASK))
		count -= NMI_OFFSET + HARDIRQ_OFFSET;
	return !(count & (NMI_MASK | HARDIRQ_MASK | SOFTIRQ_OFFSET));
}

/*
 * A kprobe that was just enabled and can't fire: with kernel.ftrace_enabled=0
 * one on ftrace is enabled with success and the text stays a nop, and with
 * debugfs kprobes/enabled at 0 so is any. The text tells (unless a jump stood
 * there from the beginning).
 */
static inline bool kpx_arch_is_dead(const struct kprobe *kp)
{
	u8 byte;

	if (copy_from_kernel_nofault(&byte, kp->addr, sizeof(byte)))
		return true;
	if (kp->flags & KPROBE_FLAG_FTRACE)
		return byte == KPX_X86_NOP5;
	return byte != KPX_X86_INT3 && byte != KPX_X86_JMP;
}

#endif /* KPX_ARCH_X86_H */
