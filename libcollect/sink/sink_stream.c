// SPDX-License-Identifier: GPL-2.0-only
/*
 * sink_stream.c - a pipe, or a socket that somebody else connected. A reader that
 * stalls is waited for until give_up says no.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "sink_ops.h"

struct stream_sink {
	struct kpc_sink sink;
	int fd;
};

static int stream_write(struct stream_sink *stream, const uint8_t *data,
			size_t bytes)
{
	while (bytes) {
		ssize_t n;
		int err = kpc_sink_wait_for_room(&stream->sink, stream->fd);

		if (err)
			return err;
		/* So much fits into a pipe that polls as writable. */
		n = write(stream->fd, data,
			  bytes > PIPE_BUF ? PIPE_BUF : bytes);
		if (n > 0) {
			kpc_sink_moved(&stream->sink);
			data += n;
			bytes -= n;
		} else if (!n) {
			return -EIO;
		} else if (errno != EINTR && errno != EAGAIN) {
			return -errno;
		}
	}
	return 0;
}

static int stream_writev(struct kpc_sink *sink, struct iovec *pieces,
			 uint32_t nr, size_t *written)
{
	int err = 0;

	for (uint32_t i = 0; !err && i < nr; i++) {
		err = stream_write((struct stream_sink *)sink,
				   pieces[i].iov_base, pieces[i].iov_len);
		if (!err)
			*written += pieces[i].iov_len;
	}
	return err;
}

static int stream_finish(struct kpc_sink *sink)
{
	struct stream_sink *stream = (struct stream_sink *)sink;
	int fd = stream->fd;

	stream->fd = -1;
	return fd >= 0 && close(fd) && errno != EINTR ? -errno : 0;
}

static void stream_free(struct kpc_sink *sink)
{
	struct stream_sink *stream = (struct stream_sink *)sink;

	if (stream->fd >= 0)
		close(stream->fd);
	free(stream);
}

static const struct kpc_sink_ops stream_ops = {
	.writev = stream_writev,
	.finish = stream_finish,
	.free = stream_free,
};

int kpc_sink_stream_new(struct kpc_sink **out, int fd)
{
	struct stream_sink *stream = calloc(1, sizeof(*stream));

	if (!stream) {
		close(fd);
		return -ENOMEM;
	}
	stream->fd = fd;
	stream->sink.ops = &stream_ops;
	*out = &stream->sink;
	return 0;
}
