/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * selection - the options of verbs that say which rows are wanted
 */
#ifndef SELECTION_H
#define SELECTION_H

#include "collect.h"

#define SELECTION_EVENTS_MAX  256
#define SELECTION_NUMBERS_MAX 4096

/* Of getopt_long(); what a verb makes of its own options is below. */
enum selection_option {
	SELECTION_FILTER = 'f',
	SELECTION_TIME = 0x1000,
	SELECTION_EVENT,
	SELECTION_CPU,
	SELECTION_PID,
};

#define SELECTION_SHORT "f:"
#define SELECTION_OPTIONS                                              \
	{ "filter", required_argument, NULL, SELECTION_FILTER },       \
		{ "time", required_argument, NULL, SELECTION_TIME },   \
		{ "event", required_argument, NULL, SELECTION_EVENT }, \
		{ "cpu", required_argument, NULL, SELECTION_CPU },     \
	{                                                              \
		"pid", required_argument, NULL, SELECTION_PID          \
	}

#define SELECTION_USAGE                                                                 \
	"  -f, --filter EXPR\n"                                                         \
	"                   of which EXPR is true: 'event==vfs_write && count>4K';\n"   \
	"                   fields of events, and event comm pid tid cpu time ring\n"   \
	"                   stack_depth, by == != < <= > >= & (bits) ~ (glob), with\n"  \
	"                   && || ! and parentheses\n"                                  \
	"  --time FROM-TO   from the time FROM to before TO, in seconds, as they are\n" \
	"                   printed, or with + since the trace's beginning: +1-+2.5;\n" \
	"                   either may be left out\n"                                   \
	"  --event PATTERN  events of that name, with * ? []; again for more\n"         \
	"  --cpu LIST       such as 0-3,6\n"                                            \
	"  --pid LIST       processes, such as 17,230-240\n"

struct selection_time {
	bool given;
	bool relative; /* to the trace's beginning */
	uint64_t ns;
};

struct selection {
	struct selection_time from;
	struct selection_time to;
	const char *events[SELECTION_EVENTS_MAX + 1];
	uint32_t nr_events;
	int32_t cpus[SELECTION_NUMBERS_MAX];
	uint32_t nr_cpus;
	uint32_t pids[SELECTION_NUMBERS_MAX];
	uint32_t nr_pids;
	const char *filter; /* or NULL */
};

/* Is it one of enum selection_option? */
bool selection_has_option(int option);
/*
 * Takes @option with @value. False with @error (of @error_size bytes) if it makes no
 * sense.
 */
bool selection_take(struct selection *selection, int option, const char *value,
		    char *error, size_t error_size);
/*
 * Before anything is read: is what it names in the file? The reader is at its first
 * trace, and stays there. CMD_OK, or another status and the reason was printed.
 */
int selection_begin(const struct selection *selection,
		    struct kpc_reader *reader, const char *verb,
		    const char *path);
/* Times with + are since the beginning of this trace from here on. */
void selection_settle(struct selection *selection,
		      const struct kpc_trace_info *info);
/* As selection_begin(), but events that aren't in the file are no mistake. */
int selection_filter(const struct selection *selection,
		     struct kpc_reader *reader, const char *verb);
/* For the reader's current trace. As kpc_reader_select(). */
int selection_apply(const struct selection *selection,
		    struct kpc_reader *reader);
/*
 * The times that are selected of a trace that began at @start_ns; those that are left
 * open stay as they are.
 */
void selection_times(const struct selection *selection, uint64_t start_ns,
		     uint64_t *from_ns, uint64_t *to_ns);

#endif /* SELECTION_H */
