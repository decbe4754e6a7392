/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sink - where a trace's bytes go: a file, or standard output
 */
#ifndef KPC_SINK_H
#define KPC_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

struct kpc_sink;

/*
 * Creates or truncates @path ("-": standard output, if it isn't a terminal).
 * The text of a failure goes to @error.
 */
int kpc_sink_open(struct kpc_sink **sink, const char *path, char *error,
		  size_t error_size);
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
 * reader doesn't take what is written; true makes the write fail with
 * -ETIMEDOUT.
 */
void kpc_sink_give_up_when(struct kpc_sink *sink, bool (*give_up)(void *ctx),
			   void *ctx);
/* Closes the file; late errors (NFS, quota) come here. Once. */
int kpc_sink_finish(struct kpc_sink *sink);
uint64_t kpc_sink_bytes(const struct kpc_sink *sink);
const char *kpc_sink_error(const struct kpc_sink *sink);
/* NULL ok. */
void kpc_sink_free(struct kpc_sink *sink);

#endif /* KPC_SINK_H */
