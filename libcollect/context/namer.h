/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * namer - asks the kernel for the symbol of one address: by a BPF program of a
 * few instructions, which formats it with %pS. Reading all of kallsyms takes
 * tens of milliseconds, this some microseconds an address.
 */
#ifndef KPC_NAMER_H
#define KPC_NAMER_H

#include <stdint.h>

#include "lookup.h"

struct kpc_namer_cell; /* what the program and we see */

struct kpc_namer {
	int out_fd; /* maps: what is asked and answered, and the format */
	int format_fd;
	int program_fd;
	struct kpc_namer_cell *cell;
};

struct kpc_name {
	uint64_t start;
	uint64_t bytes;
	char name[KPC_SYMBOL_BYTES];
	char module[KPC_MODULE_BYTES]; /* "": the kernel's own */
};

/*
 * 0, or a negative errno where there is no BPF (CAP_BPF and CAP_PERFMON, Linux
 * 5.14). @namer is for close in any case.
 */
int kpc_namer_open(struct kpc_namer *namer);
void kpc_namer_close(struct kpc_namer *namer);
/* 0; -ENOENT: it is in no symbol; or another negative errno. */
int kpc_namer_name(struct kpc_namer *namer, uint64_t address,
		   struct kpc_name *name);
/* For tests: takes apart what %pS gives, NAME+0xOFFSET/0xBYTES [MODULE]. */
int kpc_namer_parse(const char *text, uint64_t address, struct kpc_name *name);

#endif /* KPC_NAMER_H */
