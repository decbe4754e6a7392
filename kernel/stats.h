/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * stats - every probe's book, one line each, in debugfs kprobex/stats
 */
#ifndef KPX_STATS_H
#define KPX_STATS_H

#include "include/uapi/kprobex.h"

struct dentry;
struct kpx_probe;

/* Fills the counters of @stats (not size, id, name). Sleeps. */
void kpx_stats_fill(struct kpx_probe *probe, struct kpx_stats *stats);

/* @dir: kprobex/ in debugfs; its files go with it. */
void kpx_stats_init(struct dentry *dir);

#endif /* KPX_STATS_H */
