/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * modules - the modules that the kernel has, from /proc/modules and /sys/module
 *
 * Nothing tells of them when they come and go: who records looks now and then.
 */
#ifndef KPC_MODULES_H
#define KPC_MODULES_H

#include <stdbool.h>
#include <stdint.h>

#include "addresses.h"
#include "buildid.h"
#include "writer.h"

#define KPC_MODULE_NAME_BYTES 64
#define KPC_MODULES_MAX	      4096u

struct kpc_module_state {
	char name[KPC_MODULE_NAME_BYTES];
	uint64_t start; /* 0: hidden */
	uint64_t bytes;
	uint8_t build_id[KPC_BUILDID_BYTES];
	uint8_t build_id_bytes;
	bool seen;  /* in the last look */
	bool fresh; /* not written yet, since it came or went */
};

/* Zeroed but for the paths. */
struct kpc_modules {
	const char *list;   /* "/proc/modules" but in tests */
	const char *folder; /* "/sys/module" */
	struct kpc_module_state *module;
	uint32_t nr;
	uint64_t missed; /* more than KPC_MODULES_MAX */
};

void kpc_modules_init(struct kpc_modules *modules);
void kpc_modules_uninit(struct kpc_modules *modules);
/*
 * Looks at the list. Those that went are kept until the next write, and
 * @addresses (may be NULL) forgets what was in them. 0 or -ENOMEM.
 */
int kpc_modules_look(struct kpc_modules *modules,
		     struct kpc_addresses *addresses);
/* Writes what changed since the last write, or @all that there is. */
int kpc_modules_write(struct kpc_modules *modules, struct kpc_writer *writer,
		      uint64_t now_ns, bool all);
/* Where the module of this name ends; UINT64_MAX if that isn't known. */
uint64_t kpc_modules_end(const struct kpc_modules *modules, const char *name);

#endif /* KPC_MODULES_H */
