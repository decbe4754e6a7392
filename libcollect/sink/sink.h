/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sink - where a trace's bytes go: a file, standard output or a pipe, a socket
 *
 * One thread at a time writes. Each write is of whole packets, and is written
 * whole or not at all as far as the kind of sink can: see its file. sink_ops.h
 * has what a kind provides.
 */
#ifndef KPC_SINK_H
#define KPC_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "collect.h"

struct kpc_sink;

/*
 * @output: a path, which is created or truncated; "-": standard output, if it
 * isn't a terminal; unix:PATH or tcp:HOST:PORT: connects to who listens there.
 * The text of a failure goes to @error.
 */
int kpc_sink_open(struct kpc_sink **sink, const char *output, char *error,
		  size_t error_size);
/*
 * A regular file that isn't there yet: @path is nobody else's, and no link is
 * followed. -EEXIST: there is something.
 */
int kpc_sink_create(struct kpc_sink **sink, const char *path, char *error,
		    size_t error_size);

/*
 * What is written from here on is another trace, with this uuid: the bytes are
 * counted anew. Without it all is one trace that can't be resumed.
 */
int kpc_sink_begin(struct kpc_sink *sink, const uint8_t uuid[16]);
/*
 * A packet of the Header, marked `repeat`, then one of each EventDesc of the trace
 * that began last: what a receiver gets again after a gap. Copied.
 */
int kpc_sink_repeat(struct kpc_sink *sink, const void *data, size_t bytes);

/*
 * Writes all of it. After a failure a regular file is cut back to what was
 * whole before the call, kpc_sink_error() has the text, and every further call
 * gives the same errno.
 */
int kpc_sink_write(struct kpc_sink *sink, const void *data, size_t bytes);
/* The same of @nr pieces behind each other; each is whole by itself. */
int kpc_sink_writev(struct kpc_sink *sink, const struct iovec *pieces,
		    uint32_t nr);
/*
 * @give_up is asked, several times a second, while a pipe's or a socket's
 * reader is waited for; true makes the write fail with
 * -ETIMEDOUT.
 */
void kpc_sink_give_up_when(struct kpc_sink *sink, bool (*give_up)(void *ctx),
			   void *ctx);
/*
 * The trace clock's time at which the reader last took something, or at which a write
 * or the end began that waits for it.
 */
uint64_t kpc_sink_moved_ns(const struct kpc_sink *sink);
/*
 * Closes it, when all has arrived as far as the receiver tells; late errors
 * (NFS, quota) come here. Once.
 */
int kpc_sink_finish(struct kpc_sink *sink);
/* Of the trace that began last. */
uint64_t kpc_sink_bytes(const struct kpc_sink *sink);
const char *kpc_sink_error(const struct kpc_sink *sink);
/* NULL ok. */
void kpc_sink_free(struct kpc_sink *sink);

/* ---- of sockets; nothing for other kinds --------------------------------- */

/* The first three before kpc_sink_begin(), which starts the thread. */

#define KPC_SINK_MEMORY (32u << 20)

/* So many bytes are kept until the receiver has them; 0: KPC_SINK_MEMORY. */
void kpc_sink_keep(struct kpc_sink *sink, uint64_t bytes);
/* For so long a lost connection is tried again; 0: not at all. */
void kpc_sink_reconnect(struct kpc_sink *sink, uint64_t ns);
/* @log is told of lost connections, from a thread of the sink's own. */
void kpc_sink_log_to(struct kpc_sink *sink,
		     void (*log)(void *ctx, enum kpc_log_level level,
				 const char *text),
		     void *ctx);
/* The id of the sink's own thread, 0: it has none. */
pid_t kpc_sink_thread(const struct kpc_sink *sink);
/* There is something that the receiver will never get. */
bool kpc_sink_has_gap(const struct kpc_sink *sink);

#endif /* KPC_SINK_H */
