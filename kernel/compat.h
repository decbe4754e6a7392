/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * compat - every difference between the kernel versions that are supported
 */
#ifndef KPX_COMPAT_H
#define KPX_COMPAT_H

#include <linux/bpf.h>
#include <linux/kconfig.h>
#include <linux/mutex.h>
#include <linux/perf_event.h>
#include <linux/trace_events.h>
#include <linux/version.h>

/* perf_event_attr grew a third extension word in 6.3. */
static inline u64 kpx_attr_config3(const struct perf_event_attr *attr)
{
#ifdef PERF_ATTR_SIZE_VER8
	return attr->config3;
#else
	return 0;
#endif
}

/*
 * fprobe: an ftrace_ops that hooks the returns of many functions. From 6.7,
 * where instances are one pool that takes them back however late they come, to
 * 6.13, the last in which handlers get a pt_regs. Debian's 6.1 is built without
 * any.
 */
#define KPX_COMPAT_HAS_FPROBE                             \
	(IS_ENABLED(CONFIG_FPROBE) &&                     \
	 LINUX_VERSION_CODE >= KERNEL_VERSION(6, 7, 0) && \
	 LINUX_VERSION_CODE < KERNEL_VERSION(6, 14, 0))

/* The flag moved in 6.10. */
static inline bool kpx_compat_is_sleepable(const struct bpf_prog *prog)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 10, 0)
	return prog->aux->sleepable;
#else
	return prog->sleepable;
#endif
}

/*
 * Keeps the code of @prog as it is: no program of type EXT takes the place of one
 * of its functions, as if it were in a map of type PROG_ARRAY. False: one has
 * already, or this kernel can't keep it away. Undone by unpin(). Sleep.
 */
static inline bool kpx_compat_pin_code(struct bpf_prog *prog)
{
#ifdef KPX_COMPAT_HAS_MEMBER_CNT
	bool is_extended;

	mutex_lock(&prog->aux->ext_mutex);
	is_extended = prog->aux->is_extended;
	if (!is_extended)
		prog->aux->prog_array_member_cnt++;
	mutex_unlock(&prog->aux->ext_mutex);
	return !is_extended;
#else
	return false;
#endif
}

static inline void kpx_compat_unpin_code(struct bpf_prog *prog)
{
#ifdef KPX_COMPAT_HAS_MEMBER_CNT
	mutex_lock(&prog->aux->ext_mutex);
	prog->aux->prog_array_member_cnt--;
	mutex_unlock(&prog->aux->ext_mutex);
#endif
}

/*
 * For an original event_init, before the event can get on its task's context:
 * what the kernel keeps of it after the event must not be ours. 0 or what perf
 * said of the task. Sleeps.
 */
int kpx_compat_prepare_target(const struct perf_event *event);

/*
 * For an event that is about to be taken away: what is open of its files, in
 * every instance, must not lead to it any more. @anchor: a file of another
 * event, in the top instance. event_mutex is held. Sleeps.
 */
void kpx_compat_forget_event(const struct trace_event_file *anchor,
			     const char *system, const char *event);

/* At unload, when kpx_evlock_run() still works: what has been put off. Sleeps. */
void kpx_compat_uninit(void);

#endif /* KPX_COMPAT_H */
