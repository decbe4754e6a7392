/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pmu - the PMU "kprobex": perf_event_open(2) to a probe's class
 */
#ifndef KPX_PMU_H
#define KPX_PMU_H

struct kobject;

/* Registers the PMU; events are refused with -EAGAIN until kpx_pmu_open(). */
int kpx_pmu_init(void);
void kpx_pmu_uninit(void);

/*
 * Lets events in. The last step of a load: it can't fail, so that a load that
 * fails can't leave an event behind.
 */
void kpx_pmu_open(void);

/* The PMU's directory in sysfs; NULL while it isn't registered. */
struct kobject *kpx_pmu_kobj(void);

#endif /* KPX_PMU_H */
