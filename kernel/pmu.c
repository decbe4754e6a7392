// SPDX-License-Identifier: GPL-2.0-only
#include <linux/capability.h>
#include <linux/device.h>
#include <linux/math64.h>
#include <linux/module.h>
#include <linux/perf_event.h>
#include <linux/pid.h>
#include <linux/rculist.h>

#include "compat.h"
#include "include/uapi/kprobex.h"
#include "pmu.h"
#include "probe.h"

static struct pmu kpx_pmu;
static bool is_open;

static struct kpx_class *event_class(const struct perf_event *event)
{
	return event->pmu_private;
}

/* Any context, perf's ctx->mutex held or not: no lock, nothing that sleeps. */
static void event_destroy(struct perf_event *event)
{
	kpx_attach_put(event_class(event));
}

static void event_adopt(struct perf_event *event, struct kpx_class *class)
{
	event->pmu_private = class;
	event->destroy = event_destroy;
}

/* What the attr says is checked at the original open and nowhere else. */
static int check_attr(const struct perf_event_attr *attr)
{
	if (!perfmon_capable())
		return -EACCES;
	/* kernel hits are all there is: a silent 0 would be a lie */
	if (attr->exclude_kernel)
		return -EINVAL;
	if (attr->config & ~(KPX_CONFIG_PROBE | KPX_CONFIG_SKIP_SELF))
		return -EINVAL;
	if (attr->config1 || attr->config2 || kpx_attr_config3(attr))
		return -EINVAL;
	return 0;
}

static int event_init(struct perf_event *event)
{
	struct kpx_class *class;
	struct pid *skip = NULL;
	int ret;

	if (event->attr.type != kpx_pmu.type)
		return -ENOENT;

	/*
	 * Inherited: this runs in the traced task's fork, which an error would
	 * fail, and which holds perf's locks. The parent is a user of the
	 * class, so the count can't be 0 here.
	 */
	if (event->parent) {
		kpx_attach_get(event_class(event->parent));
		event_adopt(event, event_class(event->parent));
		return 0;
	}

	/* Partner of the release in kpx_pmu_open(). */
	if (!smp_load_acquire(&is_open))
		return -EAGAIN;
	if (has_branch_stack(event))
		return -EOPNOTSUPP;
	ret = check_attr(&event->attr);
	if (!ret)
		ret = kpx_compat_prepare_target(event);
	if (ret)
		return ret;

	if (event->attr.config & KPX_CONFIG_SKIP_SELF)
		skip = get_task_pid(current, PIDTYPE_TGID);
	class = kpx_probe_open(event->attr.config & KPX_CONFIG_PROBE, skip);
	put_pid(skip);
	if (IS_ERR(class))
		return PTR_ERR(class);
	event_adopt(event, class);
	return 0;
}

/* perf_swevent_set_period(), which isn't exported, for an event just added. */
static void set_period(struct perf_event *event)
{
	struct hw_perf_event *hwc = &event->hw;
	u64 period = hwc->sample_period;
	s64 old, left;

	hwc->last_period = period;
	left = local64_read(&hwc->period_left);
	do {
		if (left < 0)
			return;
		old = left;
		left = local64_cmpxchg(
			&hwc->period_left, old,
			old - (s64)(div64_u64(period + old, period) * period));
	} while (left != old);
}

/* Interrupts off, on the CPU that the event is scheduled in on. */
static int event_add(struct perf_event *event, int flags)
{
	struct kpx_class_cpu *lists = this_cpu_ptr(event_class(event)->cpu);

	event->hw.state = flags & PERF_EF_START ? 0 : PERF_HES_STOPPED;
	if (is_sampling_event(event)) {
		set_period(event);
		hlist_add_head_rcu(&event->hlist_entry, &lists->sampling);
	} else {
		hlist_add_head_rcu(&event->hlist_entry, &lists->counting);
	}
	return 0;
}

static void event_del(struct perf_event *event, int flags)
{
	hlist_del_rcu(&event->hlist_entry);
}

static void event_start(struct perf_event *event, int flags)
{
	event->hw.state = 0;
}

static void event_stop(struct perf_event *event, int flags)
{
	event->hw.state = PERF_HES_STOPPED;
}

/* event->count is always up to date. */
static void event_read(struct perf_event *event)
{
}

PMU_FORMAT_ATTR(probe, "config:0-31");
PMU_FORMAT_ATTR(skip_self, "config:48");

static struct attribute *format_attrs[] = {
	&format_attr_probe.attr,
	&format_attr_skip_self.attr,
	NULL,
};

static const struct attribute_group format_group = {
	.name = "format",
	.attrs = format_attrs,
};

/* Filled by alias.c. */
static struct attribute *event_attrs[] = {
	NULL,
};

static const struct attribute_group events_group = {
	.name = "events",
	.attrs = event_attrs,
};

static const struct attribute_group *groups[] = {
	&format_group,
	&events_group,
	NULL,
};

/* module: an open event keeps the module loaded (rmmod says "in use"). */
static struct pmu kpx_pmu = {
	.module = THIS_MODULE,
	.task_ctx_nr = perf_sw_context,
	.attr_groups = groups,
	.event_init = event_init,
	.add = event_add,
	.del = event_del,
	.start = event_start,
	.stop = event_stop,
	.read = event_read,
};

int kpx_pmu_init(void)
{
	return perf_pmu_register(&kpx_pmu, KPX_PMU_NAME, -1);
}

void kpx_pmu_uninit(void)
{
	perf_pmu_unregister(&kpx_pmu);
}

void kpx_pmu_open(void)
{
	/* Partner of the acquire in event_init(). */
	smp_store_release(&is_open, true);
}

struct kobject *kpx_pmu_kobj(void)
{
	return kpx_pmu.dev ? &kpx_pmu.dev->kobj : NULL;
}
