/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * htmlcalls - how long calls took, over the time: of events that say it themselves
 * (duration_ns), and of pairs of an event for the entry and one for the return
 */
#ifndef HTMLCALLS_H
#define HTMLCALLS_H

#include <stdbool.h>
#include <stdint.h>

#include "cells.h"
#include "collect.h"
#include "histogram.h"

#define CALLS_MAX   512u /* that are told apart; the others are put together */
#define CALLS_NAME  64u
#define CALLS_NO_ID UINT64_MAX

enum calls_part {
	CALLS_NOT, /* its rows say nothing of a call's time */
	CALLS_WHOLE,
	CALLS_ENTRY,
	CALLS_RETURN,
};

/* What the rows of an event are. */
struct calls_role {
	enum calls_part part;
	uint32_t group; /* of entry and return: the same, else one by itself */
	int duration;	/* fields' positions, or -1 */
	int id;
	bool nests; /* a function may call itself */
	const char *name;
};

struct call {
	char name[CALLS_NAME];
	uint64_t key[2]; /* group and id */
	uint64_t count;
	uint64_t ns;
	uint64_t ns_max;
	uint64_t unpaired; /* entries whose return wasn't seen */
	struct histogram times;
};

struct calls;

/* The roles of @nr events of one trace. 0 or -ENOMEM. */
int calls_find_roles(struct calls_role *roles,
		     const struct kpc_event *const *events, uint32_t nr,
		     uint32_t first_group);

/* Calls that end from @from_ns to @to_ns, in so many columns. NULL: no memory. */
struct calls *calls_new(uint64_t from_ns, uint64_t to_ns, uint16_t columns);
void calls_free(struct calls *calls); /* NULL ok */
/* Rows in the order of @at_ns, which is their time or something like it. */
void calls_row(struct calls *calls, const struct calls_role *role,
	       const struct kpc_row *row, uint64_t at_ns);
/* No more rows come: what is open has no return. */
void calls_end(struct calls *calls);

uint32_t calls_nr(const struct calls *calls);
const struct call *calls_at(const struct calls *calls, uint32_t i);
/* Series: calls_series(); row: histogram_bucket() of the time. */
uint16_t calls_series(const struct calls *calls, const struct call *call);
struct cells *calls_cells(const struct calls *calls);

#endif /* HTMLCALLS_H */
