// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>

#include "values.h"

static const enum kpc_wire_type part_type[KPC_COLUMN_NUMBERS] = {
	[KPC_COLUMN_FIELD] = KPC_WIRE_VARINT,
	[KPC_COLUMN_CONSTANT] = KPC_WIRE_VARINT,
	[KPC_COLUMN_VARINT] = KPC_WIRE_BYTES,
	[KPC_COLUMN_ZIGZAG] = KPC_WIRE_BYTES,
	[KPC_COLUMN_DELTA] = KPC_WIRE_BYTES,
	[KPC_COLUMN_START] = KPC_WIRE_FIXED64,
	[KPC_COLUMN_OFFSET] = KPC_WIRE_BYTES,
	[KPC_COLUMN_RAW] = KPC_WIRE_BYTES,
	[KPC_COLUMN_DICT] = KPC_WIRE_BYTES,
	[KPC_COLUMN_INDEX] = KPC_WIRE_BYTES,
	[KPC_COLUMN_RUN] = KPC_WIRE_BYTES,
	[KPC_COLUMN_LENGTH] = KPC_WIRE_BYTES,
	[KPC_COLUMN_BLOB] = KPC_WIRE_BYTES,
	[KPC_COLUMN_TID] = KPC_WIRE_VARINT,
	[KPC_COLUMN_UPPER] = KPC_WIRE_BYTES,
	[KPC_COLUMN_LOWER] = KPC_WIRE_BYTES,
	[KPC_COLUMN_SHIFT] = KPC_WIRE_VARINT,
	[KPC_COLUMN_UNIT] = KPC_WIRE_VARINT,
	[KPC_COLUMN_BACK] = KPC_WIRE_BYTES,
	[KPC_COLUMN_ENTRIES] = KPC_WIRE_BYTES,
};

static int parse_part(struct kpc_column *column,
		      const struct kpc_wire_field *field)
{
	if (field->number >= KPC_COLUMN_NUMBERS)
		return 0; /* of a newer writer, and not needed */
	if (field->type != part_type[field->number])
		return -EBADMSG;
	switch (field->number) {
	case KPC_COLUMN_FIELD:
		if (field->value > UINT32_MAX)
			return -EBADMSG;
		column->field = field->value;
		return 0;
	case KPC_COLUMN_CONSTANT:
		column->constant = field->value;
		return 0;
	case KPC_COLUMN_START:
		column->start = field->value;
		return 0;
	case KPC_COLUMN_TID:
		column->tid = field->value;
		return 0;
	case KPC_COLUMN_SHIFT:
	case KPC_COLUMN_UNIT:
		if (field->value > 63)
			return -EBADMSG;
		*(field->number == KPC_COLUMN_SHIFT ?
			  &column->shift :
			  &column->unit) = field->value;
		return 0;
	}
	if (column->part[field->number].at)
		return -EBADMSG; /* a second piece of a packed field */
	column->part[field->number] = field->bytes;
	return 0;
}

int kpc_column_parse(struct kpc_column *column, struct kpc_wire wire)
{
	struct kpc_wire_field field;
	int ret;

	*column = (struct kpc_column){ 0 };
	while ((ret = kpc_wire_next(&wire, &field)) > 0) {
		ret = parse_part(column, &field);
		if (ret)
			return ret;
	}
	return ret;
}

bool kpc_column_is_constant(const struct kpc_column *column)
{
	for (int i = 0; i < KPC_COLUMN_NUMBERS; i++)
		if (column->part[i].at)
			return false;
	return !column->tid;
}

bool kpc_column_is_blob(const struct kpc_column *column)
{
	return column->part[KPC_COLUMN_LENGTH].at ||
	       column->part[KPC_COLUMN_BLOB].at;
}

/* ---- integers ------------------------------------------------------------ */

#define MORE_BITS 0x8080808080808080ull /* of eight bytes: another follows */

/*
 * The varint at the beginning of eight bytes, if it ends there: @stop has the upper
 * bits of those bytes that end one. Without a branch for its length, which is of
 * one byte here and two there.
 */
static uint64_t short_varint(uint64_t bytes, uint64_t stop)
{
	uint64_t v = bytes & (stop ^ (stop - 1)) & ~MORE_BITS;

	v = (v & 0x7f007f007f007f00ull) >> 1 | (v & 0x007f007f007f007full);
	v = (v & 0x3fff00003fff0000ull) >> 2 | (v & 0x00003fff00003fffull);
	return (v & 0x0fffffff00000000ull) >> 4 | (v & 0x000000000fffffffull);
}

static int decode_varints(struct kpc_wire part, uint64_t *v, uint32_t n)
{
	uint32_t i = 0;

	while (n - i >= 8 && kpc_wire_left(&part) >= 8) {
		const uint8_t *p = part.at;
		uint64_t bytes = kpc_load64(p);
		uint64_t stop = ~bytes & MORE_BITS;

		if (stop == MORE_BITS) {
			for (int k = 0; k < 8; k++)
				v[i++] = p[k];
			part.at += 8;
		} else if (stop) {
			v[i++] = short_varint(bytes, stop);
			part.at += __builtin_ctzll(stop) / 8 + 1;
		} else if (kpc_wire_get_varint_slow(&part, &v[i++])) {
			return -EBADMSG;
		}
	}
	for (; i < n; i++)
		if (kpc_wire_get_varint(&part, &v[i]))
			return -EBADMSG;
	return part.at == part.end ? 0 : -EBADMSG;
}

static int decode_zigzags(struct kpc_wire part, uint64_t *v, uint32_t n)
{
	int err = decode_varints(part, v, n);

	for (uint32_t i = 0; !err && i < n; i++)
		v[i] = kpc_unzigzag(v[i]);
	return err;
}

static int decode_deltas(struct kpc_wire part, uint64_t *v, uint32_t n)
{
	int err = decode_zigzags(part, v, n);

	for (uint32_t i = 1; !err && i < n; i++)
		v[i] += v[i - 1];
	return err;
}

static int decode_offsets(const struct kpc_column *column, uint64_t *v,
			  uint32_t n)
{
	struct kpc_wire part = column->part[KPC_COLUMN_OFFSET];

	if (kpc_wire_left(&part) != (size_t)n * 4)
		return -EBADMSG;
	for (uint32_t i = 0; i < n; i++)
		v[i] = column->start + kpc_load32(part.at + (size_t)i * 4);
	return 0;
}

static int decode_raw(struct kpc_wire part, uint64_t *v, uint32_t n)
{
	if (kpc_wire_left(&part) != (size_t)n * 8)
		return -EBADMSG;
	for (uint32_t i = 0; i < n; i++)
		v[i] = kpc_load64(part.at + (size_t)i * 8);
	return 0;
}

static int decode_dict(const struct kpc_column *column, uint64_t *v, uint32_t n)
{
	struct kpc_wire dict = column->part[KPC_COLUMN_DICT];
	struct kpc_wire part = column->part[KPC_COLUMN_INDEX];
	size_t entries = kpc_wire_left(&dict) / 8;
	int err = decode_varints(part, v, n);

	if (err || kpc_wire_left(&dict) % 8)
		return -EBADMSG;
	for (uint32_t i = 0; i < n; i++) {
		if (v[i] >= entries)
			return -EBADMSG;
		v[i] = kpc_load64(dict.at + v[i] * 8);
	}
	return 0;
}

static int decode_runs(const struct kpc_column *column, uint64_t *v, uint32_t n)
{
	struct kpc_wire dict = column->part[KPC_COLUMN_DICT];
	struct kpc_wire part = column->part[KPC_COLUMN_RUN];
	uint64_t length, value;
	uint32_t i = 0;

	while (part.at != part.end) {
		if (kpc_wire_get_varint(&part, &length) || length > n - i ||
		    kpc_wire_left(&dict) < 8)
			return -EBADMSG;
		value = kpc_load64(dict.at);
		dict.at += 8;
		while (length--)
			v[i++] = value;
	}
	return i == n && dict.at == dict.end ? 0 : -EBADMSG;
}

/* The new ones among @n are the zeros; they come first into @entry. */
static int decode_entries(struct kpc_wire part, struct kpc_wire entries,
			  uint64_t *entry, uint32_t n, uint32_t *nr)
{
	struct kpc_column column;
	uint64_t back;

	*nr = 0;
	for (uint32_t i = 0; i < n; i++) {
		if (kpc_wire_get_varint(&part, &back))
			return -EBADMSG;
		*nr += !back;
	}
	if (part.at != part.end || kpc_column_parse(&column, entries) ||
	    column.part[KPC_COLUMN_UPPER].at || column.part[KPC_COLUMN_BACK].at)
		return -EBADMSG;
	return kpc_column_decode(&column, entry, *nr);
}

static int decode_back(const struct kpc_column *column, uint64_t *v, uint32_t n)
{
	struct kpc_wire part = column->part[KPC_COLUMN_BACK];
	uint64_t *entry = malloc((n + 1ull) * sizeof(*entry));
	uint32_t nr, next = 0;
	uint64_t back;
	int err;

	if (!entry)
		return -ENOMEM;
	err = decode_entries(part, column->part[KPC_COLUMN_ENTRIES], entry, n,
			     &nr);
	for (uint32_t i = 0; !err && i < n; i++) {
		if (kpc_wire_get_varint(&part, &back) || back > next)
			err = -EBADMSG;
		else
			v[i] = back ? entry[next - back] : entry[next++];
	}
	free(entry);
	return err;
}

static int decode_split(const struct kpc_column *column, uint64_t *v,
			uint32_t n)
{
	struct kpc_wire part = column->part[KPC_COLUMN_LOWER];
	struct kpc_column upper;
	uint64_t lower;
	int err = kpc_column_parse(&upper, column->part[KPC_COLUMN_UPPER]);

	if (err || upper.part[KPC_COLUMN_UPPER].at)
		return -EBADMSG; /* one in the other would go deep */
	err = kpc_column_decode(&upper, v, n);
	for (uint32_t i = 0; !err && i < n; i++) {
		if (kpc_wire_get_varint(&part, &lower))
			err = -EBADMSG;
		else
			v[i] = v[i] << column->shift | lower << column->unit;
	}
	return !err && part.at != part.end ? -EBADMSG : err;
}

int kpc_column_decode(const struct kpc_column *column, uint64_t *v, uint32_t n)
{
	const struct kpc_wire *part = column->part;

	if (kpc_column_is_blob(column) || column->tid)
		return -EBADMSG;
	if (part[KPC_COLUMN_VARINT].at)
		return decode_varints(part[KPC_COLUMN_VARINT], v, n);
	if (part[KPC_COLUMN_ZIGZAG].at)
		return decode_zigzags(part[KPC_COLUMN_ZIGZAG], v, n);
	if (part[KPC_COLUMN_DELTA].at)
		return decode_deltas(part[KPC_COLUMN_DELTA], v, n);
	if (part[KPC_COLUMN_OFFSET].at)
		return decode_offsets(column, v, n);
	if (part[KPC_COLUMN_RAW].at)
		return decode_raw(part[KPC_COLUMN_RAW], v, n);
	if (part[KPC_COLUMN_INDEX].at)
		return decode_dict(column, v, n);
	if (part[KPC_COLUMN_RUN].at)
		return decode_runs(column, v, n);
	if (part[KPC_COLUMN_UPPER].at)
		return decode_split(column, v, n);
	if (part[KPC_COLUMN_BACK].at)
		return decode_back(column, v, n);
	for (uint32_t i = 0; i < n; i++)
		v[i] = column->constant;
	return 0;
}

/* ---- how often ----------------------------------------------------------- */

bool kpc_column_has_tally(const struct kpc_column *column, uint32_t n)
{
	const struct kpc_wire *part = column->part;

	if (kpc_column_is_blob(column) || column->tid)
		return false;
	for (int i = KPC_COLUMN_VARINT; i <= KPC_COLUMN_RAW; i++)
		if (part[i].at && i != KPC_COLUMN_START)
			return false;
	return (part[KPC_COLUMN_INDEX].at || part[KPC_COLUMN_RUN].at) &&
	       kpc_wire_left(&part[KPC_COLUMN_DICT]) / 8 <= n;
}

static int tally_dict(const struct kpc_column *column, uint64_t *v,
		      uint32_t *times, uint32_t n, uint32_t *nr)
{
	struct kpc_wire dict = column->part[KPC_COLUMN_DICT];
	uint32_t entries = kpc_wire_left(&dict) / 8;
	int err = decode_varints(column->part[KPC_COLUMN_INDEX], v, n);

	if (err || kpc_wire_left(&dict) % 8)
		return -EBADMSG;
	memset(times, 0, entries * sizeof(*times));
	for (uint32_t i = 0; i < n; i++) {
		if (v[i] >= entries)
			return -EBADMSG;
		times[v[i]]++;
	}
	for (uint32_t i = 0; i < entries; i++)
		v[i] = kpc_load64(dict.at + i * 8ull);
	*nr = entries;
	return 0;
}

static int tally_runs(const struct kpc_column *column, uint64_t *v,
		      uint32_t *times, uint32_t n, uint32_t *nr)
{
	struct kpc_wire dict = column->part[KPC_COLUMN_DICT];
	struct kpc_wire part = column->part[KPC_COLUMN_RUN];
	uint32_t left = n;
	uint64_t length;

	for (*nr = 0; part.at != part.end; ++*nr) {
		if (kpc_wire_get_varint(&part, &length) || length > left ||
		    kpc_wire_left(&dict) < 8)
			return -EBADMSG;
		v[*nr] = kpc_load64(dict.at);
		times[*nr] = length;
		dict.at += 8;
		left -= length;
	}
	return !left && dict.at == dict.end ? 0 : -EBADMSG;
}

int kpc_column_tally(const struct kpc_column *column, uint64_t *v,
		     uint32_t *times, uint32_t n, uint32_t *nr)
{
	return column->part[KPC_COLUMN_INDEX].at ?
		       tally_dict(column, v, times, n, nr) :
		       tally_runs(column, v, times, n, nr);
}

/* ---- byte strings -------------------------------------------------------- */

/* The next string of a column's contents. */
static int next_span(struct kpc_wire *lengths, struct kpc_wire *blob,
		     struct kpc_span *span)
{
	uint64_t length;

	if (kpc_wire_get_varint(lengths, &length) ||
	    length > kpc_wire_left(blob))
		return -EBADMSG;
	*span = (struct kpc_span){ .at = blob->at, .bytes = length };
	blob->at += length;
	return 0;
}

static int decode_spans(struct kpc_wire lengths, struct kpc_wire blob,
			struct kpc_span *v, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (next_span(&lengths, &blob, &v[i]))
			return -EBADMSG;
	return lengths.at == lengths.end && blob.at == blob.end ? 0 : -EBADMSG;
}

static int decode_span_runs(const struct kpc_column *column, struct kpc_span *v,
			    uint32_t n)
{
	struct kpc_wire lengths = column->part[KPC_COLUMN_LENGTH];
	struct kpc_wire blob = column->part[KPC_COLUMN_BLOB];
	struct kpc_wire part = column->part[KPC_COLUMN_RUN];
	struct kpc_span span;
	uint64_t length;
	uint32_t i = 0;

	while (part.at != part.end) {
		if (kpc_wire_get_varint(&part, &length) || length > n - i ||
		    next_span(&lengths, &blob, &span))
			return -EBADMSG;
		while (length--)
			v[i++] = span;
	}
	return i == n && lengths.at == lengths.end && blob.at == blob.end ?
		       0 :
		       -EBADMSG;
}

static int index_spans(struct kpc_wire part, const struct kpc_span *dict,
		       uint32_t entries, struct kpc_span *v, uint32_t n)
{
	uint64_t index;

	for (uint32_t i = 0; i < n; i++) {
		if (kpc_wire_get_varint(&part, &index) || index >= entries)
			return -EBADMSG;
		v[i] = dict[index];
	}
	return part.at == part.end ? 0 : -EBADMSG;
}

static int decode_span_dict(const struct kpc_column *column, struct kpc_span *v,
			    uint32_t n)
{
	struct kpc_wire lengths = column->part[KPC_COLUMN_LENGTH];
	struct kpc_wire blob = column->part[KPC_COLUMN_BLOB];
	struct kpc_span *dict;
	uint32_t entries = 0;
	int err = 0;

	dict = malloc(((size_t)n + 1) * sizeof(*dict));
	if (!dict)
		return -ENOMEM;
	while (!err && lengths.at != lengths.end)
		err = entries == n ?
			      -EBADMSG :
			      next_span(&lengths, &blob, &dict[entries++]);
	if (!err)
		err = blob.at == blob.end ? 0 : -EBADMSG;
	if (!err)
		err = index_spans(column->part[KPC_COLUMN_INDEX], dict, entries,
				  v, n);
	free(dict);
	return err;
}

int kpc_column_decode_blobs(const struct kpc_column *column, struct kpc_span *v,
			    uint32_t n)
{
	const struct kpc_wire *part = column->part;

	if (kpc_column_is_constant(column)) {
		memset(v, 0, n * sizeof(*v));
		return 0;
	}
	if (!part[KPC_COLUMN_LENGTH].at)
		return -EBADMSG;
	if (part[KPC_COLUMN_INDEX].at)
		return decode_span_dict(column, v, n);
	if (part[KPC_COLUMN_RUN].at)
		return decode_span_runs(column, v, n);
	return decode_spans(part[KPC_COLUMN_LENGTH], part[KPC_COLUMN_BLOB], v,
			    n);
}
