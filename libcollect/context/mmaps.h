/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mmaps - what processes have mapped to be executed: from PERF_RECORD_MMAP2, and
 * /proc for those that were there before
 *
 * What happened waits to be written; besides, what is mapped now is kept of the
 * processes that live, because a trace may begin anew at any time.
 */
#ifndef KPC_MMAPS_H
#define KPC_MMAPS_H

#include <linux/perf_event.h>
#include <stdbool.h>
#include <stdint.h>

#include "mapfile.h"
#include "writer.h"

#define KPC_MMAPS_MAX (1u << 18) /* kept of those that live */

struct kpc_mmap {
	uint64_t time_ns;
	uint32_t pid;
	bool exists; /* as Maps.What */
	uint64_t start;
	uint64_t bytes;
	uint64_t offset; /* in the file */
	struct kpc_mapfile *file;
};

struct kpc_mmaps_space; /* of a process */

/* Zeroed is empty. */
struct kpc_mmaps {
	struct kpc_mapfiles files;
	struct kpc_mmap *pending;
	uint32_t nr;
	uint32_t room;
	uint32_t at;		       /* of the pending: followed up to here */
	uint32_t looked;	       /* and looked for up to here */
	struct kpc_mmaps_space *space; /* a hash table by pid */
	uint32_t nr_slots;
	uint32_t nr_spaces;
	uint32_t nr_live; /* mappings in the spaces */
	uint64_t lost;	  /* not kept, or not read */
};

void kpc_mmaps_uninit(struct kpc_mmaps *mmaps);

/* A PERF_RECORD_MMAP2 with its time behind it. 0, -EBADMSG or -ENOMEM. */
int kpc_mmaps_record(struct kpc_mmaps *mmaps,
		     const struct perf_event_header *record);
/*
 * A mapping but for its file, which is one as @like, without an inode, of that path;
 * nothing is looked for on this machine. 0 or -ENOMEM.
 */
int kpc_mmaps_note(struct kpc_mmaps *mmaps, const struct kpc_mmap *map,
		   const struct kpc_mapfile *like, const char *path);
/* What the process has now, from /proc. Gone or not: 0; or -ENOMEM. */
int kpc_mmaps_scan(struct kpc_mmaps *mmaps, pid_t pid);
/*
 * A line of /proc/PID/maps, without its line's end, at that time. One that isn't
 * of executable memory, or makes no sense, is passed over. 0 or -ENOMEM.
 */
int kpc_mmaps_line(struct kpc_mmaps *mmaps, pid_t pid, uint64_t time_ns,
		   const char *line);

/*
 * Looks for the build-ids of what is new among the pending, which takes its time: not
 * while a ring or a lock is held.
 */
void kpc_mmaps_look(struct kpc_mmaps *mmaps);
/* Before the follows: sorts what is pending by time. */
void kpc_mmaps_sort(struct kpc_mmaps *mmaps);
/* Follows what is pending up to that time, not including it. 0 or -ENOMEM. */
int kpc_mmaps_follow(struct kpc_mmaps *mmaps, uint64_t time_ns);
/* The next thing that happened: a fork, an exec, an end. 0 or -ENOMEM. */
int kpc_mmaps_task(struct kpc_mmaps *mmaps, const struct kpc_task_event *task);
/* Writes what is pending, which ends that. */
int kpc_mmaps_write(struct kpc_mmaps *mmaps, struct kpc_writer *writer);
/* Writes all that is mapped now. */
int kpc_mmaps_snapshot(struct kpc_mmaps *mmaps, struct kpc_writer *writer,
		       uint64_t now_ns);

#endif /* KPC_MMAPS_H */
