// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "keyhash.h"
#include "mapfile.h"

#define BUCKETS_FIRST 256u

static uint64_t hash_of(const struct kpc_mapfile *like, const char *path)
{
	uint64_t key = kpc_keyhash_key();
	uint64_t hash = kpc_keyhash_bytes(key, path, strlen(path));

	hash = kpc_keyhash_mix(key, hash, like->inode);
	return kpc_keyhash_mix(key, hash,
			       kpc_keyhash_bytes(key, like->build_id,
						 sizeof(like->build_id)));
}

/* What the file itself says isn't compared: it was read for the first one. */
static bool is_same(const struct kpc_mapfile *file,
		    const struct kpc_mapfile *like, const char *path)
{
	if (file->major != like->major || file->minor != like->minor ||
	    file->inode != like->inode || strcmp(file->path, path))
		return false;
	return like->inode || (file->build_id_bytes == like->build_id_bytes &&
			       !memcmp(file->build_id, like->build_id,
				       sizeof(file->build_id)));
}

/* ---- build-ids ----------------------------------------------------------- */

/* Only of the very file that was mapped: paths may mean another by now. */
static bool read_build_id(struct kpc_mapfile *file, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	int bytes = 0;

	if (fd < 0)
		return false;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode) &&
	    st.st_ino == file->inode && major(st.st_dev) == file->major &&
	    minor(st.st_dev) == file->minor)
		bytes = kpc_buildid_of_fd(fd, file->build_id);
	close(fd);
	file->build_id_bytes = bytes > 0 ? bytes : 0;
	return bytes > 0;
}

/* It may be in another mount namespace, or chroot, and the process gone. */
static void find_build_id(struct kpc_mapfile *file, pid_t pid)
{
	char path[PATH_MAX];

	if (file->path[0] != '/' || file->path[1] == '/')
		return;
	if ((size_t)snprintf(path, sizeof(path), "/proc/%d/root%s", pid,
			     file->path) < sizeof(path) &&
	    read_build_id(file, path))
		return;
	read_build_id(file, file->path);
}

/* ---- the table ----------------------------------------------------------- */

static bool grow(struct kpc_mapfiles *files)
{
	uint32_t nr = files->nr_buckets ? files->nr_buckets * 2 : BUCKETS_FIRST;
	struct kpc_mapfile **bucket = calloc(nr, sizeof(*bucket));

	if (!bucket)
		return files->nr_buckets != 0;
	for (uint32_t i = 0; i < files->nr_buckets; i++) {
		struct kpc_mapfile *file = files->bucket[i], *next;

		for (; file; file = next) {
			struct kpc_mapfile **to =
				&bucket[file->hash & (nr - 1)];

			next = file->next;
			file->next = *to;
			*to = file;
		}
	}
	free(files->bucket);
	files->bucket = bucket;
	files->nr_buckets = nr;
	return true;
}

struct kpc_mapfile *kpc_mapfile_get(struct kpc_mapfiles *files,
				    const struct kpc_mapfile *like,
				    const char *path, pid_t pid)
{
	uint64_t hash = hash_of(like, path);
	struct kpc_mapfile *file, **bucket;

	if (files->nr >= files->nr_buckets && !grow(files))
		return NULL;
	bucket = &files->bucket[hash & (files->nr_buckets - 1)];
	for (file = *bucket; file; file = file->next)
		if (file->hash == hash && is_same(file, like, path))
			return kpc_mapfile_ref(file);
	file = malloc(sizeof(*file) + strlen(path) + 1);
	if (!file)
		return NULL;
	*file = *like;
	strcpy(file->path, path);
	file->refs = 1;
	file->hash = hash;
	file->next = *bucket;
	*bucket = file;
	files->nr++;
	if (!file->build_id_bytes && file->inode)
		find_build_id(file, pid);
	return file;
}

void kpc_mapfile_put(struct kpc_mapfiles *files, struct kpc_mapfile *file)
{
	struct kpc_mapfile **at;

	if (--file->refs)
		return;
	at = &files->bucket[file->hash & (files->nr_buckets - 1)];
	while (*at != file)
		at = &(*at)->next;
	*at = file->next;
	files->nr--;
	free(file);
}

void kpc_mapfiles_uninit(struct kpc_mapfiles *files)
{
	free(files->bucket);
	*files = (struct kpc_mapfiles){ 0 };
}
