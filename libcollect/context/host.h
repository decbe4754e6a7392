/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * host - what an analyst needs to know of the machine, see HostFacts in the
 * schema
 */
#ifndef KPC_HOST_H
#define KPC_HOST_H

#include <stdbool.h>
#include <stddef.h>

#include "collect.h"
#include "kprobex.pb-c.h"

#define KPC_HOST_TEXT 256

struct kpc_host {
	Kprobex__HostFacts facts;  /* its bytes are the members below */
	struct kpc_host_info info; /* the same, for who reads it */
	char os_release[KPC_HOST_TEXT];
	char options[KPC_HOST_TEXT * 4];
	char cpu_model[KPC_HOST_TEXT];
	char clocksource[KPC_HOST_TEXT];
	char hypervisor[KPC_HOST_TEXT];
	uint8_t boot_id[16];
	uint8_t build_id[20];
};

/* Reads what there is. @root is "" but in tests: where /proc and so on are. */
void kpc_host_read(struct kpc_host *host, const char *root);

/*
 * Fills host->info from a Header's, which may be NULL; what is too long is cut,
 * what makes no sense is unknown. @host mustn't move after that.
 */
void kpc_host_unpack(struct kpc_host *host, const Kprobex__HostFacts *facts);

/*
 * The words of the kernel command line that are known to matter to who reads a
 * trace, and that can't have secrets: into @out, separated by blanks.
 */
void kpc_host_options(const char *command_line, char *out, size_t size);
/* 16 bytes of 36 characters with dashes; false if it isn't that. */
bool kpc_host_uuid(const char *text, uint8_t uuid[16]);

#endif /* KPC_HOST_H */
