/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHIM_LINUX_MODULE_H
#define SHIM_LINUX_MODULE_H

#define MODULE_LICENSE(text)
#define MODULE_DESCRIPTION(text)

#endif /* SHIM_LINUX_MODULE_H */
