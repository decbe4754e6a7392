// SPDX-License-Identifier: GPL-2.0-only
/*
 * The control event can't be switched by a user, because of
 * TRACE_EVENT_FL_IGNORE_ENABLE: it has no files "enable", "filter", "trigger"
 * and "id", "echo 1 > events/enable" and set_event pass it by, no trigger
 * finds it, and perf has no number for it. The flag is off for the moment in
 * which we switch the event ourselves. A user who comes along in that moment
 * switches an event that does nothing for him, and we try again:
 *
 * - We say that the event is on and ask the kernel to switch it off. (Asking
 *   to switch it on would have the kernel patch two scheduler tracepoints, to
 *   record the names of tasks, at each call.)
 * - The class's reg() runs with event_mutex held and does our work if it runs
 *   in our task. Another task's is ignored.
 * - If the event was off by then, because another task was quicker, or in soft
 *   mode, because of its trigger, reg() didn't run. The next round clears both.
 */
#include <linux/err.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/trace_events.h>

#include "compat.h"
#include "evlock.h"

#define SYSTEM "kprobex_control"
#define EVENT  "evlock"

/* The work at hand. Written under run_mutex; also read by stray callers. */
static struct {
	struct task_struct *task;
	int (*run)(void *arg);
	void *arg;
	int ret;
	bool done;
} work;

static DEFINE_MUTEX(run_mutex);
static struct trace_event_file *control_file;

static int control_reg(struct trace_event_call *call, enum trace_reg type,
		       void *data)
{
	switch (type) {
	case TRACE_REG_REGISTER:
		return 0;
	case TRACE_REG_UNREGISTER:
		/* no other task can be us: it is we who wait for this */
		if (READ_ONCE(work.task) != current || work.done)
			return 0;
		work.ret = work.run(work.arg);
		work.done = true;
		return 0;
	default:
		return -EOPNOTSUPP;
	}
}

static struct trace_event_fields control_fields[] = {
	{},
};

static struct trace_event_class control_class = {
	.system = SYSTEM,
	.reg = control_reg,
	.fields_array = control_fields,
	.fields = LIST_HEAD_INIT(control_class.fields),
};

static struct trace_event_call control_call = {
	.class = &control_class,
	.name = EVENT,
	.print_fmt = "\"\"",
	.flags = TRACE_EVENT_FL_IGNORE_ENABLE,
};

/* The kernel adds the events in this section when the module is loaded. */
static struct trace_event_call *
	control_pointer __used __section("_ftrace_events") = &control_call;

static void control_expose(void)
{
	WRITE_ONCE(control_call.flags, 0);
}

static void control_hide(void)
{
	WRITE_ONCE(control_call.flags, TRACE_EVENT_FL_IGNORE_ENABLE);
}

int kpx_evlock_init(void)
{
	struct trace_event_file *file;

	control_expose();
	file = trace_get_event_file(NULL, SYSTEM, EVENT);
	control_hide();
	if (IS_ERR(file))
		return -EOPNOTSUPP;
	/* the top instance's file stays as long as the module does */
	control_file = file;
	trace_put_event_file(file);
	return 0;
}

static int control_switch_off(void)
{
	int ret;

	control_expose();
	clear_bit(EVENT_FILE_FL_SOFT_MODE_BIT, &control_file->flags);
	set_bit(EVENT_FILE_FL_ENABLED_BIT, &control_file->flags);
	ret = trace_set_clr_event(SYSTEM, EVENT, 0);
	control_hide();
	return ret;
}

int kpx_evlock_run(int (*run)(void *arg), void *arg)
{
	int ret;

	mutex_lock(&run_mutex);
	work.run = run;
	work.arg = arg;
	work.done = false;
	WRITE_ONCE(work.task, current);
	do {
		ret = control_switch_off();
	} while (!ret && !work.done);
	if (!ret)
		ret = work.ret;
	WRITE_ONCE(work.task, NULL);
	mutex_unlock(&run_mutex);
	return ret;
}

const struct trace_event_file *kpx_evlock_file(void)
{
	return control_file;
}

static int forget_control(void *arg)
{
	kpx_compat_forget_event(control_file, SYSTEM, EVENT);
	return 0;
}

/* The kernel takes the control event away when the module is gone. */
void kpx_evlock_uninit(void)
{
	kpx_evlock_run(forget_control, NULL);
	kpx_compat_uninit();
}
