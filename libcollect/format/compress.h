/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * compress - zstd, with its errors turned into errnos
 */
#ifndef KPC_COMPRESS_H
#define KPC_COMPRESS_H

#include <stddef.h>
#include <stdint.h>

#include "buf.h"

/* In place of a level, where packets are made: nothing is compressed. */
#define KPC_LEVEL_NONE INT32_MIN

struct kpc_compressor;
struct kpc_decompressor;

/* @level: zstd's, -100 to 19; 0: the default (see compress.c). */
int kpc_compressor_new(struct kpc_compressor **out, int level);
void kpc_compressor_free(struct kpc_compressor *c);
/* Appends one frame of @data to @out. Returns 0 or a negative errno. */
int kpc_compressor_add(struct kpc_compressor *c, struct kpc_buf *out,
		       const void *data, size_t bytes);

int kpc_decompressor_new(struct kpc_decompressor **out);
void kpc_decompressor_free(struct kpc_decompressor *d);
/*
 * Decompresses @frame, which must be one frame of exactly @bytes, into @out.
 * -EBADMSG if it isn't.
 */
int kpc_decompressor_run(struct kpc_decompressor *d, struct kpc_buf *out,
			 size_t bytes, const void *frame, size_t frame_bytes);

#endif /* KPC_COMPRESS_H */
