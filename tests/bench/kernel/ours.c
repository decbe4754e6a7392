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

static int ours_attach(struct variant *variant,
		       const struct perf_event_attr *attr, unsigned int slot)
{
	struct kpx_bpf_attach attach = { .size = sizeof(attach),
					 .id = variant->id,
					 .flags = KPX_BPF_LINK };

	(void)attr;
	attach.prog_fd = program_fd(variant->verdict, slot);
	if (ioctl(device(), KPX_IOC_BPF_ATTACH, &attach))
		return unavailable(variant, errno, "%s",
				   attach.error_code ? attach.error :
						       "KPX_IOC_BPF_ATTACH");
	return attach.link_fd;
}

/* All ran at each hit, and what they returned decided. */
static void check_programs(const struct variant *variant,
			   const struct kpx_stats *stats)
{
	uint64_t dropped = variant->verdict ? 0 : variant->turns;

	if (stats->flags & KPX_STATS_BPF_FALLBACK)
		broken(variant, "the kernel's guard couldn't be had");
	if (stats->bpf_runs != variant->turns ||
	    stats->filtered_bpf != dropped ||
	    stats->offered != variant->turns - dropped)
		broken(variant, "%llu runs, %llu dropped, %llu offered",
		       (unsigned long long)stats->bpf_runs,
		       (unsigned long long)stats->filtered_bpf,
		       (unsigned long long)stats->offered);
}

static uint64_t ours_hits(struct variant *variant)
{
	struct kpx_stats stats = { .size = sizeof(stats), .id = variant->id };

	if (ioctl(device(), KPX_IOC_STATS, &stats))
		broken(variant, "stats: %s", strerror(errno));
	if (stats.missed_kprobe || stats.missed_return || stats.recursion)
		broken(variant, "it missed hits");
	if (variant->programs)
		check_programs(variant, &stats);
	return stats.entered;
}

const struct side ours = {
	.name = "kprobex",
	.define = ours_define,
	.attach = ours_attach,
	.hits = ours_hits,
};
