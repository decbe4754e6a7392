// SPDX-License-Identifier: GPL-2.0-only
/*
 * stock - variants probed by the kernel's own kprobe events
 *
 * Programs are attached in two ways. To one kprobe event, each through an event
 * of its own, which is open on another CPU: the least that the kernel takes, and
 * what it takes on each CPU but one. And as libbpf attaches them, without its
 * links: each has a probe and an event of its own, of the PMU "kprobe", that
 * counts on CPU 0, which is where the loop runs.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "variant.h"

#define TRACEFS "/sys/kernel/tracing"
#define GROUP	"kpx_bench"
#define TYPE	"/sys/bus/event_source/devices/kprobe/type"

static int append(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
	int ret = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

static int read_number(const char *path, unsigned int *number)
{
	FILE *file = fopen(path, "r");
	int got;

	if (!file)
		return -errno;
	got = fscanf(file, "%u", number);
	fclose(file);
	return got == 1 ? 0 : -EIO;
}

static int stock_define(struct variant *variant, const char *place,
			struct perf_event_attr *attr)
{
	char text[256], path[256];
	int ret;

	snprintf(text, sizeof(text), "%c:" GROUP "/v%u %s %s\n",
		 is_return(variant) ? 'r' : 'p', variant->target, place,
		 fetch_args(variant));
	ret = append(TRACEFS "/kprobe_events", text);
	if (ret)
		return unavailable(variant, -ret, "define");
	snprintf(path, sizeof(path), TRACEFS "/events/" GROUP "/v%u/id",
		 variant->target);
	ret = read_number(path, &variant->id);
	if (ret)
		return unavailable(variant, -ret, "%s", path);
	attr->type = PERF_TYPE_TRACEPOINT;
	attr->config = variant->id;
	return 0;
}

static int stock_finish(struct variant *variant)
{
	if (variant->scenario == FILTERED &&
	    ioctl(variant->fd, PERF_EVENT_IOC_SET_FILTER, "c > 1000"))
		return unavailable(variant, errno, "the filter");
	return 0;
}

static int attach(struct variant *variant, const struct perf_event_attr *attr,
		  unsigned int slot, int cpu)
{
	int fd = syscall(SYS_perf_event_open, attr, -1, cpu, -1,
			 PERF_FLAG_FD_CLOEXEC);

	if (fd < 0)
		return unavailable(variant, errno, "perf_event_open");
	if (ioctl(fd, PERF_EVENT_IOC_SET_BPF,
		  program_fd(variant->verdict, slot)) ||
	    ioctl(fd, PERF_EVENT_IOC_ENABLE, 0)) {
		unavailable(variant, errno, "program number %u", slot);
		close(fd);
		return -EIO;
	}
	return fd;
}

static int stock_attach(struct variant *variant,
			const struct perf_event_attr *attr, unsigned int slot)
{
	return attach(variant, attr, slot, OTHER_CPU);
}

static int libbpf_define(struct variant *variant, const char *place,
			 struct perf_event_attr *attr)
{
	int ret = read_number(TYPE, &attr->type);

	(void)place;
	return ret ? unavailable(variant, -ret, TYPE) : 0;
}

static int libbpf_attach(struct variant *variant,
			 const struct perf_event_attr *attr, unsigned int slot)
{
	struct perf_event_attr own = *attr;
	char name[32];

	snprintf(name, sizeof(name), "kpx_bench_%u", variant->target);
	own.kprobe_func = (uintptr_t)name;
	return attach(variant, &own, slot, CPU);
}

/* Nobody else counts them: the events do, of programs that return 1. */
static uint64_t libbpf_hits(struct variant *variant)
{
	return variant->turns;
}

/* Lines of "NAME HITS MISSES". */
static uint64_t stock_hits(struct variant *variant)
{
	FILE *file = fopen(TRACEFS "/kprobe_profile", "r");
	char name[64], want[64];
	uint64_t hits, missed;

	if (!file)
		broken(variant, "kprobe_profile: %s", strerror(errno));
	snprintf(want, sizeof(want), "v%u", variant->target);
	while (fscanf(file, "%63s %" SCNu64 " %" SCNu64, name, &hits,
		      &missed) == 3)
		if (!strcmp(name, want)) {
			fclose(file);
			if (missed)
				broken(variant, "it missed hits");
			return hits;
		}
	broken(variant, "not in kprobe_profile");
}

const struct side stock = {
	.name = "stock",
	.define = stock_define,
	.finish = stock_finish,
	.attach = stock_attach,
	.hits = stock_hits,
};

const struct side libbpf = {
	.name = "stock",
	.define = libbpf_define,
	.attach = libbpf_attach,
	.hits = libbpf_hits,
};
