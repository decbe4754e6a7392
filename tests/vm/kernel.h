/* SPDX-License-Identifier: GPL-2.0-only */
/* For the C helpers of the kernel's VM tests: perf events and the device. */
#ifndef TESTS_VM_KERNEL_H
#define TESTS_VM_KERNEL_H

#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <kprobex.h>

/* One for all files of a program. */
__attribute__((weak)) int failures;

#define CHECK(condition, ...)                                         \
	do {                                                          \
		if (!(condition)) {                                   \
			fprintf(stderr, "FAIL %s:%d: %s: ", __FILE__, \
				__LINE__, #condition);                \
			fprintf(stderr, __VA_ARGS__);                 \
			fputc('\n', stderr);                          \
			failures++;                                   \
		}                                                     \
	} while (0)

static inline unsigned int pmu_type(void)
{
	FILE *file = fopen("/sys/bus/event_source/devices/kprobex/type", "r");
	unsigned int type = 0;

	if (!file || fscanf(file, "%u", &type) != 1) {
		perror("the PMU's type");
		exit(1);
	}
	fclose(file);
	return type;
}

/* The id behind events/NAME, or 0. */
static inline unsigned int probe_id(const char *name)
{
	char path[256];
	unsigned int id = 0;
	FILE *file;

	snprintf(path, sizeof(path),
		 "/sys/bus/event_source/devices/kprobex/events/%s", name);
	file = fopen(path, "r");
	if (!file)
		return 0;
	if (fscanf(file, "probe=0x%x", &id) != 1)
		id = 0;
	fclose(file);
	return id;
}

static inline struct perf_event_attr attr_of(unsigned int id)
{
	struct perf_event_attr attr = { .size = sizeof(attr) };

	attr.type = pmu_type();
	attr.config = id;
	return attr;
}

/* A descriptor or -errno. */
static inline int perf_open(struct perf_event_attr *attr, pid_t pid, int cpu)
{
	int fd = syscall(SYS_perf_event_open, attr, pid, cpu, -1,
			 PERF_FLAG_FD_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static inline int device_open(void)
{
	int fd = open(KPX_DEVICE, O_RDWR | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* 0 or -errno; *@id. */
static inline int define_probe(int dev, const char *text, unsigned int flags,
			       unsigned int *id)
{
	struct kpx_define def = { .size = sizeof(def), .flags = flags };

	def.text = (uintptr_t)text;
	def.text_len = strlen(text);
	if (ioctl(dev, KPX_IOC_DEFINE, &def))
		return -errno;
	*id = def.id;
	return 0;
}

static inline int remove_probe(int dev, unsigned int id)
{
	struct kpx_remove rm = { .size = sizeof(rm), .id = id };

	return ioctl(dev, KPX_IOC_REMOVE, &rm) ? -errno : 0;
}

static inline int probe_stats(int dev, unsigned int id, struct kpx_stats *stats)
{
	memset(stats, 0, sizeof(*stats));
	stats->size = sizeof(*stats);
	stats->id = id;
	return ioctl(dev, KPX_IOC_STATS, stats) ? -errno : 0;
}

static inline uint64_t event_count(int fd)
{
	uint64_t count = 0;

	return read(fd, &count, sizeof(count)) == sizeof(count) ? count : 0;
}

#endif /* TESTS_VM_KERNEL_H */
