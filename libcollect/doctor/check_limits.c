// SPDX-License-Identifier: GPL-2.0-only
/* check_limits.c - what one process may take of memory, files and CPU time */
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "checkup.h"
#include "openerror.h"

#define EVENTS_FEW 16 /* a recording may well have more */

/* Each ring has a page before its data. */
static uint64_t ring_bytes(const struct kpc_facts *f, uint64_t data)
{
	return (data + sysconf(_SC_PAGESIZE)) * f->cpus;
}

/* The largest ring of which there may be one on each CPU. */
static uint64_t largest_ring(const struct kpc_facts *f, uint64_t bytes)
{
	uint64_t ring = KPC_RING_BYTES;

	while (ring > 4096 && ring_bytes(f, ring) > bytes)
		ring /= 2;
	return ring;
}

/* perf_event_mlock_kb is of a user, on each CPU; the limit comes on top of it. */
static void look_at_memory(struct kpc_checkup *c)
{
	const struct kpc_facts *f = c->facts;
	int64_t mlock_kb = 0, paranoid = 0;
	uint64_t bytes, ring;

	kpc_facts_number(f, KPC_PARANOID, &paranoid);
	if (kpc_facts_can(f, CAP_IPC_LOCK) || paranoid < 0) {
		kpc_checkup_found(c, "locked memory", "unlimited");
		return;
	}
	if (kpc_facts_number(f, KPC_MLOCK_KB, &mlock_kb) || mlock_kb < 0 ||
	    mlock_kb > INT32_MAX)
		mlock_kb = 0;
	bytes = (uint64_t)mlock_kb * 1024 * f->cpus;
	if (__builtin_add_overflow(bytes, f->memlock_bytes, &bytes))
		bytes = UINT64_MAX;
	if (bytes == UINT64_MAX)
		kpc_checkup_found(c, "locked memory", "unlimited");
	else
		kpc_checkup_found(c, "locked memory",
				  "%" PRIu64 " KiB for rings on %u CPU%s",
				  bytes / 1024, f->cpus,
				  f->cpus == 1 ? "" : "s");
	ring = largest_ring(f, bytes);
	if (ring == KPC_RING_BYTES)
		return;
	kpc_checkup_warn(
		c,
		"rings of the usual %u MiB on each CPU aren't allowed: "
		"use smaller ones, -m %" PRIu64 "%s",
		KPC_RING_BYTES >> 20, ring >> 20 ? ring >> 20 : ring >> 10,
		ring >> 20 ? "M" : "k");
	kpc_checkup_mend(c, "%ssysctl -w kernel.perf_event_mlock_kb=%u",
			 f->sudo, (KPC_RING_BYTES >> 10) + 16);
}

/* collect goes to the hard limit by itself. */
static void look_at_files(struct kpc_checkup *c)
{
	const struct kpc_facts *f = c->facts;
	uint64_t events = f->files_most / f->cpus;

	if (!f->files_most)
		return;
	if (f->files_most == UINT64_MAX)
		kpc_checkup_found(c, "open files", "unlimited");
	else
		kpc_checkup_found(c, "open files",
				  "up to %" PRIu64 ": about %" PRIu64
				  " events on %u CPU%s",
				  f->files_most, events, f->cpus,
				  f->cpus == 1 ? "" : "s");
	if (events >= EVENTS_FEW)
		return;
	kpc_checkup_warn(c,
			 "each event takes one on each CPU, and of each thread "
			 "of -p and -t: more events can't be recorded");
	kpc_checkup_mend(c,
			 "as root, in the shell that runs collect: ulimit -n "
			 "65536");
}

static void look_at_priority(struct kpc_checkup *c)
{
	const struct kpc_facts *f = c->facts;
	bool may = kpc_facts_can(f, CAP_SYS_NICE) || f->rtprio;

	kpc_checkup_found(c, "realtime priority", "%s",
			  may ? "allowed" : "not allowed");
	if (may)
		return;
	kpc_checkup_warn(c,
			 "on a busy machine collect may run too late to read "
			 "its rings, and lose events (they are counted)");
	kpc_checkup_mend(c,
			 "as root, in the shell that runs collect: ulimit -r "
			 "1");
}

const kpc_check_look kpc_checks_limits[] = {
	look_at_memory,
	look_at_files,
	look_at_priority,
	NULL,
};
