/* SPDX-License-Identifier: GPL-2.0-only */
/* struct pt_regs as the x86-64 kernel has it; user space's has other names. */
#ifndef SHIM_LINUX_PTRACE_H
#define SHIM_LINUX_PTRACE_H

#ifndef __x86_64__
#error "shim: only x86-64's registers so far"
#endif

struct pt_regs {
	unsigned long r15, r14, r13, r12, bp, bx;
	unsigned long r11, r10, r9, r8, ax, cx, dx, si, di;
	unsigned long orig_ax, ip, cs, flags, sp, ss;
};

#endif /* SHIM_LINUX_PTRACE_H */
