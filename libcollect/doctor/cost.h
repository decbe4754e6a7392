/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cost - what a hit costs here, measured on the module's own function
 */
#ifndef KPC_COST_H
#define KPC_COST_H

#include "collect.h"
#include "kprobex.h"

/* As kpc_costs_measure(), of a module that is open. */
int kpc_cost_measure(const struct kpc_kprobex *k, struct kpc_costs *costs,
		     char *error, size_t error_size);

#endif /* KPC_COST_H */
