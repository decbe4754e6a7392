// SPDX-License-Identifier: GPL-2.0-only
/*
 * KPX_IOC_TRIAL: each of its calls is a hit, whatever the mechanism, and takes
 * time; what it refuses, and whom.
 */
#define _GNU_SOURCE /* setresuid() */
#include "kernel_targets.h"

#define CALLS 2500

static int dev;

static int trial(int fd, uint64_t calls, uint64_t *ns)
{
	struct kpx_trial t = { .size = sizeof(t), .calls = calls };

	if (ioctl(fd, KPX_IOC_TRIAL, &t))
		return -errno;
	*ns = t.ns;
	return 0;
}

static void check_bounds(void)
{
	struct kpx_trial t = { .size = sizeof(t), .pad = 1, .calls = 1 };
	uint64_t ns = 0;

	CHECK(trial(dev, 0, &ns) == -EINVAL, "no call");
	CHECK(trial(dev, KPX_TRIAL_CALLS_MAX + 1, &ns) == -EINVAL, "too many");
	CHECK(trial(dev, ~0ULL, &ns) == -EINVAL, "far too many");
	CHECK(ioctl(dev, KPX_IOC_TRIAL, &t) && errno == EINVAL, "padding");
	CHECK(!trial(dev, 1, &ns), "one call");
	CHECK(!trial(dev, KPX_TRIAL_CALLS_MAX, &ns) && ns, "the most");
}

static void check_version(void)
{
	struct kpx_version version = { .size = sizeof(version) };

	CHECK(!ioctl(dev, KPX_IOC_VERSION, &version) &&
		      version.features & KPX_FEATURE_TRIAL,
	      "it isn't among the features");
}

/* @mechanism: what is to be in force then. */
static void check_hits(char kind, unsigned int mode, unsigned int mechanism)
{
	struct perf_event_attr attr;
	struct kpx_stats stats;
	unsigned int id = 0;
	uint64_t ns = 0;
	char text[128];
	int fd;

	snprintf(text, sizeof(text), "%c " KPX_TRIAL_FUNCTION, kind);
	CHECK(!define_probe(dev, text, 0, &id), "define %s", text);
	attr = attr_config(config_of(id, mode, 0, 0));
	fd = perf_open(&attr, 0, -1);
	CHECK(fd >= 0, "%s, mode %u: open: %d", text, mode, fd);
	CHECK(!probe_stats(dev, id, &stats) && stats.mechanisms & mechanism,
	      "%s, mode %u: mechanisms %#x", text, mode, stats.mechanisms);
	CHECK(!trial(dev, CALLS, &ns) && ns, "%s, mode %u: trial", text, mode);
	CHECK(event_count(fd) == CALLS, "%s, mode %u: %llu hits", text, mode,
	      (unsigned long long)event_count(fd));
	if (fd >= 0)
		close(fd);
	CHECK(wait_mechanisms(dev, id, 0), "%s: still armed", text);
	CHECK(!remove_probe(dev, id), "remove");
}

/* Who opened it may, who calls may not; and the reverse. */
static void check_permission(void)
{
	int status, pid = fork();
	uint64_t ns = 0;

	if (!pid) {
		int own;

		if (setresuid(65534, 65534, 65534))
			_exit(2);
		own = open(KPX_DEVICE, O_RDWR);
		_exit(trial(dev, 1, &ns) != -EACCES || own >= 0);
	}
	CHECK(waitpid(pid, &status, 0) == pid && !status, "nobody: %#x",
	      status);
}

int main(void)
{
	dev = device_open();
	CHECK(dev >= 0, "device: %d", dev);
	check_version();
	check_bounds();
	check_hits('p', KPX_MODE_INT3, 1 << KPX_MODE_INT3);
	check_hits('p', KPX_MODE_JUMP, 1 << KPX_MODE_JUMP);
	check_hits('p', KPX_MODE_FTRACE, 1 << KPX_MODE_FTRACE);
	check_hits('r', KPX_MODE_AUTO, 1);
	check_permission();
	close(dev);
	return failures != 0;
}
