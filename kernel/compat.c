// SPDX-License-Identifier: GPL-2.0-only
#include <linux/dcache.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/list.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "compat.h"
#include "evlock.h"

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)

/*
 * Before 6.2 a task's context for software events keeps a pointer to the PMU
 * of whichever event made it, stays on the task until it exits, and holds no
 * reference on that PMU's module: made by an event of ours, it would point into
 * freed memory after unloading, and the task's exit would follow it. So a PMU
 * that never goes makes the context first. (A new thread's context takes its
 * parent's pointer.)
 *
 * No event_init of ours holds a lock here; perf's core holds pmus_srcu, which
 * nests. Not the dummy event: its event_init takes pmus_lock, which unloading
 * holds while it waits for pmus_srcu.
 */
int kpx_compat_prepare_target(const struct perf_event *event)
{
	struct task_struct *task = event->hw.target;
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_TASK_CLOCK,
		.disabled = 1,
	};
	struct perf_event *first;

	/* One that is there was made this way, or by somebody else's event. */
	if (!task || READ_ONCE(task->perf_event_ctxp[perf_sw_context]))
		return 0;
	first = perf_event_create_kernel_counter(&attr, -1, task, NULL, NULL);
	if (IS_ERR(first))
		return PTR_ERR(first); /* -ESRCH: it is exiting */
	perf_event_release_kernel(first);
	return 0;
}

#else

int kpx_compat_prepare_target(const struct perf_event *event)
{
	return 0;
}

#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 6, 0)

/*
 * Before 6.6 tracefs' files hold bare pointers: "format" to the event's call,
 * the others to its trace_event_file, which is freed with the event unless one
 * of them is open.
 *
 * - An open "format" or "trigger" follows its pointer again at each read.
 *   Stable kernels have lost the loop that cleared it, but still look whether
 *   it is NULL, with event_mutex held. So we clear it.
 * - Opening one of the rest follows the pointer, waits for event_mutex, and
 *   looks whether the event is gone only then. We keep the trace_event_file for
 *   a while, until whoever had got that far has had his turn at event_mutex.
 *
 * tracefs' directories and files are always in the dcache. Instances are made
 * and removed with event_mutex held.
 */
#define KEEP_MS 1000

struct kept_file {
	struct list_head node;
	struct dentry *enable;
};

static void drop_work(struct work_struct *work);

static LIST_HEAD(kept_files); /* event_mutex */
static DECLARE_DELAYED_WORK(drop_later, drop_work);

static struct dentry *find_child(struct dentry *dir, const char *name)
{
	struct qstr qstr = QSTR_INIT(name, strlen(name));
	struct dentry *child = dir ? d_hash_and_lookup(dir, &qstr) : NULL;

	if (IS_ERR_OR_NULL(child))
		return NULL;
	if (d_really_is_negative(child)) {
		dput(child);
		return NULL;
	}
	return child;
}

static void forget_file(struct dentry *dir, const char *name)
{
	struct dentry *file = find_child(dir, name);

	if (file)
		WRITE_ONCE(d_inode(file)->i_private, NULL);
	dput(file);
}

static struct trace_event_file *dentry_file(struct dentry *dentry)
{
	return d_inode(dentry)->i_private;
}

static void keep_file(struct dentry *dir)
{
	struct kept_file *kept = kmalloc(sizeof(*kept), GFP_KERNEL);

	if (!kept)
		return;
	kept->enable = find_child(dir, "enable");
	if (!kept->enable) {
		kfree(kept);
		return;
	}
	atomic_inc(&dentry_file(kept->enable)->ref);
	list_add_tail(&kept->node, &kept_files);
	queue_delayed_work(system_unbound_wq, &drop_later,
			   msecs_to_jiffies(KEEP_MS));
}

/* Gives our reference back as the kernel does when the file is closed. */
static void drop_file(struct kept_file *kept)
{
	struct inode *inode = d_inode(kept->enable);

	/* a close would also put a reference on the instance */
	dentry_file(kept->enable)->tr = NULL;
	inode->i_fop->release(inode, NULL);
	dput(kept->enable);
	kfree(kept);
}

/* event_mutex is held: behind all who waited for it when their event went. */
static int drop_files(void *arg)
{
	struct kept_file *kept, *next;

	list_for_each_entry_safe(kept, next, &kept_files, node) {
		/* still open: its close is to find the instance */
		if (atomic_read(&dentry_file(kept->enable)->ref) > 1)
			continue;
		list_del(&kept->node);
		drop_file(kept);
	}
	if (!list_empty(&kept_files))
		queue_delayed_work(system_unbound_wq, &drop_later,
				   msecs_to_jiffies(KEEP_MS));
	return 0;
}

static void drop_work(struct work_struct *work)
{
	kpx_evlock_run(drop_files, NULL);
}

static void forget_in(struct dentry *events, const char *system,
		      const char *event)
{
	struct dentry *group = find_child(events, system);
	struct dentry *dir = find_child(group, event);

	if (dir) {
		forget_file(dir, "format");
		forget_file(dir, "trigger");
		keep_file(dir);
	}
	dput(dir);
	dput(group);
}

/* The directory behind @last, the first if that's NULL. Puts @last. */
static struct dentry *next_dir(struct dentry *parent, struct dentry *last)
{
	struct dentry *child, *found = NULL;

	spin_lock(&parent->d_lock);
	child = list_prepare_entry(last, &parent->d_subdirs, d_child);
	list_for_each_entry_continue(child, &parent->d_subdirs, d_child)
	{
		if (!d_is_dir(child) || d_unhashed(child))
			continue;
		spin_lock_nested(&child->d_lock, DENTRY_D_LOCK_NESTED);
		found = dget_dlock(child);
		spin_unlock(&child->d_lock);
		break;
	}
	spin_unlock(&parent->d_lock);
	dput(last);
	return found;
}

void kpx_compat_forget_event(const struct trace_event_file *anchor,
			     const char *system, const char *event)
{
	struct dentry *events, *instances, *instance = NULL;

	/* lockdown leaves an event without a directory */
	if (!anchor->dir)
		return;
	/* ROOT/events/GROUP/EVENT */
	events = anchor->dir->d_parent->d_parent;
	forget_in(events, system, event);
	instances = find_child(events->d_parent, "instances");
	if (!instances)
		return;
	while ((instance = next_dir(instances, instance))) {
		events = find_child(instance, "events");
		forget_in(events, system, event);
		dput(events);
	}
	dput(instances);
}

void kpx_compat_uninit(void)
{
	struct kept_file *kept, *next;

	drop_work(NULL);
	cancel_delayed_work_sync(&drop_later);
	/* what is still open leaks the kernel's structure, and nothing of ours */
	list_for_each_entry_safe(kept, next, &kept_files, node) {
		dput(kept->enable);
		kfree(kept);
	}
}

#else

void kpx_compat_forget_event(const struct trace_event_file *anchor,
			     const char *system, const char *event)
{
}

void kpx_compat_uninit(void)
{
}

#endif
