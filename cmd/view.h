/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * view - rows of events, added up by what they are to be told apart by: the process,
 * the file, a field
 */
#ifndef VIEW_H
#define VIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "aggregate.h"
#include "collect.h"

#define VIEW_BY_MAX	8
#define VIEW_TEXT_BYTES 4096 /* of a cell: a file's path, escaped */

enum view_by_kind {
	VIEW_BY_COMM,
	VIEW_BY_PID,
	VIEW_BY_TID,
	VIEW_BY_CPU,
	VIEW_BY_EVENT,
	VIEW_BY_CGROUP,	 /* its path; the row has its id */
	VIEW_BY_FILE,	 /* of the fields that filename.h says */
	VIEW_BY_SYSCALL, /* the field id, as a name */
	VIEW_BY_FIELD,
};

struct view_by {
	enum view_by_kind kind;
	char heading[32];
	char name[32]; /* of a field */
	bool is_errno; /* of one that is below 0 for an error */
};

struct view_opts {
	const char *by;	     /* "comm,FIELD" */
	const char *sum;     /* a field; NULL: an obvious one */
	const char *latency; /* a field; NULL: duration_ns, or of pairs */
	const char *machine; /* whose system calls they are, which stays;
			      * NULL: this one */
	bool by_row;   /* entries and returns count as rows; pairs give times */
	bool calls;    /* and nothing else: of what takes time */
	bool detailed; /* shares of all, and medians, too */
	bool values;   /* the field's values, too, as long as they are few */
};

/* Those that rows may be of; quickest if each is at the position of its id. */
struct view_events {
	const struct kpc_event *const *event;
	const uint32_t
		*system; /* whose thread ids they have; NULL: all the same */
	uint32_t nr;
};

struct view;

/*
 * Of these events (not the arrays), which stay. NULL with the reason in @error: no event has such a
 * field, say.
 */
struct view *view_new(const struct view_opts *opts,
		      const struct view_events *events, char *error,
		      size_t error_size);
/* Do rows have to have cgroups for it? */
bool view_wants_cgroups(const struct view_opts *opts);
/* By who has no other thread in it, as of all. NULL ok. */
void view_free(struct view *view);

void view_row(struct view *view, const struct kpc_row *row);
/* No row of before @time_ns comes any more: entries and returns are paired. */
void view_settle(struct view *view, uint64_t time_ns);
/* No row comes any more: calls that are open have no return. */
void view_end(struct view *view);
struct aggregate *view_aggregate(const struct view *view);
/* Begins anew, as aggregate_clear(). */
void view_clear(struct view *view);

/* ---- how it is shown ----------------------------------------------------- */

int view_nr_by(const struct view *view);
const struct view_by *view_by(const struct view *view, int i);
/* What an entry is called in that column, as printable text. */
void view_text(const struct view *view, const struct aggregate_entry *entry,
	       int by, char text[VIEW_TEXT_BYTES]);
/* The error's name, if it is one that the kernel returned; else NULL. */
const char *view_errno(const struct view *view, const struct aggregate_entry *e,
		       int by);
/* Calls whose return wasn't seen, though they have ended: they aren't counted. */
uint64_t view_unpaired(const struct view *view);
bool view_has_sum(const struct view *view);
/* "BYTES", or the field's name. */
const char *view_sum_heading(const struct view *view);
bool view_sum_is_bytes(const struct view *view);
bool view_has_time(const struct view *view);
/* Returns whose entry wasn't seen. */
uint64_t view_unentered(const struct view *view);
bool view_has_pairs(const struct view *view);
bool view_is_by_row(const struct view *view);
bool view_is_detailed(const struct view *view);

#endif /* VIEW_H */
