// SPDX-License-Identifier: GPL-2.0-only
/* test_mmaps - mappings, from records and /proc into a trace and back */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "fixture.h"
#include "mmaps.h"
#include "trace_clock.h"
#include "unit.h"

static struct kpc_mmaps mmaps;
static struct kpc_writer *writer;
static char *path;

static void begin(void)
{
	struct kpc_header header = { .clock_id = 1 };
	char error[256];

	mmaps = (struct kpc_mmaps){ 0 };
	path = fixture_path();
	assert_int_equal(
		kpc_writer_open(&writer, path, 0, error, sizeof(error)), 0);
	assert_int_equal(kpc_writer_header(writer, &header), 0);
}

static struct kpc_reader *end(void)
{
	struct kpc_reader *reader;
	char error[256];

	assert_int_equal(kpc_writer_finish(writer, KPC_EXIT_COMMAND), 0);
	kpc_writer_free(writer);
	kpc_mmaps_uninit(&mmaps);
	assert_int_equal(mmaps.files.nr, 0);
	assert_int_equal(kpc_reader_open(&reader, path, error, sizeof(error)),
			 0);
	unlink(path);
	free(path);
	return reader;
}

struct mmap2 {
	struct perf_event_header header;
	uint32_t pid, tid;
	uint64_t start, bytes, offset;
	uint32_t major, minor;
	uint64_t inode, generation;
	uint32_t protection, flags;
	char path[256];
	uint64_t time;
};

static void copy_self(const char *to)
{
	size_t bytes;
	uint8_t *self = fixture_load("/proc/self/exe", &bytes);

	fixture_store(to, self, bytes);
	free(self);
}

static struct mmap2 record(uint64_t time, uint32_t pid, uint64_t start,
			   uint64_t bytes, const char *file)
{
	struct mmap2 r = { .header = { .type = PERF_RECORD_MMAP2,
				       .size = sizeof(r) },
			   .pid = pid,
			   .tid = pid,
			   .start = start,
			   .bytes = bytes,
			   .offset = 0x1000,
			   .time = time };

	snprintf(r.path, sizeof(r.path), "%s", file);
	return r;
}

static void feed(uint64_t time, uint32_t pid, uint64_t start, uint64_t bytes,
		 const char *file)
{
	struct mmap2 r = record(time, pid, start, bytes, file);

	assert_int_equal(kpc_mmaps_record(&mmaps, &r.header), 0);
}

static void task(enum kpc_task_what what, uint64_t time, uint32_t pid,
		 uint32_t parent)
{
	struct kpc_task_event event = { .what = what,
					.time_ns = time,
					.pid = pid,
					.tid = pid,
					.parent_tid = parent,
					.parent_pid = parent,
					.exec = what == KPC_TASK_NAME };

	assert_int_equal(kpc_mmaps_follow(&mmaps, time), 0);
	assert_int_equal(kpc_mmaps_task(&mmaps, &event), 0);
	assert_int_equal(kpc_writer_tasks(writer, &event, 1), 0);
}

static void write_out(void)
{
	assert_int_equal(kpc_mmaps_follow(&mmaps, UINT64_MAX), 0);
	assert_int_equal(kpc_mmaps_write(&mmaps, writer), 0);
}

static void is(struct kpc_reader *reader, uint32_t pid, uint64_t address,
	       uint64_t time, const char *want, uint64_t offset)
{
	struct kpc_mapping m;
	int err =
		kpc_trace_map(kpc_reader_info(reader), pid, address, time, &m);

	if (!want) {
		assert_int_equal(err, -ENOENT);
		return;
	}
	assert_int_equal(err, 0);
	assert_string_equal(m.path, want);
	assert_int_equal(m.offset, offset);
	assert_in_range(address, m.start, m.start + m.bytes - 1);
}

/* A life: there before, maps, forks; the child maps, executes, ends. */
static void lives(void **state)
{
	static const char there[] = "400000-401000 r-xp 00002000 08:01 5  /old";
	struct kpc_context_info info = { .size = sizeof(info) };
	struct kpc_reader *reader;

	(void)state;
	begin();
	assert_int_equal(kpc_mmaps_line(&mmaps, 7, 50, there), 0);
	assert_int_equal(
		kpc_mmaps_line(&mmaps, 7, 50,
			       "500000-501000 r--p 00000000 08:01 5 /data"),
		0);
	feed(100, 7, 0x10000, 0x1000, "/lib/a");
	feed(140, 8, 0x10000, 0x2000, "/lib/b"); /* out of order */
	feed(110, 7, 0x20000, 0x1000, "/lib/c");
	feed(160, 8, 0x10800, 0x1000, "/bin/x");
	kpc_mmaps_sort(&mmaps);
	task(KPC_TASK_FORK, 120, 8, 7);
	assert_int_equal(mmaps.nr_live, 3); /* shared */
	task(KPC_TASK_NAME, 150, 8, 0);
	write_out();
	assert_int_equal(mmaps.nr_live, 4);
	kpc_mmaps_sort(&mmaps);
	task(KPC_TASK_EXIT, 200, 8, 0);
	assert_int_equal(mmaps.nr_live, 3);
	reader = end();

	is(reader, 7, 0x400010, 60, "/old", 0x2010);
	is(reader, 7, 0x400010, 1, "/old", 0x2010); /* it was there before */
	is(reader, 7, 0x500010, 60, NULL, 0);
	is(reader, 7, 0x10fff, 99, NULL, 0);
	is(reader, 7, 0x10fff, 100, "/lib/a", 0x1fff);
	is(reader, 7, 0x11000, 100, NULL, 0);
	is(reader, 7, 0x10fff, 999, "/lib/a", 0x1fff);
	/* The child has its parent's of the moment of the fork, and its own. */
	is(reader, 8, 0x400010, 130, "/old", 0x2010);
	is(reader, 8, 0x10fff, 130, "/lib/a", 0x1fff);
	is(reader, 8, 0x20000, 130, "/lib/c", 0x1000);
	is(reader, 8, 0x10fff, 145, "/lib/b", 0x1fff);
	/* Until it executes something else. */
	is(reader, 8, 0x400010, 155, NULL, 0);
	is(reader, 8, 0x10fff, 155, NULL, 0);
	is(reader, 8, 0x10fff, 165, "/bin/x", 0x17ff);
	is(reader, 9, 0x10fff, 165, NULL, 0);
	assert_int_equal(kpc_trace_context(kpc_reader_info(reader), &info), 0);
	assert_int_equal(info.maps, 5);
	assert_int_equal(info.maps_with_build_id, 0);
	kpc_reader_close(reader);
}

/*
 * A file that is there, and processes that are gone: each mapping has the build-id that
 * the file had then, or none, whatever the kernel's mark (MMAP_BUILD_ID) says.
 */
static void build_ids(void **state)
{
	uint64_t times[] = { kpc_trace_clock(), 0, 0, 0 };
	struct kpc_reader *reader;
	char *copy = fixture_path();
	struct kpc_mapping m;
	struct stat st;

	(void)state;
	usleep(100000);
	copy_self(copy);
	assert_int_equal(stat(copy, &st), 0);
	usleep(100000);
	for (uint32_t n = 1; n < 4; n++)
		times[n] = kpc_trace_clock();
	begin();
	for (uint32_t n = 0; n < 4; n++) {
		struct mmap2 r =
			record(times[n], 4194305, n << 20, 0x1000, copy);

		r.major = major(st.st_dev);
		r.minor = minor(st.st_dev);
		r.inode = st.st_ino + (n == 3);
		r.header.misc = n == 2 ? 1 << 14 : 0;
		assert_int_equal(kpc_mmaps_record(&mmaps, &r.header), 0);
		if (n == 1) /* those that came later are looked for later */
			kpc_mmaps_look(&mmaps);
	}
	kpc_mmaps_look(&mmaps);
	assert_int_equal(mmaps.looked, 4);
	kpc_mmaps_sort(&mmaps);
	write_out();
	assert_int_equal(mmaps.looked, 0);
	reader = end();
	for (uint32_t n = 0; n < 4; n++) {
		assert_int_equal(kpc_trace_map(kpc_reader_info(reader), 4194305,
					       n << 20, UINT64_MAX, &m),
				 0);
		assert_string_equal(m.path, copy);
		assert_int_equal(m.build_id_bytes, n == 1 || n == 2 ? 20 : 0);
	}
	kpc_reader_close(reader);
	unlink(copy);
	free(copy);
}

/* A trace that begins anew has what the processes that live have. */
static void snapshots(void **state)
{
	struct kpc_reader *reader;

	(void)state;
	begin();
	feed(100, 7, 0x10000, 0x1000, "/gone");
	feed(101, 7, 0x10000, 0x1000, "/a");
	feed(102, 9, 0x10000, 0x1000, "/b");
	kpc_mmaps_sort(&mmaps);
	task(KPC_TASK_FORK, 110, 8, 7);
	task(KPC_TASK_EXIT, 120, 9, 0);
	assert_int_equal(kpc_mmaps_follow(&mmaps, UINT64_MAX), 0);
	kpc_writer_free(writer);
	unlink(path);
	free(path);
	{
		struct kpc_mmaps kept = mmaps;

		begin();
		mmaps = kept;
	}
	assert_int_equal(kpc_mmaps_snapshot(&mmaps, writer, 500), 0);
	reader = end();
	is(reader, 7, 0x10000, 600, "/a", 0x1000);
	is(reader, 8, 0x10000, 600, "/a", 0x1000);
	is(reader, 8, 0x10000, 400, "/a", 0x1000);
	is(reader, 9, 0x10000, 600, NULL, 0);
	kpc_reader_close(reader);
}

/* This process, from /proc: where this function is. */
static void scans_itself(void **state)
{
	uint64_t here = (uintptr_t)scans_itself;
	struct kpc_reader *reader;
	struct kpc_mapping m;
	char exe[4096] = "";

	(void)state;
	assert_true(readlink("/proc/self/exe", exe, sizeof(exe) - 1) > 0);
	begin();
	assert_int_equal(kpc_mmaps_scan(&mmaps, getpid()), 0);
	assert_int_equal(kpc_mmaps_scan(&mmaps, 4194304), 0); /* nobody */
	kpc_mmaps_look(&mmaps);
	write_out();
	reader = end();
	assert_int_equal(kpc_trace_map(kpc_reader_info(reader), getpid(), here,
				       UINT64_MAX, &m),
			 0);
	assert_string_equal(m.path, exe);
	assert_int_equal(m.build_id_bytes, 20);
	kpc_reader_close(reader);
}

/* Many processes come and go: nothing is left of them. */
static void many_lives(void **state)
{
	uint64_t seed = 9;

	(void)state;
	begin();
	for (uint32_t n = 0; n < 20000; n++) {
		uint32_t pid = 1 + unit_random(&seed) % 500;
		uint32_t parent = 1 + unit_random(&seed) % 500;
		struct kpc_task_event event = { .time_ns = n * 10 + 5,
						.pid = pid,
						.tid = pid };

		feed(n * 10, pid, unit_random(&seed) % 16 << 12, 0x2000,
		     n % 3 ? "/a" : "/b");
		switch (unit_random(&seed) % 3) {
		case 0:
			event.what = KPC_TASK_FORK;
			event.parent_pid = parent == pid ? 0 : parent;
			break;
		case 1:
			event.what = KPC_TASK_NAME;
			event.exec = true;
			break;
		default:
			event.what = KPC_TASK_EXIT;
		}
		kpc_mmaps_sort(&mmaps);
		assert_int_equal(kpc_mmaps_follow(&mmaps, event.time_ns), 0);
		assert_int_equal(kpc_mmaps_task(&mmaps, &event), 0);
		if (n % 100 == 0)
			assert_int_equal(kpc_mmaps_write(&mmaps, writer), 0);
		else if (n % 50 == 0)
			write_out();
	}
	for (uint32_t pid = 1; pid <= 500; pid++) {
		struct kpc_task_event event = { .what = KPC_TASK_EXIT,
						.pid = pid,
						.tid = pid };

		assert_int_equal(kpc_mmaps_task(&mmaps, &event), 0);
	}
	assert_int_equal(mmaps.nr_live, 0);
	assert_int_equal(mmaps.nr_spaces, 0);
	assert_int_equal(kpc_mmaps_write(&mmaps, writer), 0);
	assert_int_equal(mmaps.files.nr, 0);
	kpc_reader_close(end());
}

static void hostile_input(void **state)
{
	static const char good[] =
		"7f0000400000-7f0000401000 r-xp 00002000 08:01 5  /old";
	uint64_t seed = 21;

	(void)state;
	begin();
	for (int n = 0; n < 20000; n++) {
		size_t size = 8 + unit_random(&seed) % 20 * 8;
		uint8_t *bytes = malloc(size);
		struct perf_event_header *r = (void *)bytes;
		char line[sizeof(good)];
		int err;

		for (size_t i = 0; i < size; i++)
			bytes[i] = unit_random(&seed) % 4 ? 0 :
							    unit_random(&seed);
		r->type = PERF_RECORD_MMAP2;
		r->misc = n % 2 << 14;
		r->size = size;
		err = kpc_mmaps_record(&mmaps, r);
		assert_true(err == 0 || err == -EBADMSG);
		free(bytes);
		strcpy(line, good);
		for (int i = 0; i < 3; i++)
			line[unit_random(&seed) % (sizeof(good) - 1)] =
				"\1 -:0/xf"[unit_random(&seed) % 8];
		assert_int_equal(kpc_mmaps_line(&mmaps, 7, n, line), 0);
		line[unit_random(&seed) % sizeof(good)] = '\0';
		assert_int_equal(kpc_mmaps_line(&mmaps, 7, n, line), 0);
	}
	kpc_mmaps_sort(&mmaps);
	write_out();
	kpc_reader_close(end());
}

/* Somebody maps files with paths that are as long as they can be, and all new. */
static void long_paths(void **state)
{
	char line[4200];
	uint64_t seed = 3;

	(void)state;
	begin();
	for (int n = 0; n < 9000; n++) {
		int at = snprintf(line, sizeof(line),
				  "%x000-%x000 r-xp 00000000 fd:00 %d /", n + 1,
				  n + 2, n + 1);

		for (; at < 4100; at++)
			line[at] = "0123456789abcdef0123456789ABCDEF"
				   "ghijklmnopqrstuvGHIJKLMNOPQRSTUV"
					   [unit_random(&seed) >> 20 & 63];
		line[at] = '\0';
		assert_int_equal(kpc_mmaps_line(&mmaps, 0x7fffffff, n, line),
				 0);
	}
	kpc_mmaps_sort(&mmaps);
	write_out();
	kpc_reader_close(end());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lives),      cmocka_unit_test(build_ids),

		cmocka_unit_test(snapshots),  cmocka_unit_test(scans_itself),
		cmocka_unit_test(many_lives), cmocka_unit_test(hostile_input),
		cmocka_unit_test(long_paths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
