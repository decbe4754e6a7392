/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * target - whom a recording follows: CPUs, and all that runs there, or threads
 */
#ifndef KPC_TARGET_H
#define KPC_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "cpulist.h"

struct kpc_target {
	struct kpc_cpulist cpus;
	pid_t *pids; /* threads; NULL: whoever runs */
	uint32_t nr_pids;
	pid_t pid; /* the process they are of, or 0 */
	int pidfd; /* readable when @pid has ended; -1: none */
};

/*
 * @cpus as for kpc_cpulist_choose(). 0 or a negative errno with the reason;
 * @target is for kpc_target_uninit() in any case.
 */
int kpc_target_init(struct kpc_target *target, const char *cpus, char *error,
		    size_t error_size);
/* Follows one process that we forked. 0 or -ENOMEM. */
int kpc_target_child(struct kpc_target *target, pid_t pid);
/* Follows a process that is there; -ESRCH if it isn't. */
int kpc_target_process(struct kpc_target *target, pid_t pid, char *error,
		       size_t error_size);
/*
 * Lists the threads of its process anew. Returns 1 if there are some that the
 * last list didn't have, else 0; -ESRCH if there is none any more.
 */
int kpc_target_again(struct kpc_target *target, char *error, size_t error_size);
bool kpc_target_ended(const struct kpc_target *target);
void kpc_target_uninit(struct kpc_target *target);

/*
 * Are our process ids those of the initial namespace, as they stand in trace
 * records?
 */
bool kpc_target_ids_are_initial(void);

#endif /* KPC_TARGET_H */
