// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>

#include "gzip.h"

#define GZIP_WINDOW (15 + 16) /* the largest, with gzip's header */
#define PIECE_BYTES 16384u

int kpc_gzip_init(struct kpc_gzip *gzip, struct kpc_outfile *out)
{
	*gzip = (struct kpc_gzip){ .out = out };
	if (deflateInit2(&gzip->stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED,
			 GZIP_WINDOW, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		return -ENOMEM;
	gzip->begun = true;
	return 0;
}

static void compress_some(struct kpc_gzip *gzip, int flush)
{
	z_stream *stream = &gzip->stream;

	do {
		char *room = kpc_outfile_room(gzip->out, PIECE_BYTES);

		stream->next_out = (Bytef *)room;
		stream->avail_out = PIECE_BYTES;
		deflate(stream, flush);
		kpc_outfile_commit(gzip->out, (char *)stream->next_out);
	} while (!stream->avail_out);
}

void kpc_gzip_write(struct kpc_gzip *gzip, const void *data, size_t bytes)
{
	const uint8_t *at = data;

	while (bytes) {
		size_t n = bytes < PIECE_BYTES ? bytes : PIECE_BYTES;

		gzip->stream.next_in = (Bytef *)at;
		gzip->stream.avail_in = n;
		compress_some(gzip, Z_NO_FLUSH);
		at += n;
		bytes -= n;
	}
}

void kpc_gzip_finish(struct kpc_gzip *gzip)
{
	compress_some(gzip, Z_FINISH);
}

void kpc_gzip_uninit(struct kpc_gzip *gzip)
{
	if (gzip->begun)
		deflateEnd(&gzip->stream);
	gzip->begun = false;
}
