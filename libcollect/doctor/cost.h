/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cost - what a hit costs here, measured on the module's own function
 */
#ifndef KPC_COST_H
#define KPC_COST_H

#include "collect.h"
#include "events.h"
#include "kprobex.h"

#define KPC_COST_ALL ((1u << KPC_NR_MECHANISMS) - 1)

/*
 * As kpc_costs_measure(), of a module that is open: of @mechanisms, bits of enum
 * kpc_mechanism, with what samples have of the stack (NULL: nothing).
 */
int kpc_cost_measure(const struct kpc_kprobex *k, uint32_t mechanisms,
		     const struct kpc_callchain *callchain,
		     struct kpc_costs *costs, char *error, size_t error_size);
/*
 * Of a tracepoint, measured on a system call's. 0, or a negative errno: there is no
 * such tracepoint, or no permission.
 */
int kpc_cost_measure_tracepoint(const struct kpc_callchain *callchain,
				struct kpc_hit_cost *cost);

/*
 * Of a probe in a program, measured on a function of this library; @stepping: where
 * the kernel doesn't do the instruction itself, see stepping.h. As above; -ENOENT
 * also if this kernel has no such probes.
 */
int kpc_cost_measure_uprobe(bool stepping,
			    const struct kpc_callchain *callchain,
			    struct kpc_hit_cost *cost);

#endif /* KPC_COST_H */
