/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * buildid - the build-id of an ELF file: NT_GNU_BUILD_ID, a note of the linker
 */
#ifndef KPC_BUILDID_H
#define KPC_BUILDID_H

#include <stddef.h>
#include <stdint.h>

#define KPC_BUILDID_BYTES 20 /* at most, as in the kernel's records */

/*
 * All return how many bytes the build-id has, 0 if there is none (or a longer
 * one), or a negative errno.
 */

/* In ELF notes, as a file's PT_NOTE segment has them; hostile bytes are fine. */
int kpc_buildid_in_notes(const void *notes, size_t bytes,
			 uint8_t id[KPC_BUILDID_BYTES]);
/* Of a file that has nothing but notes, such as /sys/kernel/notes. */
int kpc_buildid_of_notes(const char *path, uint8_t id[KPC_BUILDID_BYTES]);
/* Of an ELF file, 32 or 64 bits, of this machine's byte order. */
int kpc_buildid_of_fd(int fd, uint8_t id[KPC_BUILDID_BYTES]);
/* The same by its name; only regular files, others are -EINVAL. */
int kpc_buildid_of_file(const char *path, uint8_t id[KPC_BUILDID_BYTES]);

#endif /* KPC_BUILDID_H */
