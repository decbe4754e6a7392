/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * openerror - why perf_event_open(2) or the mapping of a ring failed, and what
 * to do
 */
#ifndef KPC_OPENERROR_H
#define KPC_OPENERROR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Both write the text, and return @err, a negative errno. @of_module: the event
 * is a kernel module's, which may have said more elsewhere.
 */
int kpc_openerror_event(int err, const char *event, bool of_module,
			bool system_wide, char *error, size_t error_size);
int kpc_openerror_ring(int err, uint64_t ring_bytes, char *error,
		       size_t error_size);

#endif /* KPC_OPENERROR_H */
