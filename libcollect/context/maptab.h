/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * maptab - what the addresses of processes were, from a trace's Maps and from
 * when their memory began anew; see "What an address was" in the schema
 */
#ifndef KPC_MAPTAB_H
#define KPC_MAPTAB_H

#include <stdbool.h>
#include <stdint.h>

#include "buf.h"
#include "collect.h"
#include "ranges.h"
#include "wire.h"

struct kpc_maptab_file {
	uint32_t path; /* offset in the texts */
	uint8_t build_id_bytes;
	uint8_t build_id[20];
};

struct kpc_maptab_entry {
	uint64_t offset;
	uint32_t file;
	bool exists;
};

struct kpc_maptab_birth { /* of a process' memory */
	uint64_t time_ns;
	uint32_t pid;
	uint32_t parent_pid; /* 0: by execve(2) */
};

/* Zeroed is empty. */
struct kpc_maptab {
	struct kpc_ranges ranges; /* by pid */
	struct kpc_maptab_entry *entry;
	uint32_t nr;
	uint32_t room;
	struct kpc_maptab_file *file;
	uint32_t nr_files;
	uint32_t files_room;
	struct kpc_maptab_birth *birth; /* by pid and time, once finished */
	uint32_t nr_births;
	uint32_t births_room;
	struct kpc_buf texts;
	uint64_t lost;
};

/*
 * Adds the entries of a serialised Maps. -EBADMSG if it is damaged (nothing is
 * added then), -ENOMEM, -E2BIG if it would be too many.
 */
int kpc_maptab_add(struct kpc_maptab *maptab, struct kpc_wire body);
/* The same of a serialised Tasks: when the memory of processes began anew. */
int kpc_maptab_add_tasks(struct kpc_maptab *maptab, struct kpc_wire body);
/* After the last add and before the first find. */
void kpc_maptab_finish(struct kpc_maptab *maptab);
void kpc_maptab_uninit(struct kpc_maptab *maptab);
/* False: nothing is known of it. Texts are the maptab's. */
bool kpc_maptab_find(const struct kpc_maptab *maptab, uint32_t pid,
		     uint64_t address, uint64_t time_ns,
		     struct kpc_mapping *mapping);

#endif /* KPC_MAPTAB_H */
