/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * functions - the kernel's functions, and how each can be probed
 *
 * Of what there is, /proc/kallsyms knows the names; which of them ftrace can call,
 * tracefs; and which no probe may be put on, the kprobes' blacklist in debugfs.
 */
#ifndef KPC_FUNCTIONS_H
#define KPC_FUNCTIONS_H

#include <stddef.h>
#include <stdint.h>

#include "collect.h"

/* Where things are; NULL: the usual places. Tests have their own. */
struct kpc_functions_paths {
	const char *kallsyms;
	const char *filter;    /* available_filter_functions */
	const char *blacklist; /* of the kprobes */
};

struct kpc_function_entry {
	char *name;
	char *module;	  /* or NULL */
	uint64_t address; /* 0: hidden */
	enum kpc_function_probing probing;
};

/* The kernel's own, then by module; of each by name, then by address. */
struct kpc_functions {
	struct kpc_function_entry *v;
	uint32_t nr;
	uint32_t room;
};

/*
 * Those that @pattern, a shell pattern, matches. 0; -ENOENT if none does, with what
 * it may be: another spelling, or a function that was inlined or split up; or
 * another negative errno with the reason. kpc_functions_uninit() in any case.
 */
int kpc_functions_match(struct kpc_functions *functions, const char *pattern,
			const struct kpc_functions_paths *paths, char *error,
			size_t error_size);
void kpc_functions_uninit(struct kpc_functions *functions);

#endif /* KPC_FUNCTIONS_H */
