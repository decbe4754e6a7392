// SPDX-License-Identifier: GPL-2.0-only
/* What fuzzers found or were given, without a fuzzer. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "unit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void replay(const char *path)
{
	uint8_t *data = malloc(1 << 20);
	FILE *file = fopen(path, "rb");
	size_t size;

	assert_non_null(data);
	assert_non_null(file);
	size = fread(data, 1, 1 << 20, file);
	fclose(file);
	/* it aborts if something is wrong */
	assert_int_equal(LLVMFuzzerTestOneInput(data, size), 0);
	free(data);
}

static void test_definition(void **state)
{
	static const char where[] = "tests/fuzz/corpus/definition";
	DIR *dir = opendir(where);
	struct dirent *entry;
	char path[512];
	int n = 0;

	(void)state;
	assert_non_null(dir);
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", where, entry->d_name);
		replay(path);
		n++;
	}
	closedir(dir);
	assert_true(n > 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_definition),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
