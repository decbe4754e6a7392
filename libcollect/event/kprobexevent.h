/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kprobexevent - an event of a probe: from what -e names to how it is opened
 */
#ifndef KPC_KPROBEXEVENT_H
#define KPC_KPROBEXEVENT_H

#include "eventspec.h"
#include "kprobex.h"

/* How an event of a probe is to be opened. */
struct kpc_kprobex_config {
	uint32_t id;	    /* the probe's */
	uint32_t unit;	    /* enum kpx_unit, one that can be recorded */
	uint32_t field;	    /* argument, from 0, of unit KPX_UNIT_FIELD */
	uint32_t mode;	    /* enum kpx_mode */
	bool skip_self;	    /* asked for */
	uint64_t period;    /* 0: not said */
	uint32_t weight_at; /* offset of the weight in a record; 0: it has none */
};

/*
 * Finds the probe that @spec names, or defines one on the function or system call
 * of that name, for as long as @k is open: with its arguments by name, as far as
 * they are known. Fills @event (zeroed before, for
 * kpc_event_uninit() after) and @config. -EINVAL if it only counts, or has no
 * such argument; -EOPNOTSUPP if the module is too old.
 */
int kpc_kprobex_resolve(struct kpc_kprobex *k, const struct kpc_eventspec *spec,
			struct kpc_event *event,
			struct kpc_kprobex_config *config, char *error,
			size_t error_size);

/* perf_event_attr::config for it. */
uint64_t kpc_kprobex_attr_config(const struct kpc_kprobex_config *config);

#endif /* KPC_KPROBEXEVENT_H */
