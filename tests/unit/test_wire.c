// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>

#include "unit.h"
#include "wire.h"

static struct kpc_wire wire_of(const struct kpc_buf *buf)
{
	return (struct kpc_wire){ buf->data, buf->data + buf->used };
}

static void test_varint_round_trip(void **state)
{
	(void)state;
	for (int bit = 0; bit < 64; bit++) {
		for (int plus = -1; plus <= 1; plus++) {
			uint64_t v = (1ull << bit) + plus;
			uint8_t bytes[10];
			uint8_t *end = kpc_wire_store_varint(bytes, v);
			struct kpc_wire wire = { bytes, end };
			uint64_t got;

			assert_int_equal(end - bytes, kpc_varint_bytes(v));
			assert_int_equal(kpc_wire_get_varint(&wire, &got), 0);
			assert_true(got == v);
			assert_ptr_equal(wire.at, end);
		}
	}
}

static void test_varint_bad(void **state)
{
	static const uint8_t too_long[] = { 0xff, 0xff, 0xff, 0xff, 0xff,
					    0xff, 0xff, 0xff, 0xff, 0x02 };
	static const uint8_t endless[] = { 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
					   0x80, 0x80, 0x80, 0x80, 0x00 };
	static const uint8_t cut[] = { 0x80, 0x80 };
	struct kpc_wire wire;
	uint64_t v;

	(void)state;
	wire = (struct kpc_wire){ too_long, too_long + sizeof(too_long) };
	assert_int_equal(kpc_wire_get_varint(&wire, &v), -EBADMSG);
	wire = (struct kpc_wire){ endless, endless + sizeof(endless) };
	assert_int_equal(kpc_wire_get_varint(&wire, &v), -EBADMSG);
	wire = (struct kpc_wire){ cut, cut + sizeof(cut) };
	assert_int_equal(kpc_wire_get_varint(&wire, &v), -EBADMSG);
	wire = (struct kpc_wire){ cut, cut };
	assert_int_equal(kpc_wire_get_varint(&wire, &v), -EBADMSG);
}

static void test_zigzag(void **state)
{
	(void)state;
	assert_int_equal(kpc_zigzag(0), 0);
	assert_int_equal(kpc_zigzag(-1), 1);
	assert_int_equal(kpc_zigzag(1), 2);
	assert_true(kpc_zigzag(INT64_MIN) == UINT64_MAX);
	for (int bit = 0; bit < 64; bit++) {
		uint64_t v = 1ull << bit;

		assert_true(kpc_unzigzag(kpc_zigzag(v)) == v);
		assert_true(kpc_unzigzag(kpc_zigzag(-v)) == -v);
	}
}

static void test_fields(void **state)
{
	struct kpc_buf buf = { 0 };
	struct kpc_wire_field field;
	struct kpc_wire wire;
	size_t begin;

	(void)state;
	kpc_wire_add_varint(&buf, 1, 300);
	kpc_wire_add_fixed64(&buf, 2, 0x1122334455667788ull);
	kpc_wire_add_fixed32(&buf, 3, 0xdeadbeef);
	kpc_wire_add_bytes(&buf, 536870911, "abc", 3);
	begin = kpc_wire_begin(&buf, 5);
	kpc_wire_add_varint(&buf, 1, 1);
	kpc_wire_end(&buf, begin);
	assert_int_equal(buf.error, 0);

	wire = wire_of(&buf);
	assert_int_equal(kpc_wire_next(&wire, &field), 1);
	assert_int_equal(field.number, 1);
	assert_int_equal(field.value, 300);
	assert_int_equal(kpc_wire_next(&wire, &field), 1);
	assert_true(field.value == 0x1122334455667788ull);
	assert_int_equal(kpc_wire_next(&wire, &field), 1);
	assert_int_equal(field.value, 0xdeadbeef);
	assert_int_equal(kpc_wire_next(&wire, &field), 1);
	assert_int_equal(field.number, 536870911);
	assert_memory_equal(field.bytes.at, "abc", 3);
	assert_int_equal(kpc_wire_next(&wire, &field), 1);
	assert_int_equal(field.number, 5);
	assert_int_equal(kpc_wire_left(&field.bytes), 2);
	assert_int_equal(kpc_wire_next(&wire, &field), 0);

	/* Cut anywhere, it ends in an error or between two fields. */
	for (size_t n = 0; n < buf.used; n++) {
		uint8_t *copy = malloc(n + 1);
		int ret;

		memcpy(copy, buf.data, n);
		wire = (struct kpc_wire){ copy, copy + n };
		while ((ret = kpc_wire_next(&wire, &field)) > 0)
			;
		assert_true(!ret || ret == -EBADMSG);
		free(copy);
	}
	kpc_buf_uninit(&buf);
}

static void test_bad_tags(void **state)
{
	static const uint8_t bad[][2] = {
		{ 0x00, 0x00 }, /* field 0 */
		{ 0x0b, 0x00 }, /* a group's start */
		{ 0x0c, 0x00 }, /* its end */
		{ 0x0e, 0x00 }, /* no such type */
		{ 0x0a, 0x01 }, /* longer than what is left */
		{ 0x09, 0x00 }, /* fixed64, cut */
		{ 0x0d, 0x00 }, /* fixed32, cut */
	};
	struct kpc_wire_field field;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct kpc_wire wire = { bad[i], bad[i] + 2 };

		assert_int_equal(kpc_wire_next(&wire, &field), -EBADMSG);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_varint_round_trip),
		cmocka_unit_test(test_varint_bad),
		cmocka_unit_test(test_zigzag),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_bad_tags),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
