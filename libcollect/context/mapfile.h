/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mapfile - the files that processes have mapped, each kept once as long as
 * something refers to it
 */
#ifndef KPC_MAPFILE_H
#define KPC_MAPFILE_H

#include <stdint.h>

#include "mapid.h"

struct kpc_mapfile {
	uint32_t refs;
	uint32_t number; /* in the packet that is being written */
	uint64_t hash;
	struct kpc_mapfile *next; /* in its bucket */
	uint32_t major, minor;	  /* as the kernel knows it; 0: not known */
	uint64_t inode;
	uint64_t generation; /* of the inode number; 0: not known */
	uint8_t build_id[KPC_BUILDID_BYTES];
	uint8_t build_id_bytes;
	struct kpc_mapid look; /* of one without a build-id */
	char path[];
};

/* Zeroed is empty. */
struct kpc_mapfiles {
	struct kpc_mapfile **bucket; /* a power of two of them */
	uint32_t nr_buckets;
	uint32_t nr;
};

/*
 * The file that equals @like, its build-id or that it has none included, whose path is
 * @path: one that there is, or a new one. Returns a reference, NULL without memory.
 */
struct kpc_mapfile *kpc_mapfile_get(struct kpc_mapfiles *files,
				    const struct kpc_mapfile *like,
				    const char *path);
/*
 * The same file with the build-id that it had where it was mapped, if that is found: see
 * kpc_mapid_look(). Takes the reference over and returns one, never NULL.
 */
struct kpc_mapfile *kpc_mapfile_look(struct kpc_mapfiles *files,
				     struct kpc_mapfile *file,
				     const struct kpc_mapid_place *at);
static inline struct kpc_mapfile *kpc_mapfile_ref(struct kpc_mapfile *file)
{
	file->refs++;
	return file;
}
void kpc_mapfile_put(struct kpc_mapfiles *files, struct kpc_mapfile *file);
/* When all references were put. */
void kpc_mapfiles_uninit(struct kpc_mapfiles *files);

#endif /* KPC_MAPFILE_H */
