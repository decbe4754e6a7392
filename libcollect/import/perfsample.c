// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "perfsample.h"
#include "recordend.h"

/* What of a record isn't read yet. */
struct rest {
	const uint8_t *at;
	uint64_t bytes;
	bool is_bad;
};

static struct rest rest_of(const struct perf_event_header *record)
{
	return (struct rest){
		.at = (const uint8_t *)(record + 1),
		.bytes = record->size - sizeof(*record),
	};
}

/* NULL, once and for all, if there aren't so many bytes. */
static const uint8_t *take(struct rest *rest, uint64_t bytes)
{
	const uint8_t *at = rest->at;

	if (rest->is_bad || bytes > rest->bytes) {
		rest->is_bad = true;
		return NULL;
	}
	rest->at += bytes;
	rest->bytes -= bytes;
	return at;
}

static uint64_t take_u64(struct rest *rest)
{
	const uint8_t *at = take(rest, sizeof(uint64_t));
	uint64_t v = 0;

	if (at)
		memcpy(&v, at, sizeof(v));
	return v;
}

/* Two numbers of 32 bits. */
static void take_u32s(struct rest *rest, uint32_t *first, uint32_t *second)
{
	uint64_t v = take_u64(rest);

	*first = v;
	*second = v >> 32;
}

static struct kpc_perfsample unknown(void)
{
	return (struct kpc_perfsample){
		.pid = UINT32_MAX,
		.tid = UINT32_MAX,
		.cpu = -1,
	};
}

/* PERF_SAMPLE_READ, whose values aren't wanted. */
static void skip_read(struct rest *rest, uint64_t format)
{
	uint64_t nr = 1, words = 1 + !!(format & PERF_FORMAT_ID) +
				 !!(format & PERF_FORMAT_LOST);

	if (format & PERF_FORMAT_GROUP)
		nr = take_u64(rest);
	if (format & PERF_FORMAT_TOTAL_TIME_ENABLED)
		take_u64(rest);
	if (format & PERF_FORMAT_TOTAL_TIME_RUNNING)
		take_u64(rest);
	if (nr > rest->bytes / sizeof(uint64_t))
		rest->is_bad = true;
	else
		take(rest, nr * words * sizeof(uint64_t));
}

static void take_chain(struct rest *rest, struct kpc_perfsample *s)
{
	uint64_t nr = take_u64(rest);

	if (nr > rest->bytes / sizeof(uint64_t)) {
		rest->is_bad = true;
		return;
	}
	s->chain_depth = nr;
	s->chain = (const void *)take(rest, nr * sizeof(uint64_t));
}

static void take_raw(struct rest *rest, struct kpc_perfsample *s)
{
	const uint8_t *at = take(rest, sizeof(s->raw_bytes));

	if (!at)
		return;
	memcpy(&s->raw_bytes, at, sizeof(s->raw_bytes));
	s->raw = take(rest, s->raw_bytes);
}

/* What processors trace, of any length, would be behind it. */
bool kpc_perfsample_has_cgroup(const struct perf_event_attr *attr)
{
	return attr->sample_type & PERF_SAMPLE_CGROUP &&
	       !(attr->sample_type & PERF_SAMPLE_AUX);
}

/*
 * Counted from the end: what may be between the raw record and it has many shapes,
 * what is behind it doesn't.
 */
static void take_cgroup(struct rest *rest, uint64_t type,
			struct kpc_perfsample *s)
{
	uint64_t bytes =
		sizeof(uint64_t) * (1 + !!(type & PERF_SAMPLE_DATA_PAGE_SIZE) +
				    !!(type & PERF_SAMPLE_CODE_PAGE_SIZE));

	if (bytes > rest->bytes)
		rest->is_bad = true;
	if (rest->is_bad)
		return;
	take(rest, rest->bytes - bytes);
	s->cgroup = take_u64(rest);
}

/*
 * In the order of perf_event_open(2), "PERF_RECORD_SAMPLE", up to the raw record; and
 * the cgroup.
 */
bool kpc_perfsample_read(struct kpc_perfsample *s,
			 const struct perf_event_header *record,
			 const struct perf_event_attr *attr)
{
	struct rest rest = rest_of(record);
	uint64_t type = attr->sample_type;
	uint32_t other;

	*s = unknown();
	if (type & PERF_SAMPLE_IDENTIFIER)
		s->id = take_u64(&rest);
	if (type & PERF_SAMPLE_IP)
		s->ip = take_u64(&rest);
	if (type & PERF_SAMPLE_TID)
		take_u32s(&rest, &s->pid, &s->tid);
	if (type & PERF_SAMPLE_TIME) {
		s->time_ns = take_u64(&rest);
		s->has_time = true;
	}
	if (type & PERF_SAMPLE_ADDR)
		s->addr = take_u64(&rest);
	if (type & PERF_SAMPLE_ID)
		s->id = take_u64(&rest);
	if (type & PERF_SAMPLE_STREAM_ID)
		take_u64(&rest);
	if (type & PERF_SAMPLE_CPU)
		take_u32s(&rest, (uint32_t *)&s->cpu, &other);
	if (type & PERF_SAMPLE_PERIOD)
		s->period = take_u64(&rest);
	if (type & PERF_SAMPLE_READ)
		skip_read(&rest, attr->read_format);
	if (type & PERF_SAMPLE_CALLCHAIN)
		take_chain(&rest, s);
	if (type & PERF_SAMPLE_RAW)
		take_raw(&rest, s);
	if (kpc_perfsample_has_cgroup(attr))
		take_cgroup(&rest, type, s);
	return !rest.is_bad;
}

static uint32_t trailer_words(uint64_t type)
{
	const uint64_t all = PERF_SAMPLE_TID | PERF_SAMPLE_TIME |
			     PERF_SAMPLE_ID | PERF_SAMPLE_STREAM_ID |
			     PERF_SAMPLE_CPU | PERF_SAMPLE_IDENTIFIER;

	return __builtin_popcountll(type & all);
}

bool kpc_perfsample_trailer(struct kpc_perfsample *s,
			    const struct perf_event_header *record,
			    const struct perf_event_attr *attr, uint32_t *bytes)
{
	struct rest rest = rest_of(record);
	uint64_t type = attr->sample_type;
	uint32_t other;

	*s = unknown();
	*bytes = attr->sample_id_all ? trailer_words(type) * sizeof(uint64_t) :
				       0;
	if (!*bytes)
		return true;
	if (*bytes > rest.bytes)
		return false;
	take(&rest, kpc_recordend(record, *bytes) - sizeof(*record));
	if (type & PERF_SAMPLE_TID)
		take_u32s(&rest, &s->pid, &s->tid);
	if (type & PERF_SAMPLE_TIME) {
		s->time_ns = take_u64(&rest);
		s->has_time = true;
	}
	if (type & PERF_SAMPLE_ID)
		s->id = take_u64(&rest);
	if (type & PERF_SAMPLE_STREAM_ID)
		take_u64(&rest);
	if (type & PERF_SAMPLE_CPU)
		take_u32s(&rest, (uint32_t *)&s->cpu, &other);
	if (type & PERF_SAMPLE_IDENTIFIER)
		s->id = take_u64(&rest);
	return true;
}

uint64_t kpc_perfsample_id(const struct perf_event_header *record,
			   const struct perf_event_attr *first)
{
	const uint64_t before = PERF_SAMPLE_IP | PERF_SAMPLE_TID |
				PERF_SAMPLE_TIME | PERF_SAMPLE_ADDR;
	struct rest rest = rest_of(record);
	struct kpc_perfsample s;
	uint64_t type = first->sample_type;
	uint32_t bytes;

	if (record->type != PERF_RECORD_SAMPLE) {
		kpc_perfsample_trailer(&s, record, first, &bytes);
		return s.id;
	}
	if (!(type & (PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_ID)))
		return 0;
	if (!(type & PERF_SAMPLE_IDENTIFIER))
		take(&rest,
		     __builtin_popcountll(type & before) * sizeof(uint64_t));
	return take_u64(&rest);
}
