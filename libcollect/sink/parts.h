/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * parts - the files of a recording that is written in parts
 *
 * NAME.EXT is the pattern: its parts are NAME.000001.EXT and so on, so that their
 * names sort as they were made. Numbers go on after the largest that is there, so
 * that nothing is overwritten; those that are there count among those to keep. What
 * others make meanwhile is passed over.
 */
#ifndef KPC_PARTS_H
#define KPC_PARTS_H

#include <stddef.h>
#include <stdint.h>

struct kpc_parts {
	char *stem;
	char *extension;   /* with its dot, or "" */
	uint32_t *numbers; /* of the files that are there, ascending */
	uint32_t nr;
	uint32_t room;
	uint32_t keep;	  /* 0: all */
	uint32_t removed; /* by us */
};

/*
 * Looks which parts there are. 0 or a negative errno with the reason; for
 * kpc_parts_uninit() in any case.
 */
int kpc_parts_init(struct kpc_parts *parts, const char *output, uint32_t keep,
		   char *error, size_t error_size);
void kpc_parts_uninit(struct kpc_parts *parts);

/* The path of the next part, allocated; NULL: out of memory or of numbers. */
char *kpc_parts_next(struct kpc_parts *parts);
/*
 * Removes the oldest, if there are more than to keep: returns its path, allocated,
 * and whether it went in @err. NULL: there is none to remove.
 */
char *kpc_parts_remove(struct kpc_parts *parts, int *err);

#endif /* KPC_PARTS_H */
