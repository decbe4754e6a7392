/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * events - the events of a recording: found, described, ready to be opened
 */
#ifndef KPC_EVENTS_H
#define KPC_EVENTS_H

#include <linux/perf_event.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpfmap.h"
#include "collect.h"
#include "eventspec.h"
#include "intake.h"
#include "kprobex.h"
#include "uprobes.h"

#define KPC_CLOCK_HZ 4000 /* clocks and the CPU's counters, unless told */

/* What it takes to open an event, beside its description. */
struct kpc_opening {
	struct perf_event_attr attr;
	uint32_t probe;	    /* of the kprobex PMU, or 0 */
	uint32_t weight_at; /* offset in its records, or 0: they have none */
	uint64_t period;    /* that the event itself asks for, or 0 */
	uint64_t frequency; /* … instead of a period */
	bool counter;	    /* has no records, but the address where it was */
	bool fast;	    /* counts so much that all would be too much */
	bool clock;	    /* counts nanoseconds, and samples by a timer */
	bool weighted;	    /* a hit may count for more than one */
	bool valued;	    /* counts values, and its records have weights */
	bool variant;	    /* others may have its name */
	bool user;	    /* a probe in a program */
	bool stepping;	    /* … of which each hit takes a step of its own */
};

struct kpc_events {
	struct kpc_event *event;     /* by id */
	struct kpc_opening *opening; /* the same order */
	uint32_t nr;
	uint32_t nr_outputs; /* behind those: what BPF programs write, which
			      * isn't opened here */
	struct kpc_kprobex kprobex; /* open if has_kprobex */
	bool has_kprobex;
	struct kpc_uprobes uprobes;
	struct kpc_buf notes; /* lines for the user, of what can't be recorded */
	enum kpc_intake_key key; /* set by kpc_events_prepare() */
};

/* What samples have of the stack, by frame pointers. */
struct kpc_callchain {
	bool on;
	bool no_kernel; /* not the kernel's part */
	bool no_user;
	uint16_t max_stack; /* entries at most; 0: the kernel's setting */
};

/* How all events are to be sampled. */
struct kpc_sampling {
	uint64_t period;    /* 0: every event */
	uint64_t frequency; /* Hz; 0: by period */
	struct kpc_callchain callchain;
	bool inherit; /* new threads and processes too */
	bool enable_on_exec;
	bool skip_self; /* where the event itself can */
	bool with_tid;	/* PERF_SAMPLE_TID even where records have it */
	bool cgroup;
	uint32_t watermark_bytes;
};

/*
 * Finds the events of @specs (none: all named probes of kprobex). One that is
 * named twice is taken once. 0, or a negative errno with the reason; @events is
 * for kpc_events_uninit() in any case.
 */
int kpc_events_find(struct kpc_events *events,
		    const struct kpc_eventspecs *specs, char *error,
		    size_t error_size);
/* Calls @tell with each of the notes. */
void kpc_events_tell_notes(const struct kpc_events *events,
			   void (*tell)(void *ctx, const char *text),
			   void *ctx);
/* Appends copies of what BPF programs write. 0 or -ENOMEM. */
int kpc_events_add_outputs(struct kpc_events *events,
			   const struct kpc_bpfmaps *maps);
/* Fills the attrs, but those of outputs. */
void kpc_events_prepare(struct kpc_events *events,
			const struct kpc_sampling *sampling);
/*
 * An intake of their records, as they were prepared; @ids leads to their numbers,
 * borrowed. 0 or -ENOMEM.
 */
int kpc_events_intake(const struct kpc_events *events,
		      const struct kpc_idmap *ids, struct kpc_intake **intake);
/* Asks for the call chain in a sampling event's @attr. */
void kpc_callchain_ask(const struct kpc_callchain *callchain,
		       struct perf_event_attr *attr);
/* Notes the attr with which the event was opened. 0 or -ENOMEM. */
int kpc_events_opened(struct kpc_events *events, uint32_t id,
		      const struct perf_event_attr *attr);
/* Probes that were defined for these events end. */
void kpc_events_uninit(struct kpc_events *events);

#endif /* KPC_EVENTS_H */
