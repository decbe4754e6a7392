// SPDX-License-Identifier: GPL-2.0-only
#define ZSTD_STATIC_LINKING_ONLY /* ZSTD_c_literalCompressionMode */
#include <errno.h>
#include <stdlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "compress.h"

/*
 * Level -1 with compressed literals has the size of level 1 and is quicker:
 * columns are mostly literals.
 */
#define LEVEL_DEFAULT -1
#define LEVEL_MIN     -100
#define LEVEL_MAX     19

struct kpc_compressor {
	ZSTD_CCtx *ctx;
};

struct kpc_decompressor {
	ZSTD_DCtx *ctx;
};

static int to_errno(size_t code)
{
	return ZSTD_getErrorCode(code) == ZSTD_error_memory_allocation ?
		       -ENOMEM :
		       -EBADMSG;
}

int kpc_compressor_new(struct kpc_compressor **out, int level)
{
	struct kpc_compressor *c;

	if (level < LEVEL_MIN || level > LEVEL_MAX)
		return -EINVAL;
	if (!level)
		level = LEVEL_DEFAULT;
	c = calloc(1, sizeof(*c));
	if (!c)
		return -ENOMEM;
	c->ctx = ZSTD_createCCtx();
	if (!c->ctx) {
		free(c);
		return -ENOMEM;
	}
	ZSTD_CCtx_setParameter(c->ctx, ZSTD_c_compressionLevel, level);
	/* Only a matter of size: a libzstd that doesn't know it may refuse. */
	ZSTD_CCtx_setParameter(c->ctx, ZSTD_c_literalCompressionMode,
			       ZSTD_ps_enable);
	*out = c;
	return 0;
}

void kpc_compressor_free(struct kpc_compressor *c)
{
	if (!c)
		return;
	ZSTD_freeCCtx(c->ctx);
	free(c);
}

int kpc_compressor_add(struct kpc_compressor *c, struct kpc_buf *out,
		       const void *data, size_t bytes)
{
	size_t room = ZSTD_compressBound(bytes);
	uint8_t *at = kpc_buf_reserve(out, room);
	size_t code;

	if (!at)
		return -ENOMEM;
	code = ZSTD_compress2(c->ctx, at, room, data, bytes);
	if (ZSTD_isError(code))
		return to_errno(code) == -ENOMEM ? -ENOMEM : -EIO;
	out->used += code;
	return 0;
}

int kpc_decompressor_new(struct kpc_decompressor **out)
{
	struct kpc_decompressor *d = calloc(1, sizeof(*d));

	if (!d)
		return -ENOMEM;
	d->ctx = ZSTD_createDCtx();
	if (!d->ctx) {
		free(d);
		return -ENOMEM;
	}
	*out = d;
	return 0;
}

void kpc_decompressor_free(struct kpc_decompressor *d)
{
	if (!d)
		return;
	ZSTD_freeDCtx(d->ctx);
	free(d);
}

int kpc_decompressor_run(struct kpc_decompressor *d, struct kpc_buf *out,
			 size_t bytes, const void *frame, size_t frame_bytes)
{
	unsigned long long content;
	uint8_t *at;
	size_t code;

	/* Before memory is taken for what a hostile file only claims. */
	content = ZSTD_getFrameContentSize(frame, frame_bytes);
	if (content == ZSTD_CONTENTSIZE_ERROR ||
	    (content != ZSTD_CONTENTSIZE_UNKNOWN && content != bytes))
		return -EBADMSG;
	code = ZSTD_findFrameCompressedSize(frame, frame_bytes);
	if (ZSTD_isError(code) || code != frame_bytes)
		return -EBADMSG;

	kpc_buf_reset(out);
	at = kpc_buf_reserve(out, bytes + 1);
	if (!at)
		return -ENOMEM;
	code = ZSTD_decompressDCtx(d->ctx, at, bytes, frame, frame_bytes);
	if (ZSTD_isError(code))
		return to_errno(code);
	if (code != bytes)
		return -EBADMSG;
	out->used = bytes;
	return 0;
}
