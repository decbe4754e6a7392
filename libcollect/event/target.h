/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * target - whom a recording follows: CPUs, and all that runs there, or that is in
 * cgroups, or threads
 */
#ifndef KPC_TARGET_H
#define KPC_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "cgroup.h"
#include "cpulist.h"
#include "evlist.h"
#include "trace_clock.h"

/* A process or a thread that was there before the recording. */
struct kpc_followed {
	pid_t pid; /* thread group */
	pid_t tid; /* 0: all of its threads */
	int fd;	   /* a pidfd, or the thread's folder in /proc; -1: it ended */
};

struct kpc_target {
	struct kpc_cpulist cpus;
	pid_t *pids; /* threads; NULL: whoever runs */
	uint32_t nr_pids;
	pid_t child; /* that we forked, or 0 */
	struct kpc_followed *followed;
	uint32_t nr_followed;
	uint32_t first;		    /* that may not have ended */
	uint64_t looked_ns;	    /* for a thread that ended */
	struct kpc_cgroup *cgroups; /* whoever runs and is in one; NULL: all */
	uint32_t nr_cgroups;
};

/*
 * @cpus as for kpc_cpulist_choose(). 0 or a negative errno with the reason;
 * @target is for kpc_target_uninit() in any case.
 */
int kpc_target_init(struct kpc_target *target, const char *cpus, char *error,
		    size_t error_size);
/* Follows one process that we forked. 0 or -ENOMEM. */
int kpc_target_child(struct kpc_target *target, pid_t pid);
/*
 * Follows a process that is there, with its threads, or one thread; -ESRCH if it
 * isn't. One that is followed already is taken once.
 */
int kpc_target_process(struct kpc_target *target, pid_t pid, char *error,
		       size_t error_size);
int kpc_target_thread(struct kpc_target *target, pid_t tid, char *error,
		      size_t error_size);
/*
 * Follows whoever is in the cgroup, or in a descendant of it, as
 * kpc_cgroup_open(). One that is within another that is followed is left out.
 */
int kpc_target_cgroup(struct kpc_target *target, const char *name, char *error,
		      size_t error_size);
/*
 * While threads come and go their events are opened again so often at least, and for so
 * long: a program that starts up makes hundreds.
 */
#define KPC_TARGET_TRIES 20
#define KPC_TARGET_NS	 (3 * KPC_NS_PER_S)
/*
 * Lists the threads of all that is followed anew. Returns 1 if there are some
 * that the last list didn't have, else 0; -ESRCH if there is none any more.
 */
int kpc_target_again(struct kpc_target *target, char *error, size_t error_size);
/*
 * Has all that was followed ended? False if nothing is. A thread's end is seen
 * within a tenth of a second.
 */
bool kpc_target_ended(struct kpc_target *target, uint64_t now_ns);
/*
 * To poll for an end, after which kpc_target_ended() tells more, and this may be
 * another; -1 if there is nothing to poll.
 */
int kpc_target_fd(const struct kpc_target *target);
void kpc_target_uninit(struct kpc_target *target);

/*
 * Are our process ids those of the initial namespace, as they stand in trace
 * records?
 */
bool kpc_target_ids_are_initial(void);

/* A list for events that follow it; kpc_evlist_free() in any case. 0 or -ENOMEM. */
int kpc_target_evlist(const struct kpc_target *target,
		      struct kpc_evlist **evlist);

#endif /* KPC_TARGET_H */
