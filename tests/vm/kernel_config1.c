// SPDX-License-Identifier: GPL-2.0-only
/*
 * Definitions that come with an event: equal ones are one probe, which ends
 * with its last event; what is wrong is refused in words; no pointer is
 * trusted.
 */
#include <pthread.h>

#include "kernel_targets.h"

#define TEXT "p kpx_targets:kpxt_f0 a=$arg1"

static int dev;

static int open_pointer(const void *pointer, uint64_t config, uint64_t period)
{
	struct perf_event_attr attr = attr_config(config);

	attr.config1 = (uintptr_t)pointer;
	attr.sample_period = period;
	attr.sample_type = SAMPLE_TYPE;
	return perf_open(&attr, 0, -1);
}

static int open_text(const char *text)
{
	return open_pointer(text, 0, 0);
}

/* How many probes stats shows at that target, without a name. */
static unsigned int nr_probes(const char *target, unsigned int *events)
{
	FILE *file = fopen("/sys/kernel/debug/kprobex/stats", "r");
	char line[1024], name[64];
	unsigned int n = 0, id;

	*events = 0;
	while (file && fgets(line, sizeof(line), file)) {
		unsigned int these;

		line[strcspn(line, "\n")] = '\0';
		if (sscanf(line, "%u %63s %u", &id, name, &these) != 3 ||
		    strcmp(name, "-") || strlen(line) < strlen(target) ||
		    strcmp(line + strlen(line) - strlen(target), target))
			continue;
		n++;
		*events += these;
	}
	if (file)
		fclose(file);
	return n;
}

static void expect_probes(const char *target, unsigned int want,
			  unsigned int want_events)
{
	unsigned int i, events, n = 0;

	for (i = 0; i < 1000; i++) {
		n = nr_probes(target, &events);
		if (n == want && events == want_events)
			return;
		sleep_ms(20);
	}
	CHECK(0, "%s: %u probes with %u events, want %u with %u", target, n,
	      events, want, want_events);
}

static void try_sharing(void)
{
	int one = open_text(TEXT), two, three, other;

	CHECK(one >= 0, "open: %d", one);
	/* another text of the same meaning, at the same place */
	two = open_text("  p   kpx_targets:kpxt_f0+0   a=$arg1:x64 ");
	if (two < 0)
		two = open_text("p kpx_targets:kpxt_f0   a=$arg1:x64 ");
	CHECK(two >= 0, "open: %d", two);
	three = open_pointer(TEXT, config_of(0, 0, KPX_UNIT_FIELD, 0), 100);
	CHECK(three >= 0, "open: %d", three);
	expect_probes("kpx_targets:kpxt_f0", 1, 3);
	other = open_text("p kpx_targets:kpxt_f0 b=$arg1");
	CHECK(other >= 0, "open: %d", other);
	expect_probes("kpx_targets:kpxt_f0", 2, 4);
	call("f0 10 5");
	CHECK(event_count(one) == 10 && event_count(two) == 10 &&
		      event_count(other) == 10,
	      "counts");
	CHECK(event_count(three) == 95, "the sum %llu",
	      (unsigned long long)event_count(three));
	close(one);
	close(other);
	expect_probes("kpx_targets:kpxt_f0", 1, 2);
	call("f0 10 5");
	CHECK(event_count(two) == 20, "counts");
	close(two);
	close(three);
	expect_probes("kpx_targets:kpxt_f0", 0, 0);
	one = open_text(TEXT);
	call("f0 10 5");
	CHECK(event_count(one) == 10, "again: %llu",
	      (unsigned long long)event_count(one));
	close(one);
	expect_probes("kpx_targets:kpxt_f0", 0, 0);
}

static void refused(const void *text, int want, const char *word)
{
	int fd = open_text(text);

	CHECK(fd == want, "'%.40s': %d, want %d", (const char *)text, fd, want);
	if (word)
		CHECK(error_log_says(word), "'%.40s': error_log has no %s",
		      (const char *)text, word);
	if (fd >= 0)
		close(fd);
}

static void try_bad_text(void)
{
	refused("", -EINVAL, "NO_COMMAND");
	refused("   ", -EINVAL, "NO_COMMAND");
	refused("p", -EINVAL, "NO_TARGET");
	refused("p:kpx_name kpx_targets:kpxt_f0", -EINVAL, "NAME_HERE");
	refused("-:name", -EINVAL, NULL);
	refused("-:vfs_write", -EINVAL, NULL);
	refused("p kpx_targets:kpxt_f0 a=$arg1:u9", -EINVAL, "BAD_TYPE");
	refused("p kpx_targets:kpxt_f0 if a > 1", -EINVAL, "EXPR_FIELD");
	refused("p kpx_targets:no_such_function", -ENOENT, "NO_SYMBOL");
	refused("p no_such_module:vfs_write", -ENOENT, "NO_SYMBOL");
	refused("p kpx_targets:kpxt_f0+1", -EILSEQ, "BOUNDARY");
	refused("p kpx_targets:kpxt_none", -ENOENT, "NO_SYMBOL");
	refused("p do_int3", -EINVAL, "NOT_PROBEABLE");
	refused("p kpx_targets:kpxt_f0\np kpx_targets:kpxt_f1", -EINVAL, NULL);
	refused("p \xff\xfe\x01", -EINVAL, NULL);
	expect_probes("kpx_targets:kpxt_f0", 0, 0);
}

/* A NUL at the end of what is mapped is enough; without one it's a bad address. */
static void try_pointers(void)
{
	long page = sysconf(_SC_PAGESIZE);
	char *map = mmap(NULL, 4 * page, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *end = map + 2 * page;
	int fd;

	CHECK(map != MAP_FAILED, "mmap");
	munmap(end, 2 * page);
	refused((void *)8, -EFAULT, NULL);
	refused((void *)-1UL, -EFAULT, NULL);
	refused((void *)0xffffffff81000000UL, -EFAULT, NULL);
	refused((void *)0x8000000000000000UL, -EFAULT, NULL);
	refused(end, -EFAULT, NULL);

	strcpy(end - sizeof(TEXT), TEXT);
	fd = open_text(end - sizeof(TEXT));
	CHECK(fd >= 0, "at a page's end: %d", fd);
	close(fd);
	/* no NUL before the hole */
	memcpy(end - sizeof(TEXT) + 1, TEXT, sizeof(TEXT) - 1);
	refused(end - sizeof(TEXT) + 1, -EFAULT, NULL);
	/* no NUL in 4 KiB and more */
	memset(map, 'a', 2 * page - 1);
	end[-1] = '\0';
	fd = open_text(map);
	CHECK(fd == -EINVAL || fd == -E2BIG, "8 KiB: %d", fd);
	/* as long as may be: blanks to the very end */
	memset(map, ' ', KPX_DEFINITION_SIZE);
	memcpy(map, TEXT, sizeof(TEXT) - 1);
	map[KPX_DEFINITION_SIZE - 1] = '\0';
	fd = open_text(map);
	CHECK(fd >= 0, "4095 bytes: %d", fd);
	close(fd);
	map[KPX_DEFINITION_SIZE - 1] = ' ';
	map[KPX_DEFINITION_SIZE] = '\0';
	fd = open_text(map);
	CHECK(fd == -EINVAL || fd == -E2BIG, "4096 bytes: %d", fd);
	munmap(map, 2 * page);
}

static void try_both(void)
{
	int fd = open_pointer(TEXT, probe_id("vfs_write"), 0);

	CHECK(fd == -EINVAL, "an id and a definition: %d", fd);
	fd = open_pointer(NULL, 0, 0);
	CHECK(fd == -ENOENT || fd == -EINVAL, "neither: %d", fd);
}

/* The pointer is read once: a child inherits though it leads nowhere now. */
static void try_inherit(void)
{
	struct perf_event_attr attr = attr_of(0);
	char *text = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int fd, i, status, bad = 0;
	pid_t pid;

	strcpy(text, TEXT);
	attr.config1 = (uintptr_t)text;
	attr.inherit = 1;
	fd = perf_open(&attr, 0, -1);
	CHECK(fd >= 0, "open: %d", fd);
	munmap(text, 4096);
	for (i = 0; i < 50; i++) {
		pid = fork();
		if (!pid) {
			/* nor is a capability needed any more */
			if (i % 2 && (setgid(65534) || setuid(65534)))
				_exit(1);
			pid = fork();
			if (!pid) {
				call("f0 3 1");
				_exit(0);
			}
			if (pid < 0 || waitpid(pid, &status, 0) != pid)
				_exit(1);
			_exit(status != 0);
		}
		if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
			bad++;
	}
	CHECK(!bad, "%d forks failed", bad);
	CHECK(event_count(fd) == 150, "count %llu",
	      (unsigned long long)event_count(fd));
	close(fd);
	expect_probes("kpx_targets:kpxt_f0", 0, 0);
}

static void try_capability(void)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		if (setgid(65534) || setuid(65534))
			_exit(2);
		_exit(open_text(TEXT) == -EACCES ? 0 : 1);
	}
	waitpid(pid, &status, 0);
	CHECK(status == 0, "without a capability: %#x", status);
}

/* The end of the last event and the next open, at once. */
static volatile int turns_done;

static void *open_and_close(void *arg)
{
	unsigned int i;

	for (i = 0; i < 150; i++) {
		int fd = open_text(TEXT);

		if (fd < 0) {
			CHECK(0, "open, among threads: %d", fd);
			continue;
		}
		call("f0 5 1");
		CHECK(event_count(fd) == 5, "among threads: %llu",
		      (unsigned long long)event_count(fd));
		close(fd);
		/* some wait for the sweep, some for the reaper */
		if (i % 10 == (uintptr_t)arg)
			sleep_ms(90 + i);
		__atomic_fetch_add(&turns_done, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

static void try_threads(void)
{
	pthread_t threads[4];
	unsigned int i;

	for (i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, open_and_close,
			       (void *)(uintptr_t)i);
	for (i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	CHECK(turns_done == 600, "%d turns", turns_done);
	expect_probes("kpx_targets:kpxt_f0", 0, 0);
}

static void try_kinds(void)
{
	static const char *const texts[] = {
		"r kpx_targets:kpxt_f0 $retval",
		"r8 kpx_targets:kpxt_f0 a=$arg1 if a > 2",
		"p kpx_targets:kpxt_f0 $args",
		"p kpx_targets:kpxt_f0 a=$arg1 if a != 1 && a != 2",
	};
	unsigned int i, ppid;
	int fd, again;

	for (i = 0; i < 4; i++) {
		fd = open_text(texts[i]);
		CHECK(fd >= 0, "'%s': %d", texts[i], fd);
		call("f0 10");
		CHECK(event_count(fd) == (i % 2 ? 7 + (i == 3) : 10),
		      "'%s': %llu", texts[i],
		      (unsigned long long)event_count(fd));
		close(fd);
	}
	/* a system call, by its own name: one probe as well */
	fd = open_text("p sys_getppid");
	again = open_text("p sys_getppid");
	CHECK(fd >= 0 && again >= 0, "sys_getppid: %d %d", fd, again);
	expect_probes("getppid", 1, 2);
	for (i = 0, ppid = 0; i < 20; i++)
		ppid += syscall(SYS_getppid) > 0;
	CHECK(event_count(fd) == ppid, "sys_getppid: %llu",
	      (unsigned long long)event_count(fd));
	close(fd);
	close(again);
	expect_probes("getppid", 0, 0);
}

int main(void)
{
	dev = device_open();
	CHECK(dev >= 0, "device: %d", dev);
	try_sharing();
	try_bad_text();
	try_pointers();
	try_both();
	try_inherit();
	try_capability();
	try_threads();
	try_kinds();
	close(dev);
	return failures != 0;
}
