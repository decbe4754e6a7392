/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * face - a named probe as the trace event kprobex:NAME
 *
 * For whoever works with trace events: tracefs and its instances, filters and
 * triggers, perf's tracepoints with fields and filters, BPF programs of type
 * TRACEPOINT. The record is the PMU's for unit hits.
 *
 * Lock order: define mutex, event_mutex (the kernel's), arm mutex.
 */
#ifndef KPX_FACE_H
#define KPX_FACE_H

#include <linux/percpu.h>
#include <linux/rculist.h>
#include <linux/trace_events.h>
#include <linux/tracepoint.h>
#include <linux/types.h>

#include "core/tracefmt.h"

struct kpx_probe;
struct pt_regs;

/**
 * struct kpx_face - private to face.c, but for the hot path below
 * @files:	who has it enabled: a file of each instance; RCU, written under
 *		event_mutex
 * @has_perf:	perf has events of the call, and @call.perf_events may be read
 * @takes_kprobe_bpf: the kernel takes it for a kprobe: perf's programs are of type
 *		KPROBE and run with registers
 * @call:	what the kernel knows; its fields are named by @class
 * @class:	its list of fields
 * @tracepoint:	has the name and no caller: the kernel takes the name of an event
 *		to which TRACEPOINT programs attach from a tracepoint
 * @probe:	outlives the face
 * @users:	@files, and one for perf; event_mutex
 * @was_traced:	some instance's ring may have records of it; event_mutex
 * @last_hit:	RCU's cookie from when a file was last taken off; event_mutex
 * @min_bytes:	no record of it is shorter
 * @fields:	as the kernel wants them: __probe_ip, the arguments, an empty one
 * @types:	those of the arguments
 */
struct kpx_face {
	struct list_head files;
	bool has_perf;
	bool takes_kprobe_bpf;
	struct trace_event_call call;
	struct trace_event_class class;
	struct tracepoint tracepoint;
	struct kpx_probe *probe;
	unsigned int users;
	bool was_traced;
	unsigned long last_hit;
	unsigned int min_bytes;
	struct trace_event_fields *fields;
	char (*types)[KPX_TRACEFMT_TYPE_SIZE];
};

/*
 * At load, before the first probe is defined. -EOPNOTSUPP: the kernel has no
 * trace events for this module, because it was loaded by force.
 */
int kpx_face_init(void);
/* At unload, behind the last kpx_face_destroy(). */
void kpx_face_uninit(void);

/*
 * Makes the event of @probe, which has a name and outlives it. ERR_PTR:
 * -EEXIST if there's another event kprobex:NAME, such as a kprobe_events probe
 * of that group; -EOPNOTSUPP if this kernel has no KPROBE programs for it; -ENOSPC if there's no event number left; -ENOMEM. The define
 * mutex is held. Sleeps.
 */
struct kpx_face *kpx_face_create(struct kpx_probe *probe);

/*
 * Takes the event away, and clears the rings in which it may have left records,
 * as kprobe_events does: its number will be another event's. -EBUSY, and
 * nothing happened, while somebody has it enabled or open. The face may still
 * be seen by hits, for which nobody is listening. The define mutex is held.
 * Sleeps.
 */
int kpx_face_destroy(struct kpx_face *face);

/* Behind kpx_face_destroy(), once no hit can see it. NULL ok. */
void kpx_face_free(struct kpx_face *face);

/* Has somebody enabled or opened it? A snapshot. Any context. */
static inline bool kpx_face_is_used(const struct kpx_face *face)
{
	return READ_ONCE(face->users);
}

/* The number of the event, common_type of its records. */
static inline u16 kpx_face_type(const struct kpx_face *face)
{
	return face->call.event.type;
}

/* perf: does this CPU have an event, or does anybody have a BPF program? */
static __always_inline bool kpx_face_has_perf(const struct kpx_face *face)
{
	struct trace_event_call *call = (struct trace_event_call *)&face->call;

	/* Partner of the release in face_perf_on(). */
	if (!smp_load_acquire(&face->has_perf))
		return false;
	return bpf_prog_array_valid(call) ||
	       !hlist_empty(this_cpu_ptr(call->perf_events));
}

/*
 * The hot path: is there anybody on this CPU to deliver a record to? Preemption
 * is off, until the last use of the answer.
 */
static __always_inline bool kpx_face_is_listening(const struct kpx_face *face)
{
	return !list_empty(&face->files) || kpx_face_has_perf(face);
}

/*
 * Delivers @record, @bytes long (4 modulo 8), to all who listen. Its first 8
 * bytes are overwritten. @regs may be shown and its stack unwound. False if
 * perf's events or programs didn't get it, because of recursion. Any context,
 * preemption off, the caller guards against recursion.
 */
bool kpx_face_hit(struct kpx_face *face, void *record, unsigned int bytes,
		  struct pt_regs *regs);

#endif /* KPX_FACE_H */
