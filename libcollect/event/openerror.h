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

#define KPC_PARANOID	 "/proc/sys/kernel/perf_event_paranoid"
#define KPC_PARANOID_MAX 2 /* that CAP_PERFMON is enough for; Debian knows 3 */
#define KPC_MLOCK_KB	 "/proc/sys/kernel/perf_event_mlock_kb"

/*
 * Both write the text, and return @err, a negative errno. @type: the event's, as
 * perf_event_attr has it.
 */
int kpc_openerror_event(int err, const char *event, uint32_t type,
			bool system_wide, char *error, size_t error_size);
int kpc_openerror_ring(int err, uint64_t ring_bytes, char *error,
		       size_t error_size);

#endif /* KPC_OPENERROR_H */
