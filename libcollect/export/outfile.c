// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE /* asprintf() */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "outfile.h"

/* ---- open ---------------------------------------------------------------- */

static int cannot(const char *name, int err, char *error, size_t error_size)
{
	const char *hint = "choose another output with -o";

	if (err == ENOENT)
		hint = "its directory does not exist: create it, or choose another output with -o";
	else if (err == EISDIR)
		hint = "it is a directory: name a file in it with -o";
	else if (err == ENOSPC || err == EDQUOT)
		hint = "free some space, or choose another output with -o";
	return kpc_fail(error, error_size, -err, "cannot write %s: %s; %s",
			name, strerror(err), hint);
}

static int refuse_terminal(const struct kpc_outfile *out, char *error,
			   size_t error_size)
{
	if (!isatty(out->fd))
		return 0;
	return kpc_fail(
		error, error_size, -EINVAL,
		"this format is binary and is not written to a terminal: redirect standard output, or name a file with -o");
}

static int open_stdout(struct kpc_outfile *out, char *error, size_t error_size)
{
	out->fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	if (out->fd < 0)
		return kpc_fail(error, error_size, -errno,
				"cannot write to standard output: %s",
				strerror(errno));
	return 0;
}

/* What is neither a regular file nor new: it is written as it is. */
static int open_special(struct kpc_outfile *out, const struct stat *st,
			char *error, size_t error_size)
{
	if (S_ISBLK(st->st_mode))
		return kpc_fail(
			error, error_size, -EINVAL,
			"%s is a disk: to overwrite what is on it, redirect standard output (-o -)",
			out->name);
	out->fd = open(out->name, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
	return out->fd < 0 ? cannot(out->name, errno, error, error_size) : 0;
}

/* A link's end, if that is a regular file. Of a pipe (/dev/stdout) it has no name. */
static int resolve(struct kpc_outfile *out, char *error, size_t error_size)
{
	struct stat st;

	if (stat(out->name, &st))
		return cannot(out->name, errno, error, error_size);
	out->path = realpath(out->name, NULL);
	if (out->path && S_ISREG(st.st_mode))
		return 0;
	return kpc_fail(
		error, error_size, -EINVAL,
		"%s is a link to %s, which isn't a regular file: name that itself, or redirect standard output (-o -)",
		out->name, out->path ? out->path : "a pipe or socket");
}

static int open_part(struct kpc_outfile *out, const char *name, char *error,
		     size_t error_size)
{
	if (!out->path)
		out->path = strdup(name);
	if (!out->path ||
	    asprintf(&out->part, "%s.part-%d", out->path, (int)getpid()) < 0) {
		out->part = NULL;
		return kpc_fail(error, error_size, -ENOMEM, "out of memory");
	}
	/* One of that name is left by a process that had the same id. */
	unlink(out->part);
	out->fd = open(out->part,
		       O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		       0666);
	if (out->fd >= 0)
		return 0;
	free(out->part);
	out->part = NULL;
	return cannot(name, errno, error, error_size);
}

static int open_path(struct kpc_outfile *out, const char *name, char *error,
		     size_t error_size)
{
	struct stat st;
	int err = 0;

	if (lstat(name, &st)) {
		if (errno != ENOENT)
			return cannot(name, errno, error, error_size);
		return open_part(out, name, error, error_size);
	}
	if (S_ISDIR(st.st_mode))
		return cannot(name, EISDIR, error, error_size);
	if (S_ISLNK(st.st_mode))
		err = resolve(out, error, error_size);
	else if (!S_ISREG(st.st_mode))
		return open_special(out, &st, error, error_size);
	return err ? err : open_part(out, name, error, error_size);
}

/* What can't be patched is written to a file without a name first. */
static int open_spool(struct kpc_outfile *out, char *error, size_t error_size)
{
	FILE *spool;
	struct stat st;

	/* Neither can what others append to, nor what begins behind its start. */
	if (!fstat(out->fd, &st) && S_ISREG(st.st_mode) && out->part)
		return 0;
	spool = tmpfile();
	if (!spool)
		return kpc_fail(error, error_size, -errno,
				"cannot make a temporary file: %s",
				strerror(errno));
	out->target = out->fd;
	out->fd = fcntl(fileno(spool), F_DUPFD_CLOEXEC, 0);
	fclose(spool);
	return out->fd < 0 ? kpc_fail(error, error_size, -EMFILE,
				      "too many open files") :
			     0;
}

static struct kpc_outfile *outfile_new(const char *name)
{
	struct kpc_outfile *out = malloc(sizeof(*out));

	if (!out)
		return NULL;
	memset(out, 0, offsetof(struct kpc_outfile, buf));
	out->fd = -1;
	out->target = -1;
	out->name = strdup(name);
	if (out->name)
		return out;
	free(out);
	return NULL;
}

int kpc_outfile_open(struct kpc_outfile **result, const char *path,
		     unsigned int flags, char *error, size_t error_size)
{
	bool is_stdout = !strcmp(path, "-");
	struct kpc_outfile *out =
		outfile_new(is_stdout ? "standard output" : path);
	int err;

	if (!out)
		return kpc_fail(error, error_size, -ENOMEM, "out of memory");
	err = is_stdout ? open_stdout(out, error, error_size) :
			  open_path(out, path, error, error_size);
	if (!err && flags & KPC_OUTFILE_BINARY)
		err = refuse_terminal(out, error, error_size);
	if (!err && flags & KPC_OUTFILE_SEEKS)
		err = open_spool(out, error, error_size);
	if (err) {
		kpc_outfile_free(out);
		return err;
	}
	*result = out;
	return 0;
}

int kpc_outfile_create(struct kpc_outfile **result, int dir, const char *name,
		       char *error, size_t error_size)
{
	struct kpc_outfile *out = outfile_new(name);
	int err = -ENOMEM;

	if (!out)
		return kpc_fail(error, error_size, err, "out of memory");
	out->fd = openat(dir, name,
			 O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			 0666);
	if (out->fd < 0) {
		err = cannot(name, errno, error, error_size);
		kpc_outfile_free(out);
		return err;
	}
	*result = out;
	return 0;
}

/* ---- write --------------------------------------------------------------- */

static int out_fail(struct kpc_outfile *out, int err)
{
	const char *hint = "";

	if (out->failed)
		return out->failed;
	if (err == -ENOSPC || err == -EDQUOT)
		hint = "; free some space, or choose another output with -o";
	else if (err == -EFBIG)
		hint = "; the file size limit (ulimit -f) is reached";
	out->failed = err;
	return kpc_fail(out->error, sizeof(out->error), err,
			"cannot write %s: %s%s", out->name, strerror(-err),
			hint);
}

/* @offset -1: where the file is. */
static int write_all(struct kpc_outfile *out, int fd, const char *data,
		     size_t bytes, int64_t offset)
{
	struct pollfd ready = { fd, POLLOUT, 0 };

	while (bytes && !out->failed) {
		ssize_t n = offset < 0 ? write(fd, data, bytes) :
					 pwrite(fd, data, bytes, offset);

		if (n < 0 && errno == EINTR)
			continue;
		/* A pipe that somebody else made so. */
		if (n < 0 && errno == EAGAIN && poll(&ready, 1, -1) >= 0)
			continue;
		if (n <= 0)
			return out_fail(out, n ? -errno : -EIO);
		data += n;
		bytes -= n;
		if (offset >= 0)
			offset += n;
	}
	return out->failed;
}

int kpc_outfile_flush(struct kpc_outfile *out)
{
	int err = write_all(out, out->fd, out->buf, out->used, -1);

	if (!err)
		out->written += out->used;
	out->used = 0;
	return err;
}

void kpc_outfile_write_large(struct kpc_outfile *out, const void *data,
			     size_t bytes)
{
	kpc_outfile_flush(out);
	if (!write_all(out, out->fd, data, bytes, -1))
		out->written += bytes;
}

int kpc_outfile_patch(struct kpc_outfile *out, uint64_t offset,
		      const void *data, size_t bytes)
{
	int err = kpc_outfile_flush(out);

	return err ? err : write_all(out, out->fd, data, bytes, offset);
}

/* ---- finish -------------------------------------------------------------- */

static int unspool(struct kpc_outfile *out)
{
	off_t at = 0;
	ssize_t n = 1;

	while (!out->failed && n) {
		n = pread(out->fd, out->buf, sizeof(out->buf), at);
		if (n < 0)
			return out_fail(out, -errno);
		at += n;
		write_all(out, out->target, out->buf, n, -1);
	}
	return out->failed;
}

static int close_fd(struct kpc_outfile *out, int *fd)
{
	int was = *fd;

	*fd = -1;
	if (was >= 0 && close(was) && errno != EINTR)
		return out_fail(out, -errno);
	return 0;
}

int kpc_outfile_finish(struct kpc_outfile *out)
{
	kpc_outfile_flush(out);
	if (!out->failed && out->target >= 0)
		unspool(out);
	if (!out->failed)
		close_fd(out, &out->fd);
	if (!out->failed)
		close_fd(out, &out->target);
	if (out->failed || !out->part)
		return out->failed;
	if (rename(out->part, out->path))
		return out_fail(out, -errno);
	free(out->part);
	out->part = NULL;
	return 0;
}

void kpc_outfile_free(struct kpc_outfile *out)
{
	if (!out)
		return;
	if (out->fd >= 0)
		close(out->fd);
	if (out->target >= 0)
		close(out->target);
	if (out->part)
		unlink(out->part);
	free(out->part);
	free(out->path);
	free(out->name);
	free(out);
}
