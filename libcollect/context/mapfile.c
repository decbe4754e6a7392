// SPDX-License-Identifier: GPL-2.0-only
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "keyhash.h"
#include "mapfile.h"

#define BUCKETS_FIRST 256u

static uint64_t hash_of(const struct kpc_mapfile *like, const char *path)
{
	uint64_t key = kpc_keyhash_key();
	uint64_t hash = kpc_keyhash_bytes(key, path, strlen(path));

	hash = kpc_keyhash_mix(key, hash, like->inode);
	hash = kpc_keyhash_mix(key, hash, like->generation);
	return kpc_keyhash_mix(key, hash,
			       kpc_keyhash_bytes(key, like->build_id,
						 sizeof(like->build_id)));
}

static bool is_same(const struct kpc_mapfile *file,
		    const struct kpc_mapfile *like, const char *path)
{
	return file->major == like->major && file->minor == like->minor &&
	       file->inode == like->inode &&
	       file->generation == like->generation &&
	       file->build_id_bytes == like->build_id_bytes &&
	       !memcmp(file->build_id, like->build_id,
		       sizeof(file->build_id)) &&
	       !strcmp(file->path, path);
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
				    const char *path)
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
	return file;
}

struct kpc_mapfile *kpc_mapfile_look(struct kpc_mapfiles *files,
				     struct kpc_mapfile *file,
				     const struct kpc_mapid_place *at)
{
	const struct kpc_mapid_file what = {
		.path = file->path,
		.major = file->major,
		.minor = file->minor,
		.inode = file->inode,
		.generation = file->generation,
	};
	struct kpc_mapfile like, *with;

	if (file->build_id_bytes || !kpc_mapid_look(&file->look, &what, at) ||
	    !file->look.bytes)
		return file;
	like = *file;
	like.look = (struct kpc_mapid){ 0 };
	like.build_id_bytes = file->look.bytes;
	memcpy(like.build_id, file->look.id, file->look.bytes);
	with = kpc_mapfile_get(files, &like, file->path);
	if (!with)
		return file;
	kpc_mapfile_put(files, file);
	return with;
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
