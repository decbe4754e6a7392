// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>

#include "packet.h"
#include "unit.h"

static void add_packet(struct kpc_buf *out, const char *head, const char *data)
{
	struct kpc_framer framer;

	kpc_framer_begin(&framer, out, 0x1122334455667788ull, head,
			 strlen(head));
	if (data) {
		kpc_framer_data(&framer);
		kpc_buf_add(out, data, strlen(data));
	}
	assert_int_equal(kpc_framer_end(&framer), 0);
}

static void test_round_trip(void **state)
{
	struct kpc_buf buf = { 0 };
	struct kpc_packet packet;
	size_t need, first;

	(void)state;
	add_packet(&buf, "head", "some data");
	first = buf.used;
	add_packet(&buf, "another", NULL);
	assert_memory_equal(buf.data + 7, "KPXTRACE", 8);
	assert_int_equal(kpc_packet_parse(&packet, buf.data, buf.used, &need),
			 0);
	assert_int_equal(packet.bytes, first);
	assert_true(packet.trace == 0x1122334455667788ull);
	assert_int_equal(kpc_wire_left(&packet.head), 4);
	assert_memory_equal(packet.data.at, "some data", 9);
	assert_int_equal(kpc_packet_parse(&packet, buf.data + first,
					  buf.used - first, &need),
			 0);
	assert_int_equal(kpc_wire_left(&packet.data), 0);
	assert_int_equal(packet.bytes, buf.used - first);
	kpc_buf_uninit(&buf);
}

/* A cut packet asks for what it lacks; it is never taken for a good one. */
static void test_cut(void **state)
{
	struct kpc_buf buf = { 0 };
	struct kpc_packet packet;
	size_t need = 0;

	(void)state;
	add_packet(&buf, "head", "some data");
	for (size_t n = 0; n < buf.used; n++) {
		uint8_t *copy = malloc(n + 1);

		memcpy(copy, buf.data, n);
		assert_int_equal(kpc_packet_parse(&packet, copy, n, &need),
				 -EAGAIN);
		assert_true(need > n && need <= buf.used);
		free(copy);
	}
	kpc_buf_uninit(&buf);
}

/* No single bit of a packet may change unnoticed, but in the trace's id. */
static void test_flips(void **state)
{
	struct kpc_buf buf = { 0 };
	struct kpc_packet packet;
	size_t need, first;

	(void)state;
	add_packet(&buf, "head", "some data");
	first = buf.used;
	add_packet(&buf, "next", "more of it");
	for (size_t bit = 0; bit < first * 8; bit++) {
		size_t at = bit / 8;

		if (at >= 16 && at < 24)
			continue;
		buf.data[at] ^= 1 << bit % 8;
		assert_int_not_equal(kpc_packet_parse(&packet, buf.data,
						      buf.used, &need),
				     0);
		buf.data[at] ^= 1 << bit % 8;
	}
	kpc_buf_uninit(&buf);
}

static void test_find(void **state)
{
	struct kpc_buf buf = { 0 };

	(void)state;
	kpc_buf_add(&buf, "junk KPXTRACE \x09KPXTRACE junk", 27);
	add_packet(&buf, "head", "some data");
	assert_int_equal(kpc_packet_find(buf.data, buf.used), 27);
	assert_int_equal(kpc_packet_find(buf.data, 27), -1);
	assert_int_equal(kpc_packet_find(buf.data, 0), -1);
	assert_int_equal(kpc_packet_find(buf.data + 28, buf.used - 28), -1);
	kpc_buf_uninit(&buf);
}

/* A protobuf library that writes a Trace again uses short lengths. */
static void test_short_length(void **state)
{
	struct kpc_buf buf = { 0 };
	struct kpc_packet packet;
	size_t need;

	(void)state;
	add_packet(&buf, "head", "some data");
	buf.data[5] = buf.data[1] & 0x7f;
	buf.data[4] = 0x0a;
	assert_int_equal(kpc_packet_find(buf.data, buf.used), 4);
	assert_int_equal(kpc_packet_parse(&packet, buf.data + 4, buf.used - 4,
					  &need),
			 0);
	assert_int_equal(packet.bytes, buf.used - 4);
	kpc_buf_uninit(&buf);
}

static void test_too_big(void **state)
{
	struct kpc_framer framer;
	struct kpc_buf buf = { 0 };
	uint8_t *at;

	(void)state;
	kpc_buf_add(&buf, "x", 1);
	kpc_framer_begin(&framer, &buf, 1, "h", 1);
	kpc_framer_data(&framer);
	at = kpc_buf_reserve(&buf, KPC_PACKET_BYTES_MAX);
	memset(at, 0, KPC_PACKET_BYTES_MAX);
	buf.used += KPC_PACKET_BYTES_MAX;
	assert_int_equal(kpc_framer_end(&framer), -E2BIG);
	assert_int_equal(buf.used, 1);
	kpc_buf_uninit(&buf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_flips),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_short_length),
		cmocka_unit_test(test_too_big),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
