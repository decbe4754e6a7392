// SPDX-License-Identifier: GPL-2.0-only
/*
 * kernel_fidelity NAME…: for each name an event of the PMU, one of the trace
 * event kprobex:NAME and one of the stock kprobe event kpxtest:stock_NAME, all of
 * one group on this task: what they count of a load is the same number.
 */
#define _GNU_SOURCE
#include <poll.h>
#include <sys/stat.h>

#include "kernel_targets.h"

#define NAMES_MAX 16
#define FACES	  3

static const char *const faces[FACES] = { "", "kprobex/", "kpxtest/stock_" };

static unsigned int event_id(const char *prefix, const char *name)
{
	char path[256];
	unsigned int id = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/sys/kernel/tracing/events/%s%s/id",
		 prefix, name);
	file = fopen(path, "r");
	if (!file || fscanf(file, "%u", &id) != 1)
		CHECK(0, "%s: %s", path, strerror(errno));
	if (file)
		fclose(file);
	return id;
}

static int open_face(unsigned int face, const char *name, int group)
{
	struct perf_event_attr attr = attr_of(probe_id(name));
	int fd;

	if (face) {
		attr.type = PERF_TYPE_TRACEPOINT;
		attr.config = event_id(faces[face], name);
	}
	attr.disabled = group < 0;
	attr.read_format = PERF_FORMAT_GROUP;
	fd = syscall(SYS_perf_event_open, &attr, 0, -1, group,
		     PERF_FLAG_FD_CLOEXEC);
	CHECK(fd >= 0, "%s%s: %s", faces[face], name, strerror(errno));
	return fd;
}

/* Files, directories, pipes, memory: whatever is easily had. */
static void load(void)
{
	char dir[] = "/tmp/kpx_fidelityXXXXXX", path[64], buf[512];
	unsigned int i;
	int fd, pipes[2], status;
	struct stat st;

	CHECK(mkdtemp(dir) != NULL, "mkdtemp");
	for (i = 0; i < 200; i++) {
		snprintf(path, sizeof(path), "%s/%u", dir, i % 7);
		fd = open(path, O_RDWR | O_CREAT, 0600);
		CHECK(fd >= 0, "%s", path);
		CHECK(write(fd, buf, i) == (int)i, "write");
		CHECK(pread(fd, buf, sizeof(buf), 0) >= 0, "pread");
		CHECK(!fstat(fd, &st) && !stat(path, &st), "stat");
		close(fd);
		CHECK(!pipe(pipes), "pipe");
		CHECK(write(pipes[1], "x", 1) == 1, "write");
		CHECK(read(pipes[0], buf, 1) == 1, "read");
		close(pipes[0]);
		close(pipes[1]);
		call("f%u %u %u", i % 10, i % 4, i);
		if (!(i % 20)) {
			pid_t pid = fork();

			if (!pid)
				_exit(0);
			waitpid(pid, &status, 0);
		}
	}
	for (i = 0; i < 7; i++) {
		snprintf(path, sizeof(path), "%s/%u", dir, i);
		unlink(path);
	}
	rmdir(dir);
}

int main(int argc, char **argv)
{
	uint64_t values[1 + NAMES_MAX * FACES];
	unsigned int i, face, nr = argc - 1;
	int leader = -1, fd;
	uint64_t *count = values + 1;

	if (nr < 1 || nr > NAMES_MAX)
		return 2;
	for (i = 0; i < nr; i++)
		for (face = 0; face < FACES; face++) {
			/* neither is always the first to hear of a hit */
			fd = open_face(i % 2 ? FACES - 1 - face : face,
				       argv[1 + i], leader);
			if (fd < 0)
				return 1;
			if (leader < 0)
				leader = fd;
		}
	ioctl(leader, PERF_EVENT_IOC_ENABLE, PERF_IOC_FLAG_GROUP);
	load();
	ioctl(leader, PERF_EVENT_IOC_DISABLE, PERF_IOC_FLAG_GROUP);
	if (read(leader, values, sizeof(values)) < 0 ||
	    values[0] != nr * FACES) {
		fprintf(stderr, "read: %s\n", strerror(errno));
		return 1;
	}
	for (i = 0; i < nr; i++, count += FACES) {
		printf("%s %llu\n", argv[1 + i], (unsigned long long)count[0]);
		CHECK(count[0] == count[1] && count[1] == count[2],
		      "%s: %llu %llu %llu", argv[1 + i],
		      (unsigned long long)count[0],
		      (unsigned long long)count[1],
		      (unsigned long long)count[2]);
		CHECK(count[0], "%s: no hit", argv[1 + i]);
	}
	return failures != 0;
}
