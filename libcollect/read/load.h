/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * load - a chunk's way from the file to decoded rows
 */
#ifndef KPC_LOAD_H
#define KPC_LOAD_H

#include "buf.h"
#include "compress.h"
#include "input.h"
#include "rows.h"
#include "trace.h"

/* A loaded chunk. Zeroed is empty; memory is kept from chunk to chunk. */
struct kpc_load {
	struct kpc_buf packet;
	struct kpc_buf body; /* the rows' blobs point into it */
	struct kpc_rows rows;
	int err;	       /* of the last load */
	struct kpc_load *next; /* of a list of free ones */
};

/*
 * Reads, checks, decompresses and decodes @chunk. 0; -EBADMSG if it is damaged, or
 * not what the scan or the index found there; -EOPNOTSUPP if it is for a newer
 * reader; another negative errno. The result
 * is in load->err, too. Several threads may do it, with loads of their own.
 */
int kpc_load_run(struct kpc_load *load, const struct kpc_input *input,
		 struct kpc_decompressor *decompressor,
		 const struct kpc_trace *trace, const struct kpc_chunk *chunk,
		 enum kpc_rows_want want);
size_t kpc_load_bytes(const struct kpc_load *load);
void kpc_load_uninit(struct kpc_load *load);

#endif /* KPC_LOAD_H */
