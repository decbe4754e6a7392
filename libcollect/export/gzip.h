/* SPDX-License-Identifier: GPL-2.0-only */
/* gzip - what is written to a file, compressed as gzip(1) does */
#ifndef KPC_GZIP_H
#define KPC_GZIP_H

#include <zlib.h>

#include "outfile.h"

struct kpc_gzip {
	z_stream stream;
	struct kpc_outfile *out;
	bool begun;
};

/* 0 or -ENOMEM. */
int kpc_gzip_init(struct kpc_gzip *gzip, struct kpc_outfile *out);
/* Failed writes are @out's. */
void kpc_gzip_write(struct kpc_gzip *gzip, const void *data, size_t bytes);
void kpc_gzip_finish(struct kpc_gzip *gzip);
/* Zeroed is allowed. */
void kpc_gzip_uninit(struct kpc_gzip *gzip);

#endif /* KPC_GZIP_H */
