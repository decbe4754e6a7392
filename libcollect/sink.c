// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fail.h"
#include "sink.h"

#define WAIT_MS 200 /* for a reader, before give_up is asked */

struct kpc_sink {
	int fd;
	int failed; /* negative errno of the first failure */
	bool regular;
	bool blocking; /* a write may wait for a reader */
	bool (*give_up)(void *ctx);
	void *give_up_ctx;
	uint64_t start; /* of the file, where our bytes begin */
	uint64_t bytes;
	char *name;
	char error[KPC_ERROR_BYTES];
};

/* What to do about a path that can't be created. */
static const char *open_hint(int err)
{
	switch (err) {
	case ENOENT:
		return "its directory does not exist: create it, or choose another file with -o";
	case EISDIR:
		return "it is a directory: name a file in it with -o";
	case EACCES:
	case EPERM:
	case EROFS:
		return "no permission to write there: choose another file with -o";
	case ENOTDIR:
		return "a part of its path is not a directory: choose another file with -o";
	case ENOSPC:
	case EDQUOT:
		return "no space left: free some, or choose another file with -o";
	}
	return "choose another file with -o";
}

static int open_stdout(struct kpc_sink *sink, char *error, size_t error_size)
{
	if (isatty(STDOUT_FILENO))
		return kpc_fail(
			error, error_size, -EINVAL,
			"a trace is binary and is not written to a terminal: redirect standard output, or name a file with -o");
	sink->fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	if (sink->fd < 0)
		return kpc_fail(error, error_size, -errno,
				"cannot write to standard output: %s",
				strerror(errno));
	return 0;
}

static int open_path(struct kpc_sink *sink, const char *path, char *error,
		     size_t error_size)
{
	sink->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (sink->fd < 0) {
		int err = errno;

		return kpc_fail(error, error_size, -err,
				"cannot create %s: %s; %s", path, strerror(err),
				open_hint(err));
	}
	return 0;
}

int kpc_sink_open(struct kpc_sink **out, const char *path, char *error,
		  size_t error_size)
{
	bool is_stdout = !strcmp(path, "-");
	struct kpc_sink *sink;
	struct stat st;
	off_t start;
	int err;

	sink = calloc(1, sizeof(*sink));
	if (!sink)
		return kpc_fail(error, error_size, -ENOMEM, "out of memory");
	sink->fd = -1;
	sink->name = strdup(is_stdout ? "standard output" : path);
	if (!sink->name) {
		err = kpc_fail(error, error_size, -ENOMEM, "out of memory");
		goto err_free;
	}
	err = is_stdout ? open_stdout(sink, error, error_size) :
			  open_path(sink, path, error, error_size);
	if (err)
		goto err_free;
	/* Standard output may be a file opened for appending. */
	start = lseek(sink->fd, 0, SEEK_CUR);
	if (fstat(sink->fd, &st)) {
		err = kpc_fail(error, error_size, -errno,
			       "cannot look at %s: %s", sink->name,
			       strerror(errno));
		goto err_free;
	}
	sink->regular = S_ISREG(st.st_mode) && start >= 0 &&
			!(fcntl(sink->fd, F_GETFL) & O_APPEND);
	sink->start = sink->regular ? start : 0;
	sink->blocking = S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode);
	*out = sink;
	return 0;

err_free:
	kpc_sink_free(sink);
	return err;
}

static int sink_fail(struct kpc_sink *sink, int err)
{
	const char *hint = "";

	if (err == ENOSPC || err == EDQUOT)
		hint = "; free some space, or choose another file with -o";
	else if (err == EFBIG)
		hint = "; the file size limit (ulimit -f) is reached";
	else if (err == ETIMEDOUT)
		hint = "; its reader has stopped reading";
	/* What was whole stays readable; half a packet would be damage. */
	if (sink->regular && !ftruncate(sink->fd, sink->start + sink->bytes))
		(void)lseek(sink->fd, 0, SEEK_END);
	sink->failed = kpc_fail(
		sink->error, sizeof(sink->error), -err,
		"cannot write %s: %s%s (the first %llu bytes are written and readable)",
		sink->name, strerror(err), hint,
		(unsigned long long)sink->bytes);
	return sink->failed;
}

void kpc_sink_give_up_when(struct kpc_sink *sink, bool (*give_up)(void *ctx),
			   void *ctx)
{
	sink->give_up = give_up;
	sink->give_up_ctx = ctx;
}

/* Until a pipe or a socket takes more. 0, or -ETIMEDOUT. */
static int wait_for_room(struct kpc_sink *sink)
{
	struct pollfd pollfd = { sink->fd, POLLOUT, 0 };

	if (!sink->blocking)
		return 0;
	while (poll(&pollfd, 1, WAIT_MS) <= 0)
		if (sink->give_up && sink->give_up(sink->give_up_ctx))
			return -ETIMEDOUT;
	return 0;
}

int kpc_sink_write(struct kpc_sink *sink, const void *data, size_t bytes)
{
	const uint8_t *p = data;
	size_t left = bytes;

	if (sink->failed)
		return sink->failed;
	while (left) {
		ssize_t n;
		int err = wait_for_room(sink);

		if (err)
			return sink_fail(sink, -err);
		/* So much fits into a pipe that polls as writable. */
		n = write(sink->fd, p,
			  sink->blocking && left > PIPE_BUF ? PIPE_BUF : left);
		if (n > 0) {
			p += n;
			left -= n;
		} else if (!n) {
			return sink_fail(sink, EIO);
		} else if (errno != EINTR && errno != EAGAIN) {
			return sink_fail(sink, errno);
		}
	}
	sink->bytes += bytes;
	return 0;
}

/* How many of the pieces are whole among the first @bytes of them. */
static uint32_t count_whole(struct kpc_sink *sink, const struct iovec *pieces,
			    uint32_t nr, size_t *bytes)
{
	uint32_t whole = 0;

	while (whole < nr && pieces[whole].iov_len <= *bytes) {
		*bytes -= pieces[whole].iov_len;
		sink->bytes += pieces[whole].iov_len;
		whole++;
	}
	return whole;
}

/* Of the piece that was cut, the rest. */
static int write_rest(struct kpc_sink *sink, const struct iovec *piece,
		      size_t begun)
{
	int err = kpc_sink_write(sink, (const uint8_t *)piece->iov_base + begun,
				 piece->iov_len - begun);

	if (!err)
		sink->bytes += begun;
	return err;
}

int kpc_sink_writev(struct kpc_sink *sink, const struct iovec *pieces,
		    uint32_t nr)
{
	int err = sink->failed;

	while (!err && nr) {
		ssize_t n = -1;
		size_t begun = 0;
		uint32_t whole;

		/* One at a time where a reader may have to be waited for. */
		if (!sink->blocking && nr > 1)
			n = writev(sink->fd, pieces, nr);
		if (n > 0)
			begun = n;
		whole = count_whole(sink, pieces, nr, &begun);
		pieces += whole;
		nr -= whole;
		if (nr && (n <= 0 || begun)) {
			err = write_rest(sink, pieces, begun);
			pieces++;
			nr--;
		}
	}
	return err;
}

int kpc_sink_finish(struct kpc_sink *sink)
{
	int fd = sink->fd;

	if (sink->failed)
		return sink->failed;
	sink->fd = -1;
	sink->regular = false;
	if (fd >= 0 && close(fd) && errno != EINTR)
		return sink_fail(sink, errno);
	return 0;
}

uint64_t kpc_sink_bytes(const struct kpc_sink *sink)
{
	return sink->bytes;
}

const char *kpc_sink_error(const struct kpc_sink *sink)
{
	return sink->error;
}

void kpc_sink_free(struct kpc_sink *sink)
{
	if (!sink)
		return;
	if (sink->fd >= 0)
		close(sink->fd);
	free(sink->name);
	free(sink);
}
