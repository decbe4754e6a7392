/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bpflink - BPF programs on a probe, as the module has them
 */
#ifndef KPC_BPFLINK_H
#define KPC_BPFLINK_H

#include <stddef.h>
#include <stdint.h>

#include "kprobex.h"

struct kpc_bpflink_request {
	uint32_t probe;
	const char *probe_name; /* for errors */
	int program_fd;
	const char *program_name;
	uint64_t cookie;
};

/*
 * Attaches a program as the probe's last, until the descriptor that is returned
 * is closed, and sets the kernel's id of the program; or a negative errno with
 * the reason.
 */
int kpc_bpflink_open(const struct kpc_kprobex *k,
		     const struct kpc_bpflink_request *request,
		     uint32_t *program_id, char *error, size_t error_size);
/* The module can do that: 0, or -EOPNOTSUPP with the reason. */
int kpc_bpflink_check(const struct kpc_kprobex *k, char *error,
		      size_t error_size);
/*
 * The programs of the probe @id, in the order they run; the caller frees each
 * name and the list. 0 or a negative errno; none of a module that can't tell.
 */
int kpc_bpflink_list(const struct kpc_kprobex *k, uint32_t id,
		     struct kpc_program_account **programs, uint32_t *nr);

#endif /* KPC_BPFLINK_H */
