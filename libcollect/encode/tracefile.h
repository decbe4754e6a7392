/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tracefile - finished packets, in their order, as a trace in a sink
 *
 * What a trace begins and ends with is known here, and nowhere else: it begins
 * with the Header and the EventDescs, and ends with these again, the index and
 * the footer. One thread at a time uses it, bytes() and events() aside.
 */
#ifndef KPC_TRACEFILE_H
#define KPC_TRACEFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kprobex.pb-c.h"
#include "queue.h"
#include "writer.h"

struct kpc_sink;
struct kpc_tracefile;

/*
 * @path, @level as of kpc_writer_open(); with NULL the Header and the EventDescs
 * that are put are kept, for dumps, and nothing else may be put. The uuid is drawn
 * here. The text of a failure goes to @error.
 */
int kpc_tracefile_open(struct kpc_tracefile **file, const char *path, int level,
		       char *error, size_t error_size);
/* 16 bytes, and what Packet.trace has of them. */
const uint8_t *kpc_tracefile_uuid(const struct kpc_tracefile *file);
uint64_t kpc_tracefile_trace(const struct kpc_tracefile *file);

/*
 * Takes a packet, to be written at the next flush at the latest: until then its
 * bytes must stay. The Header and EventDescs are kept.
 */
int kpc_tracefile_put(struct kpc_tracefile *file,
		      const struct kpc_packet_info *info, const void *packet,
		      size_t bytes);
/* Fills @part, if there is a series. */
bool kpc_tracefile_part(const struct kpc_tracefile *file, Kprobex__Part *part);
/* The Header once more, marked as a repetition, for the trace's end. Copied. */
int kpc_tracefile_repeat(struct kpc_tracefile *file, const void *packet,
			 size_t bytes);
int kpc_tracefile_flush(struct kpc_tracefile *file);
/* Flushes; the end; closes the sink. */
int kpc_tracefile_finish(struct kpc_tracefile *file,
			 enum kpc_exit_reason reason);

void kpc_tracefile_give_up_when(struct kpc_tracefile *file,
				bool (*give_up)(void *ctx), void *ctx);
/*
 * Before the Header: this is the first part of a series, of a flight recorder's
 * dumps if @dump.
 */
void kpc_tracefile_series(struct kpc_tracefile *file, bool dump);
/* Of a file without a path: the first part goes to @path, which mustn't be there. */
int kpc_tracefile_first(struct kpc_tracefile *file, const char *path,
			char *error, size_t error_size);
/*
 * Ends the trace and begins the next part of the series, at @start_ns: in the file
 * @path, or in the same sink if that is NULL. @removed: of its parts, so far. The
 * Header and the EventDescs are written; the rest is the caller's. The text of a
 * failure to open it goes to @error; else it is kpc_tracefile_error()'s.
 */
int kpc_tracefile_next(struct kpc_tracefile *file, const char *path,
		       uint32_t removed, uint64_t start_ns, char *error,
		       size_t error_size);
/*
 * Of a file without a path: a dump in the file @path begins, with Header and
 * EventDescs; the rest is the caller's. A failure is followed by leave_dump(); its
 * text is in @error, or it's kpc_tracefile_error()'s.
 */
int kpc_tracefile_begin_dump(struct kpc_tracefile *file, const char *path,
			     uint64_t start_ns, char *error, size_t error_size);
/* The end of it; as begin_dump(). The next one is the next part of the series. */
int kpc_tracefile_end_dump(struct kpc_tracefile *file,
			   enum kpc_exit_reason reason);
/* Closes it without an end. */
void kpc_tracefile_leave_dump(struct kpc_tracefile *file);
/* Of the current part, as far as it is written; from any thread. */
uint64_t kpc_tracefile_part_bytes(const struct kpc_tracefile *file);
/* Where it goes; the file's. */
struct kpc_sink *kpc_tracefile_sink(const struct kpc_tracefile *file);
/* Written so far, in all parts; from any thread. */
uint64_t kpc_tracefile_bytes(const struct kpc_tracefile *file);
uint64_t kpc_tracefile_events(const struct kpc_tracefile *file);
/* What the sink said of a failed write, or "". */
const char *kpc_tracefile_error(const struct kpc_tracefile *file);
/* Closes without an end if finish wasn't called. NULL ok. */
void kpc_tracefile_free(struct kpc_tracefile *file);

#endif /* KPC_TRACEFILE_H */
