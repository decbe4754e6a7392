/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * inbox - the file that a received trace is put into
 *
 * It has whole packets only, whenever it is looked at: what was cut by the end of
 * the process or of the disk's space is cut off before more is written.
 */
#ifndef KPC_INBOX_H
#define KPC_INBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kprobex.pb-c.h"

struct kpc_inbox {
	char *path;
	int fd; /* -1: it is whole, or there is none */
	uint8_t uuid[16];
	uint64_t bytes;
	bool whole; /* it ends with a Footer */
};

/*
 * The file of the trace with that Header: NAME.EXT gives NAME.UUID.EXT, and of
 * a part of a series NAME.SERIES.NUMBER.EXT; nothing else of it comes from
 * outside. NULL: out of memory, or the Header has no proper uuid.
 */
char *kpc_inbox_name(const char *output, const Kprobex__Header *header);

/*
 * Makes the file @path for a trace from its first byte on. A file that is there
 * is replaced if it is of the same trace, or if @replace; else -EEXIST. @path is
 * the inbox's from then on, after a failure too. The errnos are open(2)'s.
 */
int kpc_inbox_create(struct kpc_inbox *inbox, char *path,
		     const uint8_t uuid[16], bool replace);
/*
 * Opens it to go on: bytes says from where, 0 if there was no file. The rest as
 * above.
 */
int kpc_inbox_resume(struct kpc_inbox *inbox, char *path,
		     const uint8_t uuid[16], bool replace);
/* Whole packets. After a failure the file is as it was. */
int kpc_inbox_append(struct kpc_inbox *inbox, const void *data, size_t bytes);
/* The Footer was appended. */
int kpc_inbox_finish(struct kpc_inbox *inbox);
/* Closes it. Zeroed but for an fd of -1 is fine, and is what it is then. */
void kpc_inbox_uninit(struct kpc_inbox *inbox);

#endif /* KPC_INBOX_H */
