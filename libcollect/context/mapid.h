/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mapid - the build-id of a file that a process has mapped, read from the very file
 *
 * The kernel tells of a path and an inode, a moment later. By then the path may be that
 * of another file, with the same inode number, too, or the file may have been written
 * to; it may be deleted, in another mount namespace or chroot, and the process gone.
 */
#ifndef KPC_MAPID_H
#define KPC_MAPID_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "buildid.h"

/* The file, as the kernel knows it. */
struct kpc_mapid_file {
	const char *path; /* as the process saw it */
	uint32_t major, minor;
	uint64_t inode;	     /* 0: there is none */
	uint64_t generation; /* of the inode number; 0: not known */
};

/* Where it was mapped. */
struct kpc_mapid_place {
	pid_t pid;
	uint64_t start;
	uint64_t bytes;
	uint64_t time_ns; /* trace clock */
};

/* What is known of it. Zeroed is nothing. */
struct kpc_mapid {
	bool found;
	struct timespec changed; /* from then */
	uint64_t seen_ns;	 /* to then, trace clock, it was so */
	uint8_t looks;		 /* that were in vain */
	uint8_t bytes;		 /* 0: it has no build-id */
	uint8_t id[KPC_BUILDID_BYTES];
};

/*
 * Looks for the file that is mapped there, or has that path for that process, or for
 * us, unless it is known what it was then. Takes as long as files
 * take to be opened and read, but waits for no lease. True: @id is that of what was
 * mapped at that place.
 */
bool kpc_mapid_look(struct kpc_mapid *id, const struct kpc_mapid_file *file,
		    const struct kpc_mapid_place *at);

#endif /* KPC_MAPID_H */
