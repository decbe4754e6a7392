/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * usdt - the probes that a program brings with it, as <sys/sdt.h> notes them
 *
 * Each place of a probe is a note of the section .note.stapsdt: its address, the
 * semaphore's, and where its arguments are when it is reached.
 */
#ifndef KPC_USDT_H
#define KPC_USDT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "elffile.h"

/* Texts are those of the notes. */
struct kpc_usdt_note {
	const char *provider;
	const char *name;
	const char *arguments;
	uint64_t address;
	uint64_t base; /* where .stapsdt.base was when the addresses were noted */
	uint64_t semaphore; /* address; 0: it has none */
};

/* A non-zero value ends the walk. */
typedef int (*kpc_usdt_note_fn)(void *ctx, const struct kpc_usdt_note *note);

/*
 * Calls @fn for each place, with addresses as they are in @file. Returns @fn's
 * value, or -EBADMSG if the notes are damaged, after those that can be read.
 */
int kpc_usdt_walk(const struct kpc_elffile *file, kpc_usdt_note_fn fn,
		  void *ctx);
/* The same of the section's bytes, with addresses as they are there. */
int kpc_usdt_parse(const void *notes, size_t bytes, bool is_wide,
		   kpc_usdt_note_fn fn, void *ctx);

#endif /* KPC_USDT_H */
