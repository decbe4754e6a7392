/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cgrouptab - the paths of control groups by their ids, from a trace's Cgroups
 */
#ifndef KPC_CGROUPTAB_H
#define KPC_CGROUPTAB_H

#include <stdint.h>

#include "buf.h"
#include "wire.h"

#define KPC_CGROUPTAB_MAX  (1u << 20) /* names kept of a trace */
#define KPC_CGROUP_UNNAMED 24

/* "#ID", of one without a name. */
const char *kpc_cgroup_unnamed(char text[KPC_CGROUP_UNNAMED], uint64_t id);

struct kpc_cgrouptab_entry {
	uint64_t id;
	uint32_t order; /* in the file */
	uint32_t path;	/* offset in the texts */
};

/* Zeroed is empty. */
struct kpc_cgrouptab {
	struct kpc_cgrouptab_entry *entry; /* by id, once finished */
	uint32_t nr;
	uint32_t room;
	uint32_t added;
	uint32_t last; /* entry that was found last */
	struct kpc_buf texts;
	uint64_t lost;
	char unnamed[KPC_CGROUP_UNNAMED]; /* that was asked for last */
};

/*
 * Adds those of a serialised Cgroups. -EBADMSG if it is damaged (nothing is added
 * then), -ENOMEM, -E2BIG if it would be too many.
 */
int kpc_cgrouptab_add(struct kpc_cgrouptab *cgrouptab, struct kpc_wire body);
/* After the last add and before the first find; more may be added then. */
void kpc_cgrouptab_finish(struct kpc_cgrouptab *cgrouptab);
void kpc_cgrouptab_uninit(struct kpc_cgrouptab *cgrouptab);
/*
 * Its path, until more is added or the next call; "#ID": the trace has none; "" of the
 * id 0. Quickest if it's as the last time.
 */
const char *kpc_cgrouptab_find(struct kpc_cgrouptab *cgrouptab, uint64_t id);

#endif /* KPC_CGROUPTAB_H */
