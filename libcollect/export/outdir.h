/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * outdir - a directory of files that is whole, or isn't there
 *
 * As outfile: it is OUT.part-PID until it is finished. OUT may be there if it is an
 * empty directory.
 */
#ifndef KPC_OUTDIR_H
#define KPC_OUTDIR_H

#include "outfile.h"

struct kpc_outdir {
	int fd;
	char *path;
	char *part; /* NULL: it has its name */
};

int kpc_outdir_open(struct kpc_outdir **dir, const char *path, char *error,
		    size_t error_size);
/* Gives it its name, once all of its files are finished. */
int kpc_outdir_finish(struct kpc_outdir *dir, char *error, size_t error_size);
/* Makes a directory in it. Its descriptor, for the caller to close, or -errno. */
int kpc_outdir_sub(struct kpc_outdir *dir, const char *name, char *error,
		   size_t error_size);
/* Without finish: with all that is in it, and in directories there. NULL ok. */
void kpc_outdir_free(struct kpc_outdir *dir);

#endif /* KPC_OUTDIR_H */
