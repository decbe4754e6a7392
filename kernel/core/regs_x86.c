// SPDX-License-Identifier: GPL-2.0-only
/*
 * The x86-64 register table. Everything here is a 64-bit slot of pt_regs, cs
 * and ss included.
 */
#include <linux/kernel.h>
#include <linux/ptrace.h>
#include <linux/stddef.h>

#include "regs.h"

#define REG(name)                                            \
	{                                                    \
#name, offsetof(struct pt_regs, name), false \
	}
/* ftrace saves these even if it isn't asked for all registers. */
#define CHEAP(name)                                         \
	{                                                   \
#name, offsetof(struct pt_regs, name), true \
	}

static const struct kpx_reg regs[] = {
	REG(r15),   REG(r14),  REG(r13),  REG(r12),	CHEAP(bp), REG(bx),
	REG(r11),   REG(r10),  CHEAP(r9), CHEAP(r8),	CHEAP(ax), CHEAP(cx),
	CHEAP(dx),  CHEAP(si), CHEAP(di), REG(orig_ax), CHEAP(ip), REG(cs),
	REG(flags), CHEAP(sp), REG(ss),
};

/* System V AMD64 ABI, 3.2.3: di, si, dx, cx, r8, r9. */
static const struct kpx_reg args[KPX_REG_ARGS] = {
	CHEAP(di), CHEAP(si), CHEAP(dx), CHEAP(cx), CHEAP(r8), CHEAP(r9),
};

const struct kpx_reg *kpx_reg_by_name(struct kpx_slice name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(regs); i++)
		if (kpx_slice_eq(name, regs[i].name))
			return &regs[i];
	return NULL;
}

const struct kpx_reg *kpx_reg_by_arg(unsigned int n)
{
	if (n < 1 || n > ARRAY_SIZE(args))
		return NULL;
	return &args[n - 1];
}

/* The word at the stack pointer is the return address. */
unsigned int kpx_reg_stack_arg(unsigned int n)
{
	return n - KPX_REG_ARGS;
}

const struct kpx_reg *kpx_reg_return(void)
{
	static const struct kpx_reg reg = CHEAP(ax);

	return &reg;
}

const struct kpx_reg *kpx_reg_stack(void)
{
	static const struct kpx_reg reg = CHEAP(sp);

	return &reg;
}

#define SLOT(name) offsetof(struct pt_regs, name)

const struct kpx_reg_syscall *kpx_reg_syscall(struct kpx_slice symbol)
{
	/* The kernel's entry code: 64-bit callers, then 32-bit ones. */
#define ARGS64                                                              \
	{                                                                   \
		SLOT(di), SLOT(si), SLOT(dx), SLOT(r10), SLOT(r8), SLOT(r9) \
	}
#define ARGS32                                                             \
	{                                                                  \
		SLOT(bx), SLOT(cx), SLOT(dx), SLOT(si), SLOT(di), SLOT(bp) \
	}
	static const struct kpx_reg_syscall kinds[] = {
		{ "sys_", "__x64_sys_", ARGS64 },
		{ "__x64_sys_", "__x64_sys_", ARGS64 },
		{ "__ia32_sys_", "__ia32_sys_", ARGS32 },
		{ "__ia32_compat_sys_", "__ia32_compat_sys_", ARGS32 },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		if (kpx_slice_starts(symbol, kinds[i].given))
			return &kinds[i];
	return NULL;
}
