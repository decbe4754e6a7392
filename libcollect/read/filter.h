/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * filter - which chunks and rows of a trace are selected
 */
#ifndef KPC_FILTER_H
#define KPC_FILTER_H

#include "collect.h"
#include "rowfilter.h"
#include "trace.h"

/* A copy of a kpc_selection. Zeroed: all is selected, but for @to_ns. */
struct kpc_choice {
	uint64_t from_ns;
	uint64_t to_ns; /* the first that isn't selected; UINT64_MAX: no end */
	char **events;	/* patterns, NULL-terminated, or NULL */
	int32_t *cpus;	/* sorted */
	uint32_t nr_cpus;
	uint32_t *pids; /* sorted */
	uint32_t nr_pids;
};

/* 0, -ENOMEM, or -EINVAL (its size). NULL selects all. */
int kpc_choice_copy(struct kpc_choice *choice,
		    const struct kpc_selection *selection);
void kpc_choice_uninit(struct kpc_choice *choice);
bool kpc_choice_has_pid(const struct kpc_choice *choice, uint32_t pid);
bool kpc_choice_has_cpu(const struct kpc_choice *choice, int32_t cpu);

/* What it comes to for one trace, and an expression besides. */
struct kpc_filter {
	bool *events;			    /* by id; NULL: all */
	struct kpc_expr_program **programs; /* by id; NULL: no expression */
	uint32_t nr_programs;
};

/* @expr: NULL, or an expression that must stay; @start_ns: what its + is from. */
int kpc_filter_init(struct kpc_filter *filter, const struct kpc_choice *choice,
		    const struct kpc_expr *expr, uint64_t start_ns,
		    const struct kpc_trace *trace);
void kpc_filter_uninit(struct kpc_filter *filter);
/*
 * Whether the chunk may have selected rows; its times aside but for those in the
 * expression, which are within @first_key and @last_key.
 */
bool kpc_filter_has_chunk(const struct kpc_filter *filter,
			  const struct kpc_choice *choice,
			  const struct kpc_trace *trace,
			  const struct kpc_chunk *chunk, uint64_t first_key,
			  uint64_t last_key);
/* Does the expression hold of the row of that event? */
static inline bool kpc_filter_has_row(const struct kpc_filter *filter,
				      const struct kpc_rowfilter_row *row)
{
	return !filter->programs ||
	       kpc_rowfilter_holds(filter->programs[row->at.table->event->id],
				   row);
}
/* Whether its rows' times are within its first and last. */
bool kpc_filter_is_ordered(const struct kpc_trace *trace,
			   const struct kpc_chunk *chunk);

#endif /* KPC_FILTER_H */
