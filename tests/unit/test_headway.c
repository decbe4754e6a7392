// SPDX-License-Identifier: GPL-2.0-only
/* test_headway - how far a call that goes through whole files says that it is */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fixture.h"

#define CHUNKS 6
#define ROWS   20 /* in a chunk */
#define ALL    (CHUNKS * ROWS)

static char *path, *other, *out;
static uint64_t bytes;

/* What was told. */
static struct {
	char stages[64]; /* a letter and a file's number for each that began */
	uint32_t calls;
	struct kpc_progress last;
} told;

static void on_progress(void *ctx, const struct kpc_progress *so_far)
{
	static const char letters[] = {
		[KPC_STAGE_FETCH] = 'F',
		[KPC_STAGE_SCAN] = 'S',
		[KPC_STAGE_DECODE] = 'D',
		[KPC_STAGE_WRITE] = 'W',
	};
	const struct kpc_progress *last = &told.last;
	size_t used = strlen(told.stages);

	assert_ptr_equal(ctx, &told);
	assert_int_equal(so_far->size, sizeof(*so_far));
	assert_true(so_far->file < so_far->files);
	assert_true(!so_far->bytes || so_far->done_bytes <= so_far->bytes);
	if (!told.calls++ || so_far->stage != last->stage ||
	    so_far->file != last->file ||
	    so_far->done_bytes < last->done_bytes) {
		assert_true(used + 2 < sizeof(told.stages));
		told.stages[used] = letters[so_far->stage];
		told.stages[used + 1] = '0' + so_far->file;
	} else {
		assert_true(so_far->rows >= last->rows);
	}
	told.last = *so_far;
}

static const struct kpc_file_opts opts = {
	.size = sizeof(opts),
	.progress = on_progress,
	.progress_ctx = &told,
};

static int group_setup(void **state)
{
	struct stat st;

	(void)state;
	path = fixture_path();
	other = fixture_path();
	out = fixture_path();
	fixture_write(path, CHUNKS, ROWS);
	fixture_write(other, CHUNKS, ROWS);
	assert_int_equal(stat(path, &st), 0);
	bytes = st.st_size;
	return 0;
}

static int group_teardown(void **state)
{
	(void)state;
	unlink(path);
	unlink(other);
	unlink(out);
	free(path);
	free(other);
	free(out);
	return 0;
}

static int setup(void **state)
{
	(void)state;
	memset(&told, 0, sizeof(told));
	return 0;
}

/* ---- whole files --------------------------------------------------------- */

static void test_verify(void **state)
{
	struct kpc_verify_result r = { .size = sizeof(r) };

	(void)state;
	assert_int_equal(kpc_verify(path, &opts, &r, NULL, 0), 0);
	assert_string_equal(told.stages, "S0D0");
	assert_int_equal(told.last.done_bytes, told.last.bytes);
	assert_int_equal(told.last.rows, ALL);
	/* each packet, and each chunk */
	assert_int_equal(told.calls, r.health.packets + CHUNKS);
}

static void test_repair(void **state)
{
	struct kpc_verify_result r = { .size = sizeof(r) };

	(void)state;
	assert_int_equal(kpc_repair(path, out, &opts, &r, NULL, 0), 0);
	assert_string_equal(told.stages, "S0D0W0");
	assert_int_equal(told.last.done_bytes, bytes);
	assert_int_equal(told.last.bytes, bytes);
}

static void test_merge(void **state)
{
	struct kpc_merge_result r = { .size = sizeof(r) };
	const char *in[] = { path, other, NULL };

	(void)state;
	assert_int_equal(kpc_merge(in, out, &opts, &r, NULL, 0), 0);
	assert_string_equal(told.stages, "S0D0S1D1W0W1");
	assert_int_equal(told.last.files, 2);
	assert_int_equal(told.last.done_bytes, told.last.bytes);
}

static void test_options(void **state)
{
	struct kpc_verify_result r = { .size = sizeof(r) };
	struct kpc_file_opts none = { 0 };
	char error[512];

	(void)state;
	assert_int_equal(kpc_verify(path, &none, &r, error, sizeof(error)),
			 -EINVAL);
	assert_non_null(strstr(error, "size"));
	/* of an older caller, that has nothing to be told by */
	none.size = sizeof(none.size);
	assert_int_equal(kpc_verify(path, &none, &r, NULL, 0), 0);
	assert_int_equal(told.calls, 0);
}

/* ---- a reader ------------------------------------------------------------ */

static struct kpc_reader *open_reader(const char *name)
{
	struct kpc_reader *reader;
	char error[512];

	if (kpc_reader_open_opts(&reader, name, &opts, error, sizeof(error)))
		fail_msg("%s", error);
	return reader;
}

static uint32_t read_rows(struct kpc_reader *reader)
{
	struct kpc_row row;
	uint32_t rows = 0;
	int ret;

	while ((ret = kpc_reader_next(reader, &row)) > 0)
		rows++;
	assert_int_equal(ret, 0);
	return rows;
}

/* Twice: as tables, and row by row. */
static void test_reader(void **state)
{
	struct kpc_reader *reader = open_reader(path);
	struct kpc_table table;
	int ret;

	(void)state;
	assert_int_equal(told.calls, 0);
	while ((ret = kpc_reader_next_table(reader, 0, &table)) > 0)
		;
	assert_int_equal(ret, 0);
	assert_int_equal(told.calls, CHUNKS);
	assert_int_equal(told.last.done_bytes, bytes);
	assert_int_equal(kpc_reader_rewind(reader), 0);
	assert_int_equal(read_rows(reader), ALL);
	assert_string_equal(told.stages, "D0D0");
	assert_int_equal(told.calls, 2 * CHUNKS);
	assert_int_equal(told.last.done_bytes, bytes);
	assert_int_equal(told.last.bytes, bytes);
	kpc_reader_close(reader);
}

/* Where no row is given, too. */
static void test_filter(void **state)
{
	struct kpc_reader *reader = open_reader(path);

	(void)state;
	assert_int_equal(kpc_reader_filter(reader, "tid == 4000000"), 0);
	assert_int_equal(read_rows(reader), 0);
	assert_int_equal(told.calls, CHUNKS);
	assert_int_equal(told.last.done_bytes, bytes);
	kpc_reader_close(reader);
}

/* A file of several traces is one to those who wait. */
static void test_traces(void **state)
{
	uint8_t *data[2];
	size_t n[2];
	struct kpc_reader *reader;
	uint8_t *both;

	(void)state;
	data[0] = fixture_load(path, &n[0]);
	data[1] = fixture_load(other, &n[1]);
	both = malloc(n[0] + n[1]);
	memcpy(both, data[0], n[0]);
	memcpy(both + n[0], data[1], n[1]);
	fixture_store(out, both, n[0] + n[1]);
	reader = open_reader(out);
	assert_int_equal(read_rows(reader), ALL);
	assert_int_equal(told.last.done_bytes, n[0]);
	assert_int_equal(told.last.bytes, n[0] + n[1]);
	assert_int_equal(kpc_reader_next_trace(reader), 1);
	assert_int_equal(read_rows(reader), ALL);
	assert_int_equal(told.last.done_bytes, n[0] + n[1]);
	assert_string_equal(told.stages, "D0");
	kpc_reader_close(reader);
	free(both);
	free(data[0]);
	free(data[1]);
}

/* Without an index all of it is looked at first. */
static void test_scan(void **state)
{
	size_t n;
	uint8_t *data = fixture_load(path, &n);
	struct kpc_reader *reader;

	(void)state;
	fixture_store(out, data, n - 1);
	reader = open_reader(out);
	assert_string_equal(told.stages, "S0");
	assert_int_equal(read_rows(reader), ALL);
	assert_string_equal(told.stages, "S0D0");
	kpc_reader_close(reader);
	free(data);
}

/* What comes from a pipe has no size before its end. */
static void test_pipe(void **state)
{
	size_t n;
	uint8_t *data = fixture_load(path, &n);
	struct kpc_reader *reader;
	int status;
	pid_t pid;

	(void)state;
	unlink(out);
	assert_int_equal(mkfifo(out, 0600), 0);
	pid = fork();
	if (!pid) {
		fixture_store(out, data, n);
		_exit(0);
	}
	reader = open_reader(out);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_string_equal(told.stages, "F0");
	assert_int_equal(told.last.bytes, 0);
	assert_int_equal(told.last.done_bytes, n);
	assert_int_equal(read_rows(reader), ALL);
	assert_int_equal(told.last.bytes, n);
	kpc_reader_close(reader);
	unlink(out);
	free(data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_verify, setup),
		cmocka_unit_test_setup(test_repair, setup),
		cmocka_unit_test_setup(test_merge, setup),
		cmocka_unit_test_setup(test_options, setup),
		cmocka_unit_test_setup(test_reader, setup),
		cmocka_unit_test_setup(test_filter, setup),
		cmocka_unit_test_setup(test_traces, setup),
		cmocka_unit_test_setup(test_scan, setup),
		cmocka_unit_test_setup(test_pipe, setup),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
