/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * indexed - what a scan would find, without reading the chunks
 */
#ifndef KPC_INDEXED_H
#define KPC_INDEXED_H

#include "scan.h"

/*
 * If all traces of the file end in footers and have indexes that say where their
 * chunks are, reads only the other packets. 0; -EBADMSG if it isn't so, or anything
 * is odd: then all has to be scanned, and the scan is as if this hadn't been tried;
 * or another negative errno. The chunks' checksums are checked when they are loaded.
 */
int kpc_indexed_scan(struct kpc_scan *scan);

#endif /* KPC_INDEXED_H */
