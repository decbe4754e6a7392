/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * attach - one way in which the kernel calls a probe, and who listens there
 *
 * Armed for the first listener (an event's class, or the trace event), disarmed
 * some time after the last, in batches, by a work item: events go away under
 * perf's locks, where disarming would deadlock (see the lock order in probe.h).
 */
#ifndef KPX_ATTACH_H
#define KPX_ATTACH_H

#include <linux/kprobes.h>
#include <linux/list.h>

#include "book.h"
#include "class.h"
#include "core/error.h"
#include "core/spec.h"
#include "mech.h"
#include "program.h"

struct kpx_face;
struct kpx_probe;
struct module;

/* Bits of kpx_attach.extras: what a hit has to look at besides its classes. */
enum kpx_extra {
	KPX_EXTRA_FACE,	    /* @face isn't NULL */
	KPX_EXTRA_PROGRAMS, /* @programs aren't, or weren't just now */
	KPX_EXTRA_HOME,	    /* @program_users isn't 0 */
};

/* What the kernel says it didn't deliver. */
struct kpx_misses {
	u64 hits;
	u64 returns;
};

/**
 * struct kpx_attach - made when it is first wanted, and then part of its probe
 * @spec, @book, @programs: the probe's, for the hot path
 * @extras:	enum kpx_extra
 * @face:	the trace event while it listens here, else NULL; written under
 *		the arm mutex
 * @face_users:	who has it enabled: instances, perf; arm mutex
 * @program_users: BPF programs that it's armed for, those of events left out;
 *		arm mutex
 * @active:	for each CPU the classes that have events there
 * @classes:	all of them; RCU, written under the arm mutex
 * @probe:	not counted: see @armed_node
 * @mech:	how
 * @captures:	a return hook copies the entry's record; written under the arm mutex
 * @is_timed:	… keeps the time; written under the arm mutex
 * @is_armed:	arm mutex
 * @saves_regs:	ftrace: armed with all registers; arm mutex
 * @is_upgraded: ftrace: armed without, but they are saved; arm mutex
 * @armed_node:	in the list of armed attachments, which holds the probe; arm
 *		mutex
 * @idle_node:	between its mechanism's disarm() and disarm_end(); arm mutex
 * @missed:	misses of earlier armings; arm mutex
 * @missed_base: the kernel's count of them when it was armed; arm mutex
 * @kp:		int3 and jump: registered while armed
 * @entries:	kprobes at many entries while armed
 * @returns:	return hooks while armed
 * @fprobe:	those of many functions
 */
struct kpx_attach {
	const struct kpx_spec *spec;
	struct kpx_book __percpu *book;
	unsigned long extras;
	struct kpx_program_array __rcu **programs;
	struct kpx_face *face;
	struct kpx_active __percpu *active;
	struct list_head classes;
	struct kpx_probe *probe;
	const struct kpx_mech *mech;
	unsigned int face_users;
	unsigned int program_users;
	bool captures;
	bool is_timed;
	bool is_armed;
	bool saves_regs;
	bool is_upgraded;
	struct list_head armed_node;
	struct list_head idle_node;
	struct kpx_misses missed;
	struct kpx_misses missed_base;
	struct kprobe kp;
	struct kpx_entries *entries;
	struct kpx_returns *returns;
	struct kpx_fprobe *fprobe;
};

/**
 * struct kpx_want - what an event asks for
 * @mode:	enum kpx_mode
 * @is_sampling: it will take samples
 * @key:	its class
 */
struct kpx_want {
	enum kpx_mode mode;
	bool is_sampling;
	struct kpx_class_key key;
};

/*
 * The class for @want with one more user, which gives it back with
 * kpx_attach_put(); @want's set of programs is attached. Arms if needed. The caller holds the
 * define mutex. ERR_PTR(-EOPNOTSUPP) with @err filled if the target doesn't
 * allow it; -EINVAL: no such field. Sleeps.
 */
struct kpx_class *kpx_attach_open(struct kpx_probe *probe,
				  const struct kpx_want *want,
				  struct kpx_error *err);

/*
 * Waits until what was opened is in force: a jump isn't at once. 0, or
 * -EOPNOTSUPP with @err filled. Holds no lock. Sleeps.
 */
int kpx_attach_wait(const struct kpx_class *class, struct kpx_error *err);

/* One more user; the caller has one already. Any context. */
void kpx_attach_get(struct kpx_class *class);

/*
 * One user less; @class may be gone on return. With perf's locks held or not:
 * takes no lock of ours but the programs mutex. Sleeps.
 */
void kpx_attach_put(struct kpx_class *class);

/*
 * @probe is hooked for one more BPF program, which isn't an event's and is about
 * to be attached; off(): it's gone, or it wasn't. The caller of on() holds the
 * define mutex. -EBUSY with @err filled: with what is open it can't be hooked so
 * that the program's helpers work. Sleep.
 */
int kpx_attach_programs_on(struct kpx_probe *probe, bool wants_kprobe,
			   struct kpx_error *err);
void kpx_attach_programs_off(struct kpx_probe *probe, unsigned int nr);

/* Of program.c: @probe has an array of programs now, or none any more. */
void kpx_attach_set_programs(struct kpx_probe *probe, bool has_programs);

/*
 * The trace event @face has one user more, or one less. The caller may hold
 * event_mutex; users may come before @probe has it for its own. off() doesn't
 * wait for hits. Sleep.
 */
int kpx_attach_face_on(struct kpx_probe *probe, struct kpx_face *face);
void kpx_attach_face_off(struct kpx_probe *probe);

/* Listeners. A snapshot: exact only if none can come or go. */
u64 kpx_attach_events(const struct kpx_probe *probe);

/*
 * Misses of all armings: of an attachment, or of all that the probe has. A
 * snapshot; no lock, but the arm mutex or preemption off: what is disarmed has
 * a grace period before the kernel's counts go.
 */
struct kpx_misses kpx_attach_missed(const struct kpx_attach *attach);
struct kpx_misses kpx_attach_missed_of(const struct kpx_probe *probe);

/* Its part of a probe's statistics. Sleeps. */
void kpx_attach_stats(struct kpx_probe *probe, struct kpx_stats *stats);

/*
 * The module that the probe was in is gone, or came back. The caller holds the
 * define mutex. Sleep.
 */
void kpx_attach_suspend(struct kpx_probe *probe);
void kpx_attach_resume(struct kpx_probe *probe);

/*
 * The module goes, or (@is_init) its init text: as kpx_attach_suspend(), and of
 * many targets those in it are forgotten. True: some are left to be resumed.
 */
bool kpx_attach_leave(struct kpx_probe *probe, const struct module *mod,
		      bool is_init);

/* With the probe; nothing is armed and no hit is in flight. */
void kpx_attach_free(struct kpx_probe *probe);

/* Disarms now what nobody listens to any more, rather than in a while. Sleeps. */
void kpx_attach_settle(void);

/* At unload: disarms what has no event, now; waits for classes to be freed. */
void kpx_attach_drain(void);

#endif /* KPX_ATTACH_H */
