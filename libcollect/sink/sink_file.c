// SPDX-License-Identifier: GPL-2.0-only
/*
 * sink_file.c - a regular file, or a device. After a failed write a regular file
 * is cut back to whole packets.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sink_ops.h"

struct file_sink {
	struct kpc_sink sink;
	int fd;
	bool regular;	/* it can be cut */
	uint64_t start; /* where the current trace begins */
};

static int file_writev(struct kpc_sink *sink, struct iovec *pieces, uint32_t nr,
		       size_t *written)
{
	struct file_sink *file = (struct file_sink *)sink;

	while (nr) {
		ssize_t n = writev(file->fd, pieces, nr);

		if (n < 0 && errno == EINTR)
			continue;
		/* A device, or what somebody else made so. */
		if (n < 0 && errno == EAGAIN) {
			int err = kpc_sink_wait_for_room(sink, file->fd);

			if (err)
				return err;
			continue;
		}
		if (n <= 0)
			return n ? -errno : -EIO;
		kpc_sink_moved(sink);
		*written += n;
		for (; nr && (size_t)n >= pieces->iov_len; pieces++, nr--)
			n -= pieces->iov_len;
		if (nr) {
			pieces->iov_base = (char *)pieces->iov_base + n;
			pieces->iov_len -= n;
		}
	}
	return 0;
}

static void file_cut(struct kpc_sink *sink)
{
	struct file_sink *file = (struct file_sink *)sink;

	if (file->regular && !ftruncate(file->fd, file->start + sink->bytes))
		(void)lseek(file->fd, 0, SEEK_END);
}

static int file_begin(struct kpc_sink *sink, const uint8_t uuid[16])
{
	struct file_sink *file = (struct file_sink *)sink;

	(void)uuid;
	file->start += sink->bytes;
	return 0;
}

static int file_finish(struct kpc_sink *sink)
{
	struct file_sink *file = (struct file_sink *)sink;
	int fd = file->fd;

	file->fd = -1;
	file->regular = false;
	if (fd >= 0 && close(fd) && errno != EINTR)
		return -errno;
	return 0;
}

static void file_free(struct kpc_sink *sink)
{
	struct file_sink *file = (struct file_sink *)sink;

	if (file->fd >= 0)
		close(file->fd);
	free(file);
}

static const struct kpc_sink_ops file_ops = {
	.writev = file_writev,
	.cut = file_cut,
	.begin = file_begin,
	.finish = file_finish,
	.free = file_free,
};

int kpc_sink_file_new(struct kpc_sink **out, int fd)
{
	struct file_sink *file = calloc(1, sizeof(*file));
	struct stat st;
	off_t start;

	if (!file) {
		close(fd);
		return -ENOMEM;
	}
	file->fd = fd;
	/* Standard output may be a file opened for appending. */
	start = lseek(fd, 0, SEEK_CUR);
	file->regular = !fstat(fd, &st) && S_ISREG(st.st_mode) && start >= 0 &&
			!(fcntl(fd, F_GETFL) & O_APPEND);
	file->start = file->regular ? start : 0;
	file->sink.ops = &file_ops;
	*out = &file->sink;
	return 0;
}
