// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE /* SCHED_RESET_ON_FORK */
#include <errno.h>
#include <stddef.h>
#include <sys/resource.h>

#include "priority.h"

#define NICE_LEAST -20

/* On Linux these are of the calling thread. */
static void look(struct kpc_priority *before)
{
	*before = (struct kpc_priority){
		.policy = sched_getscheduler(0),
		.nice = getpriority(PRIO_PROCESS, 0),
	};
	sched_getparam(0, &before->param);
	if (before->policy == SCHED_FIFO || before->policy == SCHED_RR)
		before->policy = -1;
}

const char *kpc_priority_raise(struct kpc_priority *before)
{
	struct sched_param fifo = { .sched_priority = 1 };

	look(before);
	if (before->policy < 0)
		return NULL;
	if (!sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &fifo))
		return NULL;
	if (!setpriority(PRIO_PROCESS, 0, NICE_LEAST))
		return "no permission for SCHED_FIFO: recording at nice -20";
	before->policy = -1;
	return "no permission for SCHED_FIFO or a negative nice: events may be "
	       "lost on a busy machine (they are counted); root, CAP_SYS_NICE "
	       "or ulimit -r 1 help";
}

void kpc_priority_raise_nice(struct kpc_priority *before)
{
	look(before);
	if (before->policy >= 0 && setpriority(PRIO_PROCESS, 0, NICE_LEAST))
		before->policy = -1;
}

void kpc_priority_restore(const struct kpc_priority *before)
{
	if (before->policy < 0)
		return;
	sched_setscheduler(0, before->policy, &before->param);
	setpriority(PRIO_PROCESS, 0, before->nice);
}
