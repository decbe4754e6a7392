/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * arch - what depends on the architecture beside the register table
 *
 * x86-64 is the only one so far; another brings its own arch_*.h.
 */
#ifndef KPX_ARCH_H
#define KPX_ARCH_H

#ifdef CONFIG_X86_64
#include "arch_x86.h"
#else
#error "kprobex: architecture not supported"
#endif

#endif /* KPX_ARCH_H */
