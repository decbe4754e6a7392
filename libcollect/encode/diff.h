/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * diff - which bits of the records of an event ever differed
 *
 * Noted while a record is in the cache: what never differed is constant, and
 * costs nothing afterwards. All variants note the same bits; which one runs is
 * chosen with the loop around them (intake.c).
 */
#ifndef KPC_DIFF_H
#define KPC_DIFF_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#define KPC_DIFF_AVX2	__attribute__((target("avx2")))
#define KPC_DIFF_AVX512 __attribute__((target("avx512f,avx512bw,avx2")))
#endif

#define KPC_DIFF_BYTES 256u /* of a record are watched; of 64 */

struct kpc_diff {
	const uint8_t *first; /* record that the others are compared with */
	uint32_t bytes;	      /* watched */
	uint64_t first_word;  /* bits of a record's first 8 bytes that count */
	uint64_t head;	      /* AVX-512: the same, bytes of the first 64 */
	uint64_t tail;	      /* AVX-512: which bytes of the last 64 */
	uint8_t bits[KPC_DIFF_BYTES] __attribute__((aligned(64)));
};

/* @has_pid: bytes 4 to 7 make no difference to kpc_diff_same(). */
static inline void kpc_diff_init(struct kpc_diff *d, uint32_t bytes,
				 bool has_pid)
{
	d->bytes = bytes < KPC_DIFF_BYTES ? bytes : KPC_DIFF_BYTES;
	d->tail = d->bytes % 64 ? (1ull << d->bytes % 64) - 1 : ~0ull;
	d->first_word = has_pid ? UINT32_MAX : UINT64_MAX;
	d->head = has_pid ? ~0xf0ull : ~0ull;
}

static inline void kpc_diff_begin(struct kpc_diff *d, const uint8_t *first)
{
	d->first = first;
	memset(d->bits, 0, sizeof(d->bits));
}

/* Every bit that differs in @bytes bytes at @at, which is all of the field. */
static inline bool kpc_diff_any(const struct kpc_diff *d, uint32_t at,
				uint32_t bytes)
{
	uint8_t any = 0;

	if (bytes > d->bytes || at > d->bytes - bytes)
		return true;
	for (uint32_t i = 0; i < bytes; i++)
		any |= d->bits[at + i];
	return any;
}

/*
 * Bits are stored only when there is a new one, which is seldom: so no record
 * waits for the store of the one before.
 */
static inline void kpc_diff_note(struct kpc_diff *d, const uint8_t *raw)
{
	uint32_t at = 0;

	for (; at + 8 <= d->bytes; at += 8) {
		uint64_t a, b, seen;

		memcpy(&a, raw + at, 8);
		memcpy(&b, d->first + at, 8);
		memcpy(&seen, d->bits + at, 8);
		a = (a ^ b) | seen;
		if (a != seen)
			memcpy(d->bits + at, &a, 8);
	}
	for (; at < d->bytes; at++)
		d->bits[at] |= raw[at] ^ d->first[at];
}

/* Are the records the same, as far as they are watched? Of 16 bytes at least. */
static inline bool kpc_diff_same(const struct kpc_diff *d, const uint8_t *x,
				 const uint8_t *y)
{
	uint64_t a, b, any;
	uint32_t at;

	memcpy(&a, x, 8);
	memcpy(&b, y, 8);
	any = (a ^ b) & d->first_word;
	for (at = 8; at + 8 <= d->bytes; at += 8) {
		memcpy(&a, x + at, 8);
		memcpy(&b, y + at, 8);
		any |= a ^ b;
	}
	memcpy(&a, x + d->bytes - 8, 8);
	memcpy(&b, y + d->bytes - 8, 8);
	return !(any | (a ^ b));
}

#if defined(__x86_64__)
KPC_DIFF_AVX2 static inline void kpc_diff_note_avx2(struct kpc_diff *d,
						    const uint8_t *raw)
{
	uint32_t at = 0;

	for (; at + 32 <= d->bytes; at += 32) {
		__m256i a = _mm256_loadu_si256((const void *)(raw + at));
		__m256i b = _mm256_loadu_si256((const void *)(d->first + at));
		__m256i seen = _mm256_load_si256((const void *)(d->bits + at));

		a = _mm256_xor_si256(a, b);
		if (!_mm256_testc_si256(seen, a))
			_mm256_store_si256((void *)(d->bits + at),
					   _mm256_or_si256(seen, a));
	}
	for (; at + 8 <= d->bytes; at += 8) {
		uint64_t a, b, seen;

		memcpy(&a, raw + at, 8);
		memcpy(&b, d->first + at, 8);
		memcpy(&seen, d->bits + at, 8);
		a = (a ^ b) | seen;
		if (a != seen)
			memcpy(d->bits + at, &a, 8);
	}
	for (; at < d->bytes; at++)
		d->bits[at] |= raw[at] ^ d->first[at];
}

KPC_DIFF_AVX512 static inline void kpc_diff_note_avx512(struct kpc_diff *d,
							const uint8_t *raw)
{
	for (uint32_t at = 0; at < d->bytes; at += 64) {
		/* Bytes that aren't wanted aren't touched either. */
		__mmask64 mask = d->bytes - at < 64 ? d->tail : ~0ull;
		__m512i a = _mm512_maskz_loadu_epi8(mask, raw + at);
		__m512i b = _mm512_maskz_loadu_epi8(mask, d->first + at);
		__m512i seen = _mm512_load_si512(d->bits + at);
		__m512i new = _mm512_andnot_si512(seen, _mm512_xor_si512(a, b));

		if (_mm512_test_epi64_mask(new, new))
			_mm512_store_si512(d->bits + at,
					   _mm512_or_si512(seen, new));
	}
}

KPC_DIFF_AVX512 static inline bool
kpc_diff_same_avx512(const struct kpc_diff *d, const uint8_t *x,
		     const uint8_t *y)
{
	__mmask64 mask = d->head;

	for (uint32_t at = 0; at < d->bytes; at += 64, mask = ~0ull) {
		if (d->bytes - at < 64)
			mask &= d->tail;
		if (_mm512_mask_cmpneq_epu8_mask(
			    mask, _mm512_maskz_loadu_epi8(mask, x + at),
			    _mm512_maskz_loadu_epi8(mask, y + at)))
			return false;
	}
	return true;
}
#endif

#endif /* KPC_DIFF_H */
