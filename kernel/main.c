// SPDX-License-Identifier: GPL-2.0-only
/* Load and unload: a ladder and its mirror. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/debugfs.h>
#include <linux/module.h>

#include "context.h"
#include "device.h"
#include "face.h"
#include "gate.h"
#include "hit.h"
#include "log.h"
#include "pmu.h"
#include "probe.h"
#include "stats.h"

static char *probes;
module_param(probes, charp, 0444);
MODULE_PARM_DESC(
	probes,
	"definitions, separated by ';', in place of the default ones; empty: none");

/* The arguments have the names of the kernel's prototypes. */
static const char *const defaults[] = {
	"p:vfs_write vfs_write file=$arg1:x64 buf=$arg2:x64 count=$arg3:u64 pos=$arg4:x64",
	"p:vfs_read vfs_read file=$arg1:x64 buf=$arg2:x64 count=$arg3:u64 pos=$arg4:x64",
	"p:do_sys_openat2 do_sys_openat2 dfd=$arg1:s32 filename=$arg2:x64 how=$arg3:x64",
	"p:eventfd_write eventfd_write file=$arg1:x64 buf=$arg2:x64 count=$arg3:u64 ppos=$arg4:x64",
};

static struct dentry *debugfs_dir;

static int define(struct kpx_slice text, struct kpx_error *err)
{
	const struct kpx_definition def = {
		.text = text,
		.flags = KPX_PROBE_PERSISTENT | KPX_PROBE_AUTO_NAME,
	};
	u32 id;

	return kpx_probe_define(&def, &id, err);
}

/* One that this kernel doesn't have is no reason not to load. */
static void define_defaults(void)
{
	struct kpx_error err;
	size_t i;
	int ret;

	for (i = 0; i < ARRAY_SIZE(defaults); i++) {
		ret = define(kpx_slice(defaults[i], strlen(defaults[i])), &err);
		if (ret)
			pr_notice("default probe skipped: %s (error %d)\n",
				  err.code ? err.text : defaults[i], ret);
	}
}

/* What the user asked for must be there, all of it. */
static int define_given(const char *given)
{
	struct kpx_slice command;
	struct kpx_error err;
	size_t pos = 0;
	int ret;

	while (kpx_slice_command(kpx_slice(given, strlen(given)), ';', &pos,
				 &command)) {
		if (kpx_slice_is_blank(command))
			continue;
		ret = define(command, &err);
		if (ret) {
			kpx_log_print("parameter probes", command, ret, &err);
			return ret;
		}
	}
	return 0;
}

static int define_initial(void)
{
	if (probes)
		return define_given(probes);
	define_defaults();
	return 0;
}

static void debugfs_init(void)
{
	debugfs_dir = debugfs_create_dir("kprobex", NULL);
	kpx_log_init(debugfs_dir);
	kpx_stats_init(debugfs_dir);
}

static int __init kprobex_init(void)
{
	int ret;

	ret = kpx_context_init();
	if (ret)
		return ret;
	ret = kpx_gate_init();
	if (ret)
		goto err_context;
	ret = kpx_program_init();
	if (ret)
		goto err_gate;
	ret = kpx_hit_init();
	if (ret)
		goto err_program;
	ret = kpx_face_init();
	if (ret)
		goto err_hit;
	ret = kpx_probe_init();
	if (ret)
		goto err_face;
	ret = define_initial();
	if (ret)
		goto err_probes;
	ret = kpx_pmu_init();
	if (ret)
		goto err_probes;
	kpx_probe_add_aliases();
	debugfs_init();
	ret = kpx_device_init();
	if (ret)
		goto err_pmu;
	kpx_pmu_open();
	return 0;

err_pmu:
	debugfs_remove(debugfs_dir);
	kpx_log_uninit();
	kpx_probe_remove_all();
	kpx_pmu_uninit();
err_probes:
	kpx_probe_uninit();
err_face:
	kpx_face_uninit();
err_hit:
	kpx_hit_uninit();
err_program:
	kpx_program_uninit();
err_gate:
	kpx_gate_uninit();
err_context:
	kpx_context_uninit();
	return ret;
}

/*
 * No event and no descriptor is open: each holds a reference on the module,
 * and once we are here none can be had. What may be left is the sweep of the
 * last events, so drain it; then the files, which wait for their readers.
 */
static void __exit kprobex_exit(void)
{
	kpx_device_uninit();
	debugfs_remove(debugfs_dir);
	kpx_log_uninit();
	kpx_probe_uninit();
	kpx_face_uninit();
	kpx_pmu_uninit();
	kpx_program_uninit();
	kpx_gate_uninit();
	kpx_hit_uninit();
	kpx_context_uninit();
}

module_init(kprobex_init);
module_exit(kprobex_exit);

MODULE_LICENSE("GPL");
MODULE_AUTHOR("The kprobex authors");
MODULE_DESCRIPTION("A dynamic probe PMU for perf_event_open(2)");
MODULE_VERSION("0.1.0");
