// SPDX-License-Identifier: GPL-2.0-only
/* What exports are made of: texts, tokens, numbered records, and files that are whole. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "names.h"
#include "outdir.h"
#include "outfile.h"
#include "ptrmap.h"
#include "records.h"
#include "token.h"
#include "unit.h"
#include "utf8.h"

/* ---- files --------------------------------------------------------------- */

static char folder[] = "/tmp/test_export.XXXXXX";

static const char *in_folder(const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

/* The bytes of a file. */
static size_t read_file(const char *path, char *to, size_t size)
{
	FILE *file = fopen(path, "r");
	size_t n;

	assert_non_null(file);
	n = fread(to, 1, size, file);
	fclose(file);
	return n;
}

static struct kpc_outfile *open_file(const char *path, unsigned int flags)
{
	struct kpc_outfile *out;
	char error[KPC_ERROR_BYTES] = "";

	if (kpc_outfile_open(&out, path, flags, error, sizeof(error)))
		fail_msg("%s", error);
	return out;
}

static void test_whole_or_not(void **state)
{
	const char *path = in_folder("whole");
	struct kpc_outfile *out = open_file(path, KPC_OUTFILE_SEEKS);
	char bytes[64];
	struct stat st;

	(void)state;
	kpc_outfile_text(out, "0123456789");
	assert_int_equal(kpc_outfile_at(out), 10);
	assert_int_equal(kpc_outfile_patch(out, 2, "xy", 2), 0);
	kpc_outfile_text(out, "abc");
	assert_int_equal(stat(path, &st), -1);
	assert_int_equal(kpc_outfile_finish(out), 0);
	kpc_outfile_free(out);
	assert_int_equal(read_file(path, bytes, sizeof(bytes)), 13);
	assert_memory_equal(bytes, "01xy456789abc", 13);

	/* One that isn't finished leaves what was there. */
	out = open_file(path, 0);
	kpc_outfile_text(out, "other");
	kpc_outfile_flush(out);
	kpc_outfile_free(out);
	assert_int_equal(read_file(path, bytes, sizeof(bytes)), 13);
	assert_int_equal(unlink(path), 0);
}

static void test_failed_write(void **state)
{
	struct kpc_outfile *out = open_file("/dev/full", 0);
	char large[KPC_OUTFILE_BYTES] = { 0 };

	(void)state;
	kpc_outfile_write(out, large, sizeof(large));
	assert_int_equal(out->failed, -ENOSPC);
	assert_non_null(strstr(kpc_outfile_error(out), "/dev/full"));
	/* It stays, and later writes are dropped. */
	kpc_outfile_text(out, "more");
	assert_int_equal(kpc_outfile_finish(out), -ENOSPC);
	kpc_outfile_free(out);
}

/* A pipe can't be patched: it gets all of it at the end. */
static void test_spool(void **state)
{
	const char *path = in_folder("pipe");
	struct kpc_outfile *out;
	char bytes[8];
	int reader;

	(void)state;
	assert_int_equal(mkfifo(path, 0600), 0);
	reader = open(path, O_RDONLY | O_NONBLOCK);
	out = open_file(path, KPC_OUTFILE_SEEKS);
	kpc_outfile_text(out, "....");
	kpc_outfile_flush(out);
	assert_int_equal(read(reader, bytes, sizeof(bytes)), -1);
	assert_int_equal(kpc_outfile_patch(out, 1, "ab", 2), 0);
	assert_int_equal(kpc_outfile_finish(out), 0);
	assert_int_equal(read(reader, bytes, sizeof(bytes)), 4);
	assert_memory_equal(bytes, ".ab.", 4);
	kpc_outfile_free(out);
	close(reader);
	assert_int_equal(unlink(path), 0);
}

static void test_directory(void **state)
{
	char path[256], error[KPC_ERROR_BYTES];
	struct kpc_outdir *dir;
	struct kpc_outfile *out;
	struct stat st;

	(void)state;
	snprintf(path, sizeof(path), "%s", in_folder("dir/"));
	for (int finish = 0; finish < 2; finish++) {
		assert_int_equal(
			kpc_outdir_open(&dir, path, error, sizeof(error)), 0);
		assert_int_equal(kpc_outfile_create(&out, dir->fd, "file",
						    error, sizeof(error)),
				 0);
		kpc_outfile_text(out, "text");
		assert_int_equal(kpc_outfile_finish(out), 0);
		kpc_outfile_free(out);
		assert_int_equal(stat(path, &st), -1);
		if (finish)
			assert_int_equal(kpc_outdir_finish(dir, error,
							   sizeof(error)),
					 0);
		kpc_outdir_free(dir);
	}
	assert_int_equal(stat(in_folder("dir/file"), &st), 0);
	assert_int_equal(kpc_outdir_open(&dir, path, error, sizeof(error)),
			 -EEXIST);
	assert_int_equal(unlink(in_folder("dir/file")), 0);
	assert_int_equal(rmdir(in_folder("dir")), 0);
}

/* ---- texts --------------------------------------------------------------- */

static void test_numbers(void **state)
{
	uint64_t seed = 7, v = 0;
	char want[32], got[32];

	(void)state;
	for (int i = 0; i < 20000; i++) {
		snprintf(want, sizeof(want), "%llu", (unsigned long long)v);
		*kpc_put_u64(got, v) = '\0';
		assert_string_equal(got, want);
		snprintf(want, sizeof(want), "%lld", (long long)v);
		*kpc_put_s64(got, v) = '\0';
		assert_string_equal(got, want);
		snprintf(want, sizeof(want), "0x%llx", (unsigned long long)v);
		*kpc_put_hex(got, v) = '\0';
		assert_string_equal(got, want);
		v = i == 7 ? 1ull << 63 :
			     unit_random(&seed) >> unit_random(&seed) % 64;
	}
}

static void test_json(void **state)
{
	static const struct {
		const char *text;
		const char *json;
	} cases[] = {
		{ "", "\"\"" },
		{ "plain", "\"plain\"" },
		{ "a\"b\\c", "\"a\\\"b\\\\c\"" },
		{ "\n\x7f", "\"\\u000a\\u007f\"" },
		{ "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80",
		  "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"" },
		/* alone, too long, half a pair, beyond the last, cut */
		{ "\xe9.", "\"\\u00e9.\"" },
		{ "\xc0\x80", "\"\\u00c0\\u0080\"" },
		{ "\xed\xa0\x80", "\"\\u00ed\\u00a0\\u0080\"" },
		{ "\xf4\x90\x80\x80", "\"\\u00f4\\u0090\\u0080\\u0080\"" },
		{ "\xe2\x82", "\"\\u00e2\\u0082\"" },
	};
	struct kpc_outfile *out = open_file("/dev/null", 0);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		out->used = 0;
		kpc_outfile_json(out, cases[i].text, strlen(cases[i].text));
		assert_int_equal(out->used, strlen(cases[i].json));
		assert_memory_equal(out->buf, cases[i].json, out->used);
	}
	kpc_outfile_free(out);
}

static void test_utf8(void **state)
{
	struct kpc_buf buf = { 0 };

	(void)state;
	kpc_utf8_add(&buf, "a\xe9\xc3\xa9\xff", 5);
	assert_int_equal(buf.used, 7);
	assert_memory_equal(buf.data, "a\xc3\xa9\xc3\xa9\xc3\xbf", 7);
	kpc_buf_uninit(&buf);
}

/* ---- tokens -------------------------------------------------------------- */

/* The vector that comes with SipHash. */
static void test_siphash(void **state)
{
	struct kpc_token_key key;
	uint8_t bytes[16];
	char one[KPC_TOKEN_BYTES], other[KPC_TOKEN_BYTES];

	(void)state;
	for (int i = 0; i < 16; i++)
		bytes[i] = i;
	memcpy(&key, bytes, sizeof(key));
	assert_true(kpc_token_hash(&key, bytes, 15) == 0xa129ca6149be45e5ull);
	assert_true(kpc_token_hash(&key, bytes, 0) == 0x726fdb47dd0e0e31ull);

	kpc_token_text(&key, "name", 4, one);
	assert_int_equal(strlen(one), KPC_TOKEN_BYTES - 1);
	assert_int_equal(kpc_token_key_draw(&key), 0);
	kpc_token_text(&key, "name", 4, other);
	assert_string_not_equal(one, other);
}

/* ---- tables -------------------------------------------------------------- */

static void test_records(void **state)
{
	struct record {
		uint64_t key;
		uint64_t more;
	} record;
	struct kpc_records records = { sizeof(record), sizeof(record.key),
				       1000 };

	(void)state;
	for (int round = 0; round < 2; round++) {
		for (uint64_t i = 0; i < 1000; i++) {
			record = (struct record){ i << 40, round };
			assert_int_equal(kpc_records_add(&records, &record), i);
		}
	}
	record.key = 1;
	assert_int_equal(kpc_records_add(&records, &record), -E2BIG);
	assert_int_equal(((struct record *)kpc_records_at(&records, 77))->more,
			 0);
	kpc_records_uninit(&records);
}

static void test_names(void **state)
{
	struct kpc_names names = { 0 };
	char text[16];

	(void)state;
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 500; i++) {
			snprintf(text, sizeof(text), "%d", i);
			assert_int_equal(kpc_names_add(&names, text), i);
		}
	}
	assert_int_equal(kpc_names_nr(&names), 500);
	assert_string_equal(kpc_names_text(&names, 321), "321");
	kpc_names_uninit(&names);
}

static void test_ptrmap(void **state)
{
	struct kpc_ptrmap map = { 0 };
	static char keys[1000];

	(void)state;
	assert_null(kpc_ptrmap_find(&map, keys));
	for (int i = 0; i < 1000; i++) {
		assert_null(kpc_ptrmap_find(&map, keys + i));
		assert_int_equal(kpc_ptrmap_put(&map, keys + i, keys + 999 - i),
				 0);
	}
	for (int i = 0; i < 1000; i++)
		assert_ptr_equal(kpc_ptrmap_find(&map, keys + i),
				 keys + 999 - i);
	kpc_ptrmap_uninit(&map, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole_or_not),
		cmocka_unit_test(test_failed_write),
		cmocka_unit_test(test_spool),
		cmocka_unit_test(test_directory),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_utf8),
		cmocka_unit_test(test_siphash),
		cmocka_unit_test(test_records),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_ptrmap),
	};
	int failed;

	if (!mkdtemp(folder))
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	rmdir(folder);
	return failed;
}
