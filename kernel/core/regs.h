/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * regs - names of registers and arguments to offsets in struct pt_regs
 *
 * One implementation per architecture (regs_x86.c): the kernel's own
 * regs_query_register_offset() isn't exported to modules.
 */
#ifndef KPX_CORE_REGS_H
#define KPX_CORE_REGS_H

#include <linux/types.h>

#include "slice.h"

/* How many arguments a function gets in registers, so $arg1 to $argN. */
#define KPX_REG_ARGS 6

struct kpx_reg {
	const char *name; /* without '%' */
	u16 offset;	  /* bytes from the start of struct pt_regs */
};

/*
 * The register called @name (without '%'), or NULL. The names are those that
 * kprobe_events takes.
 */
const struct kpx_reg *kpx_reg_by_name(struct kpx_slice name);

/* The register of argument @n, from 1 to KPX_REG_ARGS, or NULL. */
const struct kpx_reg *kpx_reg_by_arg(unsigned int n);

#endif /* KPX_CORE_REGS_H */
