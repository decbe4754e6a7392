/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cpulist - sets of CPUs, as the kernel and users write them ("0-3,6")
 */
#ifndef KPC_CPULIST_H
#define KPC_CPULIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kpc_cpulist {
	int *cpu; /* ascending, distinct */
	uint32_t nr;
	uint32_t nr_later; /* behind those: aren't online, but may come */
};

/*
 * Parses @text. Returns 0, -ENOMEM, or -EINVAL with a reason. @list is for
 * kpc_cpulist_uninit() in any case.
 */
int kpc_cpulist_parse(struct kpc_cpulist *list, const char *text, char *error,
		      size_t error_size);
/* The CPUs that are online now. */
int kpc_cpulist_online(struct kpc_cpulist *list, char *error,
		       size_t error_size);
/* The CPUs of @text (NULL: all), all of which must be online. */
int kpc_cpulist_choose(struct kpc_cpulist *list, const char *text, char *error,
		       size_t error_size);
/*
 * Adds those that may come to @list, which has all that are online. Where the
 * kernel doesn't say which they are, there are none.
 */
void kpc_cpulist_add_later(struct kpc_cpulist *list);
bool kpc_cpulist_has(const struct kpc_cpulist *list, int cpu);
/* Leaves nr_later out. */
bool kpc_cpulist_same(const struct kpc_cpulist *a, const struct kpc_cpulist *b);
void kpc_cpulist_uninit(struct kpc_cpulist *list);

#endif /* KPC_CPULIST_H */
