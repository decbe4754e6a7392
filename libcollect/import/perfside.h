/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * perfside - what records of a perf.data say of threads, mappings, cgroups, and text of
 * the kernel that came and went
 */
#ifndef KPC_PERFSIDE_H
#define KPC_PERFSIDE_H

#include <linux/perf_event.h>
#include <stdint.h>

#include "cgroups.h"
#include "comms.h"
#include "idmap.h"
#include "ksymbols.h"
#include "mmaps.h"
#include "modules.h"
#include "perfmeta.h"
#include "perfsample.h"
#include "writer.h"

struct kpc_perfside {
	struct kpc_writer *writer;
	const struct kpc_perfmeta *meta;
	uint64_t start_ns; /* of the trace */
	struct kpc_task_event *tasks;
	uint32_t nr_tasks;
	uint32_t tasks_room;
	struct kpc_comms comms; /* as far as they are written */
	struct kpc_idmap tids;	/* of all of them */
	struct kpc_mmaps mmaps;
	struct kpc_modules modules;
	struct kpc_ksymbols ksymbols;
	struct kpc_cgroups cgroups;
	uint64_t kernel_text; /* where the kernel's symbol of reference was, */
	char kernel_symbol[64]; /* and its name */
};

void kpc_perfside_init(struct kpc_perfside *side, struct kpc_writer *writer,
		       const struct kpc_perfmeta *meta, uint64_t start_ns);
/*
 * @where: what the record's trailer says, which takes @trailer bytes of it. 1; 0: it
 * is of no such kind; -EBADMSG: it makes no sense; or another negative errno.
 */
int kpc_perfside_record(struct kpc_perfside *side,
			const struct perf_event_header *record,
			const struct kpc_perfsample *where, uint32_t trailer);
/* A record told of the thread. */
bool kpc_perfside_knows(const struct kpc_perfside *side, uint32_t tid);
/* Writes all that there is. */
int kpc_perfside_finish(struct kpc_perfside *side);
void kpc_perfside_uninit(struct kpc_perfside *side);

#endif /* KPC_PERFSIDE_H */
