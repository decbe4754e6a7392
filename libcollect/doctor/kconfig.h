/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kconfig - how the running kernel was configured, where that is to be read
 */
#ifndef KPC_KCONFIG_H
#define KPC_KCONFIG_H

#include <stdbool.h>

#include "facts.h"

struct kpc_kconfig {
	char path[384]; /* below the root, of the file that has it */
	char *text;	/* NULL: it isn't known */
};

/* Reads it, if it's there; for kpc_kconfig_uninit(). */
void kpc_kconfig_read(struct kpc_kconfig *config,
		      const struct kpc_facts *facts);
void kpc_kconfig_uninit(struct kpc_kconfig *config);

/* Is CONFIG_@option y or m? False if nothing is known. */
bool kpc_kconfig_has(const struct kpc_kconfig *config, const char *option);

#endif /* KPC_KCONFIG_H */
