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

/* How many arguments a function gets in registers, so what $args stands for. */
#define KPX_REG_ARGS 6

struct kpx_reg {
	const char *name; /* without '%' */
	u16 offset;	  /* bytes from the start of struct pt_regs */
	bool is_cheap;	  /* there without all registers being saved */
};

/*
 * The register called @name (without '%'), or NULL. The names are those that
 * kprobe_events takes.
 */
const struct kpx_reg *kpx_reg_by_name(struct kpx_slice name);

/* The register of argument @n, from 1 to KPX_REG_ARGS, or NULL. */
const struct kpx_reg *kpx_reg_by_arg(unsigned int n);

/*
 * Arguments behind those are on the stack: the word of argument @n >
 * KPX_REG_ARGS, counted from the stack pointer at a function's entry.
 */
unsigned int kpx_reg_stack_arg(unsigned int n);

/* Those with a part of their own: the return value's, the stack pointer's. */
const struct kpx_reg *kpx_reg_return(void);
const struct kpx_reg *kpx_reg_stack(void);

/*
 * System calls. A stub takes one pointer, its argument 1, to the caller's
 * struct pt_regs, where the system call's own arguments are.
 */
struct kpx_reg_syscall {
	const char *given;	/* a target that begins so … */
	const char *stub;	/* … has this in its place */
	u16 args[KPX_REG_ARGS]; /* offsets in the caller's pt_regs */
};

/* What @symbol stands for as a system call, or NULL. */
const struct kpx_reg_syscall *kpx_reg_syscall(struct kpx_slice symbol);

#endif /* KPX_CORE_REGS_H */
