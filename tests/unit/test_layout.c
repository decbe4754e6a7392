// SPDX-License-Identifier: GPL-2.0-only
/* test_layout - what the module says of a record, sound or not */
#include <errno.h>
#include <string.h>

#include "desc.h"
#include "layout.h"
#include "unit.h"

static char error[512];

/* p:x vfs_write file=$arg1 low=… path=…:string ids=…:u16[3] names=…:string[2] */
static const struct kpx_field probe[] = {
	{ "common_pid", "s32", 4, 4, KPX_FIELD_SIGNED | KPX_FIELD_COMMON, 0 },
	{ "__probe_ip", "x64", 8, 8, KPX_FIELD_HEX | KPX_FIELD_COMMON, 0 },
	{ "file", "symbol", 16, 8, KPX_FIELD_HEX | KPX_FIELD_SYMBOL, 0 },
	{ "low", "b4@8/32", 24, 4, 0, 0 },
	{ "path", "string", 28, 4, KPX_FIELD_STRING, 0 },
	{ "ids", "s16[3]", 32, 6, KPX_FIELD_SIGNED, 3 },
	{ "names", "string[2]", 40, 8, KPX_FIELD_STRING, 2 },
	{ "one", "u8[1]", 48, 1, 0, 1 },
	{ "weight", "u64", 56, 8, KPX_FIELD_TAIL, 0 },
	{ "duration_ns", "u64", 64, 8, KPX_FIELD_TAIL, 0 },
	{ "retval", "x64", 72, 8, KPX_FIELD_TAIL | KPX_FIELD_HEX, 0 },
};

#define NR (sizeof(probe) / sizeof(*probe))

static void expect(const struct kpc_event *event, uint32_t f, const char *name,
		   uint32_t offset, uint32_t bytes, enum kpc_field_kind kind,
		   uint32_t elements)
{
	const struct kpc_field *field = &event->fields[f];

	assert_string_equal(field->name, name);
	assert_int_equal(field->offset, offset);
	assert_int_equal(field->bytes, bytes);
	assert_int_equal(field->kind, kind);
	assert_int_equal(field->elements, elements);
	assert_int_equal(field->dynamic, kind == KPC_FIELD_STRING);
	assert_int_equal(field->faults, kind == KPC_FIELD_STRING);
}

static void every_kind(void **state)
{
	struct kpc_event event = { .name = strdup("x") };

	(void)state;
	assert_int_equal(kpc_layout_fields(&event, probe, NR), 0);
	assert_int_equal(kpc_event_check(&event), 0);
	assert_int_equal(event.nr_fields, 5 + 3 + 2 + 1 + 3);
	expect(&event, 0, "common_pid", 4, 4, KPC_FIELD_SIGNED, 0);
	expect(&event, 1, "__probe_ip", 8, 8, KPC_FIELD_HEX, 0);
	assert_true(event.fields[0].common && event.fields[1].common);
	expect(&event, 2, "file", 16, 8, KPC_FIELD_HEX, 0);
	assert_string_equal(event.fields[2].type, "symbol");
	expect(&event, 3, "low", 24, 4, KPC_FIELD_UNSIGNED, 0);
	expect(&event, 4, "path", 28, 4, KPC_FIELD_STRING, 0);
	expect(&event, 5, "ids", 32, 2, KPC_FIELD_SIGNED, 3);
	expect(&event, 6, "ids", 34, 2, KPC_FIELD_SIGNED, 0);
	expect(&event, 7, "ids", 36, 2, KPC_FIELD_SIGNED, 0);
	expect(&event, 8, "names", 40, 4, KPC_FIELD_STRING, 2);
	expect(&event, 9, "names", 44, 4, KPC_FIELD_STRING, 0);
	expect(&event, 10, "one", 48, 1, KPC_FIELD_UNSIGNED, 1);
	expect(&event, 11, "weight", 56, 8, KPC_FIELD_UNSIGNED, 0);
	expect(&event, 13, "retval", 72, 8, KPC_FIELD_HEX, 0);
	assert_false(event.fields[11].common);
	kpc_event_uninit(&event);
}

/* An older module's fields end before the count: zeroes, so scalars. */
static void older_module(void **state)
{
	struct kpx_field fields[2] = { 0 };
	struct kpc_event event = { .name = strdup("x") };

	(void)state;
	for (int i = 0; i < 2; i++)
		memcpy(&fields[i], &probe[2 + i],
		       offsetof(struct kpx_field, count));
	assert_int_equal(kpc_layout_fields(&event, fields, 2), 0);
	assert_int_equal(kpc_event_check(&event), 0);
	assert_int_equal(event.nr_fields, 2);
	expect(&event, 1, "low", 24, 4, KPC_FIELD_UNSIGNED, 0);
	kpc_event_uninit(&event);
}

static void unsound(void **state)
{
	static const struct kpx_field bad[] = {
		{ "x", "u8", 16, 0, 0, 0 },
		{ "x", "u24", 16, 3, 0, 0 },
		{ "x", "u16[3]", 16, 5, 0, 3 },
		{ "x", "u8[3]", 16, 0, 0, 3 },
		{ "x", "u64[65535]", 16, 65535, 0, 65535 },
		{ "x", "string", 16, 8, KPX_FIELD_STRING, 0 },
		{ "x", "string[2]", 16, 4, KPX_FIELD_STRING, 2 },
	};
	static struct kpx_field many[KPX_FIELDS_MAX];
	struct kpc_event event = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		assert_int_equal(kpc_layout_fields(&event, &bad[i], 1),
				 -EBADMSG);
		assert_null(event.fields);
	}
	for (int i = 0; i < KPX_FIELDS_MAX; i++)
		many[i] = (struct kpx_field){ "x", "u8[64]", 16, 64, 0, 64 };
	assert_int_equal(kpc_layout_fields(&event, many, KPX_FIELDS_MAX),
			 -EBADMSG);
	/* Names without a NUL are cut where they end. */
	memset(many[0].name, 'n', sizeof(many[0].name));
	assert_int_equal(kpc_layout_fields(&event, many, 1), 0);
	assert_int_equal(strlen(event.fields[0].name), KPX_NAME_SIZE);
	kpc_event_uninit(&event);
}

static int argument(uint32_t number, const char *name)
{
	const struct kpc_eventspec spec = {
		.name = (char *)"probe",
		.terms.field = number,
		.terms.field_name = (char *)name,
	};

	error[0] = '\0';
	return kpc_layout_argument(probe, NR, &spec, error, sizeof(error));
}

static void arguments(void **state)
{
	(void)state;
	assert_int_equal(argument(0, NULL), 0);
	assert_int_equal(argument(1, NULL), 1);
	assert_int_equal(argument(9, "low"), 1);
	assert_int_equal(argument(0, "lo"), -EINVAL);
	assert_non_null(strstr(error, "no argument called lo"));
	assert_int_equal(argument(0, "common_pid"), -EINVAL);
	assert_int_equal(argument(0, "weight"), -EINVAL);
	assert_int_equal(argument(2, NULL), -EINVAL);
	assert_non_null(strstr(error, "path of probe isn't a number"));
	assert_int_equal(argument(0, "ids"), -EINVAL);
	assert_int_equal(argument(6, NULL), -EINVAL);
	assert_non_null(strstr(error, "6 arguments"));
}

static void weight(void **state)
{
	(void)state;
	assert_int_equal(kpc_layout_weight_at(probe, NR), 56);
	assert_int_equal(kpc_layout_weight_at(probe, NR - 3), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind), cmocka_unit_test(older_module),
		cmocka_unit_test(unsound),    cmocka_unit_test(arguments),
		cmocka_unit_test(weight),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
