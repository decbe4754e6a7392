/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * selection - the options of verbs that say which rows are wanted
 */
#ifndef SELECTION_H
#define SELECTION_H

#include "collect.h"

#define SELECTION_EVENTS_MAX  256
#define SELECTION_NUMBERS_MAX 4096

#define SELECTION_USAGE                                                                 \
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
};

/*
 * Takes the option @name ("time", ...) with @value. False with @error (of
 * @error_size bytes) if it makes no sense.
 */
bool selection_take(struct selection *selection, const char *name,
		    const char *value, char *error, size_t error_size);
/* For the reader's current trace. As kpc_reader_select(). */
int selection_apply(const struct selection *selection,
		    struct kpc_reader *reader);

#endif /* SELECTION_H */
