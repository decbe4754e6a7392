// SPDX-License-Identifier: GPL-2.0-only
/* What fuzzers found or were given, without a fuzzer. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "unit.h"

#define INPUT_BYTES_MAX (1u << 20)

typedef int (*fuzz_target)(const uint8_t *data, size_t size);

/* The targets: LLVMFuzzerTestOneInput() of the files of that name. */
int fuzz_bpfring(const uint8_t *data, size_t size);
int fuzz_definition(const uint8_t *data, size_t size);
int fuzz_elf(const uint8_t *data, size_t size);
int fuzz_filter(const uint8_t *data, size_t size);
int fuzz_perfdata(const uint8_t *data, size_t size);
int fuzz_reader(const uint8_t *data, size_t size);
int fuzz_ring(const uint8_t *data, size_t size);
int fuzz_rows(const uint8_t *data, size_t size);

static void replay(fuzz_target target, const char *path)
{
	uint8_t *data = malloc(INPUT_BYTES_MAX);
	FILE *file = fopen(path, "rb");
	size_t size;

	assert_non_null(data);
	assert_non_null(file);
	size = fread(data, 1, INPUT_BYTES_MAX, file);
	fclose(file);
	/* it aborts if something is wrong */
	assert_int_equal(target(data, size), 0);
	free(data);
}

static void replay_all(fuzz_target target, const char *name)
{
	struct dirent *entry;
	char path[512];
	DIR *dir;
	int n = 0;

	snprintf(path, sizeof(path), "tests/fuzz/corpus/%s", name);
	dir = opendir(path);
	assert_non_null(dir);
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "tests/fuzz/corpus/%s/%s", name,
			 entry->d_name);
		replay(target, path);
		n++;
	}
	closedir(dir);
	assert_true(n > 10);
}

#define CORPUS(_name)                             \
	static void test_##_name(void **state)    \
	{                                         \
		(void)state;                      \
		replay_all(fuzz_##_name, #_name); \
	}
CORPUS(bpfring)
CORPUS(definition)
CORPUS(elf)
CORPUS(filter)
CORPUS(perfdata)
CORPUS(reader)
CORPUS(ring)
CORPUS(rows)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bpfring),
		cmocka_unit_test(test_definition),
		cmocka_unit_test(test_elf),
		cmocka_unit_test(test_filter),
		cmocka_unit_test(test_perfdata),
		cmocka_unit_test(test_reader),
		cmocka_unit_test(test_ring),
		cmocka_unit_test(test_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
