// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "pseudofile.h"

#define LOAD_FIRST 16384u
#define LOAD_MAX   (16u << 20)

/* Reads until the end or until @size bytes are there. */
static ssize_t read_full(int fd, char *text, size_t size)
{
	size_t used = 0;
	ssize_t got;

	while (used < size) {
		got = read(fd, text + used, size - used);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (!got)
			break;
		used += got;
	}
	return used;
}

int kpc_pseudofile_read(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t used;

	if (fd < 0)
		return -errno;
	used = read_full(fd, text, size - 1);
	close(fd);
	text[used < 0 ? 0 : used] = '\0';
	return used;
}

static int load(int fd, char **text, size_t *bytes)
{
	size_t size = LOAD_FIRST, used = 0;
	char *more;
	ssize_t got;

	*text = NULL;
	for (;;) {
		more = realloc(*text, size);
		if (!more)
			return -ENOMEM;
		*text = more;
		got = read_full(fd, *text + used, size - used - 1);
		if (got < 0)
			return got;
		used += got;
		if (used < size - 1)
			break;
		size *= 2;
		if (size > LOAD_MAX)
			return -EFBIG;
	}
	(*text)[used] = '\0';
	*bytes = used;
	return 0;
}

int kpc_pseudofile_load(const char *path, char **text, size_t *bytes)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int err;

	*text = NULL;
	if (fd < 0)
		return -errno;
	err = load(fd, text, bytes);
	close(fd);
	if (err) {
		free(*text);
		*text = NULL;
	}
	return err;
}

int kpc_pseudofile_number(const char *path, int64_t *number)
{
	char text[64];
	char *end;
	int err = kpc_pseudofile_read(path, text, sizeof(text));

	if (err < 0)
		return err;
	errno = 0;
	*number = strtoll(text, &end, 10);
	return errno || end == text ? -EINVAL : 0;
}
