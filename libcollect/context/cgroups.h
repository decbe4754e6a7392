/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cgroups - the names of control groups, for rows that only have their ids: of those
 * that are there, from their folders, and of those that are made while a recording goes
 * on, from PERF_RECORD_CGROUP
 */
#ifndef KPC_CGROUPS_H
#define KPC_CGROUPS_H

#include <linux/perf_event.h>
#include <stdbool.h>
#include <stdint.h>

#include "buf.h"
#include "idmap.h"
#include "writer.h"

#define KPC_CGROUPS_MAX	  65536u      /* kept of those that are known */
#define KPC_CGROUPS_BYTES (64u << 20) /* of their paths */

struct kpc_cgroups_name {
	uint64_t id;
	uint32_t path;	  /* offset in the paths */
	bool seen;	  /* its folder was there at the last look */
	uint64_t gone_ns; /* the first look that it wasn't there at, or 0 */
};

/* Zeroed is empty. */
struct kpc_cgroups {
	struct kpc_cgroups_name *name;
	uint32_t nr;
	uint32_t room;
	uint32_t written;     /* of them */
	struct kpc_idmap ids; /* to the position of a name */
	struct kpc_buf paths;
	uint64_t lost; /* records lost, and names that there was no room for */
	uint64_t looked;  /* … of them when folders were looked at last */
	uint64_t keep_ns; /* that rows of one that is gone may still come */
};

/*
 * Looks at the folders of all cgroups below @point, that hierarchy's mount point, and
 * notes those that aren't known yet. 0 or -ENOMEM.
 */
int kpc_cgroups_look(struct kpc_cgroups *cgroups, const char *point,
		     uint64_t now_ns);
/*
 * A PERF_RECORD_CGROUP with @trailer bytes behind its path, or a PERF_RECORD_LOST.
 * 0, -EBADMSG or -ENOMEM.
 */
int kpc_cgroups_record(struct kpc_cgroups *cgroups,
		       const struct perf_event_header *record,
		       uint32_t trailer);
/* Names that aren't written yet. */
static inline uint32_t kpc_cgroups_pending(const struct kpc_cgroups *cgroups)
{
	return cgroups->nr - cgroups->written;
}
/* NULL: it isn't known. Valid until more is noted. */
const char *kpc_cgroups_path(const struct kpc_cgroups *cgroups, uint64_t id);
/* Writes what was noted since. */
int kpc_cgroups_write(struct kpc_cgroups *cgroups, struct kpc_writer *writer);
/*
 * Writes what was written before, into a trace that begins anew. Those whose folders
 * are gone for so long that no row can be of them any more are forgotten.
 */
int kpc_cgroups_snapshot(struct kpc_cgroups *cgroups, struct kpc_writer *writer,
			 uint64_t now_ns);
void kpc_cgroups_uninit(struct kpc_cgroups *cgroups);

#endif /* KPC_CGROUPS_H */
