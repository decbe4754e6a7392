/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sample - takes PERF_RECORD_SAMPLE apart
 */
#ifndef KPC_SAMPLE_H
#define KPC_SAMPLE_H

#include <linux/perf_event.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "batch.h"

/* What is understood; events are opened with no other. */
#define KPC_SAMPLE_TYPES                                                 \
	(PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_IP | PERF_SAMPLE_TID |     \
	 PERF_SAMPLE_TIME | PERF_SAMPLE_PERIOD | PERF_SAMPLE_CALLCHAIN | \
	 PERF_SAMPLE_RAW | PERF_SAMPLE_CGROUP)

#define KPC_SAMPLE_ID_AT 8 /* of PERF_SAMPLE_IDENTIFIER */

/* struct trace_entry: type u16, flags u8, preempt_count u8, pid s32 */
#define KPC_ENTRY_PID	4
#define KPC_ENTRY_BYTES 8

/* Where the parts of a record are, in bytes from its header; 0: it has none. */
struct kpc_sample_layout {
	uint16_t bytes; /* that a record has at least */
	uint16_t time_at;
	uint16_t tid_at;
	uint16_t period_at;
	uint16_t chain_at;
	uint16_t raw_at; /* beyond the call chain's frames */
	uint16_t tail;	 /* bytes behind the raw record: of a cgroup's id */
	bool raw;	 /* raw_at is of PERF_SAMPLE_RAW, not of an IP */
};

/* Of records of events opened with @sample_type. 0, or -EINVAL: see above. */
int kpc_sample_layout(struct kpc_sample_layout *layout, uint64_t sample_type);

static inline uint64_t kpc_sample_u64(const uint8_t *at)
{
	uint64_t v;

	memcpy(&v, at, sizeof(v));
	return v;
}

static inline uint32_t kpc_sample_u32(const uint8_t *at)
{
	uint32_t v;

	memcpy(&v, at, sizeof(v));
	return v;
}

/*
 * How many frames the call chain has, or UINT32_MAX if there's no room for them in
 * the record. It has l->bytes at least.
 */
static inline uint32_t kpc_sample_depth(const struct kpc_sample_layout *l,
					const struct perf_event_header *record)
{
	uint64_t depth = kpc_sample_u64((const uint8_t *)record + l->chain_at);

	/* Divided, because depth * 8 may overflow. */
	return depth > (record->size - l->bytes) / sizeof(uint64_t) ?
		       UINT32_MAX :
		       depth;
}

/*
 * Fills @s, all but its event and its cgroup. Without PERF_SAMPLE_RAW the raw record is the
 * instruction pointer. Pointers go into the record. False if the record isn't
 * what the layout says.
 */
static inline bool kpc_sample_read(struct kpc_sample *s,
				   const struct kpc_sample_layout *l,
				   const struct perf_event_header *record)
{
	const uint8_t *p = (const uint8_t *)record;
	uint32_t size = record->size;
	uint32_t at = l->raw_at;

	*s = (struct kpc_sample){ 0 };
	if (size < l->bytes)
		return false;
	if (l->time_at)
		s->time_ns = kpc_sample_u64(p + l->time_at);
	if (l->period_at)
		s->weight = kpc_sample_u64(p + l->period_at);
	if (l->chain_at) {
		uint32_t depth = kpc_sample_depth(l, record);

		if (depth == UINT32_MAX)
			return false;
		s->chain_depth = depth;
		s->chain = (const void *)(p + l->chain_at + sizeof(uint64_t));
		if (l->raw)
			at += depth * sizeof(uint64_t);
	}
	if (l->raw) {
		s->raw_bytes = kpc_sample_u32(p + at);
		at += sizeof(uint32_t);
		if (s->raw_bytes > size - l->tail - at)
			return false;
		s->raw = p + at;
	} else if (at) {
		s->raw_bytes = sizeof(uint64_t);
		s->raw = p + at;
	}
	if (l->tid_at) {
		s->tid = kpc_sample_u32(p + l->tid_at);
	} else if (l->raw) {
		if (s->raw_bytes < KPC_ENTRY_BYTES)
			return false;
		s->tid = kpc_sample_u32(s->raw + KPC_ENTRY_PID);
	}
	return true;
}

/* Of a record that was read: its cgroup. 0: the layout has none. */
static inline uint64_t kpc_sample_cgroup(const struct kpc_sample_layout *l,
					 const struct perf_event_header *record)
{
	return l->tail ? kpc_sample_u64((const uint8_t *)record + record->size -
					l->tail) :
			 0;
}

/*
 * The raw record ends where the record does, or the cgroup's id begins: what another
 * layout takes for its length hardly ever says so.
 */
static inline bool kpc_sample_fits(const struct kpc_sample_layout *l,
				   const struct perf_event_header *record)
{
	const uint8_t *p = (const uint8_t *)record;
	uint32_t size = record->size;
	uint32_t at = l->raw_at;

	if (size < l->bytes)
		return false;
	if (l->chain_at) {
		uint32_t depth = kpc_sample_depth(l, record);

		if (depth == UINT32_MAX)
			return false;
		at += depth * sizeof(uint64_t);
	}
	at += sizeof(uint32_t);
	return kpc_sample_u32(p + at - sizeof(uint32_t)) == size - l->tail - at;
}

/* All of it from scratch, but its event: 0, or -EBADMSG. */
int kpc_sample_parse(struct kpc_sample *sample,
		     const struct perf_event_header *record,
		     uint64_t sample_type);

#endif /* KPC_SAMPLE_H */
