// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "desc.h"
#include "head.h"
#include "unit.h"

static struct kpc_symbol symbols[] = { { 1, (char *)"ONE" },
				       { UINT64_MAX, (char *)"ALL" } };
static struct kpc_field fields[] = {
	{ .name = (char *)"count",
	  .type = (char *)"u64",
	  .offset = 16,
	  .bytes = 8,
	  .kind = KPC_FIELD_UNSIGNED,
	  .bit_offset = 3,
	  .bits = 61,
	  .symbols = symbols,
	  .nr_symbols = 2 },
	{ .name = (char *)"comm",
	  .type = (char *)"char[]",
	  .offset = 24,
	  .bytes = 4,
	  .kind = KPC_FIELD_STRING,
	  .dynamic = true,
	  .relative = true,
	  .faults = true,
	  .common = true },
	{ .name = (char *)"v",
	  .type = (char *)"u8[2]",
	  .bytes = 1,
	  .elements = 2 },
	{ .name = (char *)"v", .type = (char *)"u8[2]", .bytes = 1 },
};
static const struct kpc_event event = {
	.id = 5,
	.name = (char *)"vfs\xffwrite",
	.source = KPC_SOURCE_TRACEPOINT,
	.attr = (void *)"\0attr",
	.attr_bytes = 5,
	.fields = fields,
	.nr_fields = 4,
	.unit = KPC_UNIT_NS,
	.time = KPC_TIME_FIELD,
	.print_fmt = (char *)"\"%d\"",
	.record_bytes = 28,
	.callchain = true,
	.cgroup = true,
};

static void assert_same(const struct kpc_event *got)
{
	assert_int_equal(got->id, 5);
	assert_string_equal(got->name, event.name);
	assert_int_equal(got->source, KPC_SOURCE_TRACEPOINT);
	assert_int_equal(got->attr_bytes, 5);
	assert_memory_equal(got->attr, event.attr, 5);
	assert_int_equal(got->nr_fields, 4);
	assert_int_equal(got->unit, KPC_UNIT_NS);
	assert_int_equal(got->time, KPC_TIME_FIELD);
	assert_string_equal(got->print_fmt, event.print_fmt);
	assert_null(got->definition);
	assert_int_equal(got->record_bytes, 28);
	assert_true(got->callchain);
	assert_true(got->cgroup);
	assert_string_equal(got->fields[0].name, "count");
	assert_int_equal(got->fields[0].nr_symbols, 2);
	assert_int_equal(got->fields[0].bit_offset, 3);
	assert_int_equal(got->fields[0].bits, 61);
	assert_string_equal(got->fields[0].symbols[1].name, "ALL");
	assert_true(got->fields[0].symbols[1].value == UINT64_MAX);
	assert_string_equal(got->fields[1].type, "char[]");
	assert_true(got->fields[1].dynamic && got->fields[1].relative &&
		    got->fields[1].common);
	assert_int_equal(got->fields[1].offset, 24);
	assert_true(got->fields[1].faults && !got->fields[0].faults);
	assert_int_equal(got->fields[2].elements, 2);
	assert_int_equal(got->fields[3].elements, 0);
}

static void test_copy(void **state)
{
	struct kpc_event copy;

	(void)state;
	assert_int_equal(kpc_event_copy(&copy, &event), 0);
	assert_same(&copy);
	assert_ptr_not_equal(copy.fields[0].symbols, symbols);
	kpc_event_uninit(&copy);
	kpc_event_uninit(&copy);
}

static void test_round_trip(void **state)
{
	struct kpc_buf buf = { 0 };
	struct kpc_event got;
	Kprobex__Head *head;

	(void)state;
	assert_int_equal(kpc_desc_pack(&buf, &event), 0);
	head = kpc_head_unpack(
		(struct kpc_wire){ buf.data, buf.data + buf.used });
	assert_non_null(head);
	assert_int_equal(head->kind_case, KPROBEX__HEAD__KIND_EVENT);
	assert_int_equal(kpc_desc_unpack(&got, head->event), 0);
	assert_same(&got);
	kpc_event_uninit(&got);
	kpc_head_free(head);
	kpc_buf_uninit(&buf);
}

static void test_check(void **state)
{
	static const struct kpc_field bad[] = {
		{ .name = (char *)"x", .bytes = 3 },
		{ .name = (char *)"x", .bytes = 16 },
		{ .name = (char *)"x", .bytes = 0 },
		{ .name = NULL, .bytes = 4 },
		{ .name = (char *)"x", .bytes = 4, .dynamic = true },
		{ .name = (char *)"x",
		  .bytes = 8,
		  .dynamic = true,
		  .kind = KPC_FIELD_STRING },
		{ .name = (char *)"x", .bytes = 8, .offset = UINT32_MAX - 3 },
		{ .name = (char *)"x",
		  .bytes = UINT32_MAX,
		  .offset = 8,
		  .kind = KPC_FIELD_BYTES },
		{ .name = (char *)"x", .bytes = 8, .kind = 5 },
		{ .name = (char *)"x", .bytes = 8, .elements = 2 },
		{ .name = (char *)"x", .bytes = 8, .elements = UINT32_MAX },
		{ .name = (char *)"x", .bytes = 8, .faults = true },
		{ .name = (char *)"x", .bytes = 2, .bit_offset = 9, .bits = 8 },
		{ .name = (char *)"x", .bytes = 1, .bits = 9 },
		{ .name = (char *)"x",
		  .bytes = 4,
		  .bits = 3,
		  .kind = KPC_FIELD_STRING },
	};

	(void)state;
	assert_int_equal(kpc_event_check(&event), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct kpc_field field = bad[i];
		struct kpc_event e = { .name = (char *)"e",
				       .fields = &field,
				       .nr_fields = 1 };

		assert_int_equal(kpc_event_check(&e), -EINVAL);
	}
}

/* Whatever @elements say: all of an array is there, and none is in another. */
static int check_arrays(const uint32_t elements[4])
{
	struct kpc_field four[4];
	struct kpc_event e = { .name = (char *)"e",
			       .fields = four,
			       .nr_fields = 4 };

	for (int i = 0; i < 4; i++)
		four[i] = (struct kpc_field){ .name = (char *)"v",
					      .bytes = 8,
					      .elements = elements[i] };
	return kpc_event_check(&e);
}

static void test_arrays(void **state)
{
	static const uint32_t good[][4] = {
		{ 0, 0, 0, 0 }, { 4, 0, 0, 0 }, { 0, 0, 0, 1 },
		{ 1, 1, 1, 1 }, { 2, 0, 2, 0 }, { 0, 3, 0, 0 },
	};
	static const uint32_t bad[][4] = {
		{ 5, 0, 0, 0 }, { 0, 0, 0, 2 },		 { 2, 1, 0, 0 },
		{ 3, 0, 2, 0 }, { 0, UINT32_MAX, 0, 0 }, { 4, 0, 0, 1 },
	};

	(void)state;
	for (int i = 0; i < 6; i++) {
		assert_int_equal(check_arrays(good[i]), 0);
		assert_int_equal(check_arrays(bad[i]), -EINVAL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_copy),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_check),
		cmocka_unit_test(test_arrays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
