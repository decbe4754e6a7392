// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE /* O_TMPFILE */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fail.h"
#include "input.h"

#define WINDOW_BYTES (1u << 20)

static int open_temporary(void)
{
	const char *dir = getenv("TMPDIR");
	char path[4096];
	int fd;

	if (!dir || !*dir)
		dir = "/tmp";
	fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd >= 0)
		return fd;
	/* Not every file system can. */
	snprintf(path, sizeof(path), "%s/collect.XXXXXX", dir);
	fd = mkostemp(path, O_CLOEXEC);
	if (fd < 0)
		return -errno;
	unlink(path);
	return fd;
}

static int write_all(int fd, const uint8_t *data, size_t bytes)
{
	while (bytes) {
		ssize_t n = write(fd, data, bytes);

		if (n > 0) {
			data += n;
			bytes -= n;
		} else if (!n || errno != EINTR) {
			return n ? -errno : -EIO;
		}
	}
	return 0;
}

static int copy_all(int from, int to, struct kpc_headway *headway)
{
	uint64_t done = 0;
	uint8_t *buf = malloc(WINDOW_BYTES);
	int err = buf ? 0 : -ENOMEM;

	while (!err) {
		ssize_t n = read(from, buf, WINDOW_BYTES);

		if (!n)
			break;
		if (n > 0)
			err = write_all(to, buf, n);
		else if (errno != EINTR)
			err = -errno;
		if (n > 0)
			kpc_headway_tell(headway, done += n);
	}
	free(buf);
	return err;
}

/* Replaces the descriptor by that of a temporary copy. */
static int input_copy(struct kpc_input *input, struct kpc_headway *headway)
{
	int fd = open_temporary();
	int err;

	if (fd < 0)
		return fd;
	kpc_headway_stage(headway, KPC_STAGE_FETCH, 0);
	err = copy_all(input->fd, fd, headway);
	if (err) {
		close(fd);
		return err;
	}
	close(input->fd);
	input->fd = fd;
	return 0;
}

static int open_fd(struct kpc_input *input, const char *path,
		   struct kpc_headway *headway)
{
	struct stat st;
	int err;

	if (!strcmp(path, "-"))
		input->fd =
			fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	else
		input->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (input->fd < 0 || fstat(input->fd, &st))
		return -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	if (!S_ISREG(st.st_mode) ||
	    (!strcmp(path, "-") && lseek(input->fd, 0, SEEK_CUR) > 0)) {
		err = input_copy(input, headway);
		if (err)
			return err;
		if (fstat(input->fd, &st))
			return -errno;
	}
	input->size = st.st_size;
	return 0;
}

int kpc_input_open(struct kpc_input *input, const char *path,
		   struct kpc_headway *headway, char *error, size_t error_size)
{
	const char *name = strcmp(path, "-") ? path : "standard input";
	int err;

	*input = (struct kpc_input){ .fd = -1 };
	err = open_fd(input, path, headway);
	if (err == -EISDIR)
		return kpc_fail(
			error, error_size, err,
			"%s is a directory, not a trace file: name a file in it",
			name);
	if (err == -ENOENT)
		return kpc_fail(
			error, error_size, err,
			"%s does not exist: record a trace with collect -o %s",
			name, name);
	if (err == -ENOSPC || err == -EDQUOT || err == -EFBIG)
		return kpc_fail(
			error, error_size, err,
			"cannot keep a copy of %s: %s; name a folder with more room by TMPDIR",
			name, strerror(-err));
	if (err)
		return kpc_fail(error, error_size, err, "cannot read %s: %s",
				name, strerror(-err));
	/* A small file doesn't take a large window. */
	input->room = input->size < WINDOW_BYTES ? input->size : WINDOW_BYTES;
	input->window = malloc(input->room + 1);
	if (!input->window)
		return kpc_fail(error, error_size, -ENOMEM, "out of memory");
	return 0;
}

int kpc_input_refresh(struct kpc_input *input)
{
	struct stat st;

	if (fstat(input->fd, &st))
		return -errno;
	input->size = st.st_size;
	return 0;
}

static int window_grow(struct kpc_input *input, size_t bytes)
{
	uint8_t *window;

	if (bytes <= input->room)
		return 0;
	/* Twice, so that a search in small steps doesn't read each time. */
	bytes *= 2;
	window = realloc(input->window, bytes);
	if (!window)
		return -ENOMEM;
	input->window = window;
	input->room = bytes;
	return 0;
}

ssize_t kpc_input_pread(const struct kpc_input *input, uint64_t offset,
			size_t bytes, uint8_t *buf)
{
	size_t have = 0;

	while (have < bytes) {
		ssize_t n = pread(input->fd, buf + have, bytes - have,
				  offset + have);

		if (!n)
			break; /* it was cut since we opened it */
		if (n > 0)
			have += n;
		else if (errno != EINTR)
			return -errno;
	}
	return have;
}

ssize_t kpc_input_read(struct kpc_input *input, uint64_t offset, size_t bytes,
		       const uint8_t **data)
{
	ssize_t n;

	if (offset >= input->size)
		return 0;
	if (bytes > input->size - offset)
		bytes = input->size - offset;
	if (offset < input->at || offset - input->at > input->have ||
	    input->have - (offset - input->at) < bytes) {
		if (window_grow(input, bytes))
			return -ENOMEM;
		input->at = offset;
		input->have = 0;
		n = kpc_input_pread(input, offset,
				    input->is_sparse ? bytes : input->room,
				    input->window);
		if (n < 0)
			return n;
		input->have = n;
	}
	*data = input->window + (offset - input->at);
	n = input->have - (offset - input->at);
	return (size_t)n < bytes ? n : (ssize_t)bytes;
}

void kpc_input_close(struct kpc_input *input)
{
	if (input->fd >= 0)
		close(input->fd);
	free(input->window);
	*input = (struct kpc_input){ .fd = -1 };
}
