/* SPDX-License-Identifier: GPL-2.0-only */
/* pfhead - what a Perfetto trace has at its beginning: clocks and the machine */
#ifndef KPC_PFHEAD_H
#define KPC_PFHEAD_H

#include "clockmap.h"
#include "collect.h"
#include "pfwriter.h"

/* The trace's own clock, as Perfetto knows it. */
enum pf_clock kpc_pf_clock(const struct kpc_trace_info *info);
/* The snapshots of a trace that is alone. */
void kpc_pf_put_clocks(struct kpc_pf *pf, const struct kpc_trace_info *info,
		       const struct kpc_clockmap *clocks);
void kpc_pf_put_system(struct kpc_pf *pf, const struct kpc_trace_info *info);

#endif /* KPC_PFHEAD_H */
