// SPDX-License-Identifier: GPL-2.0-only
/*
 * kernel_bpf_hooks: programs see all registers and find their function, however
 * the probe was hooked before they came; what calls nothing can't be made to call
 * something; and no return comes through whose entry no program saw.
 */
#define _GNU_SOURCE
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>

#include "bpf.h"

static int dev;

struct globals {
	uint64_t func_ip, func_ip_runs, saved_r12, saved_runs;
};

static struct globals globals_of(struct bpf_object *object)
{
	struct bpf_map *map = bpf_object__find_map_by_name(object, "hooks.bss");
	struct globals globals = {};
	uint32_t key = 0;

	if (!map)
		map = bpf_object__find_map_by_name(object, ".bss");
	CHECK(map && !bpf_map_lookup_elem(bpf_map__fd(map), &key, &globals),
	      "the program's variables");
	return globals;
}

static void write_some(int nr)
{
	int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);

	while (nr--)
		CHECK(write(fd, "x", 1) == 1, "write: %s", strerror(errno));
	close(fd);
}

static int open_counting(unsigned int id, uint64_t config, int cpu)
{
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.type = pmu_type(),
		.config = id | config,
	};
	int fd = perf_open(&attr, cpu < 0 ? 0 : -1, cpu);

	CHECK(fd >= 0, "an event: %s", strerror(-fd));
	return fd;
}

static uint64_t count_of(int fd)
{
	uint64_t count = 0;

	CHECK(read(fd, &count, sizeof(count)) == sizeof(count), "read");
	return count;
}

/* An event had the probe hooked for arguments alone. */
static void try_registers(void)
{
	unsigned int id = defined(dev, "p:bpf_regs vfs_write", 0);
	struct bpf_object *object = object_of("hooks");
	int event = open_counting(id, 0, -1);
	struct globals globals;

	write_some(10);
	CHECK(!bpf_attach_to(dev, id, program_fd(object, "save"), 0, 0),
	      "attach behind an event");
	write_some(1000);
	globals = globals_of(object);
	CHECK(globals.saved_runs >= 1000, "%llu runs", ull(globals.saved_runs));
	CHECK(globals.saved_r12, "r12 was 0 in %llu hits",
	      ull(globals.saved_runs));
	CHECK(count_of(event) >= 1010, "the event counted %llu",
	      ull(count_of(event)));
	close(event);
	bpf_object__close(object);
}

/* A trace event that takes KPROBE programs is a kprobe for them. */
static void try_kprobe_face(void)
{
	struct kpx_define def = {
		.size = sizeof(def),
		.flags = KPX_DEFINE_KPROBE_BPF,
		.text = (uintptr_t) "p:bpf_face vfs_write",
		.text_len = strlen("p:bpf_face vfs_write"),
	};
	struct bpf_object *object;
	struct globals globals;
	int fd;

	if (ioctl(dev, KPX_IOC_DEFINE, &def)) {
		/* the kernel has CONFIG_BPF_KPROBE_OVERRIDE */
		CHECK(errno == EOPNOTSUPP && def.error_code == 134, "%s: %s",
		      strerror(errno), def.error);
		return;
	}
	object = object_of("hooks");
	fd = trace_event_open("bpf_face", -1, 0);
	CHECK(fd >= 0, "the trace event: %s", strerror(-fd));
	CHECK(!ioctl(fd, PERF_EVENT_IOC_SET_BPF, program_fd(object, "ask")),
	      "SET_BPF: %s", strerror(errno));
	write_some(100);
	globals = globals_of(object);
	CHECK(globals.func_ip_runs >= 100, "%llu runs",
	      ull(globals.func_ip_runs));
	CHECK(globals.func_ip == symbol_address("vfs_write"),
	      "get_func_ip: %llx", ull(globals.func_ip));
	close(fd);
	bpf_object__close(object);
}

/* While it's attached, nobody takes the place of what calls nothing. */
static void try_extension(void)
{
	unsigned int id = defined(dev, "p:bpf_extended vfs_write", 0);
	struct bpf_object *object = object_of("hooks"), *more;
	int target = program_fd(object, "target"), ret;
	struct bpf_program *extension;
	struct bpf_link *link;
	struct kpx_stats before, stats;

	if (access("/sys/kernel/btf/vmlinux", R_OK)) {
		printf("no programs of type EXT: the kernel has no BTF\n");
		return;
	}
	more = bpf_object__open_file(OBJECTS "extension.bpf.o", NULL);
	CHECK(more, "extension.bpf.o");
	extension = program_of(more, "extension");
	ret = bpf_program__set_attach_target(extension, target, "target");
	if (!ret)
		ret = bpf_object__load(more);
	CHECK(!ret, "the extension: %s", strerror(-ret));

	/* extended before: it runs, with a cookie, through the gate */
	link = bpf_program__attach_freplace(extension, target, "target");
	CHECK(link, "extend what isn't attached: %s", strerror(errno));
	CHECK(!bpf_attach_to(dev, id, target, 0, 2), "attach what is extended");
	before = stats_of(dev, id);
	write_some(100);
	stats = stats_since(dev, id, &before);
	CHECK(stats.filtered_bpf >= 100, "the extension dropped %llu of %llu",
	      ull(stats.filtered_bpf), ull(stats.entered));
	CHECK(!bpf_detach(dev, id, program_id(target)), "detach");
	bpf_link__destroy(link);
	bpf_object__close(more);
	bpf_object__close(object);

	object = object_of("hooks");
	target = program_fd(object, "target");
	more = bpf_object__open_file(OBJECTS "extension.bpf.o", NULL);
	extension = program_of(more, "extension");
	ret = bpf_program__set_attach_target(extension, target, "target");
	if (!ret)
		ret = bpf_object__load(more);
	CHECK(!ret, "the extension again: %s", strerror(-ret));
	CHECK(!bpf_attach_to(dev, id, target, 0, 2), "attach");
	link = bpf_program__attach_freplace(extension, target, "target");
	CHECK(!link && errno == EBUSY, "extend what is attached: %s",
	      strerror(errno));
	before = stats_of(dev, id);
	write_some(100);
	stats = stats_since(dev, id, &before);
	CHECK(!stats.filtered_bpf && stats.offered >= 100, "offered %llu",
	      ull(stats.offered));
	bpf_object__close(more);
	bpf_object__close(object);
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

static void be_on(pid_t pid, int cpu)
{
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(cpu, &cpus);
	CHECK(!sched_setaffinity(pid, sizeof(cpus), &cpus), "CPU %d: %s", cpu,
	      strerror(errno));
}

/* Not by nanosleep(): calls of that are counted. */
static void wait_ms(int ms)
{
	poll(NULL, 0, ms);
}

/*
 * Enters where no event is, and returns where one is: the entry's program must
 * have said yes. @drops: it says no.
 */
static void try_migration(int drops)
{
	unsigned int id = defined(dev, "p:bpf_sleep hrtimer_nanosleep", 0);
	struct bpf_object *object = object_of("hooks");
	struct kpx_stats before, stats;
	struct timespec time = { 600, 0 };
	int event, status, i;
	uint64_t inside;
	pid_t child;

	event = open_counting(
		id, (uint64_t)KPX_UNIT_NS << KPX_CONFIG_UNIT_SHIFT, 1);
	CHECK(!bpf_attach_to(dev, id,
			     program_fd(object, drops ? "drop" : "target"), 0,
			     0),
	      "attach");
	before = stats_of(dev, id);
	child = fork();
	if (!child) {
		be_on(0, 0);
		nanosleep(&time, NULL);
		_exit(0);
	}
	for (i = 0; i < 2000; i++) {
		if (stats_since(dev, id, &before).entered)
			break;
		wait_ms(10);
	}
	CHECK(i < 2000, "the child doesn't sleep");
	inside = now_ns();
	wait_ms(200);
	be_on(child, 1);
	inside = now_ns() - inside;
	kill(child, SIGTERM);
	waitpid(child, &status, 0);
	stats = stats_since(dev, id, &before);
	if (drops)
		CHECK(!count_of(event) && stats.filtered_bpf,
		      "%llu ns came through, %llu were dropped",
		      ull(count_of(event)), ull(stats.filtered_bpf));
	else
		CHECK(count_of(event) >= inside, "%llu ns of %llu",
		      ull(count_of(event)), ull(inside));
	close(event);
	CHECK(!bpf_detach(dev, id,
			  program_id(program_fd(object,
						drops ? "drop" : "target"))),
	      "detach");
	bpf_object__close(object);
	usleep(300000);
	stats = stats_of(dev, id);
	check_book("calls that sleep", &stats);
	CHECK(!ioctl(dev, KPX_IOC_REMOVE,
		     &(struct kpx_remove){ .size = sizeof(struct kpx_remove),
					   .id = id }),
	      "remove: %s", strerror(errno));
}

int main(void)
{
	bpf_begin();
	dev = device_open();
	CHECK(dev >= 0, "device: %d", dev);
	try_registers();
	try_kprobe_face();
	try_extension();
	try_migration(0);
	try_migration(1);
	close(dev);
	return !!failures;
}
