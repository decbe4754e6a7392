// SPDX-License-Identifier: GPL-2.0-only
/* test_mapid - build-ids of mapped files: of the very file, as it was, or none */
#define _GNU_SOURCE /* F_SETLEASE */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "fixture.h"
#include "mapid.h"
#include "trace_clock.h"
#include "unit.h"

#define NOBODY 4194305 /* has no process */

static char *path; /* a copy of this program, which has a build-id of 20 bytes */
static struct kpc_mapid_file file;

/* Longer than the clock of files is behind. */
static void some_ticks(void)
{
	usleep(100000);
}

static void copy_self(const char *to)
{
	size_t bytes;
	uint8_t *self = fixture_load("/proc/self/exe", &bytes);

	fixture_store(to, self, bytes);
	free(self);
}

static struct kpc_mapid_file file_of(const char *name)
{
	struct stat st;

	assert_int_equal(stat(name, &st), 0);
	return (struct kpc_mapid_file){ .path = name,
					.major = major(st.st_dev),
					.minor = minor(st.st_dev),
					.inode = st.st_ino };
}

static int begin(void **state)
{
	(void)state;
	path = fixture_path();
	copy_self(path);
	file = file_of(path);
	some_ticks();
	return 0;
}

static int end(void **state)
{
	(void)state;
	unlink(path);
	free(path);
	return 0;
}

/* What a process that is gone mapped then. */
static bool look(struct kpc_mapid *id, uint64_t time_ns)
{
	const struct kpc_mapid_place at = { .pid = NOBODY, .time_ns = time_ns };

	return kpc_mapid_look(id, &file, &at);
}

static void finds_the_file(void **state)
{
	struct kpc_mapid id = { 0 }, other = { 0 };

	(void)state;
	assert_true(look(&id, kpc_trace_clock()));
	assert_int_equal(id.bytes, 20);
	file.inode++;
	assert_false(look(&other, kpc_trace_clock()));
	file.inode = 0;
	assert_false(look(&other, kpc_trace_clock()));
}

/* (of this program itself: where the copy is, in memory, there are none) */
static void generations(void **state)
{
	struct kpc_mapid id = { 0 }, other = { 0 };
	char exe[4096] = "";
	long got = 0;
	int fd, err;

	(void)state;
	assert_true(readlink("/proc/self/exe", exe, sizeof(exe) - 1) > 0);
	file = file_of(exe);
	fd = open(exe, O_RDONLY);
	assert_true(fd >= 0);
	err = ioctl(fd, FS_IOC_GETVERSION, &got);
	close(fd);
	if (err) {
		print_message("no generations where %s is\n", exe);
		skip();
	}
	file.generation = (uint32_t)got ^ 1;
	assert_false(look(&other, kpc_trace_clock()));
	file.generation = (uint32_t)got;
	assert_true(look(&id, kpc_trace_clock()));
	assert_int_equal(id.bytes, 20);
}

/* It was mapped, then written to: nobody knows what it had. */
static void changes(void **state)
{
	uint64_t before = kpc_trace_clock();
	struct kpc_mapid id = { 0 };

	(void)state;
	some_ticks();
	assert_int_equal(chmod(path, 0700), 0);
	assert_false(look(&id, before));
	some_ticks();
	assert_true(look(&id, kpc_trace_clock()));
	/* It was found, but not as it was then. */
	assert_false(look(&id, before));
	assert_true(look(&id, kpc_trace_clock()));
	/* Nor is what was found what it was later, before the next change. */
	some_ticks();
	before = kpc_trace_clock();
	some_ticks();
	assert_int_equal(chmod(path, 0600), 0);
	assert_false(look(&id, before));
}

/* The clock of files is behind: what was changed then may have been mapped before. */
static void just_changed(void **state)
{
	struct timespec tick, now;
	struct kpc_mapid id = { 0 };
	uint64_t time_ns;
	struct stat st;
	int64_t ago_ns;

	(void)state;
	assert_int_equal(stat(path, &st), 0);
	clock_getres(CLOCK_REALTIME_COARSE, &tick);
	/* First: what comes in between makes it earlier, not later than meant. */
	time_ns = kpc_trace_clock();
	clock_gettime(CLOCK_REALTIME, &now);
	ago_ns = (now.tv_sec - st.st_ctim.tv_sec) * (int64_t)KPC_NS_PER_S +
		 now.tv_nsec - st.st_ctim.tv_nsec;
	assert_false(look(&id, time_ns - ago_ns + tick.tv_nsec / 2));
}

static void deleted_but_mapped(void **state)
{
	int fd = open(path, O_RDONLY);
	void *map = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
	const struct kpc_mapid_place at = { .pid = getpid(),
					    .start = (uintptr_t)map,
					    .bytes = 4096,
					    .time_ns = kpc_trace_clock() };
	struct kpc_mapid id = { 0 };
	char link[128];
	bool may;

	(void)state;
	close(fd);
	assert_ptr_not_equal(map, MAP_FAILED);
	unlink(path);
	snprintf(link, sizeof(link), "/proc/self/map_files/%lx-%lx",
		 (long)at.start, (long)(at.start + at.bytes));
	fd = open(link, O_RDONLY);
	may = fd >= 0;
	if (may) {
		close(fd);
		assert_true(kpc_mapid_look(&id, &file, &at));
		assert_int_equal(id.bytes, 20);
	}
	munmap(map, 4096);
	if (!may) {
		print_message("may not open %s\n", link);
		skip();
	}
	memset(&id, 0, sizeof(id));
	assert_false(kpc_mapid_look(&id, &file, &at));
}

/* Whoever has a lease doesn't keep us: the kernel would wait 45 s for it. */
static void leased_file(void **state)
{
	struct kpc_mapid id = { 0 };
	int fd = open(path, O_RDWR);
	int err;

	(void)state;
	assert_true(fd >= 0);
	signal(SIGIO, SIG_IGN);
	err = fcntl(fd, F_SETLEASE, F_WRLCK);
	if (err) {
		print_message("no leases in %s\n", path);
		close(fd);
		skip();
	}
	alarm(20);
	assert_false(look(&id, kpc_trace_clock()));
	alarm(0);
	assert_int_equal(fcntl(fd, F_SETLEASE, F_UNLCK), 0);
	assert_true(look(&id, kpc_trace_clock()));
	close(fd);
}

/* Nothing is opened that isn't a file. */
static void no_files(void **state)
{
	struct kpc_mapid id = { 0 };

	(void)state;
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	file = file_of(path);
	some_ticks();
	alarm(20);
	assert_false(look(&id, kpc_trace_clock()));
	alarm(0);
	file = file_of("/dev/null");
	assert_false(look(&id, kpc_trace_clock()));
	file.path = "//anon";
	assert_false(look(&id, kpc_trace_clock()));
	file.path = "[vdso]";
	assert_false(look(&id, kpc_trace_clock()));
}

static void times_of_any_kind(void **state)
{
	static const uint64_t past[] = { 0, 1 };
	static const uint64_t future[] = { 1ull << 62, 8000000000000000000ull,
					   1ull << 63, UINT64_MAX };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct kpc_mapid id = { 0 };

		/* (whether the boot was before the copy was made, is so) */
		assert_false(look(&id, past[i]));
	}
	for (size_t i = 0; i < 4; i++) {
		struct kpc_mapid id = { 0 };

		assert_true(look(&id, future[i]));
	}
}

/* One that is gone isn't looked for for ever. */
static void looks_in_vain(void **state)
{
	struct kpc_mapid id = { 0 };
	char *away = fixture_path();

	(void)state;
	assert_int_equal(rename(path, away), 0);
	for (int i = 0; i < 1000; i++)
		assert_false(look(&id, kpc_trace_clock()));
	assert_int_equal(rename(away, path), 0);
	some_ticks();
	assert_false(look(&id, kpc_trace_clock()));
	free(away);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		TEST(finds_the_file),
		TEST(generations),
		TEST(changes),
		TEST(just_changed),
		TEST(deleted_but_mapped),
		TEST(leased_file),
		TEST(no_files),
		TEST(times_of_any_kind),
		TEST(looks_in_vain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
