/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * log - the last errors in definitions, in debugfs kprobex/error_log
 *
 * Each with its line and a caret below the byte, as tracefs' error_log:
 *
 *	[  123.456789] write: error -22 BAD_TYPE(42): 'u7': unknown type: …
 *	  Command: p:a vfs_read x=$arg1:u7
 *	                                ^
 */
#ifndef KPX_LOG_H
#define KPX_LOG_H

#include "core/error.h"
#include "core/slice.h"

struct dentry;

/* Remembers one error. @source: static text, who asked. Sleeps. */
void kpx_log_error(const char *source, struct kpx_slice text, int ret,
		   const struct kpx_error *err);

/* The same to the kernel log, at load, when nobody can read debugfs. */
void kpx_log_print(const char *source, struct kpx_slice text, int ret,
		   const struct kpx_error *err);

/* @dir: kprobex/ in debugfs; its files go with it. */
void kpx_log_init(struct dentry *dir);
void kpx_log_uninit(void);

#endif /* KPX_LOG_H */
