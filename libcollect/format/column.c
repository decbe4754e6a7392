// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "column.h"

#define DICT_PAUSE	 16  /* batches, after a dictionary didn't pay */
#define DICT_CHECK	 256 /* values between looks at whether it pays */
#define SPLIT_LEAST	 64  /* values */
#define SPLIT_SHIFT	 13  /* a slab of two pages */
#define BACK_CHECK	 1024
#define SCAN_LANES_LEAST 16 /* values, for vectors to pay */
#define RUN_BYTES	 10 /* of a run: a value of eight, a length of one or two */
#define SAMPLE_STRIDE	 13 /* odd, to not beat with patterns in the rows */

/* What the choice of an encoding is made from. */
struct column_stats {
	uint64_t varying;      /* bits that differ anywhere */
	uint32_t runs;	       /* of equal values */
	uint64_t varint_bytes; /* estimated from a sample */
	uint64_t zigzag_bytes;
	uint64_t delta_bytes;
};

static int encoder_reserve(struct kpc_column_encoder *enc, uint32_t n)
{
	uint64_t *upper;
	uint32_t *index;

	if (!enc->dict)
		enc->dict = malloc(sizeof(*enc->dict));
	if (!enc->dict)
		return -ENOMEM;
	if (n <= enc->room)
		return 0;
	index = realloc(enc->index, (size_t)n * sizeof(*index));
	if (index)
		enc->index = index;
	upper = realloc(enc->upper, (size_t)n * sizeof(*upper));
	if (upper)
		enc->upper = upper;
	if (!index || !upper)
		return -ENOMEM;
	enc->room = n;
	return 0;
}

void kpc_column_encoder_uninit(struct kpc_column_encoder *enc)
{
	free(enc->dict);
	free(enc->index);
	free(enc->upper);
	kpc_intern_uninit(&enc->intern);
	*enc = (struct kpc_column_encoder){ 0 };
}

/* ---- packed fields ------------------------------------------------------- */

static void add_packed32(struct kpc_buf *out, uint32_t number,
			 const uint32_t *v, uint32_t n)
{
	size_t begin = kpc_wire_begin(out, number);
	uint8_t *p = kpc_buf_reserve(out, (size_t)n * 5);

	if (!p)
		return;
	for (uint32_t i = 0; i < n; i++)
		p = kpc_wire_store_varint(p, v[i]);
	out->used = p - out->data;
	kpc_wire_end(out, begin);
}

static void add_fixed64s(struct kpc_buf *out, uint32_t number,
			 const uint64_t *v, uint32_t n)
{
	kpc_wire_add_bytes(out, number, v, (size_t)n * sizeof(*v));
}

static void add_varints(struct kpc_buf *out, const uint64_t *v, uint32_t n)
{
	uint8_t *p = kpc_buf_reserve(out, (size_t)n * KPC_WIRE_VARINT_BYTES);

	if (!p)
		return;
	for (uint32_t i = 0; i < n; i++)
		p = kpc_wire_store_varint(p, v[i]);
	out->used = p - out->data;
}

static void add_zigzags(struct kpc_buf *out, const uint64_t *v, uint32_t n)
{
	uint8_t *p = kpc_buf_reserve(out, (size_t)n * KPC_WIRE_VARINT_BYTES);

	if (!p)
		return;
	for (uint32_t i = 0; i < n; i++)
		p = kpc_wire_store_varint(p, kpc_zigzag(v[i]));
	out->used = p - out->data;
}

static void add_deltas(struct kpc_buf *out, const uint64_t *v, uint32_t n)
{
	uint8_t *p = kpc_buf_reserve(out, (size_t)n * KPC_WIRE_VARINT_BYTES);
	uint64_t last = 0;

	if (!p)
		return;
	for (uint32_t i = 0; i < n; i++) {
		p = kpc_wire_store_varint(p, kpc_zigzag(v[i] - last));
		last = v[i];
	}
	out->used = p - out->data;
}

static void add_offsets(struct kpc_buf *out, const uint64_t *v, uint32_t n)
{
	uint8_t *p = kpc_buf_reserve(out, (size_t)n * sizeof(uint32_t));

	if (!p)
		return;
	for (uint32_t i = 0; i < n; i++, p += sizeof(uint32_t)) {
		uint32_t low = v[i];

		memcpy(p, &low, sizeof(low));
	}
	out->used = p - out->data;
}

/* ---- the choice ---------------------------------------------------------- */

/* Adds what the values from @i on, which has one before it, come to. */
static void scan_from(struct column_stats *stats, const uint64_t *v, uint32_t n,
		      uint32_t i)
{
	uint64_t varying = 0;
	uint32_t runs = 0;

	for (; i < n; i++) {
		varying |= v[i] ^ v[0];
		runs += v[i] != v[i - 1];
	}
	stats->varying |= varying;
	stats->runs += runs;
}

#if defined(__x86_64__)
/* Four at a time. Returns the first that it left. */
__attribute__((target("avx2"))) static uint32_t
scan_avx2(struct column_stats *stats, const uint64_t *v, uint32_t n)
{
	__m256i first = _mm256_set1_epi64x(v[0]);
	__m256i varying = _mm256_setzero_si256();
	__m256i same = _mm256_setzero_si256(); /* how often, below 0 */
	uint64_t lane[4];
	uint32_t i = 1;

	for (; i + 4 <= n; i += 4) {
		__m256i at = _mm256_loadu_si256((const void *)(v + i));
		__m256i before = _mm256_loadu_si256((const void *)(v + i - 1));

		varying = _mm256_or_si256(varying, _mm256_xor_si256(at, first));
		same = _mm256_add_epi64(same, _mm256_cmpeq_epi64(at, before));
	}
	_mm256_storeu_si256((void *)lane, varying);
	stats->varying |= lane[0] | lane[1] | lane[2] | lane[3];
	_mm256_storeu_si256((void *)lane, same);
	stats->runs += i - 1 + lane[0] + lane[1] + lane[2] + lane[3];
	return i;
}
#endif

static void scan_all(struct column_stats *stats, const uint64_t *v, uint32_t n)
{
	uint32_t i = 1;

	stats->runs = 1;
#if defined(__x86_64__)
	if (n >= SCAN_LANES_LEAST && __builtin_cpu_supports("avx2"))
		i = scan_avx2(stats, v, n);
#endif
	scan_from(stats, v, n, i);
}

static void scan(struct column_stats *stats, const uint64_t *v, uint32_t n)
{
	uint32_t samples = 0;

	*stats = (struct column_stats){ 0 };
	scan_all(stats, v, n);
	if (!stats->varying)
		return;
	/* Only the size depends on these: a sample of the rows is enough. */
	for (uint32_t i = 1; i < n; i += SAMPLE_STRIDE, samples++) {
		stats->varint_bytes += kpc_varint_bytes(v[i]);
		stats->zigzag_bytes += kpc_varint_bytes(kpc_zigzag(v[i]));
		stats->delta_bytes +=
			kpc_varint_bytes(kpc_zigzag(v[i] - v[i - 1]));
	}
	stats->varint_bytes = stats->varint_bytes * n / samples;
	stats->zigzag_bytes = stats->zigzag_bytes * n / samples;
	stats->delta_bytes = stats->delta_bytes * n / samples;
}

static enum kpc_column_number choose_plain(const struct column_stats *stats,
					   uint32_t n, uint64_t *bytes)
{
	enum kpc_column_number best = KPC_COLUMN_RAW;

	*bytes = (uint64_t)n * 8;
	if (!(stats->varying >> 32)) {
		*bytes = (uint64_t)n * 4;
		best = KPC_COLUMN_OFFSET;
	}
	if (stats->delta_bytes < *bytes) {
		*bytes = stats->delta_bytes;
		best = KPC_COLUMN_DELTA;
	}
	if (stats->zigzag_bytes < *bytes) {
		*bytes = stats->zigzag_bytes;
		best = KPC_COLUMN_ZIGZAG;
	}
	if (stats->varint_bytes <= *bytes) {
		*bytes = stats->varint_bytes;
		best = KPC_COLUMN_VARINT;
	}
	return best;
}

static enum kpc_column_number choose(const struct column_stats *stats,
				     uint32_t n, uint64_t *bytes)
{
	enum kpc_column_number best = choose_plain(stats, n, bytes);

	if ((uint64_t)stats->runs * RUN_BYTES < *bytes) {
		*bytes = (uint64_t)stats->runs * RUN_BYTES;
		best = KPC_COLUMN_RUN;
	}
	return best;
}

/* ---- dictionaries -------------------------------------------------------- */

/*
 * Numbers the values if a dictionary would take less than @bytes; gives up as
 * soon as it doesn't look so. Returns the number of entries, or 0.
 */
static uint32_t dict_try(struct kpc_column_encoder *enc, const uint64_t *v,
			 uint32_t n, uint64_t bytes)
{
	int32_t number;
	uint32_t nr, i;

	kpc_dict_reset(enc->dict);
	for (i = 0; i < n; i++) {
		if (i && v[i] == v[i - 1]) {
			enc->index[i] = enc->index[i - 1];
		} else {
			number = kpc_dict_find(enc->dict, v[i]);
			if (number < 0)
				return 0;
			enc->index[i] = number;
		}
		if (i % DICT_CHECK == DICT_CHECK - 1 &&
		    enc->dict->nr * 8ull + i > bytes * i / n + DICT_CHECK)
			return 0;
	}
	nr = enc->dict->nr;
	return nr * 8ull + (nr > 128 ? 2ull : 1ull) * n < bytes ? nr : 0;
}

static void add_dict(struct kpc_column_encoder *enc, struct kpc_buf *out,
		     uint32_t nr, uint32_t n)
{
	add_fixed64s(out, KPC_COLUMN_DICT, enc->dict->value, nr);
	add_packed32(out, KPC_COLUMN_INDEX, enc->index, n);
}

static void add_runs(struct kpc_column_encoder *enc, struct kpc_buf *out,
		     const uint64_t *v, uint32_t n, uint32_t runs)
{
	size_t begin = kpc_wire_begin(out, KPC_COLUMN_DICT);
	uint8_t *p = kpc_buf_reserve(out, (size_t)runs * sizeof(*v));
	uint32_t nr = 0;

	if (!p)
		return;
	for (uint32_t i = 0; i < n; i++) {
		if (i && v[i] == v[i - 1]) {
			enc->index[nr - 1]++;
			continue;
		}
		enc->index[nr] = 1;
		memcpy(p + nr++ * sizeof(*v), &v[i], sizeof(*v));
	}
	out->used += nr * sizeof(*v);
	kpc_wire_end(out, begin);
	add_packed32(out, KPC_COLUMN_RUN, enc->index, nr);
}

/* ---- pointers ------------------------------------------------------------ */

/*
 * Numbers @v, one that was there as how far back among the distinct ones it is,
 * a new one as 0. Returns how many are distinct, or 0 if it doesn't pay.
 */
static uint32_t back_try(struct kpc_column_encoder *enc, const uint64_t *v,
			 uint32_t n)
{
	struct kpc_dict *dict = enc->dict;

	kpc_dict_reset(dict);
	for (uint32_t i = 0; i < n; i++) {
		uint32_t nr = dict->nr;
		int32_t number = kpc_dict_find(dict, v[i]);

		if (number < 0)
			return 0;
		enc->index[i] = number == nr ? 0 : nr - number;
		if (i % BACK_CHECK == BACK_CHECK - 1 && dict->nr > i / 4 * 3)
			return 0;
	}
	return dict->nr <= n / 2 + n / 8 ? dict->nr : 0;
}

static void add_plain(struct kpc_buf *out, enum kpc_column_number encoding,
		      const uint64_t *v, uint32_t n);

/* @n values without a dictionary or runs. */
static void add_simple(struct kpc_buf *out, const uint64_t *v, uint32_t n)
{
	struct column_stats stats;
	uint64_t bytes;

	scan(&stats, v, n);
	if (stats.varying)
		add_plain(out, choose_plain(&stats, n, &bytes), v, n);
	else
		kpc_wire_add_varint(out, KPC_COLUMN_CONSTANT, v[0]);
}

static void add_back(struct kpc_column_encoder *enc, struct kpc_buf *out,
		     uint32_t n)
{
	size_t begin;

	add_packed32(out, KPC_COLUMN_BACK, enc->index, n);
	begin = kpc_wire_begin(out, KPC_COLUMN_ENTRIES);
	add_simple(out, enc->dict->value, enc->dict->nr);
	kpc_wire_end(out, begin);
}

/*
 * Pointers into few slabs, or whatever it was that they are below SPLIT_SHIFT
 * bits of: what is above has been seen lately, what is below is a byte or two
 * without the bits that are zero in all. False if it isn't so.
 */
static bool add_split(struct kpc_column_encoder *enc, struct kpc_buf *out,
		      const uint64_t *v, uint32_t n, uint64_t varying,
		      struct kpc_column_memory *memory)
{
	unsigned int unit = __builtin_ctzll(varying);
	unsigned int shift = unit + 7 > SPLIT_SHIFT ? unit + 7 : SPLIT_SHIFT;
	uint32_t mask = (1u << (shift - unit)) - 1;
	size_t begin;
	uint8_t *p;

	if (memory->back_pause) {
		memory->back_pause--;
		return false;
	}
	if (shift > 32 || v[0] & ((1ull << unit) - 1) || n < SPLIT_LEAST)
		return false;
	for (uint32_t i = 0; i < n; i++)
		enc->upper[i] = v[i] >> shift;
	if (!back_try(enc, enc->upper, n)) {
		memory->back_pause = DICT_PAUSE;
		return false;
	}
	enc->split = true;
	begin = kpc_wire_begin(out, KPC_COLUMN_UPPER);
	add_back(enc, out, n);
	kpc_wire_end(out, begin);
	begin = kpc_wire_begin(out, KPC_COLUMN_LOWER);
	p = kpc_buf_reserve(out, n * 2ull);
	if (!p)
		return true;
	for (uint32_t i = 0; i < n; i++)
		p = kpc_wire_store_varint(p, v[i] >> unit & mask);
	out->used = p - out->data;
	kpc_wire_end(out, begin);
	kpc_wire_add_varint(out, KPC_COLUMN_SHIFT, shift);
	if (unit)
		kpc_wire_add_varint(out, KPC_COLUMN_UNIT, unit);
	return true;
}

/* ---- a column ------------------------------------------------------------ */

static size_t column_begin(struct kpc_buf *out, uint32_t number, uint32_t field)
{
	size_t begin = kpc_wire_begin(out, number);

	if (field)
		kpc_wire_add_varint(out, KPC_COLUMN_FIELD, field);
	return begin;
}

static void add_plain(struct kpc_buf *out, enum kpc_column_number encoding,
		      const uint64_t *v, uint32_t n)
{
	size_t begin;

	if (encoding == KPC_COLUMN_RAW) {
		add_fixed64s(out, KPC_COLUMN_RAW, v, n);
		return;
	}
	if (encoding == KPC_COLUMN_OFFSET && v[0] >> 32)
		kpc_wire_add_fixed64(out, KPC_COLUMN_START, v[0] >> 32 << 32);
	begin = kpc_wire_begin(out, encoding);
	switch (encoding) {
	case KPC_COLUMN_VARINT:
		add_varints(out, v, n);
		break;
	case KPC_COLUMN_ZIGZAG:
		add_zigzags(out, v, n);
		break;
	case KPC_COLUMN_DELTA:
		add_deltas(out, v, n);
		break;
	default:
		add_offsets(out, v, n);
	}
	kpc_wire_end(out, begin);
}

/* Entries of a dictionary that pays, or 0; remembers when it didn't. */
static uint32_t dict_consider(struct kpc_column_encoder *enc, const uint64_t *v,
			      uint32_t n, uint64_t bytes,
			      struct kpc_column_memory *memory)
{
	uint32_t nr;

	if (bytes <= n + n / 4) /* about a byte a value: can't pay */
		return 0;
	if (memory->dict_pause) {
		memory->dict_pause--;
		return 0;
	}
	nr = dict_try(enc, v, n, bytes);
	if (!nr && n >= DICT_CHECK)
		memory->dict_pause = DICT_PAUSE;
	return nr;
}

int kpc_column_add(struct kpc_column_encoder *enc, struct kpc_buf *out,
		   uint32_t number, uint32_t field, const uint64_t *v,
		   uint32_t n, struct kpc_column_memory *memory)
{
	enum kpc_column_number encoding;
	struct column_stats stats;
	uint64_t bytes;
	uint32_t nr;
	size_t begin;

	if (!n || encoder_reserve(enc, n))
		return n ? -ENOMEM : 0;
	scan(&stats, v, n);
	if (!stats.varying) {
		kpc_column_add_constant(out, number, field, v[0]);
		return out->error;
	}
	begin = column_begin(out, number, field);
	encoding = choose(&stats, n, &bytes);
	if (encoding == KPC_COLUMN_RUN) {
		add_runs(enc, out, v, n, stats.runs);
	} else {
		nr = dict_consider(enc, v, n, bytes, memory);
		if (nr)
			add_dict(enc, out, nr, n);
		else if (bytes < 3ull * n ||
			 !add_split(enc, out, v, n, stats.varying, memory))
			add_plain(out, encoding, v, n);
	}
	kpc_wire_end(out, begin);
	return out->error;
}

bool kpc_column_add_runs(struct kpc_buf *out, uint32_t number, uint32_t field,
			 const uint64_t *v, const uint32_t *length,
			 uint32_t runs, uint32_t n)
{
	size_t begin;

	/* Nothing takes less than a byte a value. */
	if ((uint64_t)runs * RUN_BYTES >= n)
		return false;
	if (runs == 1) {
		kpc_column_add_constant(out, number, field, v[0]);
		return true;
	}
	begin = column_begin(out, number, field);
	add_fixed64s(out, KPC_COLUMN_DICT, v, runs);
	add_packed32(out, KPC_COLUMN_RUN, length, runs);
	kpc_wire_end(out, begin);
	return true;
}

void kpc_column_add_constant(struct kpc_buf *out, uint32_t number,
			     uint32_t field, uint64_t v)
{
	size_t begin;

	if (!v)
		return;
	begin = column_begin(out, number, field);
	kpc_wire_add_varint(out, KPC_COLUMN_CONSTANT, v);
	kpc_wire_end(out, begin);
}

void kpc_column_add_tid(struct kpc_buf *out, uint32_t number, uint32_t field)
{
	size_t begin = column_begin(out, number, field);

	kpc_wire_add_varint(out, KPC_COLUMN_TID, 1);
	kpc_wire_end(out, begin);
}

/* ---- byte strings -------------------------------------------------------- */

/* Number of distinct strings if they are few, else 0; -ENOMEM. */
static int64_t blobs_intern(struct kpc_column_encoder *enc,
			    const struct kpc_span *v, uint32_t n)
{
	kpc_intern_reset(&enc->intern);
	for (uint32_t i = 0; i < n; i++) {
		int64_t index = kpc_intern_add(&enc->intern, v[i]);

		if (index < 0)
			return index;
		enc->index[i] = index;
		if (i % DICT_CHECK == DICT_CHECK - 1 && enc->intern.nr > i / 2)
			return 0;
	}
	return enc->intern.nr <= n / 2 || enc->intern.nr == 1 ? enc->intern.nr :
								0;
}

static void add_lengths(struct kpc_buf *out, const struct kpc_span *v,
			size_t stride, uint32_t n)
{
	size_t begin = kpc_wire_begin(out, KPC_COLUMN_LENGTH);
	uint8_t *p = kpc_buf_reserve(out, (size_t)n * KPC_WIRE_VARINT_BYTES);

	if (!p)
		return;
	for (; n--; v = (const void *)((const char *)v + stride))
		p = kpc_wire_store_varint(p, v->bytes);
	out->used = p - out->data;
	kpc_wire_end(out, begin);
}

static void add_contents(struct kpc_buf *out, const struct kpc_span *v,
			 size_t stride, uint32_t n)
{
	size_t begin = kpc_wire_begin(out, KPC_COLUMN_BLOB);

	for (; n--; v = (const void *)((const char *)v + stride))
		kpc_buf_add(out, v->at, v->bytes);
	kpc_wire_end(out, begin);
}

void kpc_column_add_blob(struct kpc_buf *out, uint32_t number, uint32_t field,
			 struct kpc_span blob, uint32_t n)
{
	size_t begin;

	if (!blob.bytes)
		return;
	begin = column_begin(out, number, field);
	add_packed32(out, KPC_COLUMN_RUN, &n, 1);
	add_lengths(out, &blob, sizeof(blob), 1);
	add_contents(out, &blob, sizeof(blob), 1);
	kpc_wire_end(out, begin);
}

int kpc_column_add_blobs(struct kpc_column_encoder *enc, struct kpc_buf *out,
			 uint32_t number, uint32_t field,
			 const struct kpc_span *v, uint32_t n,
			 struct kpc_column_memory *memory)
{
	int64_t entries = 0;
	size_t begin;

	if (!n || encoder_reserve(enc, n))
		return n ? -ENOMEM : 0;
	if (memory->dict_pause)
		memory->dict_pause--;
	else
		entries = blobs_intern(enc, v, n);
	if (entries < 0)
		return entries;
	if (entries == 1) {
		kpc_column_add_blob(out, number, field, v[0], n);
		return out->error;
	}
	begin = column_begin(out, number, field);
	if (entries) {
		size_t stride = sizeof(*enc->intern.entries);

		add_lengths(out, &enc->intern.entries->span, stride, entries);
		add_contents(out, &enc->intern.entries->span, stride, entries);
		add_packed32(out, KPC_COLUMN_INDEX, enc->index, n);
	} else {
		if (!memory->dict_pause && n >= DICT_CHECK)
			memory->dict_pause = DICT_PAUSE;
		add_lengths(out, v, sizeof(*v), n);
		add_contents(out, v, sizeof(*v), n);
	}
	kpc_wire_end(out, begin);
	return out->error;
}
