// SPDX-License-Identifier: GPL-2.0-only
/* Numbers of byte strings, and of those that are to collide. */
#include <stdlib.h>
#include <string.h>

#include "intern.h"
#include "keyhash.h"
#include "unit.h"

static struct kpc_span span(const char *text)
{
	return (struct kpc_span){ (const uint8_t *)text, strlen(text) };
}

static void test_numbers(void **state)
{
	static const char *const texts[] = {
		"one", "two", "", "a longer one", "oneone", "three"
	};
	struct kpc_intern intern = { 0 };
	char copy[16];

	(void)state;
	for (int round = 0; round < 3; round++) {
		for (int64_t i = 0; i < 6; i++)
			assert_int_equal(
				kpc_intern_add(&intern, span(texts[i])), i);
		for (int64_t i = 5; i >= 0; i--) {
			strcpy(copy, texts[i]);
			assert_int_equal(kpc_intern_add(&intern, span(copy)),
					 i);
		}
		assert_int_equal(intern.nr, 6);
		kpc_intern_reset(&intern);
	}
	kpc_intern_uninit(&intern);
}

#define WORDS 13 /* pairs of them: 2^13 strings */

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/*
 * Of each pair the first word differs in its highest bit, and the second in what a
 * multiplication and a shift make of that, whatever they multiply by.
 */
static void test_collisions(void **state)
{
	static uint64_t strings[1 << WORDS][2 * WORDS];
	static uint64_t hashes[1 << WORDS];
	struct kpc_intern intern = { 0 };

	(void)state;
	for (uint64_t i = 0; i < 1 << WORDS; i++) {
		for (int w = 0; w < WORDS; w++)
			if (i >> w & 1) {
				strings[i][2 * w] = 1ull << 63;
				strings[i][2 * w + 1] = 1ull << 63 | 1ull << 34;
			}
		assert_int_equal(
			kpc_intern_add(&intern,
				       (struct kpc_span){ (void *)strings[i],
							  sizeof(strings[i]) }),
			i);
		hashes[i] = intern.entries[i].hash;
	}
	qsort(hashes, 1 << WORDS, sizeof(*hashes), compare);
	for (int i = 1; i < 1 << WORDS; i++)
		assert_true(hashes[i] != hashes[i - 1]);
	kpc_intern_uninit(&intern);
}

static void test_key(void **state)
{
	uint64_t key = kpc_keyhash_key();

	(void)state;
	assert_true(key & 1);
	assert_true(key == kpc_keyhash_key());
	for (int bit = 0; bit < 64; bit++) {
		uint64_t a = kpc_keyhash_mix(key, 5, 0);
		uint64_t b = kpc_keyhash_mix(key, 5, 1ull << bit);

		/* A difference is in all of it, so in the bits that count. */
		assert_true(__builtin_popcountll(a ^ b) > 4);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_collisions),
		cmocka_unit_test(test_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
