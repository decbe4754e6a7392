/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * device - /dev/kprobex: definitions in and out, and the ioctls of the ABI
 */
#ifndef KPX_DEVICE_H
#define KPX_DEVICE_H

int kpx_device_init(void);
void kpx_device_uninit(void);

#endif /* KPX_DEVICE_H */
