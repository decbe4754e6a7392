// SPDX-License-Identifier: GPL-2.0-only
/*
 * kpx_targets - functions that tests probe, and a file that calls them
 *
 *	debugfs kpx_targets/call	[irq|softirq] NAME TURNS [WORD]…
 *	debugfs kpx_targets/sum		what the calls of the last write returned
 *	debugfs kpx_targets/functions	their names and addresses
 *
 * A write calls kpxt_NAME() TURNS times, before it returns, in the writer's
 * task: the first argument is the first WORD plus the turn's number from 0, the
 * others are the words as they are, or 0. "irq" calls it in a hard interrupt,
 * "softirq" in a soft one. kpxt_thing() gets its pointers in place of words.
 */
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/irq_work.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/timer.h>
#include <linux/uaccess.h>

#include "functions.h"

#define WORDS 6

static const struct {
	const char *name;
	kpxt_fn *fn;
} functions[] = {
#define F(_name)                     \
	{                            \
#_name, kpxt_##_name \
	}
	F(f0),	    F(f1),	   F(f2),      F(f3),	    F(f4),
	F(f5),	    F(f6),	   F(f7),      F(f8),	    F(f9),
	F(sleep),   F(recurse),	   F(thing),   F(irqs_off), F(win_1),
	F(win_2),   F(win_3),	   F(win_5),   F(win_loop), F(win_short),
	F(win_jmp), F(win_call),   F(entry_1), F(entry_2),  F(entry_3),
	F(entry_5), F(entry_loop),
#undef F
};

struct job {
	kpxt_fn *fn;
	u64 turns;
	u64 words[WORDS];
	u64 sum;
	struct irq_work irq;
	struct timer_list timer;
	struct completion done;
};

static u64 last_sum;

static void run(struct job *job)
{
	const u64 *w = job->words;
	u64 turn;

	for (turn = 0; turn < job->turns; turn++)
		job->sum += job->fn(w[0] + turn, w[1], w[2], w[3], w[4], w[5]);
}

static void run_irq(struct irq_work *work)
{
	struct job *job = container_of(work, struct job, irq);

	run(job);
	complete(&job->done);
}

static void run_timer(struct timer_list *timer)
{
	struct job *job = container_of(timer, struct job, timer);

	run(job);
	complete(&job->done);
}

/* The job is the caller's, who waits for it. */
static void run_in(struct job *job, const char *context)
{
	init_completion(&job->done);
	if (!strcmp(context, "irq")) {
		job->irq = IRQ_WORK_INIT_HARD(run_irq);
		irq_work_queue(&job->irq);
		wait_for_completion(&job->done);
		irq_work_sync(&job->irq);
	} else if (!strcmp(context, "softirq")) {
		timer_setup(&job->timer, run_timer, 0);
		mod_timer(&job->timer, jiffies);
		wait_for_completion(&job->done);
		del_timer_sync(&job->timer);
	} else {
		run(job);
	}
}

static kpxt_fn *find(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(functions); i++)
		if (!strcmp(functions[i].name, name))
			return functions[i].fn;
	return NULL;
}

static void set_thing(u64 *words)
{
	struct kpxt_thing *thing = &kpxt_things[words[0] & 1];

	words[0] = (unsigned long)thing;
	words[1] = (unsigned long)thing->name;
	words[2] = (unsigned long)thing->names;
	words[3] = (unsigned long)thing->array;
	words[4] = (unsigned long)thing->fn;
}

/* "[CONTEXT] NAME TURNS WORD…"; 0 or -EINVAL. */
static int parse(char *line, struct job *job, const char **context)
{
	char *name = strsep(&line, " "), *word;
	unsigned int i;

	*context = "task";
	if (!strcmp(name, "irq") || !strcmp(name, "softirq")) {
		*context = name;
		name = strsep(&line, " ");
	}
	word = strsep(&line, " ");
	if (!name || !word || kstrtou64(word, 0, &job->turns))
		return -EINVAL;
	job->fn = find(name);
	for (i = 0; i < WORDS && (word = strsep(&line, " ")); i++)
		if (kstrtou64(word, 0, &job->words[i]))
			return -EINVAL;
	if (job->fn == kpxt_thing)
		set_thing(job->words);
	return job->fn && !line ? 0 : -EINVAL;
}

static ssize_t call_write(struct file *file, const char __user *buf,
			  size_t count, loff_t *pos)
{
	const char *context;
	struct job *job;
	char *line;
	int ret;

	if (count > PAGE_SIZE)
		return -E2BIG;
	line = memdup_user_nul(buf, count);
	if (IS_ERR(line))
		return PTR_ERR(line);
	job = kzalloc(sizeof(*job), GFP_KERNEL);
	ret = job ? parse(strim(line), job, &context) : -ENOMEM;
	if (!ret) {
		run_in(job, context);
		WRITE_ONCE(last_sum, job->sum);
	}
	kfree(job);
	kfree(line);
	return ret ?: count;
}

/* Without a position, whose lock would let in one caller at a time. */
static int call_open(struct inode *inode, struct file *file)
{
	return stream_open(inode, file);
}

static const struct file_operations call_fops = {
	.owner = THIS_MODULE,
	.open = call_open,
	.write = call_write,
};

static int functions_show(struct seq_file *seq, void *v)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(functions); i++)
		seq_printf(seq, "%s 0x%lx\n", functions[i].name,
			   (unsigned long)functions[i].fn);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(functions);

static struct dentry *dir;

static int __init kpx_targets_init(void)
{
	dir = debugfs_create_dir("kpx_targets", NULL);
	debugfs_create_file("call", 0200, dir, NULL, &call_fops);
	debugfs_create_file("functions", 0400, dir, NULL, &functions_fops);
	debugfs_create_u64("sum", 0400, dir, &last_sum);
	return 0;
}

static void __exit kpx_targets_exit(void)
{
	debugfs_remove(dir);
}

module_init(kpx_targets_init);
module_exit(kpx_targets_exit);

MODULE_DESCRIPTION("functions for tests/vm to probe");
MODULE_LICENSE("GPL");
