/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * writer - makes the packets of a trace, and has them written in their order
 *
 * Order of calls: open, header, event (each, by id), then chunks, tasks,
 * ledgers and clocks as they come, then finish. Each call writes whole packets:
 * a process that is killed leaves at most its last packet cut. After a failed
 * write every further call returns the same error, and nothing is written.
 *
 * A writer is used by one thread. After kpc_writer_start() others may write into
 * the same trace, each by a writer of its own that it got by kpc_writer_share();
 * a ring's chunks come from one of them only.
 */
#ifndef KPC_WRITER_H
#define KPC_WRITER_H

#include <stdbool.h>
#include <stdint.h>

#include "batch.h"
#include "collect.h"
#include "taskevent.h"

struct kpc_host;
struct kpc_outlet;
struct kpc_packet_rows;
struct kpc_writer;

struct kpc_ring_desc {
	int32_t cpu; /* -1: none in particular */
	uint64_t bytes;
};

struct utsname;

/* A machine that isn't this one. */
struct kpc_header_host {
	const struct utsname *uts; /* texts are "" where not known */
	const struct kpc_host *host;
	uint32_t page_bytes;
};

struct kpc_header {
	const struct kpc_header_host *of; /* NULL: this machine */
	const struct kpc_ring_desc *rings;
	uint32_t nr_rings;
	char *const *argv; /* NULL-terminated, or NULL */
	uint32_t clock_id;
	uint64_t start_ns;
	uint32_t cpus_online;
};

struct kpc_clock_reading { /* of clocks, at one moment */
	uint64_t trace_ns;
	uint64_t monotonic_ns;
	int64_t realtime_ns;
};

enum kpc_context_kind { /* as Head's */
	KPC_CONTEXT_MAPS = 24,
	KPC_CONTEXT_SYMBOLS = 25,
	KPC_CONTEXT_MODULES = 26,
	KPC_CONTEXT_KSYMBOLS = 27,
	KPC_CONTEXT_TEXT_POKES = 28,
	KPC_CONTEXT_CGROUPS = 29,
};

/* As ContextHead in the schema. */
struct kpc_context_head {
	uint32_t entries;
	uint64_t lost;
	bool denied;
};

enum kpc_exit_reason {
	KPC_EXIT_COMMAND,
	KPC_EXIT_SIGNAL,
	KPC_EXIT_DURATION,
	KPC_EXIT_UNKNOWN, /* made afterwards, of a cut trace */
	KPC_EXIT_PART	  /* the next part follows */
};

/*
 * @path: created or truncated, unless it is a trace's input or a directory;
 * "-" is stdout; NULL: none yet, see kpc_outlet_keep(). @level: zstd's, 0 for the
 * default, or KPC_LEVEL_NONE.
 * Error texts go to @error. The uuid is drawn here.
 */
int kpc_writer_open(struct kpc_writer **writer, const char *path, int level,
		    char *error, size_t error_size);
/*
 * Before all that follows: names, strings and addresses don't get into the trace, but
 * what stands for them; see veil.h. 0 or a negative errno.
 */
int kpc_writer_anonymize(struct kpc_writer *w);
int kpc_writer_header(struct kpc_writer *w, const struct kpc_header *header);
int kpc_writer_event(struct kpc_writer *w, const struct kpc_event *event);
/*
 * From now on a thread of its own writes what comes; up to @memory_bytes wait for
 * it, and who has more to write waits for room.
 */
int kpc_writer_start(struct kpc_writer *w, size_t memory_bytes);
/* Another writer into the trace of @of, which must outlive it. 0 or -ENOMEM. */
int kpc_writer_share(struct kpc_writer **writer, struct kpc_writer *of);
/* Where its packets go; the locks are there. */
struct kpc_outlet *kpc_writer_outlet(const struct kpc_writer *w);
/*
 * Encodes and compresses @batch, then resets it: the memory that it points to
 * isn't needed any more. kpc_writer_put() writes the packet; an empty batch makes
 * none, and then there is nothing to put.
 */
int kpc_writer_encode(struct kpc_writer *w, uint32_t ring,
		      struct kpc_batch *batch);
int kpc_writer_put(struct kpc_writer *w);
/* The same of a chunk; @rows: what it has. */
int kpc_writer_put_rows(struct kpc_writer *w,
			const struct kpc_packet_rows *rows, uint32_t nr);
/* Both. */
int kpc_writer_chunk(struct kpc_writer *w, uint32_t ring,
		     struct kpc_batch *batch);
int kpc_writer_tasks(struct kpc_writer *w, const struct kpc_task_event *events,
		     uint32_t nr);
int kpc_writer_ledger(struct kpc_writer *w, const struct kpc_ledger *ledger);
/* @body: the serialised message of that kind. */
int kpc_writer_context(struct kpc_writer *w, enum kpc_context_kind kind,
		       const struct kpc_context_head *head,
		       const struct kpc_buf *body);
/* Reads the clocks now and writes what they show. */
int kpc_writer_clock(struct kpc_writer *w);
/* The same, after somebody has set the realtime clock. */
int kpc_writer_clock_set(struct kpc_writer *w);
/* What they showed when it was recorded; 0: not known. */
int kpc_writer_clock_read(struct kpc_writer *w,
			  const struct kpc_clock_reading *reading);
/*
 * When all writers have written: the header and events again, the index, the
 * footer; then fsync-free close.
 */
int kpc_writer_finish(struct kpc_writer *w, enum kpc_exit_reason reason);

/* While a pipe's reader stalls, see kpc_sink_give_up_when(). */
void kpc_writer_give_up_when(struct kpc_writer *w, bool (*give_up)(void *ctx),
			     void *ctx);
uint64_t kpc_writer_bytes(const struct kpc_writer *w);
uint64_t kpc_writer_events(const struct kpc_writer *w);
/* In words, after a failed call: names the file and what to do. */
const char *kpc_writer_error(const struct kpc_writer *w);
/* Closes without finishing if finish wasn't called, unless shared. NULL ok. */
void kpc_writer_free(struct kpc_writer *w);

#endif /* KPC_WRITER_H */
