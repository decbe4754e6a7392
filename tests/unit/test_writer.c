// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "crc32c.h"
#include "fixture.h"
#include "packet.h"

static void test_shape(void **state)
{
	char *path = fixture_path();
	struct kpc_packet packet;
	uint64_t index;
	uint8_t *data;
	size_t n, need;

	(void)state;
	fixture_write(path, 3, 20);
	data = fixture_load(path, &n);
	assert_memory_equal(data + 7, "KPXTRACE", 8);
	/* One read at the end finds the footer, and it the index. */
	assert_int_equal(kpc_packet_parse(&packet, data + n - KPC_FOOTER_BYTES,
					  KPC_FOOTER_BYTES, &need),
			 0);
	assert_int_equal(packet.bytes, KPC_FOOTER_BYTES);
	assert_memory_equal(packet.head.end - 4, "KPX1", 4);
	index = kpc_load64(packet.head.at + 4);
	assert_int_equal(kpc_load64(packet.head.at + 13), n);
	assert_int_equal(kpc_load64(packet.head.at + 22), 60);
	assert_int_equal(
		kpc_packet_parse(&packet, data + index, n - index, &need), 0);
	assert_int_equal(index + packet.bytes + KPC_FOOTER_BYTES, n);
	unlink(path);
	free(path);
	free(data);
}

static void assert_open_fails(const char *path, int err, const char *word)
{
	struct kpc_writer *w;
	char error[512] = "";

	assert_int_equal(kpc_writer_open(&w, path, 0, error, sizeof(error)),
			 err);
	assert_non_null(strstr(error, path));
	assert_non_null(strstr(error, word));
}

static void test_open_errors(void **state)
{
	struct kpc_writer *w;
	char error[512];

	(void)state;
	assert_open_fails("/nonexistent-dir/x.pb", -ENOENT, "directory");
	assert_open_fails("/", -EISDIR, "directory");
	assert_open_fails("/dev/null/x", -ENOTDIR, "directory");
	assert_int_equal(kpc_writer_open(&w, "/dev/null", 20, error,
					 sizeof(error)),
			 -EINVAL);
	assert_non_null(strstr(error, "level"));
}

static int write_some(struct kpc_writer *w, uint32_t chunks)
{
	struct kpc_ring_desc ring = { 0, 4096 };
	struct kpc_header header = { .rings = &ring,
				     .nr_rings = 1,
				     .clock_id = 1 };
	struct kpc_batch *batch;
	int err;

	assert_int_equal(kpc_batch_new(&batch, fixture_events, FIXTURE_EVENTS),
			 0);
	err = kpc_writer_header(w, &header);
	for (uint32_t i = 0; !err && i < FIXTURE_EVENTS; i++)
		err = kpc_writer_event(w, &fixture_events[i]);
	for (uint32_t c = 0; !err && c < chunks; c++) {
		for (uint32_t i = 0; i < 50; i++)
			fixture_add(batch, i);
		err = kpc_writer_chunk(w, 0, batch);
	}
	kpc_batch_free(batch);
	return err;
}

/* A command line that is larger than a packet's head is cut, and says so. */
static void test_command_line(void **state)
{
	enum {
		WORDS = 3000
	};
	static char *argv[WORDS + 1];
	struct kpc_header header = { .argv = argv, .clock_id = 1 };
	const struct kpc_trace_info *info;
	char *path = fixture_path();
	struct kpc_reader *reader;
	struct kpc_writer *w;
	char error[512];
	uint32_t kept = 0;
	struct kpc_row row;

	(void)state;
	for (int i = 0; i < WORDS; i++)
		assert_true(asprintf(&argv[i], "%01000d", i) == 1000);
	assert_int_equal(kpc_writer_open(&w, path, 0, error, sizeof(error)), 0);
	assert_int_equal(kpc_writer_header(w, &header), 0);
	assert_int_equal(kpc_writer_finish(w, KPC_EXIT_COMMAND), 0);
	kpc_writer_free(w);
	assert_int_equal(kpc_reader_open(&reader, path, error, sizeof(error)),
			 0);
	assert_int_equal(kpc_reader_next(reader, &row), 0);
	info = kpc_reader_info(reader);
	for (; info->argv[kept]; kept++)
		assert_string_equal(info->argv[kept], argv[kept]);
	assert_true(kept > 200);
	assert_int_equal(kept + info->argv_omitted, WORDS);
	kpc_reader_close(reader);
	for (int i = 0; i < WORDS; i++)
		free(argv[i]);
	unlink(path);
	free(path);
}

static void test_disk_full(void **state)
{
	struct kpc_writer *w;
	char error[512];

	(void)state;
	assert_int_equal(
		kpc_writer_open(&w, "/dev/full", 0, error, sizeof(error)), 0);
	assert_int_equal(write_some(w, 1), -ENOSPC);
	assert_non_null(strstr(kpc_writer_error(w), "/dev/full"));
	assert_non_null(strstr(kpc_writer_error(w), "free some space"));
	/* It stays so. */
	assert_int_equal(kpc_writer_clock(w), -ENOSPC);
	assert_int_equal(kpc_writer_finish(w, KPC_EXIT_COMMAND), -ENOSPC);
	kpc_writer_free(w);
}

/* A file that hits a limit ends with a whole packet. */
static void test_file_limit(void **state)
{
	struct rlimit old, limit;
	char *path = fixture_path();
	struct kpc_packet packet;
	struct kpc_writer *w;
	size_t at = 0, need, n;
	char error[512];
	uint8_t *data;

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(kpc_writer_open(&w, path, 0, error, sizeof(error)), 0);
	getrlimit(RLIMIT_FSIZE, &old);
	limit = old;
	limit.rlim_cur = 3000;
	setrlimit(RLIMIT_FSIZE, &limit);
	assert_int_equal(write_some(w, 100), -EFBIG);
	setrlimit(RLIMIT_FSIZE, &old);
	assert_non_null(strstr(kpc_writer_error(w), path));
	data = fixture_load(path, &n);
	assert_int_equal(n, kpc_writer_bytes(w));
	assert_true(n > 1000 && n <= 3000);
	while (at < n) {
		assert_int_equal(
			kpc_packet_parse(&packet, data + at, n - at, &need), 0);
		at += packet.bytes;
	}
	kpc_writer_free(w);
	free(data);
	unlink(path);
	free(path);
}

/* An empty batch writes nothing; a ring that isn't there is refused. */
static void test_odd_calls(void **state)
{
	struct kpc_batch *batch;
	struct kpc_writer *w;
	char error[512];
	uint64_t before;

	(void)state;
	assert_int_equal(
		kpc_writer_open(&w, "/dev/null", 0, error, sizeof(error)), 0);
	assert_int_equal(write_some(w, 1), 0);
	assert_int_equal(kpc_batch_new(&batch, fixture_events, FIXTURE_EVENTS),
			 0);
	before = kpc_writer_bytes(w);
	assert_int_equal(kpc_writer_chunk(w, 0, batch), 0);
	assert_int_equal(kpc_writer_bytes(w), before);
	kpc_batch_add_loss(batch, 5, 0);
	assert_false(kpc_batch_empty(batch));
	assert_int_equal(kpc_writer_chunk(w, 0, batch), 0);
	assert_true(kpc_writer_bytes(w) > before);
	fixture_add(batch, 0);
	assert_int_equal(kpc_writer_chunk(w, 1, batch), -EINVAL);
	kpc_writer_free(w);
	kpc_writer_free(NULL);
	kpc_batch_free(batch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shape),
		cmocka_unit_test(test_open_errors),
		cmocka_unit_test(test_command_line),
		cmocka_unit_test(test_disk_full),
		cmocka_unit_test(test_file_limit),
		cmocka_unit_test(test_odd_calls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
