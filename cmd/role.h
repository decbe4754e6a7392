/* SPDX-License-Identifier: GPL-2.0-only */
/* role - what the rows of an event are for in a view: which field is what */
#ifndef ROLE_H
#define ROLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collect.h"
#include "filename.h"
#include "view.h"

enum role_part {
	ROLE_ALONE, /* a row is all of it */
	ROLE_ENTRY, /* of a call, whose return is another event */
	ROLE_RETURN,
};

/* Positions of fields, or -1. */
struct role {
	const struct kpc_event *event;
	enum role_part part;
	uint32_t group; /* of entry and return: the entry's position */
	uint32_t lane;	/* see pairs.h */
	bool nests;
	int sum;
	int asked; /* the sum is bytes if it's no more than this; -1: anyway */
	bool is_vector; /* a call that says how many buffers, not bytes */
	int result;	/* see role_failed() */
	int latency;
	int id; /* of a system call */
	int by[VIEW_BY_MAX];
	bool has_file;
	struct filename_fields file;
	const char *name; /* as it is shown */
};

/* All of the event at that position but role->by. @sum, @latency: the fields that were asked for, or NULL. */
void role_find(struct role *role, uint32_t position,
	       const struct view_events *events, const char *sum,
	       const char *latency);
/* A function's result says that it failed, whatever type that has. */
bool role_failed(uint64_t result);
/* The position of an event's own field; -1: there is none of that name. */
int role_field(const struct kpc_event *event, const char *name);
/* What fields there are, in words, for who asked for another. */
void role_fields(const struct view_events *events, char *text, size_t size);

#endif /* ROLE_H */
