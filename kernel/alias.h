/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * alias - a probe's files under the PMU's events/: what perf finds it by
 *
 *	NAME		hits
 *	NAME-ns		time inside the function, where it can be had
 *	NAME-missed	what the kernel says it missed
 *	NAME-filtered	what the definition's "if" dropped, if it has one
 */
#ifndef KPX_ALIAS_H
#define KPX_ALIAS_H

struct kpx_alias;
struct kpx_probe;

/*
 * Makes the files of @probe, which has a name and an id. NULL if the PMU isn't
 * registered yet; ERR_PTR on error. Sleeps.
 */
struct kpx_alias *kpx_alias_add(const struct kpx_probe *probe);

/* Removes them and frees @alias; NULL ok. Sleeps. */
void kpx_alias_del(struct kpx_alias *alias);

#endif /* KPX_ALIAS_H */
