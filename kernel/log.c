// SPDX-License-Identifier: GPL-2.0-only
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/debugfs.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>

#include "log.h"

/* As many as tracefs keeps. */
#define ENTRIES_MAX 8
/* A line in the kernel log holds no more. */
#define PRINT_MAX 900

struct entry {
	struct list_head node;
	u64 boot_ns;
	const char *source;
	int ret;
	struct kpx_error err;
	size_t len;
	char text[];
};

static DEFINE_MUTEX(log_mutex); /* innermost: nothing is taken below it */
static LIST_HEAD(entries);	/* log_mutex; the oldest first */
static unsigned int nr_entries; /* log_mutex */

/* Any bytes may come in: one line goes out, and the caret stays in place. */
static void copy_printable(char *to, struct kpx_slice text)
{
	size_t i;

	for (i = 0; i < text.len; i++)
		to[i] = text.s[i] >= 0x20 && text.s[i] < 0x7f ? text.s[i] : ' ';
	to[text.len] = '\0';
}

static struct entry *entry_create(const char *source, struct kpx_slice text,
				  int ret, const struct kpx_error *err)
{
	struct entry *entry;

	text = kpx_slice_sub(text, 0, KPX_DEFINITION_SIZE - 1);
	entry = kmalloc(struct_size(entry, text, text.len + 1), GFP_KERNEL);
	if (!entry)
		return NULL;
	entry->boot_ns = ktime_get_boottime_ns();
	entry->source = source;
	entry->ret = ret;
	entry->err = *err;
	entry->len = text.len;
	copy_printable(entry->text, text);
	return entry;
}

static void drop_oldest_locked(void)
{
	struct entry *entry;

	lockdep_assert_held(&log_mutex);
	entry = list_first_entry(&entries, struct entry, node);
	list_del(&entry->node);
	nr_entries--;
	kfree(entry);
}

void kpx_log_error(const char *source, struct kpx_slice text, int ret,
		   const struct kpx_error *err)
{
	struct entry *entry = entry_create(source, text, ret, err);

	if (!entry)
		return;
	mutex_lock(&log_mutex);
	list_add_tail(&entry->node, &entries);
	if (++nr_entries > ENTRIES_MAX)
		drop_oldest_locked();
	mutex_unlock(&log_mutex);
}

void kpx_log_print(const char *source, struct kpx_slice text, int ret,
		   const struct kpx_error *err)
{
	struct entry *entry = entry_create(
		source, kpx_slice_sub(text, 0, PRINT_MAX), ret, err);

	if (!entry)
		return;
	if (err->code) {
		pr_err("%s: %s (error %d)\n", source, err->text, ret);
		pr_err("  %s\n", entry->text);
		if (err->offset <= entry->len)
			pr_err("  %*s^\n", (int)err->offset, "");
	} else {
		pr_err("%s: error %d for: %s\n", source, ret, entry->text);
	}
	kfree(entry);
}

static void entry_show(struct seq_file *seq, const struct entry *entry)
{
	u32 us_rem;
	u64 seconds =
		div_u64_rem(div_u64(entry->boot_ns, 1000), 1000000, &us_rem);

	seq_printf(seq, "[%5llu.%06u] %s: error %d", seconds, us_rem,
		   entry->source, entry->ret);
	if (entry->err.code)
		seq_printf(seq, " %s(%u): %s", kpx_error_name(entry->err.code),
			   entry->err.code, entry->err.text);
	seq_printf(seq, "\n  Command: %s\n", entry->text);
	if (entry->err.code && entry->err.offset <= entry->len)
		seq_printf(seq, "           %*s^\n", (int)entry->err.offset,
			   "");
}

static int error_log_show(struct seq_file *seq, void *v)
{
	const struct entry *entry;

	mutex_lock(&log_mutex);
	list_for_each_entry(entry, &entries, node)
		entry_show(seq, entry);
	mutex_unlock(&log_mutex);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(error_log);

void kpx_log_init(struct dentry *dir)
{
	debugfs_create_file("error_log", 0440, dir, NULL, &error_log_fops);
}

void kpx_log_uninit(void)
{
	mutex_lock(&log_mutex);
	while (nr_entries)
		drop_oldest_locked();
	mutex_unlock(&log_mutex);
}
