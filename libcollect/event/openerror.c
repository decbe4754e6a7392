// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <linux/perf_event.h>
#include <string.h>
#include <sys/resource.h>

#include "fail.h"
#include "openerror.h"
#include "pseudofile.h"

#define ERROR_LOG "/sys/kernel/debug/kprobex/error_log"

#define KERNEL_ENOTSUPP 524 /* not meant for user space, but gets there */

static int no_permission(int err, const char *event, bool system_wide,
			 char *error, size_t error_size)
{
	int64_t paranoid = 0;

	if (kpc_pseudofile_number(KPC_PARANOID, &paranoid))
		return kpc_fail(error, error_size, err,
				"no permission to open the event %s; run as "
				"root or with CAP_PERFMON",
				event);
	return kpc_fail(error, error_size, err,
			"no permission to open the event %s%s: "
			"kernel.perf_event_paranoid is %" PRId64 "; run as "
			"root or with CAP_PERFMON%s",
			event, system_wide ? " on all of the system" : "",
			paranoid,
			paranoid > KPC_PARANOID_MAX ?
				" (above 2, it takes CAP_SYS_ADMIN)" :
				", or lower it with sysctl");
}

static bool is_hardware(uint32_t type)
{
	return type == PERF_TYPE_HARDWARE || type == PERF_TYPE_HW_CACHE ||
	       type == PERF_TYPE_RAW;
}

static int no_counter(int err, const char *event, char *error,
		      size_t error_size)
{
	return kpc_fail(error, error_size, err,
			"this machine has no counter for the event %s (%s): "
			"CPUs differ in what they count, some counters can't "
			"be sampled, and a virtual machine often counts "
			"nothing; cpu-clock works everywhere",
			event, strerror(-err));
}

static int not_so(int err, const char *event, uint32_t type, char *error,
		  size_t error_size)
{
	/* a kernel module's, which may have said more elsewhere */
	if (type >= PERF_TYPE_MAX)
		return kpc_fail(error, error_size, err,
				"kprobex can't open the event %s in this way "
				"(%s); the end of " ERROR_LOG " may say why",
				event, strerror(-err));
	return kpc_fail(error, error_size, err,
			"the kernel can't open the event %s in this way (%s); "
			"it may be too old",
			event, strerror(-err));
}

int kpc_openerror_event(int err, const char *event, uint32_t type,
			bool system_wide, char *error, size_t error_size)
{
	struct rlimit files = { 0 };

	if (is_hardware(type) && (err == -ENOENT || err == -ENODEV ||
				  err == -EOPNOTSUPP || err == -EINVAL))
		return no_counter(err, event, error, error_size);
	switch (err) {
	case -EACCES:
	case -EPERM:
		return no_permission(err, event, system_wide, error,
				     error_size);
	case -EMFILE:
	case -ENFILE:
		getrlimit(RLIMIT_NOFILE, &files);
		return kpc_fail(error, error_size, err,
				"too many open files at the event %s: each "
				"event takes one per CPU and thread, the limit "
				"is %" PRIu64 "; raise it with ulimit -n, or "
				"record fewer events",
				event, (uint64_t)files.rlim_cur);
	case -ESRCH:
		return kpc_fail(error, error_size, err,
				"the process to be recorded has ended");
	case -ENODEV:
	case -ENOENT:
		return kpc_fail(error, error_size, err,
				"the kernel doesn't have the event %s (%s)",
				event, strerror(-err));
	case -KERNEL_ENOTSUPP:
		return kpc_fail(error, error_size, err,
				"the kernel can't probe the instruction at %s "
				"(is that where one begins?)",
				event);
	case -ENOSYS:
		return kpc_fail(error, error_size, err,
				"this kernel, or a sandbox, doesn't allow "
				"perf_event_open(2)");
	case -EOPNOTSUPP:
	case -EINVAL:
		return not_so(err, event, type, error, error_size);
	default:
		return kpc_fail(error, error_size, err,
				"cannot open the event %s: %s", event,
				strerror(-err));
	}
}

int kpc_openerror_ring(int err, uint64_t ring_bytes, char *error,
		       size_t error_size)
{
	struct rlimit lock = { 0 };
	int64_t kb = 0;

	if (err == -EPERM) {
		getrlimit(RLIMIT_MEMLOCK, &lock);
		kpc_pseudofile_number(KPC_MLOCK_KB, &kb);
		return kpc_fail(
			error, error_size, err,
			"no permission to lock rings of %" PRIu64
			" KiB per CPU: kernel.perf_event_mlock_kb is %" PRId64
			" and ulimit -l %" PRIu64 " KiB; use a "
			"smaller -m, raise one of them, or run as root",
			ring_bytes / 1024, kb, (uint64_t)lock.rlim_cur / 1024);
	}
	if (err == -ENOMEM)
		return kpc_fail(error, error_size, err,
				"no memory for rings of %" PRIu64 " KiB per "
				"CPU; use a smaller -m",
				ring_bytes / 1024);
	return kpc_fail(error, error_size, err,
			"cannot map rings of %" PRIu64 " KiB per CPU: %s",
			ring_bytes / 1024, strerror(-err));
}
