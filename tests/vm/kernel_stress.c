// SPDX-License-Identifier: GPL-2.0-only
/*
 * kernel_stress SECONDS: threads that do everything at once. An operation may
 * fail with the errors that its neighbours' doings explain, and no other.
 *
 * A keeper holds each target armed, so that the text isn't patched meanwhile:
 * QEMU's emulation, with a thread per CPU, now and then executes an int3 that
 * the kernel has already taken away again, and then finds a probe on ftrace
 * there, which has no instruction to step over. Stock kernels without any
 * module oops in it as well (toggle a kprobe event's "enable" while another
 * CPU hits it). KPX_STRESS_TEXT=1 leaves the keepers out, for real machines.
 */
#include <pthread.h>
#include <time.h>

#include "kernel.h"

#define NAMES 6

static volatile int stop;
static int null;
static unsigned long done[5];
static const char *const targets[] = {
	"vfs_write",	  "vfs_read",	 "ksys_write",	"ksys_read",
	"do_sys_openat2", "vfs_write+5", "vfs_write+9", "__x64_sys_getppid",
};

static unsigned int next(unsigned int *seed)
{
	*seed = *seed * 1103515245 + 12345;
	return *seed >> 16;
}

static int is_one_of(int ret, int a, int b, int c)
{
	return ret >= 0 || ret == a || ret == b || ret == c;
}

static void hit(unsigned int n)
{
	char c;
	int fd;

	while (n--) {
		if (write(null, "x", 1) != 1 || read(null, &c, 1) != 0)
			CHECK(0, "hit: %s", strerror(errno));
		syscall(SYS_getppid);
		if (!(n % 16)) {
			fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
			if (fd >= 0)
				close(fd);
		}
	}
}

static void *definer(void *arg)
{
	unsigned int seed = (uintptr_t)arg, id;
	char text[128];

	while (!stop) {
		int dev = device_open(), ret, i;

		CHECK(dev >= 0, "device: %d", dev);
		for (i = next(&seed) % 8; i >= 0; i--) {
			unsigned int name = next(&seed) % NAMES;

			snprintf(text, sizeof(text), "p:s%u %s n=%%dx:u64",
				 name, targets[next(&seed) % 8]);
			ret = define_probe(dev, text, next(&seed) & 1, &id);
			CHECK(is_one_of(ret, -EEXIST, -EILSEQ, -EILSEQ),
			      "define '%s': %d", text, ret);
			if (!ret)
				__atomic_add_fetch(&done[0], 1,
						   __ATOMIC_RELAXED);
			snprintf(text, sizeof(text), "-:s%u\n",
				 next(&seed) % NAMES);
			ret = write(dev, text, strlen(text)) < 0 ? -errno : 0;
			CHECK(is_one_of(ret, -ENOENT, -EBUSY, -ENOENT),
			      "remove: %d", ret);
		}
		close(dev);
	}
	return NULL;
}

static int open_some(unsigned int *seed, int inherit)
{
	char name[8] = "s0";
	struct perf_event_attr attr;
	unsigned int id;
	int cpu = -1, fd;
	pid_t pid = 0;

	name[1] = '0' + next(seed) % NAMES;
	id = next(seed) % 4 ? probe_id(name) : probe_id("vfs_write");
	attr = attr_of(id);
	attr.inherit = inherit;
	if (next(seed) & 1)
		attr.config |= KPX_CONFIG_SKIP_SELF;
	if (next(seed) & 1) {
		attr.sample_period = 1 + next(seed) % 3;
		attr.sample_type = PERF_SAMPLE_IP | PERF_SAMPLE_RAW |
				   PERF_SAMPLE_TID;
		if (next(seed) & 1)
			attr.sample_type |= PERF_SAMPLE_CALLCHAIN;
	}
	if (!inherit && (next(seed) & 1)) {
		pid = -1;
		cpu = next(seed) % sysconf(_SC_NPROCESSORS_ONLN);
	}
	fd = perf_open(&attr, pid, cpu);
	CHECK(is_one_of(fd, -ENOENT, -ENOENT, -ENOENT), "open: %d", fd);
	return fd;
}

static void *opener(void *arg)
{
	unsigned int seed = (uintptr_t)arg;
	size_t size = 9 * sysconf(_SC_PAGESIZE);

	while (!stop) {
		int fd = open_some(&seed, 0);
		void *ring = MAP_FAILED;

		if (fd < 0)
			continue;
		if (next(&seed) & 1)
			ring = mmap(NULL, size, PROT_READ | PROT_WRITE,
				    MAP_SHARED, fd, 0);
		hit(next(&seed) % 64);
		if (next(&seed) & 1) {
			ioctl(fd, PERF_EVENT_IOC_DISABLE, 0);
			hit(4);
			ioctl(fd, PERF_EVENT_IOC_ENABLE, 0);
		}
		event_count(fd);
		if (ring != MAP_FAILED)
			munmap(ring, size);
		close(fd);
		__atomic_add_fetch(&done[1], 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

static void *forker(void *arg)
{
	unsigned int seed = (uintptr_t)arg;

	while (!stop) {
		int fd = open_some(&seed, 1), i, status;

		for (i = next(&seed) % 4; i >= 0; i--) {
			pid_t pid = fork();

			CHECK(pid >= 0, "fork: %s", strerror(errno));
			if (!pid) {
				hit(8);
				_exit(0);
			}
			if (pid > 0)
				waitpid(pid, &status, 0);
			__atomic_add_fetch(&done[2], 1, __ATOMIC_RELAXED);
		}
		if (fd >= 0)
			close(fd);
	}
	return NULL;
}

static void *hitter(void *arg)
{
	(void)arg;
	while (!stop) {
		hit(200);
		__atomic_add_fetch(&done[3], 200, __ATOMIC_RELAXED);
	}
	return NULL;
}

static void slurp(const char *path)
{
	char buf[4096];
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	while (read(fd, buf, sizeof(buf)) > 0)
		;
	close(fd);
}

static void *reader(void *arg)
{
	unsigned int seed = (uintptr_t)arg;
	struct kpx_stats stats;

	while (!stop) {
		int dev = device_open(), ret;
		struct kpx_describe desc = { .size = sizeof(desc) };
		struct kpx_field fields[32];

		desc.id = 1 + next(&seed) % 64;
		desc.fields = (uintptr_t)fields;
		desc.fields_max = 32;
		desc.field_size = sizeof(fields[0]);
		ret = ioctl(dev, KPX_IOC_DESCRIBE, &desc) ? -errno : 0;
		CHECK(is_one_of(ret, -ENOENT, -ENOENT, -ENOENT), "describe: %d",
		      ret);
		ret = probe_stats(dev, 1 + next(&seed) % 64, &stats);
		CHECK(is_one_of(ret, -ENOENT, -ENOENT, -ENOENT), "stats: %d",
		      ret);
		close(dev);
		slurp(KPX_DEVICE);
		slurp("/sys/kernel/debug/kprobex/stats");
		slurp("/sys/kernel/debug/kprobex/error_log");
		slurp("/sys/bus/event_source/devices/kprobex/events/s1");
		__atomic_add_fetch(&done[4], 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

/* Events that never count, on probes of their own; they go with the process. */
static void keep_armed(void)
{
	int dev = device_open();
	unsigned int i, id = 0;

	for (i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
		struct perf_event_attr attr;
		char text[64];

		snprintf(text, sizeof(text), "p %s", targets[i]);
		if (define_probe(dev, text, 0, &id))
			continue;
		attr = attr_of(id);
		attr.disabled = 1;
		CHECK(perf_open(&attr, 0, -1) >= 0, "keeper of %s", targets[i]);
	}
	close(dev);
}

static void remove_rest(void)
{
	int dev = device_open(), i;
	char text[16];

	for (i = 0; i < NAMES; i++) {
		snprintf(text, sizeof(text), "-:s%d\n", i);
		if (write(dev, text, strlen(text)) < 0)
			CHECK(errno == ENOENT, "remove %s: %s", text,
			      strerror(errno));
	}
	close(dev);
}

int main(int argc, char **argv)
{
	static void *(*const jobs[])(void *) = {
		definer, definer, opener, opener,
		opener,	 forker,  hitter, reader,
	};
	pthread_t threads[8];
	unsigned int i;

	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (!getenv("KPX_STRESS_TEXT"))
		keep_armed();
	for (i = 0; i < 8; i++)
		if (pthread_create(&threads[i], NULL, jobs[i],
				   (void *)(uintptr_t)(i + 1)))
			return 1;
	sleep(argc > 1 ? atoi(argv[1]) : 10);
	stop = 1;
	for (i = 0; i < 8; i++)
		pthread_join(threads[i], NULL);
	remove_rest();
	printf("%lu defined, %lu opened, %lu forked, %lu hits, %lu read\n",
	       done[0], done[1], done[2], done[3], done[4]);
	for (i = 0; i < 5; i++)
		CHECK(done[i], "job %u did nothing", i);
	return !!failures;
}
