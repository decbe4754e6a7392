/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * arch_x86 - text bytes, contexts and registers on x86-64
 */
#ifndef KPX_ARCH_X86_H
#define KPX_ARCH_X86_H

#include <linux/ftrace.h>
#include <linux/kprobes.h>
#include <linux/preempt.h>
#include <linux/uaccess.h>
#include <asm/ibt.h>

/* First bytes: ftrace's call, an int3, an optimised probe's jump. */
#define KPX_X86_CALL 0xe8
#define KPX_X86_INT3 0xcc
#define KPX_X86_JMP  0xe9

/* What the text at a probed address does when it is executed. */
enum kpx_text {
	KPX_TEXT_OTHER,
	KPX_TEXT_INT3,
	KPX_TEXT_JUMP,
	KPX_TEXT_CALL,
};

static inline enum kpx_text kpx_arch_text(unsigned long ip)
{
	u8 byte;

	if (copy_from_kernel_nofault(&byte, (const void *)ip, sizeof(byte)))
		return KPX_TEXT_OTHER;
	switch (byte) {
	case KPX_X86_INT3:
		return KPX_TEXT_INT3;
	case KPX_X86_JMP:
		return KPX_TEXT_JUMP;
	case KPX_X86_CALL:
		return KPX_TEXT_CALL;
	default:
		return KPX_TEXT_OTHER;
	}
}

/*
 * What is there for this kprobe. A call or a jump that was there before is
 * neither ftrace's nor an optimised probe's: the kernel never replaces such an
 * instruction by a jump, as it can't be executed elsewhere as it is.
 */
static inline enum kpx_text kpx_arch_kprobe_text(const struct kprobe *kp)
{
	enum kpx_text text = kpx_arch_text((unsigned long)kp->addr);
	bool is_ftrace = kp->flags & KPROBE_FLAG_FTRACE;

	switch (text) {
	case KPX_TEXT_CALL:
		return is_ftrace ? text : KPX_TEXT_OTHER;
	case KPX_TEXT_JUMP:
		return !is_ftrace && kp->opcode != KPX_X86_JMP ? text :
								 KPX_TEXT_OTHER;
	case KPX_TEXT_INT3:
		/* of ftrace: while it changes the call, and soon one again */
		return is_ftrace ? KPX_TEXT_CALL : text;
	default:
		return text;
	}
}

/* Text of modules, which may go; also that of BPF programs, where nobody can probe. */
static inline bool kpx_arch_is_module_text(unsigned long ip)
{
	return ip >= MODULES_VADDR && ip < MODULES_END;
}

/*
 * Does ftrace call from there, for whomever? It's off for all addresses, or for
 * none. An int3 is there while it changes the call.
 */
static inline bool kpx_arch_is_called(unsigned long fentry)
{
	enum kpx_text text = kpx_arch_text(fentry);

	return text == KPX_TEXT_CALL || text == KPX_TEXT_INT3;
}

/* Is it the 5-byte nop that ftrace leaves where it doesn't call? */
static inline bool kpx_arch_is_fentry_nop(unsigned long ip)
{
	static const u8 nop[MCOUNT_INSN_SIZE] = { 0x0f, 0x1f, 0x44, 0, 0 };
	u8 text[MCOUNT_INSN_SIZE];

	return !copy_from_kernel_nofault(text, (const void *)ip,
					 sizeof(text)) &&
	       !memcmp(text, nop, sizeof(nop));
}

/* Where ftrace's call stands in the function at @func, if it has one. */
static inline unsigned long kpx_arch_fentry(unsigned long func)
{
	u32 insn;

	if (copy_from_kernel_nofault(&insn, (const void *)func, sizeof(insn)))
		return func;
	return is_endbr(insn) ? func + ENDBR_INSN_SIZE : func;
}

/* The way back. */
static inline unsigned long kpx_arch_func(unsigned long fentry)
{
	u32 insn;

	if (!ENDBR_INSN_SIZE ||
	    copy_from_kernel_nofault(&insn,
				     (const void *)(fentry - ENDBR_INSN_SIZE),
				     sizeof(insn)))
		return fentry;
	return is_endbr(insn) ? fentry - ENDBR_INSN_SIZE : fentry;
}

/* The first instruction that isn't ftrace's. */
static inline unsigned long kpx_arch_body(unsigned long fentry)
{
	return fentry + MCOUNT_INSN_SIZE;
}

/*
 * An int3 in the kernel is entered as an NMI (irqentry_nmi_enter), which adds
 * one NMI and one hardirq level to the count; a probe on ftrace or an optimised
 * one adds nothing. Of our kprobes only the ftrace kind can be told by its
 * flags, so an optimised probe that is hit in a real NMI on top of a task
 * passes for an int3 in task context.
 */
static __always_inline bool kpx_arch_is_int3(const struct kprobe *kp)
{
	return !(kp->flags & KPROBE_FLAG_FTRACE) &&
	       (preempt_count() & NMI_MASK);
}

/* Was the hit in task context? */
static __always_inline bool kpx_arch_in_task(bool is_int3)
{
	unsigned int count = preempt_count();

	if (is_int3)
		count -= NMI_OFFSET + HARDIRQ_OFFSET;
	return !(count & (NMI_MASK | HARDIRQ_MASK | SOFTIRQ_OFFSET));
}

/*
 * ftrace without FTRACE_OPS_FL_SAVE_REGS saves what a function gets (rdi, rsi,
 * rdx, rcx, r8, r9, rax) with rbp, rsp and rip in a whole struct pt_regs, and
 * says so by cs = 0. That is all that a plain definition and the unwinder need
 * at a function's entry, and costs half. Who reads more sees zeroes.
 */
struct kpx_arch_saved {
	unsigned long ip, cs;
};

static __always_inline struct pt_regs *kpx_arch_regs(struct ftrace_regs *fregs)
{
	return (struct pt_regs *)fregs;
}

/* All 8 bytes: there may be more than the selector in them. */
static __always_inline unsigned long *kpx_arch_cs(struct pt_regs *regs)
{
	return (unsigned long *)((char *)regs + offsetof(struct pt_regs, cs));
}

/* From here on they show the function at @ip. */
static __always_inline void kpx_arch_regs_enter(struct pt_regs *regs,
						unsigned long ip,
						struct kpx_arch_saved *saved)
{
	saved->ip = regs->ip;
	saved->cs = *kpx_arch_cs(regs);
	regs->ip = ip;
}

/* The trampoline returns to ip, and other ftrace_ops look at cs. */
static __always_inline void
kpx_arch_regs_leave(struct pt_regs *regs, const struct kpx_arch_saved *saved)
{
	*kpx_arch_cs(regs) = saved->cs;
	regs->ip = saved->ip;
}

/* Before anybody but the fetch sees them: a sample, the unwinder, BPF. */
static __always_inline void kpx_arch_regs_complete(struct pt_regs *regs)
{
	if (*kpx_arch_cs(regs))
		return;
	*kpx_arch_cs(regs) = __KERNEL_CS;
	*(unsigned long *)((char *)regs + offsetof(struct pt_regs, ss)) =
		__KERNEL_DS;
	/* the unwinder takes this bit for "from the hardware": start at rip */
	regs->flags = X86_EFLAGS_FIXED;
	regs->bx = regs->r10 = regs->r11 = 0;
	regs->r12 = regs->r13 = regs->r14 = regs->r15 = 0;
}

#endif /* KPX_ARCH_X86_H */
