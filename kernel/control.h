/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * control - the ioctls of /dev/kprobex, see include/uapi/kprobex.h
 */
#ifndef KPX_CONTROL_H
#define KPX_CONTROL_H

#include <linux/list.h>

struct file;

/* What an open descriptor of the device owns. */
struct kpx_file {
	struct list_head owned; /* probes that die with it; define mutex */
};

/* unlocked_ioctl of the device. */
long kpx_control_ioctl(struct file *file, unsigned int cmd, unsigned long arg);

/* Of device.c: the descriptor's state, and may it define and remove? */
struct kpx_file *kpx_device_file(const struct file *file);
int kpx_device_permit(const struct file *file);

#endif /* KPX_CONTROL_H */
