/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * arch_x86 - text bytes and contexts on x86-64
 */
#ifndef KPX_ARCH_X86_H
#define KPX_ARCH_X86_H

#include <linux/kprobes.h>
#include <linux/preempt.h>
#include <linux/uaccess.h>

/* First byte of the five-byte nop that stands where ftrace would call. */
#define KPX_X86_NOP5 0x0f

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
 * A registered kprobe that can't fire: with kernel.ftrace_enabled=0 a probe on
 * ftrace registers with success and the text stays a nop.
 */
static inline bool kpx_arch_is_dead(const struct kprobe *kp)
{
	u8 byte;

	if (!(kp->flags & KPROBE_FLAG_FTRACE))
		return false;
	if (copy_from_kernel_nofault(&byte, kp->addr, sizeof(byte)))
		return true;
	return byte == KPX_X86_NOP5;
}

#endif /* KPX_ARCH_X86_H */
