// SPDX-License-Identifier: GPL-2.0-only
/* test_sample - PERF_RECORD_SAMPLE of every type that is opened, cut anywhere */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sample.h"
#include "unit.h"

#define PROBE_TYPE (PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_TIME | PERF_SAMPLE_RAW)
#define SOFTWARE_TYPE                                                \
	(PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_IP | PERF_SAMPLE_TID | \
	 PERF_SAMPLE_TIME)

struct builder {
	uint64_t words[64];
	uint32_t used; /* bytes */
};

static void begin(struct builder *b)
{
	memset(b, 0, sizeof(*b));
	b->used = sizeof(struct perf_event_header);
}

static void add(struct builder *b, const void *bytes, uint32_t n)
{
	memcpy((uint8_t *)b->words + b->used, bytes, n);
	b->used += n;
}

static void add_u64(struct builder *b, uint64_t v)
{
	add(b, &v, sizeof(v));
}

static void add_u32(struct builder *b, uint32_t v)
{
	add(b, &v, sizeof(v));
}

/* On the heap in its exact size, so that ASan sees every byte too far. */
static struct perf_event_header *finish(const struct builder *b, uint32_t bytes)
{
	struct perf_event_header *record = malloc(bytes);

	memcpy(record, b->words, bytes);
	record->type = PERF_RECORD_SAMPLE;
	record->misc = 0;
	record->size = bytes;
	return record;
}

static void build_probe(struct builder *b, uint64_t type)
{
	begin(b);
	add_u64(b, 77); /* id */
	if (type & PERF_SAMPLE_TID) {
		add_u32(b, 10);
		add_u32(b, 11);
	}
	add_u64(b, 123456789); /* time */
	if (type & PERF_SAMPLE_PERIOD)
		add_u64(b, 1000);
	if (type & PERF_SAMPLE_CALLCHAIN) {
		add_u64(b, 3);
		add_u64(b, PERF_CONTEXT_KERNEL);
		add_u64(b, 0xffffffff81000000ull);
		add_u64(b, 0xffffffff81000004ull);
	}
	if (type & PERF_SAMPLE_RAW) {
		add_u32(b, 20);
		add_u32(b, 1234); /* type, flags, preempt_count */
		add_u32(b, 4321); /* common_pid */
		add_u32(b, 1);
		add_u64(b, 2);
	}
	if (type & PERF_SAMPLE_CGROUP)
		add_u64(b, 0xabcdef0123456789ull);
}

static void probe(void **state)
{
	struct perf_event_header *record;
	struct kpc_sample s;
	struct builder b;
	uint64_t id;

	(void)state;
	build_probe(&b, PROBE_TYPE);
	record = finish(&b, b.used);
	id = kpc_sample_u64((uint8_t *)record + KPC_SAMPLE_ID_AT);
	assert_int_equal(id, 77);
	assert_int_equal(kpc_sample_parse(&s, record, PROBE_TYPE), 0);
	assert_int_equal(s.time_ns, 123456789);
	assert_int_equal(s.tid, 4321);
	assert_int_equal(s.raw_bytes, 20);
	assert_int_equal(s.weight, 0);
	assert_null(s.chain);
	assert_ptr_equal(s.raw + 20, (uint8_t *)record + record->size);
	free(record);
}

static void everything(void **state)
{
	const uint64_t type = PROBE_TYPE | PERF_SAMPLE_PERIOD |
			      PERF_SAMPLE_CALLCHAIN | PERF_SAMPLE_TID |
			      PERF_SAMPLE_CGROUP;
	struct perf_event_header *record;
	struct kpc_sample s;
	struct builder b;

	(void)state;
	build_probe(&b, type);
	record = finish(&b, b.used);
	assert_int_equal(kpc_sample_parse(&s, record, type), 0);
	assert_int_equal(s.tid, 11); /* perf's, if it was asked for */
	assert_int_equal(s.weight, 1000);
	assert_int_equal(s.chain_depth, 3);
	assert_int_equal(s.chain[1], 0xffffffff81000000ull);
	assert_int_equal(s.raw_bytes, 20);
	assert_true(s.cgroup == 0xabcdef0123456789ull);
	free(record);
}

static void software(void **state)
{
	struct perf_event_header *record;
	struct kpc_sample s;
	struct builder b;
	uint64_t ip;

	(void)state;
	begin(&b);
	add_u64(&b, 5);
	add_u64(&b, 0xffffffff81234567ull);
	add_u32(&b, 100);
	add_u32(&b, 101);
	add_u64(&b, 99);
	record = finish(&b, b.used);
	assert_int_equal(kpc_sample_parse(&s, record, SOFTWARE_TYPE), 0);
	assert_int_equal(s.tid, 101);
	assert_int_equal(s.time_ns, 99);
	assert_int_equal(s.raw_bytes, 8);
	memcpy(&ip, s.raw, 8);
	assert_int_equal(ip, 0xffffffff81234567ull);
	free(record);
}

static void cut_anywhere(void **state)
{
	const uint64_t type = PROBE_TYPE | PERF_SAMPLE_PERIOD |
			      PERF_SAMPLE_CALLCHAIN | PERF_SAMPLE_CGROUP;
	struct kpc_sample s;
	struct builder b;

	(void)state;
	build_probe(&b, type);
	for (uint32_t n = sizeof(struct perf_event_header); n < b.used; n++) {
		struct perf_event_header *record = finish(&b, n);

		assert_int_equal(kpc_sample_parse(&s, record, type), -EBADMSG);
		free(record);
	}
}

/* Lengths inside that lie. */
static void hostile_lengths(void **state)
{
	static const uint64_t depths[] = { 5, 1ull << 32, 1ull << 61,
					   UINT64_MAX, UINT64_MAX / 8 + 1 };
	const uint64_t type = PROBE_TYPE | PERF_SAMPLE_CALLCHAIN;
	struct perf_event_header *record;
	struct kpc_sample s;
	struct builder b;

	(void)state;
	for (size_t i = 0; i < sizeof(depths) / sizeof(*depths); i++) {
		begin(&b);
		add_u64(&b, 1);
		add_u64(&b, 2);
		add_u64(&b, depths[i]);
		add_u64(&b, 0);
		record = finish(&b, b.used);
		assert_int_equal(kpc_sample_parse(&s, record, type), -EBADMSG);
		free(record);
	}
	for (uint32_t raw = 0; raw < 40; raw++) {
		begin(&b);
		add_u64(&b, 1);
		add_u64(&b, 2);
		add_u32(&b, raw);
		add_u32(&b, 0);
		add_u64(&b, 0x55);
		record = finish(&b, b.used);
		/* Less than a struct trace_entry has no pid. */
		assert_int_equal(kpc_sample_parse(&s, record, PROBE_TYPE),
				 raw >= 8 && raw <= 12 ? 0 : -EBADMSG);
		free(record);
	}
}

/* A raw record may not reach into what is behind it. */
static void cgroup_behind_raw(void **state)
{
	const uint64_t type = PROBE_TYPE | PERF_SAMPLE_CGROUP;
	struct kpc_sample_layout layout;
	struct perf_event_header *record;
	struct kpc_sample s;
	struct builder b;

	(void)state;
	assert_int_equal(kpc_sample_layout(&layout, type), 0);
	for (uint32_t raw = 0; raw < 40; raw++) {
		begin(&b);
		add_u64(&b, 1);
		add_u64(&b, 2);
		add_u32(&b, raw);
		add_u32(&b, 0);
		add_u64(&b, 0x55);
		add_u64(&b, 77);
		record = finish(&b, b.used);
		assert_int_equal(kpc_sample_parse(&s, record, type),
				 raw >= 8 && raw <= 12 ? 0 : -EBADMSG);
		assert_int_equal(kpc_sample_fits(&layout, record), raw == 12);
		if (raw >= 8 && raw <= 12)
			assert_int_equal(s.cgroup, 77);
		free(record);
	}
}

static void refuses_other_types(void **state)
{
	struct perf_event_header *record;
	struct kpc_sample s;
	struct builder b;

	(void)state;
	build_probe(&b, PROBE_TYPE);
	record = finish(&b, b.used);
	assert_int_equal(kpc_sample_parse(&s, record,
					  PROBE_TYPE | PERF_SAMPLE_ADDR),
			 -EBADMSG);
	free(record);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(probe),
		cmocka_unit_test(everything),
		cmocka_unit_test(software),
		cmocka_unit_test(cut_anywhere),
		cmocka_unit_test(hostile_lengths),
		cmocka_unit_test(cgroup_behind_raw),
		cmocka_unit_test(refuses_other_types),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
