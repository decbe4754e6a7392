// SPDX-License-Identifier: GPL-2.0-only
/* What perf_event_open(2) and the device refuse, as whom: see kernel_permission.sh. */
#include "kernel.h"

static void refused(struct perf_event_attr attr, int want, const char *what)
{
	int fd = perf_open(&attr, 0, -1);

	CHECK(fd == want, "%s: got %d, want %d", what, fd, want);
	if (fd >= 0)
		close(fd);
}

static void as_root(unsigned int id)
{
	struct perf_event_attr attr = attr_of(id);
	int fd = perf_open(&attr, 0, -1), dev = device_open();
	struct kpx_stats stats;

	CHECK(fd >= 0, "plain open: %d", fd);
	close(fd);
#define REFUSED(want, field, value)                     \
	do {                                            \
		attr = attr_of(id);                     \
		attr.field = (value);                   \
		refused(attr, want, #field "=" #value); \
	} while (0)
	REFUSED(-EINVAL, exclude_kernel, 1);
	REFUSED(-EINVAL, config1, 1); /* beside an id */
	REFUSED(-EFAULT, config2, 1);
	REFUSED(-EINVAL, config, id | 4ULL << 32);		/* mode */
	REFUSED(-EINVAL, config, id | 5ULL << 36);		/* unit */
	REFUSED(-EINVAL, config, id | 2ULL << 36 | 4ULL << 40); /* field */
	REFUSED(-EINVAL, config, id | 1ULL << 40); /* … of no use */
	REFUSED(-EINVAL, config, id | 3ULL << 36); /* misses of a task */
	REFUSED(-EINVAL, config, id | 1ULL << 49);
	REFUSED(-EINVAL, config, id | 1ULL << 63);
	REFUSED(-ENOENT, config, 0);
	REFUSED(-ENOENT, config, 0xffffffff);
	attr = attr_of(id);
	attr.sample_period = 1;
	attr.sample_type = PERF_SAMPLE_BRANCH_STACK;
	attr.branch_sample_type = PERF_SAMPLE_BRANCH_ANY;
	refused(attr, -EOPNOTSUPP, "branch stack");
	/* refused by perf behind our back: the class must get its user back */
	attr = attr_of(id);
	attr.sample_period = 1;
	attr.sample_type = PERF_SAMPLE_REGS_INTR;
	attr.sample_regs_intr = 1ULL << 40;
	fd = perf_open(&attr, 0, -1);
	CHECK(fd < 0, "extended registers: %d", fd);
	CHECK(!probe_stats(dev, id, &stats) && !stats.events,
	      "a refused event counts");
	/* exclude_user excludes nothing: hits are the kernel's */
	attr = attr_of(id);
	attr.exclude_user = 1;
	fd = perf_open(&attr, 0, -1);
	CHECK(fd >= 0, "exclude_user: %d", fd);
	close(fd);
	/* a filter is for tracepoints */
	attr = attr_of(id);
	fd = perf_open(&attr, 0, -1);
	CHECK(ioctl(fd, PERF_EVENT_IOC_SET_FILTER, "count > 1") &&
		      errno == EINVAL,
	      "filter");
	close(fd);
	close(dev);
}

/* With CAP_PERFMON alone, open and define; the device's file mode is in the way. */
static void as_perfmon(unsigned int id)
{
	struct perf_event_attr attr = attr_of(id);
	int fd = perf_open(&attr, 0, -1);

	CHECK(fd >= 0, "open: %d", fd);
	close(fd);
}

static void as_nobody(unsigned int id)
{
	struct perf_event_attr attr = attr_of(id);

	/* perf itself may say -EACCES first, by perf_event_paranoid */
	refused(attr, -EACCES, "open");
	attr.sample_period = 1;
	refused(attr, -EACCES, "open for sampling");
}

/* Opened by nobody, used by root. */
static void as_confused(void)
{
	unsigned int id;
	int dev, ret;

	if (seteuid(65534))
		exit(1);
	dev = device_open();
	if (seteuid(0))
		exit(1);
	CHECK(dev >= 0, "open: %d", dev);
	ret = define_probe(dev, "p:x vfs_read", KPX_DEFINE_PERSISTENT, &id);
	CHECK(ret == -EACCES, "define: %d", ret);
	CHECK(write(dev, "p:x vfs_read\n", 13) < 0 && errno == EACCES,
	      "write: %s", strerror(errno));
	ret = remove_probe(dev, probe_id("vfs_write"));
	CHECK(ret == -EACCES, "remove: %d", ret);
	close(dev);
}

int main(int argc, char **argv)
{
	unsigned int id = probe_id("vfs_write");
	const char *who = argc > 1 ? argv[1] : "";

	CHECK(id, "vfs_write isn't defined");
	if (!strcmp(who, "root"))
		as_root(id);
	else if (!strcmp(who, "perfmon"))
		as_perfmon(id);
	else if (!strcmp(who, "nobody"))
		as_nobody(id);
	else if (!strcmp(who, "confused"))
		as_confused();
	else
		return 2;
	return !!failures;
}
