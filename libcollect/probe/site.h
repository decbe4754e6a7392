/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * site - where in the kernel's text a probe is, and what is there
 *
 * Addresses are /proc/kallsyms's, the bytes those of /proc/kcore, an ELF file of the
 * kernel's memory.
 */
#ifndef KPC_SITE_H
#define KPC_SITE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define KPC_KCORE "/proc/kcore"

/*
 * Reads at most @size bytes of the kernel at @address, from the file @path. How many
 * there are, which may be fewer, or a negative errno: -EFAULT: no such memory;
 * -EACCES, -EPERM, -ENOENT: not for us, or not on this kernel; -EBADMSG: not a core.
 */
ssize_t kpc_kcore_read(const char *path, uint64_t address, void *bytes,
		       size_t size);

#endif /* KPC_SITE_H */
