/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ksymbols - text of the kernel that comes, goes or is patched while a recording
 * goes on: PERF_RECORD_KSYMBOL and PERF_RECORD_TEXT_POKE, of all CPUs, because
 * they happen where whoever loads a BPF program runs; and PERF_RECORD_CGROUP, which
 * comes in the same way
 */
#ifndef KPC_KSYMBOLS_H
#define KPC_KSYMBOLS_H

#include <linux/perf_event.h>
#include <stdint.h>

#include "buf.h"
#include "cgroups.h"
#include "evlist.h"
#include "writer.h"

#define KPC_KSYMBOLS_MAX 65536u /* kept of those that are there */

struct kpc_ksymbol {
	uint64_t time_ns;
	uint64_t address;
	uint64_t bytes;
	uint32_t type;
	bool gone;
	char *name;
};

struct kpc_ksymbols_cpu {
	bool online; /* it has events that live */
	uint64_t enabled_ns;
};

/* Zeroed is one that hears nothing. */
struct kpc_ksymbols {
	struct kpc_evlist *evlist;
	struct kpc_ksymbols_cpu *cpu; /* per ring */
	struct kpc_ksymbol *pending;
	uint32_t nr;
	uint32_t room;
	struct kpc_ksymbol *live; /* for a trace that begins anew */
	uint32_t nr_live;
	uint32_t live_room;
	struct kpc_buf pokes; /* TextPokes.poke, serialised */
	uint32_t nr_pokes;
	uint64_t lost;
	struct kpc_cgroups *cgroups; /* who gets their records, or NULL */
};

/*
 * @cgroups: borrowed; NULL: their records aren't wanted. 0; or a negative errno with
 * the reason, where the kernel refuses.
 */
int kpc_ksymbols_open(struct kpc_ksymbols *ksymbols,
		      struct kpc_cgroups *cgroups, char *error,
		      size_t error_size);
void kpc_ksymbols_close(struct kpc_ksymbols *ksymbols);
/*
 * What a CPU does is told to events of that CPU, which the kernel detaches when it
 * goes offline: one that came, or came back, gets new ones.
 */
void kpc_ksymbols_follow_cpus(struct kpc_ksymbols *ksymbols,
			      const struct kpc_cpulist *online);
/* Takes what is in the rings; 0 or -ENOMEM. */
int kpc_ksymbols_drain(struct kpc_ksymbols *ksymbols);
/* One record, as the kernel gives it. 0, -EBADMSG or -ENOMEM. */
int kpc_ksymbols_record(struct kpc_ksymbols *ksymbols,
			const struct perf_event_header *record);
/* Writes what was taken since the last write. */
int kpc_ksymbols_write(struct kpc_ksymbols *ksymbols,
		       struct kpc_writer *writer);
/* Writes what came and is still there. */
int kpc_ksymbols_snapshot(struct kpc_ksymbols *ksymbols,
			  struct kpc_writer *writer);

#endif /* KPC_KSYMBOLS_H */
