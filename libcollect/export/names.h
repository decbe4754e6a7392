/* SPDX-License-Identifier: GPL-2.0-only */
/* names - numbers distinct texts in the order of their coming, and keeps them */
#ifndef KPC_NAMES_H
#define KPC_NAMES_H

#include <stdint.h>

#include "intern.h"

/* Zeroed is empty. */
struct kpc_names {
	struct kpc_intern intern;
};

/* The number of a text, which is copied, or -ENOMEM. */
int64_t kpc_names_add(struct kpc_names *names, const char *text);
void kpc_names_uninit(struct kpc_names *names);

static inline uint32_t kpc_names_nr(const struct kpc_names *names)
{
	return names->intern.nr;
}

static inline const char *kpc_names_text(const struct kpc_names *names,
					 uint32_t number)
{
	return (const char *)names->intern.entries[number].span.at;
}

#endif /* KPC_NAMES_H */
