/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * rowfilter - an expression over a trace's rows: over their events' fields and what
 * every row has: event, comm, pid, tid, cpu, time, ring, stack_depth, cgroup
 */
#ifndef KPC_ROWFILTER_H
#define KPC_ROWFILTER_H

#include "exprbind.h"
#include "rows.h"
#include "trace.h"

/*
 * Are its names and values those of events in these traces? 0, -ENOMEM, -ENOENT a
 * name isn't, -EINVAL; with the reason.
 */
int kpc_rowfilter_check(const struct kpc_expr *expr,
			struct kpc_trace *const *traces, uint32_t nr_traces,
			char *error, size_t error_size);

/*
 * The program for each event of a trace by its id, NULL for one that is missing. 0 or
 * -ENOMEM. For kpc_rowfilter_free().
 */
int kpc_rowfilter_bind(const struct kpc_expr *expr,
		       const struct kpc_trace *trace, uint64_t start_ns,
		       struct kpc_expr_program ***programs);
void kpc_rowfilter_free(struct kpc_expr_program **programs, uint32_t nr);

/* What is known of a chunk's rows before they're read. */
struct kpc_rowfilter_bounds {
	uint32_t ring;
	int32_t cpu;
	uint64_t first_key; /* times as rows are sorted and selected by */
	uint64_t last_key;
};

/* Could it be true of a row within @bounds? */
bool kpc_rowfilter_may(const struct kpc_expr_program *program,
		       const struct kpc_rowfilter_bounds *bounds);

/* A row that wasn't given yet. */
struct kpc_rowfilter_row {
	struct kpc_trace *trace;
	struct kpc_rows_at at;
	uint32_t ring;
	uint64_t key;
	uint64_t time_ns;
	uint32_t tid;
	uint64_t cgroup; /* 0: not known */
};

bool kpc_rowfilter_holds(const struct kpc_expr_program *program,
			 const struct kpc_rowfilter_row *row);

#endif /* KPC_ROWFILTER_H */
