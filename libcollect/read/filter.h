/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * filter - which chunks and rows of a trace are selected
 */
#ifndef KPC_FILTER_H
#define KPC_FILTER_H

#include "collect.h"
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

/* What it comes to for one trace. */
struct kpc_filter {
	bool *events; /* by id; NULL: all */
};

int kpc_filter_init(struct kpc_filter *filter, const struct kpc_choice *choice,
		    const struct kpc_trace *trace);
void kpc_filter_uninit(struct kpc_filter *filter);
/* Whether the chunk may have selected rows; its times aside. */
bool kpc_filter_has_chunk(const struct kpc_filter *filter,
			  const struct kpc_choice *choice,
			  const struct kpc_trace *trace,
			  const struct kpc_chunk *chunk);
/* Whether its rows' times are within its first and last. */
bool kpc_filter_is_ordered(const struct kpc_trace *trace,
			   const struct kpc_chunk *chunk);

#endif /* KPC_FILTER_H */
