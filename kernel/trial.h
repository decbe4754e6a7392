/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * trial - a function of our own, to be probed and called: what does a hit cost?
 */
#ifndef KPX_TRIAL_H
#define KPX_TRIAL_H

#include <linux/types.h>

/*
 * Calls KPX_TRIAL_FUNCTION @calls times. *@ns: how long that took, without the
 * pauses between for others to run. 0, or -EINTR: the task is to die. Sleeps.
 */
int kpx_trial_run(u64 calls, u64 *ns);

#endif /* KPX_TRIAL_H */
