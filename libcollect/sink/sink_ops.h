/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sink_ops - what a kind of sink provides; for sink*.c only
 *
 * A kind embeds struct kpc_sink as its first member. An operation gives 0 or
 * a negative errno, with a text in sink->error if it has a better one than
 * kpc_sink_fail() makes; sink.c does the rest: no operation is called after a
 * failure but free, and bytes are counted there.
 */
#ifndef KPC_SINK_OPS_H
#define KPC_SINK_OPS_H

#include "fail.h"
#include "sink.h"
#include "trace_clock.h"

#define KPC_SINK_WAIT_MS 200 /* for a reader, before give_up is asked */

struct kpc_sink_ops {
	/*
	 * Writes all of the pieces, or says in @written how much of them was
	 * before it failed. @pieces may be changed.
	 */
	int (*writev)(struct kpc_sink *sink, struct iovec *pieces, uint32_t nr,
		      size_t *written);
	/* A regular file is cut back to sink->bytes. NULL: can't. */
	void (*cut)(struct kpc_sink *sink);
	int (*finish)(struct kpc_sink *sink);
	void (*free)(struct kpc_sink *sink);
	/* NULL: it makes no difference. */
	int (*begin)(struct kpc_sink *sink, const uint8_t uuid[16]);
	int (*repeat)(struct kpc_sink *sink, const void *data, size_t bytes);
	bool (*has_gap)(struct kpc_sink *sink);
};

struct kpc_sink {
	const struct kpc_sink_ops *ops;
	char *name;
	int failed;	/* negative errno of the first failure */
	uint64_t bytes; /* of the trace that began last, in whole pieces */
	bool (*give_up)(void *ctx);
	void *give_up_ctx;
	uint64_t memory_bytes;
	uint64_t reconnect_ns;
	void (*log)(void *ctx, enum kpc_log_level level, const char *text);
	void *log_ctx;
	pid_t thread;
	_Atomic uint64_t moved_ns; /* see kpc_sink_moved_ns() */
	char error[KPC_ERROR_BYTES];
};

/* Its reader took something, or begins to be waited for. */
static inline void kpc_sink_moved(struct kpc_sink *sink)
{
	sink->moved_ns = kpc_trace_clock();
}

/* Who waits should stop waiting. */
static inline bool kpc_sink_gives_up(const struct kpc_sink *sink)
{
	return sink->give_up && sink->give_up(sink->give_up_ctx);
}

/* Until who reads @fd takes more, or that: 0, or -ETIMEDOUT. */
int kpc_sink_wait_for_room(struct kpc_sink *sink, int fd);

/*
 * The kinds; only a socket's has its name already. A descriptor is the sink's from
 * then on, after a failure too.
 */
int kpc_sink_file_new(struct kpc_sink **sink, int fd);
int kpc_sink_stream_new(struct kpc_sink **sink, int fd);
int kpc_sink_socket_new(struct kpc_sink **sink, const char *address,
			char *error, size_t error_size);

#endif /* KPC_SINK_OPS_H */
