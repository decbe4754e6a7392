/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * nearmiss - of many names, those that a mistyped one may have meant
 */
#ifndef KPC_NEARMISS_H
#define KPC_NEARMISS_H

#include <stddef.h>

#define KPC_NEARMISS_MAX   3
#define KPC_NEARMISS_BYTES 64  /* longer names are left out */
#define KPC_NEARMISS_TEXT  256 /* room for kpc_nearmiss_text() */

struct kpc_nearmiss_name {
	char name[KPC_NEARMISS_BYTES];
	unsigned int distance;
};

struct kpc_nearmiss {
	const char *wanted;
	size_t length;
	unsigned int nr;
	struct kpc_nearmiss_name best[KPC_NEARMISS_MAX];
};

/* @wanted is borrowed. */
void kpc_nearmiss_init(struct kpc_nearmiss *near, const char *wanted);
/* Remembers @name if it is among the closest so far, and close enough. */
void kpc_nearmiss_offer(struct kpc_nearmiss *near, const char *name);
/* Writes "; did you mean a, b?", or nothing. Returns @text. */
const char *kpc_nearmiss_text(const struct kpc_nearmiss *near, char *text,
			      size_t size);

#endif /* KPC_NEARMISS_H */
