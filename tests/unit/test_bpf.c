// SPDX-License-Identifier: GPL-2.0-only
/* test_bpf - BPF objects as they are opened; none is loaded */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(layouts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
