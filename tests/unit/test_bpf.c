// SPDX-License-Identifier: GPL-2.0-only
/* test_bpf - BPF objects as they are opened; none is loaded */
#define _GNU_SOURCE /* memmem() */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bpf.h"
#include "bpfmap.h"
#include "unit.h"

#define LAYOUTS "build/tests/bpf/collect_layouts.bpf.o"

static struct kpc_bpfmaps maps;

static const struct kpc_bpfmap *map_of(const char *event)
{
	for (uint32_t i = 0; i < maps.nr; i++)
		if (!strcmp(maps.map[i].event.name, event))
			return &maps.map[i];
	fail();
	return NULL;
}

/* A type that can't be taken apart is no reason to refuse; arrays aren't numbers. */
static void layouts(void **state)
{
	struct bpf_object *object = bpf_object__open_file(LAYOUTS, NULL);
	const struct kpc_bpfmap *m;
	char error[256];

	(void)state;
	assert_non_null(object);
	assert_int_equal(kpc_bpfmaps_add(&maps, object, error, sizeof(error)),
			 0);
	assert_int_equal(maps.nr, 2);
	m = map_of("bpf:several");
	assert_int_equal(m->event.nr_fields, 2 + 3 + 1);
	assert_true(!m->odd && !m->time_at && !m->tid_at);
	assert_int_equal(m->event.time, KPC_TIME_READ);
	m = map_of("bpf:deep");
	assert_true(m->odd && !m->time_at);
	assert_int_equal(m->event.nr_fields, 0);
	assert_int_equal(m->event.record_bytes, 0);
	assert_int_equal(m->event.time, KPC_TIME_READ);
	kpc_bpfmaps_uninit(&maps);
	bpf_object__close(object);
}

static int load(const char *path, char *error, size_t error_size)
{
	const char *const texts[] = { path, NULL };
	struct kpc_bpf bpf = { 0 };
	int err = kpc_bpf_load(&bpf, texts, error, error_size);

	kpc_bpf_uninit(&bpf);
	return err;
}

/* As it is without -g: libbpf's errno is that of a missing file. */
static void without_btf(void **state)
{
	char path[] = "/tmp/kpc-unit-bpf.XXXXXX.o", error[1024], *at;
	FILE *from = fopen(LAYOUTS, "r"), *to;
	static char object[1 << 20];
	size_t bytes;

	(void)state;
	assert_non_null(from);
	bytes = fread(object, 1, sizeof(object), from);
	fclose(from);
	while ((at = memmem(object, bytes, ".BTF", 4)) != NULL)
		at[1] = 'x';
	to = fdopen(mkstemps(path, 2), "w");
	assert_non_null(to);
	assert_int_equal(fwrite(object, 1, bytes, to), bytes);
	fclose(to);
	assert_int_equal(load(path, error, sizeof(error)), -EINVAL);
	unlink(path);
	assert_non_null(strstr(error, path));
	assert_non_null(strstr(error, "BTF is required"));
	assert_non_null(strstr(error, "clang -O2 -g -target bpf -c"));
	assert_null(strstr(error, "No such file"));
}

static void no_file(void **state)
{
	char error[1024];

	(void)state;
	assert_int_equal(load("/nowhere/a.o", error, sizeof(error)), -ENOENT);
	assert_string_equal(error, "cannot read the BPF object /nowhere/a.o: "
				   "No such file or directory");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(layouts),
		cmocka_unit_test(without_btf),
		cmocka_unit_test(no_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
