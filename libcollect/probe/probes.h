/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * probes - the module's probes: what a kpc_probes is made of
 */
#ifndef KPC_PROBES_H
#define KPC_PROBES_H

#include "collect.h"
#include "fail.h"
#include "kprobex.h"

struct kpc_probes {
	struct kpc_kprobex kprobex;
	char error[KPC_ERROR_BYTES];
};

#endif /* KPC_PROBES_H */
