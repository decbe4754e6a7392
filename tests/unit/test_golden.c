// SPDX-License-Identifier: GPL-2.0-only
/*
 * The golden traces, whole, cut and with bytes changed; run from the top of the
 * tree. (tests/native/golden.sh compares what is in them.)
 */
#include <dirent.h>
#include <errno.h>

#include "fixture.h"

#define GOLDEN "tests/golden"

static void read_all(const char *path)
{
	struct kpc_reader *reader;
	struct kpc_row row;
	int ret;

	ret = kpc_reader_open(&reader, path, NULL, 0);
	if (ret) {
		assert_int_equal(ret, -EBADMSG);
		return;
	}
	do {
		while ((ret = kpc_reader_next(reader, &row)) > 0)
			assert_non_null(row.event);
		assert_int_equal(ret, 0);
	} while (kpc_reader_next_trace(reader) > 0);
	kpc_reader_close(reader);
}

static void spoil(const char *path)
{
	char *name = fixture_path();
	uint64_t seed = 1;
	uint8_t *data;
	size_t n;

	data = fixture_load(path, &n);
	for (int round = 0; round < 100; round++) {
		size_t at = unit_random(&seed) % n;
		uint8_t was = data[at];

		data[at] = unit_random(&seed);
		fixture_store(name, data, n);
		read_all(name);
		data[at] = was;
		fixture_store(name, data, at);
		read_all(name);
	}
	free(data);
	unlink(name);
	free(name);
}

static void test_golden(void **state)
{
	DIR *dir = opendir(GOLDEN);
	struct dirent *entry;
	char path[512];
	int nr = 0;

	(void)state;
	if (!dir)
		skip();
	while ((entry = readdir(dir))) {
		if (!strstr(entry->d_name, ".pb"))
			continue;
		snprintf(path, sizeof(path), GOLDEN "/%s", entry->d_name);
		read_all(path);
		spoil(path);
		nr++;
	}
	closedir(dir);
	assert_true(nr >= 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
