// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE /* asprintf() */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "outdir.h"

static int cannot(const char *path, int err, char *error, size_t error_size)
{
	const char *hint = "choose another output with -o";

	if (err == ENOENT)
		hint = "the directory above it does not exist: create it, or choose another output with -o";
	return kpc_fail(error, error_size, -err, "cannot make %s: %s; %s", path,
			strerror(err), hint);
}

/* By one that was killed, and had this one's number. */
static int left(const char *part, char *error, size_t error_size)
{
	return kpc_fail(
		error, error_size, -EEXIST,
		"%s is there already: an export that was killed left it; remove it",
		part);
}

static bool is_empty(const char *path)
{
	DIR *dir = opendir(path);
	bool empty = dir;
	const struct dirent *entry;

	while (empty && (entry = readdir(dir)))
		empty = !strcmp(entry->d_name, ".") ||
			!strcmp(entry->d_name, "..");
	if (dir)
		closedir(dir);
	return empty;
}

static int check(const char *path, char *error, size_t error_size)
{
	struct stat st;

	if (!strcmp(path, "-"))
		return kpc_fail(
			error, error_size, -EINVAL,
			"this format is a directory of files: name one with -o");
	if (lstat(path, &st))
		return errno == ENOENT ? 0 :
					 cannot(path, errno, error, error_size);
	if (S_ISDIR(st.st_mode) && is_empty(path))
		return 0;
	return kpc_fail(
		error, error_size, -EEXIST,
		"%s is there already: this format makes a directory; remove that, or choose another name with -o",
		path);
}

static int make(struct kpc_outdir *dir, const char *path, char *error,
		size_t error_size)
{
	size_t bytes = strlen(path);

	while (bytes > 1 && path[bytes - 1] == '/')
		bytes--;
	dir->path = strndup(path, bytes);
	if (!dir->path ||
	    asprintf(&dir->part, "%s.part-%d", dir->path, (int)getpid()) < 0) {
		dir->part = NULL;
		return kpc_fail(error, error_size, -ENOMEM, "out of memory");
	}
	if (mkdir(dir->part, 0777)) {
		int err = errno;

		err = err == EEXIST ? left(dir->part, error, error_size) :
				      cannot(path, err, error, error_size);
		free(dir->part);
		dir->part = NULL;
		return err;
	}
	dir->fd = open(dir->part,
		       O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return dir->fd < 0 ? cannot(path, errno, error, error_size) : 0;
}

int kpc_outdir_open(struct kpc_outdir **result, const char *path, char *error,
		    size_t error_size)
{
	struct kpc_outdir *dir;
	int err = check(path, error, error_size);

	if (err)
		return err;
	dir = calloc(1, sizeof(*dir));
	if (!dir)
		return kpc_fail(error, error_size, -ENOMEM, "out of memory");
	dir->fd = -1;
	err = make(dir, path, error, error_size);
	if (err) {
		kpc_outdir_free(dir);
		return err;
	}
	*result = dir;
	return 0;
}

int kpc_outdir_finish(struct kpc_outdir *dir, char *error, size_t error_size)
{
	if (rename(dir->part, dir->path))
		return cannot(dir->path, errno, error, error_size);
	free(dir->part);
	dir->part = NULL;
	return 0;
}

int kpc_outdir_sub(struct kpc_outdir *dir, const char *name, char *error,
		   size_t error_size)
{
	int fd = -1;

	if (!mkdirat(dir->fd, name, 0777))
		fd = openat(dir->fd, name,
			    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? cannot(name, errno, error, error_size) : fd;
}

/* All files in it; with @deeper those in its directories, and them. Closes @fd. */
static void remove_in(int fd, bool deeper)
{
	DIR *files = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	while (files && (entry = readdir(files))) {
		const char *name = entry->d_name;

		if (!unlinkat(fd, name, 0) || !deeper || !strcmp(name, ".") ||
		    !strcmp(name, ".."))
			continue;
		remove_in(openat(fd, name,
				 O_RDONLY | O_DIRECTORY | O_NOFOLLOW |
					 O_CLOEXEC),
			  false);
		unlinkat(fd, name, AT_REMOVEDIR);
	}
	if (files)
		closedir(files);
}

static void remove_all(struct kpc_outdir *dir)
{
	remove_in(dir->fd, true);
	dir->fd = -1;
	rmdir(dir->part);
}

void kpc_outdir_free(struct kpc_outdir *dir)
{
	if (!dir)
		return;
	if (dir->part)
		remove_all(dir);
	if (dir->fd >= 0)
		close(dir->fd);
	free(dir->part);
	free(dir->path);
	free(dir);
}
