/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * eventspec - what the strings of -e ask for
 *
 *   LIST  = EVENT { "," EVENT }
 *   LIST  = DEFINITION                       a probe, for as long as it's recorded
 *   EVENT = "kprobex/" PROBE { "," TERM } "/"
 *         | SYSTEM ":" NAME                  a tracepoint; * and ? match
 *         | a software event, by perf's name (cpu-clock, page-faults, cs, …)
 *   PROBE = NAME                             a named probe, else a function
 *         | NAME "-" SUFFIX                  an alias of one: -ns, -missed, …
 *         | SYMBOL "+" OFFSET                an instruction of a function
 *         | PATTERN                          all functions that * and ? match
 *   DEFINITION = ("p" | "r") [MAXACTIVE] [":" [GROUP "/"] NAME] " " TARGET { " " ARG }
 *              | ("p" | "r") ":" TARGET      as of kprobe_events, see definition.h
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

enum kpc_eventspec_kind {
	KPC_EVENTSPEC_PROBE,
	KPC_EVENTSPEC_DEFINITION,
	KPC_EVENTSPEC_TRACEPOINT,
	KPC_EVENTSPEC_SOFTWARE,
};

/* What the terms of a probe say. */
struct kpc_eventterms {
	char *text; /* with a comma before each, or NULL if there are none */
	uint32_t unit;
	uint32_t field; /* argument, from 0, if there's no field_name */
	uint32_t mode;
	bool has_unit;
	bool has_field;
	bool has_mode;
	bool skip_self;
	uint64_t period;  /* 0: not said */
	char *field_name; /* or NULL */
};

struct kpc_eventspec {
	enum kpc_eventspec_kind kind;
	char *text;	  /* the event as it was written */
	char *system;	  /* of a tracepoint */
	char *name;	  /* probe or symbol, tracepoint, perf's name */
	char *definition; /* of a probe, without a name */
	bool is_named;	  /* it had one */
	uint64_t offset;  /* bytes from the symbol */
	bool has_offset;
	struct kpc_eventterms terms; /* of a probe */
	uint64_t config;	     /* PERF_COUNT_SW_* */
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
