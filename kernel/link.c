// SPDX-License-Identifier: GPL-2.0-only
#include <linux/anon_inodes.h>
#include <linux/err.h>
#include <linux/fcntl.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include "attach.h"
#include "link.h"
#include "probe.h"

/**
 * struct kpx_link - a file's private data
 * @probe:	referenced; NULL until it's bound
 * @file: until it's installed
 * @fd: … as which
 */
struct kpx_link {
	struct kpx_probe *probe;
	struct file *file;
	int fd;
};

static int link_release(struct inode *inode, struct file *file)
{
	struct kpx_link *link = file->private_data;

	if (link->probe) {
		kpx_programs_remove_link(&link->probe->programs, link);
		kpx_attach_programs_off(link->probe, 1);
		kpx_probe_put(link->probe);
	}
	kfree(link);
	return 0;
}

static void link_show(struct seq_file *seq, struct file *file)
{
	const struct kpx_link *link = file->private_data;

	seq_printf(seq, "probe_id:\t%u\nprobe:\t%s\n", link->probe->id,
		   link->probe->spec->name);
	kpx_programs_show_link(&link->probe->programs, link, seq);
}

/* owner: an open link keeps the module loaded. */
static const struct file_operations link_fops = {
	.owner = THIS_MODULE,
	.release = link_release,
	.show_fdinfo = link_show,
};

struct kpx_link *kpx_link_create(void)
{
	struct kpx_link *link = kzalloc(sizeof(*link), GFP_KERNEL);
	int ret;

	if (!link)
		return ERR_PTR(-ENOMEM);
	link->fd = get_unused_fd_flags(O_CLOEXEC);
	ret = link->fd;
	if (ret < 0)
		goto err_link;
	link->file = anon_inode_getfile("[kprobex-bpf]", &link_fops, link,
					O_CLOEXEC);
	if (IS_ERR(link->file)) {
		ret = PTR_ERR(link->file);
		goto err_fd;
	}
	return link;

err_fd:
	put_unused_fd(link->fd);
err_link:
	kfree(link);
	return ERR_PTR(ret);
}

void kpx_link_abandon(struct kpx_link *link)
{
	put_unused_fd(link->fd);
	/* the release frees it */
	fput(link->file);
}

void kpx_link_bind(struct kpx_link *link, struct kpx_probe *probe)
{
	link->probe = probe;
}

int kpx_link_fd(const struct kpx_link *link)
{
	return link->fd;
}

void kpx_link_install(struct kpx_link *link)
{
	fd_install(link->fd, link->file);
}
