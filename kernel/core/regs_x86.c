// SPDX-License-Identifier: GPL-2.0-only
/*
 * The x86-64 register table. Everything here is a 64-bit slot of pt_regs, cs
 * and ss included.
 */
#include <linux/kernel.h>
#include <linux/ptrace.h>
#include <linux/stddef.h>

#include "regs.h"

#define REG(name)                                     \
	{                                             \
#name, offsetof(struct pt_regs, name) \
	}

static const struct kpx_reg regs[] = {
	REG(r15),   REG(r14), REG(r13), REG(r12),     REG(bp), REG(bx),
	REG(r11),   REG(r10), REG(r9),	REG(r8),      REG(ax), REG(cx),
	REG(dx),    REG(si),  REG(di),	REG(orig_ax), REG(ip), REG(cs),
	REG(flags), REG(sp),  REG(ss),
};

/* System V AMD64 ABI, 3.2.3: di, si, dx, cx, r8, r9. */
static const struct kpx_reg args[KPX_REG_ARGS] = {
	REG(di), REG(si), REG(dx), REG(cx), REG(r8), REG(r9),
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
