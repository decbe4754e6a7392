/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mapfile - the files that processes have mapped, each kept once as long as
 * something refers to it
 */
#ifndef KPC_MAPFILE_H
#define KPC_MAPFILE_H

#include <stdint.h>
#include <sys/types.h>

#include "buildid.h"

struct kpc_mapfile {
	uint32_t refs;
	uint32_t number; /* in the packet that is being written */
	uint64_t hash;
	struct kpc_mapfile *next; /* in its bucket */
	uint32_t major, minor;	  /* 0: not known, the build-id is */
	uint64_t inode;
	uint8_t build_id[KPC_BUILDID_BYTES];
	uint8_t build_id_bytes;
	char path[];
};

/* Zeroed is empty. */
struct kpc_mapfiles {
	struct kpc_mapfile **bucket; /* a power of two of them */
	uint32_t nr_buckets;
	uint32_t nr;
};

/*
 * The file that equals @like, whose path is @path: one that there is, or a new
 * one. Of a new one without a build-id, that is looked for in the file as the
 * process @pid sees it. Returns a reference, NULL without memory.
 */
struct kpc_mapfile *kpc_mapfile_get(struct kpc_mapfiles *files,
				    const struct kpc_mapfile *like,
				    const char *path, pid_t pid);
static inline struct kpc_mapfile *kpc_mapfile_ref(struct kpc_mapfile *file)
{
	file->refs++;
	return file;
}
void kpc_mapfile_put(struct kpc_mapfiles *files, struct kpc_mapfile *file);
/* When all references were put. */
void kpc_mapfiles_uninit(struct kpc_mapfiles *files);

#endif /* KPC_MAPFILE_H */
