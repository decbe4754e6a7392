// SPDX-License-Identifier: GPL-2.0-only
/* test_symtab - bodies of context as a hostile file may have them; ranges */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "maptab.h"
#include "symtab.h"
#include "unit.h"

static void pack_varints(struct kpc_buf *body, uint32_t number,
			 const uint64_t *v, size_t n)
{
	size_t begin = kpc_wire_begin(body, number);

	for (size_t i = 0; i < n; i++)
		kpc_wire_put_varint(body, v[i]);
	kpc_wire_end(body, begin);
}

static void pack_fixed(struct kpc_buf *body, uint32_t number, const uint64_t *v,
		       size_t n)
{
	kpc_wire_add_bytes(body, number, v, n * sizeof(*v));
}

static struct kpc_wire wire_of(const struct kpc_buf *buf)
{
	return (struct kpc_wire){ buf->data, buf->data + buf->used };
}

static void fill_symbols(struct kpc_buf *body, size_t lengths)
{
	static const uint64_t start[] = { 0x1000, 0x2000 }, bytes[] = { 16, 1 };
	static const uint64_t module[] = { 0, 1 }, length[] = { 3, 2 };

	kpc_wire_add_varint(body, 1, 50);
	pack_fixed(body, 2, start, 2);
	pack_varints(body, 3, bytes, 2);
	pack_varints(body, 4, module, 2);
	pack_varints(body, 5, length, lengths);
	kpc_wire_add_bytes(body, 6, "onetw", 5);
	kpc_wire_add_bytes(body, 7, "mod", 3);
}

static void fill_modules(struct kpc_buf *body)
{
	size_t begin;

	kpc_wire_add_varint(body, 1, 40);
	begin = kpc_wire_begin(body, 2);
	kpc_wire_add_bytes(body, 1, "mod", 3);
	kpc_wire_add_fixed64(body, 2, 0x2000);
	kpc_wire_add_varint(body, 3, 0x100);
	kpc_wire_add_bytes(body, 4, "12345678", 8);
	kpc_wire_end(body, begin);
}

static void fill_ksymbols(struct kpc_buf *body)
{
	size_t begin = kpc_wire_begin(body, 1);

	kpc_wire_add_varint(body, 1, 60);
	kpc_wire_add_fixed64(body, 2, 0x1008);
	kpc_wire_add_varint(body, 3, 4);
	kpc_wire_add_bytes(body, 4, "prog", 4);
	kpc_wire_add_varint(body, 5, 1);
	kpc_wire_end(body, begin);
}

static void fill_maps(struct kpc_buf *body, size_t pids)
{
	static const uint64_t what[] = { 0, 1 }, time[] = { 10, 20 };
	static const uint64_t pid[] = { 7, 8 }, start[] = { 0x1000, 0x1000 };
	static const uint64_t bytes[] = { 16, 16 }, offset[] = { 4, 0 };
	static const uint64_t file[] = { 0, 0 };
	size_t begin = kpc_wire_begin(body, 1);

	kpc_wire_add_bytes(body, 1, "/file", 5);
	kpc_wire_add_bytes(body, 2, "1234", 4);
	kpc_wire_end(body, begin);
	pack_varints(body, 2, what, 2);
	pack_varints(body, 3, time, 2);
	pack_varints(body, 4, pid, pids);
	pack_fixed(body, 5, start, 2);
	pack_varints(body, 6, bytes, 2);
	pack_varints(body, 7, offset, 2);
	pack_varints(body, 8, file, 2);
}

static void fill_tasks(struct kpc_buf *body)
{
	size_t begin = kpc_wire_begin(body, 1);

	kpc_wire_add_varint(body, 1, 1);
	kpc_wire_add_varint(body, 2, 15);
	kpc_wire_add_varint(body, 3, 9);
	kpc_wire_add_varint(body, 4, 9);
	kpc_wire_add_varint(body, 8, 7);
	kpc_wire_end(body, begin);
}

static void good_bodies(void **state)
{
	struct kpc_buf body = { 0 };
	struct kpc_symtab s = { 0 };
	struct kpc_maptab m = { 0 };
	struct kpc_kernel_symbol symbol;
	struct kpc_mapping mapping;

	(void)state;
	fill_symbols(&body, 2);
	assert_int_equal(kpc_symtab_add_symbols(&s, wire_of(&body)), 0);
	kpc_buf_reset(&body);
	fill_modules(&body);
	assert_int_equal(kpc_symtab_add_modules(&s, wire_of(&body)), 0);
	kpc_buf_reset(&body);
	fill_ksymbols(&body);
	assert_int_equal(kpc_symtab_add_ksymbols(&s, wire_of(&body)), 0);
	kpc_symtab_finish(&s);
	assert_true(kpc_symtab_find(&s, 0x1008, 59, &symbol));
	assert_string_equal(symbol.name, "one");
	assert_true(kpc_symtab_find(&s, 0x1008, 60, &symbol));
	assert_string_equal(symbol.name, "prog");
	assert_string_equal(symbol.module, "bpf");
	assert_true(kpc_symtab_find(&s, 0x2000, 1, &symbol));
	assert_string_equal(symbol.name, "tw");
	assert_string_equal(symbol.module, "mod");
	assert_int_equal(symbol.build_id_bytes, 8);
	assert_false(kpc_symtab_find(&s, 0x1010, 1, &symbol));
	kpc_buf_reset(&body);
	fill_maps(&body, 2);
	assert_int_equal(kpc_maptab_add(&m, wire_of(&body)), 0);
	kpc_buf_reset(&body);
	fill_tasks(&body);
	assert_int_equal(kpc_maptab_add_tasks(&m, wire_of(&body)), 0);
	kpc_maptab_finish(&m);
	assert_true(kpc_maptab_find(&m, 9, 0x1001, 99, &mapping));
	assert_string_equal(mapping.path, "/file");
	assert_int_equal(mapping.offset, 5);
	assert_true(kpc_maptab_find(&m, 8, 0x1001, 1, &mapping));
	assert_false(kpc_maptab_find(&m, 7, 0x1001, 1, &mapping));
	kpc_symtab_uninit(&s);
	kpc_maptab_uninit(&m);
	kpc_buf_uninit(&body);
}

/* Arrays of different lengths. */
static void uneven_arrays(void **state)
{
	struct kpc_buf body = { 0 };
	struct kpc_symtab s = { 0 };
	struct kpc_maptab m = { 0 };

	(void)state;
	fill_symbols(&body, 1);
	assert_int_equal(kpc_symtab_add_symbols(&s, wire_of(&body)), -EBADMSG);
	assert_int_equal(s.symbols.nr, 0);
	kpc_buf_reset(&body);
	fill_maps(&body, 1);
	assert_int_equal(kpc_maptab_add(&m, wire_of(&body)), -EBADMSG);
	assert_int_equal(m.ranges.nr, 0);
	assert_int_equal(m.nr_files, 0);
	/* The same array twice. */
	kpc_buf_reset(&body);
	fill_maps(&body, 2);
	fill_maps(&body, 2);
	assert_int_equal(kpc_maptab_add(&m, wire_of(&body)), -EBADMSG);
	kpc_symtab_uninit(&s);
	kpc_maptab_uninit(&m);
	kpc_buf_uninit(&body);
}

static int add(int kind, struct kpc_symtab *s, struct kpc_maptab *m,
	       struct kpc_wire wire)
{
	switch (kind) {
	case 0:
		return kpc_symtab_add_symbols(s, wire);
	case 1:
		return kpc_symtab_add_modules(s, wire);
	case 2:
		return kpc_symtab_add_ksymbols(s, wire);
	case 3:
		return kpc_maptab_add(m, wire);
	default:
		return kpc_maptab_add_tasks(m, wire);
	}
}

static void fill(int kind, struct kpc_buf *body)
{
	switch (kind) {
	case 0:
		fill_symbols(body, 2);
		break;
	case 1:
		fill_modules(body);
		break;
	case 2:
		fill_ksymbols(body);
		break;
	case 3:
		fill_maps(body, 2);
		break;
	default:
		fill_tasks(body);
	}
}

/* Under ASan: every bit flipped, every cut, and random bytes. */
static void hostile_bodies(void **state)
{
	uint64_t seed = 13;

	(void)state;
	for (int kind = 0; kind < 5; kind++) {
		struct kpc_buf body = { 0 };
		struct kpc_symtab s = { 0 };
		struct kpc_maptab m = { 0 };
		struct kpc_kernel_symbol symbol;
		struct kpc_mapping mapping;

		fill(kind, &body);
		for (size_t n = 0; n < body.used * 9 + 2000; n++) {
			size_t cut = n < body.used ? n : body.used;
			uint8_t *bytes = malloc(cut + 1);
			int err;

			memcpy(bytes, body.data, cut);
			if (n >= body.used && n < body.used * 9)
				bytes[(n - body.used) / 8] ^=
					1u << (n - body.used) % 8;
			else if (n >= body.used * 9)
				for (int i = 0; i < 3; i++)
					bytes[unit_random(&seed) % cut] =
						unit_random(&seed);
			err = add(kind, &s, &m,
				  (struct kpc_wire){ bytes, bytes + cut });
			assert_true(!err || err == -EBADMSG || err == -E2BIG);
			free(bytes);
		}
		kpc_symtab_finish(&s);
		kpc_maptab_finish(&m);
		for (uint64_t address = 0xff0; address < 0x2010; address++) {
			kpc_symtab_find(&s, address, 55, &symbol);
			kpc_maptab_find(&m, 7, address, 55, &mapping);
			kpc_maptab_find(&m, 9, address, 55, &mapping);
		}
		kpc_symtab_uninit(&s);
		kpc_maptab_uninit(&m);
		kpc_buf_uninit(&body);
	}
}

/* Processes that are their own parents don't keep a reader. */
static void endless_ancestors(void **state)
{
	struct kpc_maptab m = { 0 };
	struct kpc_buf body = { 0 };
	struct kpc_mapping mapping;

	(void)state;
	for (uint32_t pid = 5; pid < 7; pid++) {
		size_t begin = kpc_wire_begin(&body, 1);

		kpc_wire_add_varint(&body, 2, 15);
		kpc_wire_add_varint(&body, 3, pid);
		kpc_wire_add_varint(&body, 8, 11 - pid);
		kpc_wire_end(&body, begin);
	}
	assert_int_equal(kpc_maptab_add_tasks(&m, wire_of(&body)), 0);
	kpc_maptab_finish(&m);
	assert_false(kpc_maptab_find(&m, 5, 0x1000, 99, &mapping));
	kpc_maptab_uninit(&m);
	kpc_buf_uninit(&body);
}

/* Against all of them, one after the other. */
static void ranges_oracle(void **state)
{
	enum {
		N = 200
	};
	uint64_t seed = 31;

	(void)state;
	for (int round = 0; round < 20; round++) {
		struct kpc_ranges r = { 0 };

		for (int i = 0; i < N; i++)
			assert_int_equal(
				kpc_ranges_add(&r, unit_random(&seed) % 3,
					       unit_random(&seed) % 100,
					       1 + unit_random(&seed) % 30, i,
					       i),
				0);
		assert_int_equal(kpc_ranges_add(&r, 0, 5, 0, 0, 0), -EBADMSG);
		assert_int_equal(kpc_ranges_add(&r, 0, 5, UINT64_MAX, 0, 0),
				 -EBADMSG);
		kpc_ranges_finish(&r);
		for (uint32_t key = 0; key < 4; key++) {
			for (uint64_t at = 0; at < 140; at++) {
				const struct kpc_range *range;
				uint32_t got = 0, want = 0;

				for (range = kpc_ranges_find(&r, key, at);
				     range;
				     range = kpc_ranges_next(&r, range, at)) {
					assert_int_equal(range->key, key);
					assert_in_range(at, range->start,
							range->end - 1);
					got++;
				}
				for (uint32_t i = 0; i < r.nr; i++)
					want += r.range[i].key == key &&
						r.range[i].start <= at &&
						r.range[i].end > at;
				assert_int_equal(got, want);
			}
		}
		kpc_ranges_uninit(&r);
	}
}

/* Behind a long one so many short ones that going through them takes minutes. */
static void ranges_behind_a_long_one(void **state)
{
	const uint32_t n = 400000;
	const struct kpc_range *range;
	struct kpc_ranges r = { 0 };

	(void)state;
	assert_int_equal(kpc_ranges_add(&r, 7, 0, 1ull << 40, 0, 1), 0);
	for (uint32_t i = 0; i < n; i++)
		assert_int_equal(kpc_ranges_add(&r, 7, i * 2, 1, 0, 0), 0);
	kpc_ranges_finish(&r);
	for (uint32_t i = 0; i < n; i++) {
		range = kpc_ranges_find(&r, 7, i * 2 + 1);
		assert_non_null(range);
		assert_int_equal(range->number, 1);
		assert_null(kpc_ranges_next(&r, range, i * 2 + 1));
	}
	kpc_ranges_uninit(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_bodies),
		cmocka_unit_test(uneven_arrays),
		cmocka_unit_test(hostile_bodies),
		cmocka_unit_test(endless_ancestors),
		cmocka_unit_test(ranges_oracle),
		cmocka_unit_test(ranges_behind_a_long_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
