/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * eventspec - what the strings of -e ask for
 *
 *   LIST  = EVENT { "," EVENT }
 *   LIST  = DEFINITION                       a probe, for as long as it's recorded
 *   EVENT = "kprobex/" PROBE { "," TERM } "/"
 *         | SYSTEM ":" NAME                  a tracepoint; * and ? match
 *         | COUNTER                          by perf's name: cpu-clock, cycles, …
 *         | COUNTER "/" SAMPLING { "," SAMPLING } "/"
 *         | a probe in a program, see userspec.h
 *   PROBE = NAME                             a named probe, else a function
 *         | NAME "-" SUFFIX                  an alias of one: -ns, -missed, …
 *         | SYMBOL "+" OFFSET                an instruction of a function
 *         | PATTERN                          all functions that * and ? match
 *   DEFINITION = ("p" | "r") [MAXACTIVE] [":" [GROUP "/"] NAME] " " TARGET { " " ARG }
 *              | ("p" | "r") ":" TARGET      as of kprobe_events, see definition.h;
 *                                            of uprobe_events if it's a file's
 *   SAMPLING = ("period" | "freq") "=" NUMBER
 *   TERM  = ("unit" | "mode" | "period" | "skip_self") "=" NUMBER
 *         | "field" "=" (NUMBER | NAME)      as the PMU's format/ has them
 *
 * This is only about the text: whether such an event exists is found out later.
 */
#ifndef KPC_EVENTSPEC_H
#define KPC_EVENTSPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "eventterms.h"
#include "userspec.h"

enum kpc_eventspec_kind {
	KPC_EVENTSPEC_PROBE,
	KPC_EVENTSPEC_DEFINITION,
	KPC_EVENTSPEC_TRACEPOINT,
	KPC_EVENTSPEC_SOFTWARE,
	KPC_EVENTSPEC_HARDWARE,
	KPC_EVENTSPEC_USER, /* in a program or shared library */
};

struct kpc_eventspec {
	enum kpc_eventspec_kind kind;
	char *text;	  /* the event as it was written */
	char *system;	  /* of a tracepoint */
	char *name;	  /* probe or symbol, tracepoint, perf's name; of a USER
			   * one only if it was given */
	char *definition; /* of a probe, without a name */
	bool is_named;	  /* it had one */
	uint64_t offset;  /* bytes from the symbol */
	bool has_offset;
	struct kpc_eventterms terms; /* of a probe or counter */
	uint32_t type;		     /* of a counter: PERF_TYPE_* */
	uint64_t config;	     /* … of perf_event_attr */
	struct kpc_userspec user;
};

struct kpc_eventspecs {
	struct kpc_eventspec *spec;
	uint32_t nr;
};

/*
 * Appends the events of the list @text. Returns 0, -ENOMEM, or -EINVAL: then
 * @error has three lines, the reason, the text, and a caret below the place.
 */
int kpc_eventspecs_add(struct kpc_eventspecs *specs, const char *text,
		       char *error, size_t error_size);
/* Zeroed is fine. */
void kpc_eventspecs_uninit(struct kpc_eventspecs *specs);

/* @text is one, or is meant to be. */
bool kpc_eventspec_is_definition(const char *text);

/* cpu-clock and task-clock count nanoseconds, and sample by a timer. */
bool kpc_eventspec_is_clock(const struct kpc_eventspec *spec);

#endif /* KPC_EVENTSPEC_H */
