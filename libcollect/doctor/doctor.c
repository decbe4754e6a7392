// SPDX-License-Identifier: GPL-2.0-only
/* doctor.c - kpc_doctor() */
#include <errno.h>

#include "checkup.h"

static const struct {
	const char *name;
	const kpc_check_look *look;
} groups[] = {
	{ "Kernel", kpc_checks_kernel },
	{ "Module", kpc_checks_module },
	{ "Permission", kpc_checks_permission },
	{ "Limits", kpc_checks_limits },
	{ "Tracing", kpc_checks_tracing },
	{ "Programs", kpc_checks_programs },
};

int kpc_doctor(const struct kpc_doctor_opts *opts, kpc_check_fn fn, void *ctx)
{
	struct kpc_checkup checkup = { .fn = fn, .ctx = ctx };
	struct kpc_kconfig config;
	struct kpc_facts facts;

	if (opts && opts->size < sizeof(*opts))
		return -EINVAL;
	kpc_facts_read(&facts, opts ? opts->root : NULL);
	kpc_kconfig_read(&config, &facts);
	checkup.facts = &facts;
	checkup.config = &config;
	for (size_t i = 0; i < sizeof(groups) / sizeof(*groups); i++) {
		const kpc_check_look *look = groups[i].look;

		checkup.group = groups[i].name;
		for (; *look && !checkup.ret; look++) {
			(*look)(&checkup);
			kpc_checkup_end(&checkup);
		}
	}
	kpc_kconfig_uninit(&config);
	return checkup.ret;
}
