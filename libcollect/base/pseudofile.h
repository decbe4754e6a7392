/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pseudofile - small files of /proc, /sys and tracefs
 */
#ifndef KPC_PSEUDOFILE_H
#define KPC_PSEUDOFILE_H

#include <stddef.h>
#include <stdint.h>

/*
 * Reads at most @size - 1 bytes, and adds a NUL. Returns the number of bytes or
 * a negative errno.
 */
int kpc_pseudofile_read(const char *path, char *text, size_t size);
/* The same of a file of any length, up to 16 MiB; caller frees *@text. */
int kpc_pseudofile_load(const char *path, char **text, size_t *bytes);
/* The decimal number that the file begins with. */
int kpc_pseudofile_number(const char *path, int64_t *number);

#endif /* KPC_PSEUDOFILE_H */
