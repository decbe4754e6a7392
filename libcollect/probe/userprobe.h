/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * userprobe - probes in programs, found in their files: what the kernel is to be
 * told for what -e asks for
 */
#ifndef KPC_USERPROBE_H
#define KPC_USERPROBE_H

#include <stdbool.h>
#include <stdint.h>

#include "buf.h"
#include "elffile.h"
#include "userspec.h"

#define KPC_USERPROBE_PLACES 1024
#define KPC_USERPROBES_MAX   1024 /* of one event of -e */

struct kpc_userplace {
	uint64_t offset;    /* in the file */
	uint64_t semaphore; /* its offset; 0: it has none */
	char *args;	    /* in the kernel's grammar, "" if there are none */
};

/* An event of the trace: all of its places have arguments of the same types. */
struct kpc_userprobe {
	char *name;  /* that a user knows it by: bash:readline, my:probe */
	char *types; /* of its arguments, as they are compared */
	bool is_return;
	struct kpc_userplace *place;
	uint32_t nr;
};

struct kpc_userprobes {
	char *path; /* of the file */
	struct kpc_userprobe *probe;
	uint32_t nr;
	struct kpc_buf notes; /* of what can't be recorded: lines, for the user */
};

/*
 * Finds what @spec asks for, which @name is to be called if that isn't NULL. A USDT
 * probe whose places have arguments of different types becomes several of one name,
 * one after the other. 0, or a negative errno with the reason (-E2BIG: too many).
 * @probes is for kpc_userprobes_uninit() in any case.
 */
int kpc_userprobes_find(struct kpc_userprobes *probes,
			const struct kpc_userspec *spec, const char *name,
			char *error, size_t error_size);
/* Those of a file that is open, at @path. */
int kpc_userprobes_of_file(struct kpc_userprobes *probes,
			   const struct kpc_userspec *spec, const char *name,
			   const struct kpc_elffile *file, char *error,
			   size_t error_size);
void kpc_userprobes_uninit(struct kpc_userprobes *probes);

/*
 * Appends the line for place @i, without a NUL, with what the kernel is to call it,
 * GROUP/EVENT.
 */
void kpc_userprobe_line(const struct kpc_userprobe *probe, const char *path,
			uint32_t i, const char *name, struct kpc_buf *out);

#endif /* KPC_USERPROBE_H */
