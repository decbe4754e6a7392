// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "address.h"
#include "sink_ops.h"

#define PIECES_MAX 64 /* of a write; more are written in turn */

/* ---- open ---------------------------------------------------------------- */

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
	case EEXIST:
		return "whoever made it meanwhile may want it: remove it, or choose another name with -o";
	case ENXIO:
		return "it is a socket: name it unix:PATH, and have something listen there";
	}
	return "choose another file with -o";
}

static int open_stdout(char *error, size_t error_size)
{
	int fd;

	if (isatty(STDOUT_FILENO))
		return kpc_fail(
			error, error_size, -EINVAL,
			"a trace is binary and is not written to a terminal: redirect standard output, or name a file with -o");
	fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	if (fd < 0)
		return kpc_fail(error, error_size, -errno,
				"cannot write to standard output: %s",
				strerror(errno));
	return fd;
}

static int open_path(const char *path, int flags, char *error,
		     size_t error_size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0666);
	int err = errno;
	struct stat st;

	/* A terminal that is stopped would keep us, whoever wants to end. */
	if (fd >= 0 && !fstat(fd, &st) && S_ISCHR(st.st_mode))
		fcntl(fd, F_SETFL, O_NONBLOCK);
	if (fd >= 0)
		return fd;
	return kpc_fail(error, error_size, -err, "cannot create %s: %s; %s",
			path, strerror(err), open_hint(err));
}

/* The kind of sink that suits an open descriptor, which it takes over. */
static int open_fd(struct kpc_sink **sink, int fd, const char *name,
		   char *error, size_t error_size)
{
	struct stat st;
	int err;

	if (fstat(fd, &st)) {
		err = -errno;
		close(fd);
		return kpc_fail(error, error_size, err, "cannot look at %s: %s",
				name, strerror(-err));
	}
	err = S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode) ?
		      kpc_sink_stream_new(sink, fd) :
		      kpc_sink_file_new(sink, fd);
	if (err)
		return kpc_fail(error, error_size, err, "cannot write %s: %s",
				name, strerror(-err));
	return 0;
}

/* Unless the kind has one. Gives it to the caller. */
static int set_name(struct kpc_sink **out, struct kpc_sink *sink,
		    const char *name, char *error, size_t error_size)
{
	if (!sink->name)
		sink->name = strdup(name);
	if (!sink->name) {
		kpc_sink_free(sink);
		return kpc_fail(error, error_size, -ENOMEM, "out of memory");
	}
	*out = sink;
	return 0;
}

int kpc_sink_open(struct kpc_sink **out, const char *output, char *error,
		  size_t error_size)
{
	bool is_stdout = !strcmp(output, "-");
	const char *name = is_stdout ? "standard output" : output;
	struct kpc_sink *sink = NULL;
	int fd, err;

	if (kpc_address_is(output)) {
		err = kpc_sink_socket_new(&sink, output, error, error_size);
	} else {
		fd = is_stdout ? open_stdout(error, error_size) :
				 open_path(output, O_TRUNC, error, error_size);
		if (fd < 0)
			return fd;
		err = open_fd(&sink, fd, name, error, error_size);
	}
	return err ? err : set_name(out, sink, name, error, error_size);
}

int kpc_sink_create(struct kpc_sink **out, const char *path, char *error,
		    size_t error_size)
{
	struct kpc_sink *sink = NULL;
	int fd = open_path(path, O_EXCL | O_NOFOLLOW, error, error_size);
	int err;

	if (fd < 0)
		return fd;
	err = open_fd(&sink, fd, path, error, error_size);
	return err ? err : set_name(out, sink, path, error, error_size);
}

/* ---- for the kinds ------------------------------------------------------- */

int kpc_sink_wait_for_room(struct kpc_sink *sink, int fd)
{
	struct pollfd pollfd = { fd, POLLOUT, 0 };

	for (int ms = 0; poll(&pollfd, 1, ms) <= 0; ms = KPC_SINK_WAIT_MS)
		if (kpc_sink_gives_up(sink))
			return -ETIMEDOUT;
	return 0;
}

/* ---- write --------------------------------------------------------------- */

/* Keeps the first failure, in words: the kind's own, or these. */
static int sink_fail(struct kpc_sink *sink, int err)
{
	const char *hint = "";

	sink->failed = err;
	/* What was whole stays readable; half a packet would be damage. */
	if (sink->ops->cut)
		sink->ops->cut(sink);
	if (*sink->error)
		return err;
	if (err == -ENOSPC || err == -EDQUOT)
		hint = "; free some space, or choose another file with -o";
	else if (err == -EFBIG)
		hint = "; the file size limit (ulimit -f) is reached";
	else if (err == -ETIMEDOUT)
		hint = "; its reader has stopped reading";
	return kpc_fail(
		sink->error, sizeof(sink->error), err,
		"cannot write %s: %s%s (the first %llu bytes are written and readable)",
		sink->name, strerror(-err), hint,
		(unsigned long long)sink->bytes);
}

static size_t sum(const struct iovec *pieces, uint32_t nr)
{
	size_t bytes = 0;

	for (uint32_t i = 0; i < nr; i++)
		bytes += pieces[i].iov_len;
	return bytes;
}

static int write_some(struct kpc_sink *sink, const struct iovec *pieces,
		      uint32_t nr)
{
	struct iovec copy[PIECES_MAX];
	size_t bytes = sum(pieces, nr);
	size_t written = 0;
	int err;

	if (!bytes)
		return 0;
	memcpy(copy, pieces, nr * sizeof(*copy));
	kpc_sink_moved(sink);
	err = sink->ops->writev(sink, copy, nr, &written);
	if (!err) {
		sink->bytes += bytes;
		return 0;
	}
	for (uint32_t i = 0; i < nr && pieces[i].iov_len <= written; i++) {
		sink->bytes += pieces[i].iov_len;
		written -= pieces[i].iov_len;
	}
	return sink_fail(sink, err);
}

int kpc_sink_writev(struct kpc_sink *sink, const struct iovec *pieces,
		    uint32_t nr)
{
	int err = sink->failed;

	while (!err && nr) {
		uint32_t n = nr < PIECES_MAX ? nr : PIECES_MAX;

		err = write_some(sink, pieces, n);
		pieces += n;
		nr -= n;
	}
	return err;
}

int kpc_sink_write(struct kpc_sink *sink, const void *data, size_t bytes)
{
	struct iovec part = { (void *)data, bytes };

	return kpc_sink_writev(sink, &part, 1);
}

int kpc_sink_begin(struct kpc_sink *sink, const uint8_t uuid[16])
{
	int err;

	if (sink->failed)
		return sink->failed;
	err = sink->ops->begin ? sink->ops->begin(sink, uuid) : 0;
	if (err)
		return sink_fail(sink, err);
	sink->bytes = 0;
	return 0;
}

int kpc_sink_repeat(struct kpc_sink *sink, const void *data, size_t bytes)
{
	int err;

	if (sink->failed)
		return sink->failed;
	err = sink->ops->repeat ? sink->ops->repeat(sink, data, bytes) : 0;
	return err ? sink_fail(sink, err) : 0;
}

int kpc_sink_finish(struct kpc_sink *sink)
{
	int err;

	if (sink->failed)
		return sink->failed;
	kpc_sink_moved(sink);
	err = sink->ops->finish(sink);
	return err ? sink_fail(sink, err) : 0;
}

/* ---- the rest ------------------------------------------------------------ */

void kpc_sink_give_up_when(struct kpc_sink *sink, bool (*give_up)(void *ctx),
			   void *ctx)
{
	sink->give_up = give_up;
	sink->give_up_ctx = ctx;
}

uint64_t kpc_sink_moved_ns(const struct kpc_sink *sink)
{
	return sink->moved_ns;
}

void kpc_sink_keep(struct kpc_sink *sink, uint64_t bytes)
{
	sink->memory_bytes = bytes ? bytes : KPC_SINK_MEMORY;
}

void kpc_sink_reconnect(struct kpc_sink *sink, uint64_t ns)
{
	sink->reconnect_ns = ns;
}

void kpc_sink_log_to(struct kpc_sink *sink,
		     void (*log)(void *ctx, enum kpc_log_level level,
				 const char *text),
		     void *ctx)
{
	sink->log = log;
	sink->log_ctx = ctx;
}

pid_t kpc_sink_thread(const struct kpc_sink *sink)
{
	return sink->thread;
}

bool kpc_sink_has_gap(const struct kpc_sink *sink)
{
	return sink->ops->has_gap &&
	       sink->ops->has_gap((struct kpc_sink *)sink);
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
	char *name;

	if (!sink)
		return;
	name = sink->name;
	sink->ops->free(sink);
	free(name);
}
