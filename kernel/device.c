// SPDX-License-Identifier: GPL-2.0-only
/*
 * A write takes whole lines, each at most 4095 bytes: "p…" defines a
 * persistent probe, "-:NAME" removes one, blank lines and # comments are
 * skipped, and a last line may lack its newline. It stops at the first line
 * that fails and returns that line's error, as tracefs does; the lines before
 * it are in force. (A short count would be kinder to a caller that looks at
 * it, but one that doesn't would lose definitions without a word.)
 *
 * A read gives the persistent probes back, one line each, good for a write. What
 * a line can't say, a name that is only an alias and many targets, is a comment.
 */
#include <linux/capability.h>
#include <linux/compat.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/user_namespace.h>

#include "control.h"
#include "core/name.h"
#include "device.h"
#include "log.h"
#include "probe.h"

/* What one write may bring: room for thousands of lines. */
#define WRITE_MAX (1024 * 1024)

/*
 * In force for whoever writes and for whoever opened: a descriptor that was
 * passed to a privileged program doesn't lend its privilege.
 */
int kpx_device_permit(const struct file *file)
{
	if (!perfmon_capable())
		return -EACCES;
	if (!file_ns_capable(file, &init_user_ns, CAP_PERFMON) &&
	    !file_ns_capable(file, &init_user_ns, CAP_SYS_ADMIN))
		return -EACCES;
	return 0;
}

struct kpx_file *kpx_device_file(const struct file *file)
{
	return ((struct seq_file *)file->private_data)->private;
}

static int remove_line(struct kpx_slice line, struct kpx_error *err)
{
	char name[KPX_NAME_SIZE];
	int ret;

	memset(err, 0, sizeof(*err));
	ret = kpx_command_parse_remove(line, name, err);
	if (ret)
		return ret;
	ret = kpx_probe_remove(0, name);
	if (ret == -ENOENT)
		kpx_error_set(err, KPX_ERR_UNKNOWN_NAME,
			      kpx_slice_find(line, ':') + 1, name,
			      strlen(name));
	if (ret == -EBUSY)
		kpx_error_set(err, KPX_ERR_BUSY, kpx_slice_find(line, ':') + 1,
			      name, strlen(name));
	return ret;
}

static int run_line(struct kpx_slice line)
{
	const struct kpx_definition def = {
		.text = line,
		.flags = KPX_PROBE_PERSISTENT | KPX_PROBE_AUTO_NAME,
	};
	struct kpx_error err;
	u32 id;
	int ret;

	if (kpx_slice_is_blank(line))
		return 0;
	if (kpx_command_is_remove(line))
		ret = remove_line(line, &err);
	else
		ret = kpx_probe_define(&def, &id, &err);
	if (ret)
		kpx_log_error("write", line, ret, &err);
	return ret;
}

static ssize_t device_write(struct file *file, const char __user *from,
			    size_t count, loff_t *ppos)
{
	struct kpx_slice line;
	size_t pos = 0;
	char *text;
	int ret;

	ret = kpx_device_permit(file);
	if (ret)
		return ret;
	if (count > WRITE_MAX)
		return -E2BIG;
	text = vmemdup_user(from, count);
	if (IS_ERR(text))
		return PTR_ERR(text);
	while (!ret &&
	       kpx_slice_command(kpx_slice(text, count), '\n', &pos, &line)) {
		ret = run_line(line);
		if (!ret && fatal_signal_pending(current))
			ret = -EINTR;
	}
	kvfree(text);
	return ret ?: count;
}

static int list_show(struct seq_file *seq, void *v)
{
	struct kpx_probe *probe = kpx_probe_seq_entry(v);
	char *buf;
	size_t size;

	if (!probe || !(probe->flags & KPX_PROBE_PERSISTENT))
		return SEQ_SKIP;
	if (probe->flags & KPX_PROBE_ALIAS)
		seq_puts(seq, "# alias: ");
	else if (kpx_target_is_many(&probe->target))
		seq_printf(seq, "# of %u functions: ", probe->target.nr_sites);
	/* seq_file comes again with a larger buffer when it overflows */
	size = seq_get_buf(seq, &buf);
	if (size) {
		size_t len = kpx_spec_print(probe->spec, buf, size);

		seq_commit(seq, len < size ? len : -1);
	}
	seq_putc(seq, '\n');
	return 0;
}

static const struct seq_operations list_sops = {
	.start = kpx_probe_seq_start,
	.next = kpx_probe_seq_next,
	.stop = kpx_probe_seq_stop,
	.show = list_show,
};

static int device_open(struct inode *inode, struct file *file)
{
	struct kpx_file *kfile;

	/* misc_open() left the miscdevice there, and seq_file wants it clean */
	file->private_data = NULL;
	kfile = __seq_open_private(file, &list_sops, sizeof(*kfile));
	if (!kfile)
		return -ENOMEM;
	INIT_LIST_HEAD(&kfile->owned);
	return 0;
}

static int device_release(struct inode *inode, struct file *file)
{
	kpx_probe_disown(&kpx_device_file(file)->owned);
	return seq_release_private(inode, file);
}

static const struct file_operations device_fops = {
	.owner = THIS_MODULE,
	.open = device_open,
	.release = device_release,
	.read = seq_read,
	.write = device_write,
	.llseek = seq_lseek,
	.unlocked_ioctl = kpx_control_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

static struct miscdevice device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "kprobex",
	.fops = &device_fops,
	.mode = 0640,
};

int kpx_device_init(void)
{
	return misc_register(&device);
}

void kpx_device_uninit(void)
{
	misc_deregister(&device);
}
