/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * alias - a probe's name as a file under the PMU's sysfs events/
 *
 * Its content, "probe=0x1,period=1", is what perf puts in place of the name:
 * with a period of 1 plain "perf record" takes every hit, and -c overrides it.
 */
#ifndef KPX_ALIAS_H
#define KPX_ALIAS_H

#include <linux/types.h>

struct kpx_alias;

/*
 * Makes the file. To be undone with kpx_alias_del(). NULL while the PMU isn't
 * registered; ERR_PTR(-EEXIST) if the name is taken, or -ENOMEM. Sleeps.
 */
struct kpx_alias *kpx_alias_add(const char *name, u32 id);

/* Removes the file and waits for its readers. NULL ok. Sleeps. */
void kpx_alias_del(struct kpx_alias *alias);

#endif /* KPX_ALIAS_H */
