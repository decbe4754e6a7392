// SPDX-License-Identifier: GPL-2.0-only
#include <pthread.h>

#include "kernel.h"

static int null;

static void hit(int n)
{
	while (n--)
		if (write(null, "x", 1) != 1)
			CHECK(0, "write");
}

static void *hit_thread(void *arg)
{
	hit(*(int *)arg);
	return NULL;
}

static void dies_with_descriptor(void)
{
	struct perf_event_attr attr;
	struct kpx_stats stats;
	unsigned int id;
	int dev = device_open(), other = device_open(), ret, fd;

	ret = define_probe(dev, "p:mine vfs_write", 0, &id);
	CHECK(!ret, "define: %d", ret);
	CHECK(probe_id("mine") == id, "it has a file");
	ret = define_probe(other, "p:mine vfs_write", 0, &id);
	CHECK(ret == -EEXIST, "twice: %d", ret);
	id = probe_id("mine");

	attr = attr_of(id);
	fd = perf_open(&attr, 0, -1);
	CHECK(fd >= 0, "open: %d", fd);
	hit(10);
	CHECK(remove_probe(other, id) == -EBUSY, "busy");
	close(dev);
	CHECK(!probe_id("mine"), "the file is still there");
	CHECK(probe_stats(other, id, &stats) == -ENOENT,
	      "the id is still there");
	ret = perf_open(&attr, 0, -1);
	CHECK(ret == -ENOENT, "a new event: %d", ret);
	/* the event lives on */
	hit(10);
	CHECK(event_count(fd) == 20, "count %llu",
	      (unsigned long long)event_count(fd));
	/* so does its inheritance */
	close(fd);

	/* the name is free again; persistent ones stay */
	ret = define_probe(other, "p:mine vfs_read", KPX_DEFINE_PERSISTENT,
			   &id);
	CHECK(!ret, "again: %d", ret);
	close(other);
	CHECK(probe_id("mine") == id, "a persistent one went");
	dev = device_open();
	CHECK(!remove_probe(dev, id), "remove");
	/* anonymous: an id, no file; removing one that's owned is fine, too */
	ret = define_probe(dev, "p vfs_write", 0, &id);
	CHECK(!ret && id, "anonymous: %d", ret);
	CHECK(!remove_probe(dev, id), "remove an owned one");
	close(dev);
}

static void inherits_without_owner(void)
{
	struct perf_event_attr attr;
	unsigned int id = 0;
	int dev = device_open(), fd, i;

	define_probe(dev, "p vfs_write", 0, &id);
	attr = attr_of(id);
	attr.inherit = 1;
	fd = perf_open(&attr, 0, -1);
	CHECK(fd >= 0, "open: %d", fd);
	close(dev);
	for (i = 0; i < 20; i++) {
		pid_t pid = fork();

		if (!pid) {
			hit(5);
			_exit(0);
		}
		CHECK(pid > 0, "fork");
		waitpid(pid, NULL, 0);
	}
	CHECK(event_count(fd) == 100, "count %llu",
	      (unsigned long long)event_count(fd));
	close(fd);
}

/* On all CPUs: the process that opens isn't seen, its threads neither; others are. */
static void skips_self(const char *definition)
{
	struct perf_event_attr attr;
	struct kpx_stats before, after;
	int dev = device_open(), cpus = sysconf(_SC_NPROCESSORS_ONLN), i,
	    n = 50;
	int skip[cpus], all[cpus];
	uint64_t sum_skip = 0, sum_all = 0;
	unsigned int id = 0;
	pthread_t thread;
	pid_t pid;
	int ret;

	ret = define_probe(dev, definition, 0, &id);
	CHECK(!ret, "define '%s': %d", definition, ret);
	attr = attr_of(id);
	for (i = 0; i < cpus; i++) {
		attr.config = id | KPX_CONFIG_SKIP_SELF;
		skip[i] = perf_open(&attr, -1, i);
		CHECK(skip[i] >= 0, "open: %d", skip[i]);
	}
	CHECK(!probe_stats(dev, id, &before), "stats");
	hit(100);
	pthread_create(&thread, NULL, hit_thread, &n);
	pthread_join(thread, NULL);
	CHECK(!probe_stats(dev, id, &after), "stats");
	CHECK(after.self - before.self >= 150, "self %llu",
	      (unsigned long long)after.self);
	for (i = 0; i < cpus; i++) {
		attr.config = id;
		all[i] = perf_open(&attr, -1, i);
		CHECK(all[i] >= 0, "open: %d", all[i]);
	}
	hit(100);
	pid = fork();
	if (!pid) {
		hit(1000);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	for (i = 0; i < cpus; i++) {
		sum_skip += event_count(skip[i]);
		sum_all += event_count(all[i]);
		close(skip[i]);
		close(all[i]);
	}
	CHECK(sum_skip >= 1000 && sum_skip < 1100, "skipping: %llu",
	      (unsigned long long)sum_skip);
	CHECK(sum_all >= 1100 && sum_all < 1300, "not skipping: %llu",
	      (unsigned long long)sum_all);
	close(dev);
}

int main(void)
{
	char inside[64];
	int offset;

	null = open("/dev/null", O_WRONLY);
	dies_with_descriptor();
	inherits_without_owner();
	skips_self("p vfs_write");
	/*
	 * Behind the entry's nops, by an int3, which makes every hit look like
	 * an NMI; while it lasts the kernel turns it into a jump.
	 */
	for (offset = 5; offset < 32; offset++) {
		unsigned int id;
		int dev = device_open();

		snprintf(inside, sizeof(inside), "p vfs_write+%d", offset);
		if (!define_probe(dev, inside, 0, &id)) {
			close(dev);
			break;
		}
		close(dev);
	}
	skips_self(inside);
	return !!failures;
}
