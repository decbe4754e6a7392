/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * checkup - the checks of kpc_doctor(), and how each says what it found
 */
#ifndef KPC_CHECKUP_H
#define KPC_CHECKUP_H

#include "collect.h"
#include "facts.h"
#include "kconfig.h"

struct kpc_checkup {
	const struct kpc_facts *facts;
	const struct kpc_kconfig *config;
	const char *group;
	kpc_check_fn fn;
	void *ctx;
	int ret; /* fn's; not 0: it's over */

	/* of the finding that is being made; "": none is */
	const char *name;
	enum kpc_check_state state;
	char found[256];
	char meaning[1024];
	char mend[512];
};

/* Begins a finding, which is fine so far; the one before it is told. */
__attribute__((format(printf, 3, 4))) void
kpc_checkup_found(struct kpc_checkup *checkup, const char *name,
		  const char *format, ...);
/* What it means: it's fine all the same; a warning; a problem. */
__attribute__((format(printf, 2, 3))) void
kpc_checkup_note(struct kpc_checkup *checkup, const char *format, ...);
__attribute__((format(printf, 2, 3))) void
kpc_checkup_warn(struct kpc_checkup *checkup, const char *format, ...);
__attribute__((format(printf, 2, 3))) void
kpc_checkup_problem(struct kpc_checkup *checkup, const char *format, ...);
/* The command for it. */
__attribute__((format(printf, 2, 3))) void
kpc_checkup_mend(struct kpc_checkup *checkup, const char *format, ...);
/* Tells the last one. */
void kpc_checkup_end(struct kpc_checkup *checkup);

/* A group of checks; the last has no function. */
typedef void (*kpc_check_look)(struct kpc_checkup *checkup);

extern const kpc_check_look kpc_checks_kernel[];
extern const kpc_check_look kpc_checks_module[];
extern const kpc_check_look kpc_checks_permission[];
extern const kpc_check_look kpc_checks_limits[];
extern const kpc_check_look kpc_checks_tracing[];
extern const kpc_check_look kpc_checks_programs[];

#endif /* KPC_CHECKUP_H */
