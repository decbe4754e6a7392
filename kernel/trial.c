// SPDX-License-Identifier: GPL-2.0-only
#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/ktime.h>
#include <linux/minmax.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>

#include "trial.h"

/* Calls between two looks at whether others want to run. */
#define TRIAL_TURN 1000

u64 kpx_trial_target(u64 turn, u64 calls);

/*
 * KPX_TRIAL_FUNCTION. An ordinary one, neither notrace nor on the blacklist: each
 * mechanism can have it, as its first instructions are more than 5 bytes that
 * nothing jumps into. It touches no memory, which KASAN would make calls of. Not
 * static, and not to be cloned: the symbol is to be what is called.
 */
noinline __attribute__((__noclone__)) u64 kpx_trial_target(u64 turn, u64 calls)
{
	u64 left = calls - turn;

	/* a call whose value nobody wants would be left out, but for this */
	barrier();
	OPTIMIZER_HIDE_VAR(left);
	return left * 3 + turn;
}

/* Preemption stays on, as it is where most functions are called. */
static u64 time_turn(u64 first, u64 end, u64 calls)
{
	u64 i, start = ktime_get_ns();

	for (i = first; i < end; i++)
		kpx_trial_target(i, calls);
	return ktime_get_ns() - start;
}

int kpx_trial_run(u64 calls, u64 *ns)
{
	u64 done, end;

	*ns = 0;
	for (done = 0; done < calls; done = end) {
		if (fatal_signal_pending(current))
			return -EINTR;
		end = min_t(u64, done + TRIAL_TURN, calls);
		*ns += time_turn(done, end, calls);
		cond_resched();
	}
	return 0;
}
