// SPDX-License-Identifier: GPL-2.0-only
/* ours - variants probed by kprobex, each an anonymous probe of this process */
#include <errno.h>
#include <fcntl.h>
#include <kprobex.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "variant.h"

#define PMU "/sys/bus/event_source/devices/" KPX_PMU_NAME

#define CONFIG_MODE_SHIFT 32

static int device(void)
{
	static int fd = -1;

	if (fd < 0)
		fd = open(KPX_DEVICE, O_RDWR | O_CLOEXEC);
	return fd;
}

static unsigned int pmu_type(void)
{
	FILE *file = fopen(PMU "/type", "r");
	unsigned int type = 0;

	if (file && fscanf(file, "%u", &type) != 1)
		type = 0;
	if (file)
		fclose(file);
	return type;
}

static int ours_define(struct variant *variant, const char *place,
		       struct perf_event_attr *attr)
{
	struct kpx_define def = { .size = sizeof(def) };
	char text[256];

	snprintf(text, sizeof(text), "%c %s %s%s",
		 is_return(variant) ? 'r' : 'p', place, fetch_args(variant),
		 variant->scenario == FILTERED ? " if c > 1000" : "");
	def.text = (uintptr_t)text;
	def.text_len = strlen(text);
	if (ioctl(device(), KPX_IOC_DEFINE, &def))
		return unavailable(variant, errno, "%s",
				   def.error_code ? def.error : "define");
	variant->id = def.id;
	attr->type = pmu_type();
	attr->config = def.id | (uint64_t)variant->mode << CONFIG_MODE_SHIFT;
	return 0;
}

static uint64_t ours_hits(struct variant *variant)
{
	struct kpx_stats stats = { .size = sizeof(stats), .id = variant->id };

	if (ioctl(device(), KPX_IOC_STATS, &stats))
		broken(variant, "stats: %s", strerror(errno));
	if (stats.missed_kprobe || stats.missed_return || stats.recursion)
		broken(variant, "it missed hits");
	return stats.entered;
}

const struct side ours = {
	.name = "kprobex",
	.define = ours_define,
	.hits = ours_hits,
};
