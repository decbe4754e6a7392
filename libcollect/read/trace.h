/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * trace - what the packets of one trace say, chunks' bodies left aside
 */
#ifndef KPC_TRACE_H
#define KPC_TRACE_H

#include <stdbool.h>
#include <stdint.h>

#include "cgrouptab.h"
#include "clockmap.h"
#include "collect.h"
#include "footer.h"
#include "host.h"
#include "kprobex.pb-c.h"
#include "lives.h"
#include "maptab.h"
#include "packet.h"
#include "symtab.h"
#include "tasks.h"

#define KPC_EVENTS_MAX 32768u
#define KPC_RINGS_MAX  65536u
#define KPC_SETS_MAX   (1ull << 25) /* events of chunks that are kept */

struct kpc_chunk { /* where it is, and what its head says */
	uint64_t offset;
	uint64_t sequence;
	uint64_t first_time_ns;
	uint64_t last_time_ns;
	size_t bytes;
	uint32_t ring;
	uint32_t events;
	uint64_t lost;	   /* not known of one that only an index has */
	uint32_t order;	   /* in the file */
	uint32_t nr_set;   /* events that it has; 0: not known */
	uint64_t set;	   /* of them the first, in trace->sets */
	bool is_unchecked; /* the index has it: its packet wasn't read yet */
	bool was_counted;  /* as damaged */
	bool is_new;	   /* since its file was looked at before */
};

struct kpc_event_rows {
	uint32_t event;
	uint32_t rows;
};

struct kpc_trace {
	uint64_t id;
	bool has_header;
	bool has_footer;
	struct kpc_footer footer;
	uint64_t start_offset; /* of its first packet in the file */
	uint64_t last_offset;  /* of its last packet */
	uint64_t end_offset;   /* after its footer */
	struct kpc_clockmap clocks;
	uint8_t merge[16]; /* Merged.uuid, if info.merged */
	uint64_t packets;
	struct kpc_trace_info info;
	char *texts[5];
	struct kpc_host host; /* of info.host */
	const char **argv;
	int32_t *ring_cpu;	  /* of info.nr_rings */
	struct kpc_event *events; /* those without a name are missing */
	uint32_t nr_events;
	uint32_t events_room;
	struct kpc_chunk *chunks; /* after finish: by ring, sequence */
	uint32_t nr_chunks;
	uint32_t chunks_room;
	struct kpc_event_rows *sets;
	uint64_t nr_sets;
	uint64_t sets_room;
	uint64_t missing_chunks;
	uint64_t bad_packets; /* found by finish */
	struct kpc_tasks tasks;
	struct kpc_lives lives;
	struct kpc_symtab symtab;
	struct kpc_maptab maptab;
	struct kpc_cgrouptab cgroups;
	uint64_t nr_clocks;
	Kprobex__Head *ledger_head; /* the last */
	Kprobex__Head *begin_head;  /* of a part: the one that it begins with */
	struct kpc_ledger ledger;
	bool has_ledger;
};

struct kpc_trace *kpc_trace_new(uint64_t id);
void kpc_trace_free(struct kpc_trace *trace);

/*
 * Takes in a packet that isn't a chunk's or tasks' (whose bodies the caller
 * has). May take over *head and NULL it. -EBADMSG if it makes no sense.
 */
int kpc_trace_add(struct kpc_trace *trace, Kprobex__Head **head);
/*
 * Takes in the body of tasks, or of another kind of context. -EBADMSG if it is
 * damaged or would be too much.
 */
int kpc_trace_add_body(struct kpc_trace *trace, const Kprobex__Head *head,
		       struct kpc_wire body);
/* Is it a packet whose body that takes? */
bool kpc_trace_wants_body(const Kprobex__Head *head);
/* The chunk added last is trace->chunks[trace->nr_chunks - 1]. */
int kpc_trace_add_chunk(struct kpc_trace *trace, const Kprobex__Chunk *chunk,
			uint64_t offset, size_t bytes);
/*
 * After the last packet: sorts and sums up. More may be added then, and it be called
 * again. 0 or -ENOMEM.
 */
int kpc_trace_finish(struct kpc_trace *trace);
/* What collect.h has no call for, of a trace's info. NULL: it has no ledger. */
const struct kpc_ledger *kpc_trace_ledger(const struct kpc_trace_info *info);
const struct kpc_clockmap *kpc_trace_clocks(const struct kpc_trace_info *info);
const struct kpc_lives *kpc_trace_lives(const struct kpc_trace_info *info);
/* The CPU of a ring; -1: unknown. */
int32_t kpc_trace_cpu(const struct kpc_trace *trace, uint32_t ring);

#endif /* KPC_TRACE_H */
