// SPDX-License-Identifier: GPL-2.0-only
#include <linux/err.h>
#include <linux/version.h>

#include "compat.h"

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)

/*
 * Before 6.2 a task's context for software events keeps a pointer to the PMU
 * of whichever event made it, stays on the task until it exits, and holds no
 * reference on that PMU's module: made by an event of ours, it would point into
 * freed memory after unloading, and the task's exit would follow it. So a PMU
 * that never goes makes the context first. (A new thread's context takes its
 * parent's pointer.)
 *
 * No event_init of ours holds a lock here; perf's core holds pmus_srcu, which
 * nests. Not the dummy event: its event_init takes pmus_lock, which unloading
 * holds while it waits for pmus_srcu.
 */
int kpx_compat_prepare_target(const struct perf_event *event)
{
	struct task_struct *task = event->hw.target;
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_TASK_CLOCK,
		.disabled = 1,
	};
	struct perf_event *first;

	/* One that is there was made this way, or by somebody else's event. */
	if (!task || READ_ONCE(task->perf_event_ctxp[perf_sw_context]))
		return 0;
	first = perf_event_create_kernel_counter(&attr, -1, task, NULL, NULL);
	if (IS_ERR(first))
		return PTR_ERR(first); /* -ESRCH: it is exiting */
	perf_event_release_kernel(first);
	return 0;
}

#else

int kpx_compat_prepare_target(const struct perf_event *event)
{
	return 0;
}

#endif
