/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * program - the BPF programs of a probe
 *
 * Programs of type KPROBE, in order. They are attached one by one, and stay
 * until they're detached or their descriptor is closed; or a set of them comes
 * with an event, and goes with it. A hit sees the array as it was or as it is,
 * whole: a change makes a new one.
 */
#ifndef KPX_PROGRAM_H
#define KPX_PROGRAM_H

#include <linux/kref.h>
#include <linux/list.h>
#include <linux/refcount.h>
#include <linux/workqueue.h>

#include "core/error.h"
#include "include/uapi/kprobex.h"

struct bpf_prog;
struct seq_file;
struct kpx_program_set;

/**
 * struct kpx_program - one that is attached, or about to be
 * @node:	in the probe's list, in the order in which they run; the programs
 *		mutex, as for all that follows
 * @prog:	owned
 * @cookie:	what bpf_get_attach_cookie() says
 * @runs:	how often it ran
 * @calls_nothing: see struct kpx_program_array; its code is pinned then
 * @makes_tail_calls: other programs may go on for it
 * @set:	the event's that it came with, or NULL
 * @link:	the descriptor's that it goes with, or NULL
 */
struct kpx_program {
	struct list_head node;
	struct bpf_prog *prog;
	u64 cookie;
	u64 __percpu *runs;
	bool calls_nothing;
	bool makes_tail_calls;
	struct kpx_program_set *set;
	const void *link;
};

/* What a hit needs of a program. */
struct kpx_program_item {
	const struct bpf_prog *prog;
	u64 cookie;
	u64 __percpu *runs;
};

/**
 * struct kpx_program_array - immutable
 * @free:	after a grace period, in a worker: it puts programs
 * @calls_nothing: none of them calls the kernel: they hold no lock, and nobody
 *		waits for them
 * @gone:	programs that aren't in the next one, and are freed with this
 * @items:	the last one is empty
 */
struct kpx_program_array {
	struct rcu_work free;
	struct list_head gone;
	bool calls_nothing;
	struct kpx_program_item items[];
};

/**
 * struct kpx_programs - those of a probe; the programs mutex, but for the hits
 * @array:	NULL: none; RCU
 * @list:	of struct kpx_program
 * @sets:	those that have come with events
 * @nr:		how many programs
 */
struct kpx_programs {
	struct kpx_program_array __rcu *array;
	struct list_head list;
	struct list_head sets;
	unsigned int nr;
};

/**
 * struct kpx_program_set - what came with an event; those of others with the same
 *	programs and cookies share it
 * @node:	in the probe's list of sets; the programs mutex
 * @ref:	for its memory: classes, and who opens
 * @users:	events, from 1 while attached
 * @programs:	the probe's, while attached
 * @is_attached: it was: the programs aren't its own any more
 * @nr, @program: in order
 */
struct kpx_program_set {
	struct list_head node;
	struct kref ref;
	refcount_t users;
	struct kpx_programs *programs;
	bool is_attached;
	unsigned int nr;
	struct kpx_program *program[KPX_PROGRAMS_MAX];
};

/* Where a program goes, as struct kpx_bpf_attach has it. */
struct kpx_program_place {
	u32 flags;
	u32 relative_id;
};

void kpx_programs_init(struct kpx_programs *programs);

/*
 * The program behind a descriptor of the caller's. The caller owns it until it's
 * added, and frees it if it isn't. ERR_PTR with @err filled. Sleep.
 */
struct kpx_program *kpx_program_create(int fd, u64 cookie,
				       struct kpx_error *err);
void kpx_program_free(struct kpx_program *program);

/* As bpf(2) has it. */
u32 kpx_program_id(const struct kpx_program *program);

/*
 * Must the kernel call the probe through a kprobe for it? bpf_get_func_ip() asks
 * kprobes where they are, and what a tail call leads to may do that.
 */
bool kpx_program_wants_kprobe(const struct kpx_program *program);
bool kpx_program_set_wants_kprobe(const struct kpx_program_set *set);

/* Does one of those that are attached? Sleeps. */
bool kpx_programs_want_kprobe(const struct kpx_programs *programs);

/*
 * Attaches @program, which is taken over. 0, or with @err filled -E2BIG, -EEXIST,
 * -ENOENT, -EBUSY; -ENOMEM. *@replaced: another one is gone for it. Sleeps.
 */
int kpx_programs_add(struct kpx_programs *programs, struct kpx_program *program,
		     const struct kpx_program_place *place, bool *replaced,
		     struct kpx_error *err);

/*
 * Detaches what was attached without a descriptor, by its id. 0, -ENOENT or
 * -EBUSY. Sleeps.
 */
int kpx_programs_remove(struct kpx_programs *programs, u32 id);

/* The program of a link, or what has replaced it. Sleeps. */
void kpx_programs_remove_link(struct kpx_programs *programs, const void *link);

/* In /proc/PID/fdinfo. Sleeps. */
void kpx_programs_show_link(struct kpx_programs *programs, const void *link,
			    struct seq_file *seq);

/* All that has neither event nor descriptor. How many. Sleeps. */
unsigned int kpx_programs_clear(struct kpx_programs *programs);

/* Copies at most @max descriptions; returns how many there are. Sleeps. */
unsigned int kpx_programs_query(struct kpx_programs *programs,
				struct kpx_bpf_program *to, unsigned int max);

/*
 * What config2 points to, read and checked, with a reference. ERR_PTR with @err
 * filled if there is something to tell. Sleep.
 */
struct kpx_program_set *kpx_program_set_create(const void __user *from,
					       struct kpx_error *err);
void kpx_program_set_put(struct kpx_program_set *set);

/*
 * Attaches @set, or finds one like it. Returns that, with one more user, or
 * ERR_PTR. Sleep.
 */
struct kpx_program_set *kpx_program_set_open(struct kpx_programs *programs,
					     struct kpx_program_set *set,
					     struct kpx_error *err);
/* One more user, for who is one. Any context. */
void kpx_program_set_hold(struct kpx_program_set *set);
/*
 * One less: the last detaches it. May be called with perf's locks held: takes
 * the programs mutex, under which nothing else is taken. Sleeps.
 */
void kpx_program_set_close(struct kpx_program_set *set);

/* 0 or -ENOMEM; uninit: all are detached, and it waits until they're freed. */
int kpx_program_init(void);
void kpx_program_uninit(void);

#endif /* KPX_PROGRAM_H */
