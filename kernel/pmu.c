// SPDX-License-Identifier: GPL-2.0-only
#include <linux/bitops.h>
#include <linux/capability.h>
#include <linux/cpumask.h>
#include <linux/device.h>
#include <linux/math64.h>
#include <linux/module.h>
#include <linux/perf_event.h>
#include <linux/pid.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/timekeeping.h>

#include "compat.h"
#include "include/uapi/kprobex.h"
#include "log.h"
#include "pmu.h"
#include "probe.h"

static struct pmu kpx_pmu;
static bool is_open;

static struct kpx_class *event_class(const struct perf_event *event)
{
	return event->pmu_private;
}

/* perf's ctx->mutex may be held: no lock but the innermost, of the programs. */
static void event_destroy(struct perf_event *event)
{
	kpx_attach_put(event_class(event));
}

static void event_adopt(struct perf_event *event, struct kpx_class *class)
{
	event->pmu_private = class;
	event->destroy = event_destroy;
}

#define CONFIG_KNOWN                                            \
	(KPX_CONFIG_PROBE | KPX_CONFIG_MODE | KPX_CONFIG_UNIT | \
	 KPX_CONFIG_FIELD | KPX_CONFIG_SKIP_SELF)

/* What the attr says is checked at the original open and nowhere else. */
static int check_attr(const struct perf_event_attr *attr)
{
	if (!perfmon_capable())
		return -EACCES;
	/* kernel hits are all there is: a silent 0 would be a lie */
	if (attr->exclude_kernel)
		return -EINVAL;
	if (attr->config & ~CONFIG_KNOWN)
		return -EINVAL;
	if (kpx_attr_config3(attr))
		return -EINVAL;
	/* a definition is in place of an id */
	if ((attr->config & KPX_CONFIG_PROBE) && attr->config1)
		return -EINVAL;
	return 0;
}

static unsigned int config_bits(u64 config, u64 mask)
{
	return (config & mask) >> __ffs64(mask);
}

static int check_unit(struct perf_event *event, const struct kpx_want *want)
{
	switch (want->key.unit) {
	case KPX_UNIT_HITS:
	case KPX_UNIT_NS:
	case KPX_UNIT_FIELD:
		break;
	case KPX_UNIT_MISSED:
		/* whose misses they are nobody knows */
		if (event->cpu < 0 || event->hw.target)
			return -EINVAL;
		fallthrough;
	case KPX_UNIT_FILTERED:
		if (is_sampling_event(event))
			return -EINVAL;
		break;
	default:
		return -EINVAL;
	}
	if (want->key.field && want->key.unit != KPX_UNIT_FIELD)
		return -EINVAL;
	/* perf would take every hit for a sample, of a period of its value */
	if (want->key.unit != KPX_UNIT_HITS && is_sampling_event(event) &&
	    !event->attr.freq && (event->attr.sample_type & PERF_SAMPLE_PERIOD))
		return -EINVAL;
	return want->mode > KPX_MODE_FTRACE ? -EINVAL : 0;
}

/* BPF programs that come with the event are read here, once. */
static struct kpx_program_set *read_programs(u64 config2)
{
	struct kpx_program_set *set = ERR_PTR(-EACCES);
	struct kpx_error err = {};

	if (!config2)
		return NULL;
	if (bpf_capable())
		set = kpx_program_set_create(u64_to_user_ptr(config2), &err);
	else
		kpx_error_set(&err, KPX_ERR_BPF_CAPABLE, 0, NULL, 0);
	if (IS_ERR(set) && err.code)
		kpx_log_error("open", kpx_slice("config2", 7), PTR_ERR(set),
			      &err);
	return set;
}

/* want->key.skip is referenced. */
static int read_want(struct perf_event *event, struct kpx_want *want)
{
	u64 config = event->attr.config;
	int ret;

	want->mode = config_bits(config, KPX_CONFIG_MODE);
	want->is_sampling = is_sampling_event(event);
	want->key.unit = config_bits(config, KPX_CONFIG_UNIT);
	want->key.field = config_bits(config, KPX_CONFIG_FIELD);
	ret = check_unit(event, want);
	if (ret)
		return ret;
	want->key.is_single = want->is_sampling &&
			      want->key.unit != KPX_UNIT_HITS;
	if (config & KPX_CONFIG_SKIP_SELF)
		want->key.skip = get_task_pid(current, PIDTYPE_TGID);
	return 0;
}

/* A definition that comes with the event is read here, once. */
static struct kpx_class *open_text(const struct perf_event *event,
				   const struct kpx_want *want)
{
	const char __user *user = u64_to_user_ptr(event->attr.config1);
	struct kpx_class *class;
	char *text;

	/* the original open is a system call of the task that gave the pointer */
	text = strndup_user(user, KPX_DEFINITION_SIZE);
	if (IS_ERR(text))
		return ERR_CAST(text);
	class = kpx_probe_open_text(kpx_slice(text, strlen(text)), want);
	kfree(text);
	return class;
}

static struct kpx_class *open_class(struct perf_event *event)
{
	u32 id = event->attr.config & KPX_CONFIG_PROBE;
	struct kpx_want want = {};
	struct kpx_class *class;
	int ret;

	ret = read_want(event, &want);
	if (ret)
		return ERR_PTR(ret);
	want.key.set = read_programs(event->attr.config2);
	if (IS_ERR(want.key.set)) {
		put_pid(want.key.skip);
		return ERR_CAST(want.key.set);
	}
	class = event->attr.config1 ? open_text(event, &want) :
				      kpx_probe_open(id, &want);
	kpx_program_set_put(want.key.set);
	put_pid(want.key.skip);
	return class;
}

static int event_init(struct perf_event *event)
{
	struct kpx_class *class;
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
	class = open_class(event);
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

/*
 * KPX_UNIT_MISSED: of the probe, for whichever of its events. The kernel's count
 * has no CPU, so the first one that is online takes it all, and a sum over CPUs
 * is right.
 */
static u64 missed_now(const struct perf_event *event)
{
	const struct kpx_misses missed =
		kpx_attach_missed_of(event_class(event)->attach->probe);

	return missed.hits + missed.returns;
}

static bool is_missed(const struct perf_event *event)
{
	return event_class(event)->key.unit == KPX_UNIT_MISSED;
}

static void count_missed(struct perf_event *event)
{
	u64 now = missed_now(event);
	u64 since = local64_xchg(&event->hw.prev_count, now);

	if (smp_processor_id() == cpumask_first(cpu_online_mask))
		local64_add(now - since, &event->count);
}

/*
 * hw.config_base, which is for hardware, keeps the time since when calls count.
 * It is one for all that inherit an event: perf may give a task that is inside
 * of a call the event of another one that came later, because it swaps their
 * contexts instead of the events when it switches between such tasks. A child
 * holds its parent.
 */
static void set_since(struct perf_event *event)
{
	unsigned long *since = &(event->parent ?: event)->hw.config_base;

	/* a task's event is added each time that the task runs */
	if (event->hw.config_base)
		return;
	/* on several CPUs at a time */
	if (!READ_ONCE(*since))
		cmpxchg(since, 0, ktime_get_mono_fast_ns());
	event->hw.config_base = READ_ONCE(*since);
}

/* Interrupts off, on the CPU that the event is scheduled in on. */
static int event_add(struct perf_event *event, int flags)
{
	set_since(event);
	if (is_missed(event))
		local64_set(&event->hw.prev_count, missed_now(event));
	event->hw.state = flags & PERF_EF_START ? 0 : PERF_HES_STOPPED;
	if (is_sampling_event(event))
		set_period(event);
	kpx_class_add(event_class(event), event);
	return 0;
}

static void event_del(struct perf_event *event, int flags)
{
	if (is_missed(event))
		count_missed(event);
	kpx_class_del(event_class(event), event);
}

static void event_start(struct perf_event *event, int flags)
{
	event->hw.state = 0;
}

static void event_stop(struct perf_event *event, int flags)
{
	event->hw.state = PERF_HES_STOPPED;
}

/* But for misses, event->count is always up to date. On the event's CPU. */
static void event_read(struct perf_event *event)
{
	if (is_missed(event))
		count_missed(event);
}

PMU_FORMAT_ATTR(probe, "config:0-31");
PMU_FORMAT_ATTR(mode, "config:32-35");
PMU_FORMAT_ATTR(unit, "config:36-39");
PMU_FORMAT_ATTR(field, "config:40-47");
PMU_FORMAT_ATTR(skip_self, "config:48");

static struct attribute *format_attrs[] = {
	&format_attr_probe.attr,     &format_attr_mode.attr,
	&format_attr_unit.attr,	     &format_attr_field.attr,
	&format_attr_skip_self.attr, NULL,
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
