// SPDX-License-Identifier: GPL-2.0-only
/* stock - variants probed by the kernel's own kprobe events */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "variant.h"

#define TRACEFS "/sys/kernel/tracing"
#define GROUP	"kpx_bench"

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
	.hits = stock_hits,
};
