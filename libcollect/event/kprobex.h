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
#include "definition.h"
#include "nearmiss.h"
#include "prototype.h"
#include "uapi/kprobex.h"

/* Where things are; tests put their own there. */
struct kpc_kprobex_paths {
	const char *device;
	const char *pmu; /* the PMU's folder in sysfs */
	const char *kallsyms;
	const char *btf;     /* the folder; NULL: the usual one */
	const char *tracefs; /* NULL: it is looked for */
};

struct kpc_kprobex {
	struct kpc_kprobex_paths paths;
	uint32_t type;	   /* perf_event_attr::type of the PMU */
	int fd;		   /* probes that we define live as long */
	uint64_t features; /* KPX_FEATURE_* */
	struct kpc_kernel_btf btf;
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

/* ioctl(2), with the library's convention. */
int kpc_kprobex_call(const struct kpc_kprobex *k, unsigned long request,
		     void *arg);

/*
 * The names of all named probes, or of what is an alias only, without those for
 * other units; NULL-terminated, caller frees each and the array. 0 or a negative
 * errno.
 */
int kpc_kprobex_names(const struct kpc_kprobex *k, bool aliases, char ***names);

/* What the alias called @name says; they stay as they are if there's none. */
void kpc_kprobex_find(const struct kpc_kprobex *k, const char *name,
		      uint32_t *id, uint32_t *unit);
/* Offers @near the names of all probes and aliases. */
void kpc_kprobex_offer(const struct kpc_kprobex *k, struct kpc_nearmiss *near);
/* What kpc_definition_expand() takes; valid as long as @k. */
void kpc_kprobex_definition_opts(struct kpc_kprobex *k,
				 struct kpc_definition_opts *opts);
/*
 * Defines the probe of the expanded definition @text, whose target may be a pattern,
 * which the first function's name replaces. @flags: KPX_DEFINE_*; without
 * KPX_DEFINE_PERSISTENT it goes with @k. @id may be NULL. 0, or a negative errno
 * with the reason.
 */
int kpc_kprobex_define(const struct kpc_kprobex *k, struct kpc_buf *text,
		       uint32_t flags, uint32_t *id, char *error,
		       size_t error_size);
/* Removes a named one. -ENOENT; -EBUSY events of it are open. */
int kpc_kprobex_remove(const struct kpc_kprobex *k, const char *name);

/* What there is to be said of a probe, and what it points to. */
struct kpc_probe_said {
	struct kpc_probe probe;
	char name[KPX_NAME_SIZE];
	char text[KPX_DEFINITION_SIZE];
};

int kpc_kprobex_say(const struct kpc_kprobex *k, const char *name,
		    struct kpc_probe_said *said);

/* A probe's book as it is now. */
int kpc_kprobex_stats(const struct kpc_kprobex *k, uint32_t id,
		      struct kpc_probe_account *stats);

/* enum kpc_mechanism of the probe that are in force now, as bits. */
int kpc_kprobex_mechanisms(const struct kpc_kprobex *k, uint32_t id,
			   uint32_t *mechanisms);
/* KPX_IOC_TRIAL: @calls of the module's own function took *@ns. */
int kpc_kprobex_trial(const struct kpc_kprobex *k, uint64_t calls,
		      uint64_t *ns);

/*
 * The number after "@term=" in an alias' text, as in events/NAME; 0 if it isn't
 * there, or has more than 32 bits.
 */
uint32_t kpc_kprobex_alias_term(const char *text, const char *term);

#endif /* KPC_KPROBEX_H */
