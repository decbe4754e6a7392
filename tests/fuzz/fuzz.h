/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fuzz.h - what the fuzz targets of libcollect share
 *
 * A target has one function, which aborts if something is wrong. `make fuzz`
 * builds it with libFuzzer (KPX_FUZZING is defined then, for what calls
 * libFuzzer); tests/unit/test_corpus.c calls it for what is in
 * tests/fuzz/corpus, under a name of its own.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#ifdef KPX_FUZZING
/* libFuzzer's, and what it calls in place of its own mutations. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t room);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room,
			       unsigned int seed);
#endif

#define CHECK(condition)                                                   \
	do {                                                               \
		if (!(condition)) {                                        \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, \
				#condition);                               \
			abort();                                           \
		}                                                          \
	} while (0)

/* Reads every byte, so that the sanitizers see it. */
static inline uint64_t fuzz_sum(const void *bytes, size_t n)
{
	const uint8_t *at = bytes;
	uint64_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += at[i];
	return sum;
}

#endif /* FUZZ_H */
