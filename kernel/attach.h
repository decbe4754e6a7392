/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * attach - a probe's kprobe and the classes of events that listen to it
 *
 * Armed with the first event, disarmed some time after the last, in batches,
 * by a work item: events go away under perf's locks, where disarming would
 * deadlock (see the lock order in probe.h).
 */
#ifndef KPX_ATTACH_H
#define KPX_ATTACH_H

#include <linux/atomic.h>
#include <linux/kprobes.h>
#include <linux/list.h>
#include <linux/rcupdate.h>

#include "core/error.h"

struct kpx_probe;
struct pid;

/* One CPU's events of a class: perf adds and deletes them on that CPU. */
struct kpx_class_cpu {
	struct hlist_head sampling;
	struct hlist_head counting;
};

/**
 * struct kpx_class - events of one probe that see the same hits
 * @node:	in the attachment's list; RCU, written under the arm mutex
 * @probe:	not counted: an attachment with classes is armed, and an armed
 *		one holds the probe
 * @skip:	the process whose hits it doesn't see, referenced, or NULL
 * @users:	events; from 0 to 1 under the arm mutex only
 * @cpu:	the events that are scheduled in
 * @rcu:	frees it after the last hit that could see it
 */
struct kpx_class {
	struct list_head node;
	struct kpx_probe *probe;
	struct pid *skip;
	atomic_t users;
	struct kpx_class_cpu __percpu *cpu;
	struct rcu_head rcu;
};

/**
 * struct kpx_attach - part of a probe
 * @kp:		registered from definition on; enabled while @armed
 * @registered:	false if it was killed and couldn't be made anew; arm mutex
 * @armed:	arm mutex
 * @armed_node:	in the list of armed attachments; arm mutex
 * @missed:	misses of earlier armings; arm mutex
 * @missed_base: kp.nmissed when it was armed; arm mutex
 * @classes:	RCU, written under the arm mutex
 */
struct kpx_attach {
	struct kprobe kp;
	bool registered;
	bool armed;
	struct list_head armed_node;
	u64 missed;
	u64 missed_base;
	struct list_head classes;
};

/* Initialises @probe->attach; nothing to undo. */
void kpx_attach_setup(struct kpx_probe *probe);

/*
 * Finds the probe's target and registers its kprobe, disabled. 0; -ENOENT,
 * -EILSEQ, -EINVAL or what register_kprobe() said, with @err filled; -EPERM
 * under lockdown. Undone by kpx_attach_unregister(). Sleeps.
 */
int kpx_attach_register(struct kpx_probe *probe, struct kpx_error *err);

/* For the last time, @nr <= KPX_UNREGISTER_MAX at once: one grace period. Sleeps. */
#define KPX_UNREGISTER_MAX 32
void kpx_attach_unregister(struct kpx_probe **probes, int nr);

/*
 * The class for @skip (NULL ok) with one more user; arms if needed. The caller
 * holds the define mutex, through kpx_probe_open(). ERR_PTR on error. Sleeps.
 */
struct kpx_class *kpx_attach_open(struct kpx_probe *probe, struct pid *skip);

/* One more user; the caller has one already. Any context. */
void kpx_attach_get(struct kpx_class *class);

/* One user less; @class may be gone on return. Any context. */
void kpx_attach_put(struct kpx_class *class);

/* Open events. A snapshot: exact only if none can come or go. */
u64 kpx_attach_events(const struct kpx_probe *probe);

/* Hits that the kernel counted as missed, all armings. Sleeps. */
u64 kpx_attach_missed(struct kpx_probe *probe);

/* At unload: disarms what has no event, now; waits for classes to be freed. */
void kpx_attach_drain(void);

#endif /* KPX_ATTACH_H */
