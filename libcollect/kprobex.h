/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kprobex - a client of the kernel module: its PMU in sysfs, and /dev/kprobex
 */
#ifndef KPC_KPROBEX_H
#define KPC_KPROBEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collect.h"
#include "eventspec.h"
#include "uapi/kprobex.h"

/* Where things are; tests put their own there. */
struct kpc_kprobex_paths {
	const char *device;
	const char *pmu; /* the PMU's folder in sysfs */
	const char *kallsyms;
};

struct kpc_kprobex {
	struct kpc_kprobex_paths paths;
	uint32_t type;	/* perf_event_attr::type of the PMU */
	int fd;		/* probes that we define live as long */
	bool skip_self; /* KPX_CONFIG_SKIP_SELF is known */
};

/*
 * Finds the module. @paths NULL: the usual ones. -ENOENT if it isn't loaded,
 * -EACCES, -EPROTO (another version of the ABI).
 */
int kpc_kprobex_open(struct kpc_kprobex *k,
		     const struct kpc_kprobex_paths *paths, char *error,
		     size_t error_size);
/* After kpc_kprobex_open(), whatever it returned; zeroed isn't fine. */
void kpc_kprobex_close(struct kpc_kprobex *k);

/*
 * The names of all named probes, NULL-terminated; caller frees each and the
 * array. 0 or a negative errno.
 */
int kpc_kprobex_names(const struct kpc_kprobex *k, char ***names);

/*
 * Finds the probe that @spec names, or defines one on the function of that
 * name, for as long as @k is open. Fills @event (zeroed before, for
 * kpc_event_uninit() after) and the probe's @id.
 */
int kpc_kprobex_resolve(const struct kpc_kprobex *k,
			const struct kpc_eventspec *spec,
			struct kpc_event *event, uint32_t *id, char *error,
			size_t error_size);
/* The fields of a record as the module describes them. 0 or -errno. */
int kpc_kprobex_fields(struct kpc_event *event, const struct kpx_field *fields,
		       uint32_t nr);
/* A probe's book as it is now. */
int kpc_kprobex_stats(const struct kpc_kprobex *k, uint32_t id,
		      struct kpc_probe_account *stats);

/* The number after "probe=" in an alias' text, as in events/NAME; or 0. */
uint32_t kpc_kprobex_alias_id(const char *text);

#endif /* KPC_KPROBEX_H */
