// SPDX-License-Identifier: GPL-2.0-only
/* kprobex_kunit.ko: the suites over kernel/core, for a kernel with KUnit. */
#include <linux/module.h>

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("KUnit suites of kprobex");
