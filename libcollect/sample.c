// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "sample.h"

/* struct trace_entry: type u16, flags u8, preempt_count u8, pid s32 */
#define ENTRY_PID 4

/* What is left of a record. */
struct cursor {
	const uint8_t *at;
	uint32_t left;
};

/* The next @bytes, or NULL if there aren't as many. */
static const void *take(struct cursor *c, uint64_t bytes)
{
	const uint8_t *at = c->at;

	if (bytes > c->left)
		return NULL;
	c->at += bytes;
	c->left -= bytes;
	return at;
}

static bool take_u64(struct cursor *c, uint64_t *value)
{
	const void *at = take(c, sizeof(*value));

	if (at)
		memcpy(value, at, sizeof(*value));
	return at;
}

static bool take_u32(struct cursor *c, uint32_t *value)
{
	const void *at = take(c, sizeof(*value));

	if (at)
		memcpy(value, at, sizeof(*value));
	return at;
}

static bool take_tid(struct cursor *c, struct kpc_sample *sample)
{
	uint32_t pid;

	return take_u32(c, &pid) && take_u32(c, &sample->tid);
}

static bool take_chain(struct cursor *c, struct kpc_sample *sample)
{
	uint64_t depth;

	/* Divided, because depth * 8 may overflow. */
	if (!take_u64(c, &depth) || depth > c->left / sizeof(uint64_t))
		return false;
	sample->chain_depth = depth;
	sample->chain = take(c, depth * sizeof(uint64_t));
	return true;
}

static bool take_raw(struct cursor *c, struct kpc_sample *sample)
{
	if (!take_u32(c, &sample->raw_bytes))
		return false;
	sample->raw = take(c, sample->raw_bytes);
	return sample->raw;
}

static struct cursor body(const struct perf_event_header *record)
{
	return (struct cursor){
		.at = (const uint8_t *)(record + 1),
		.left = record->size - sizeof(*record),
	};
}

bool kpc_sample_id(const struct perf_event_header *record, uint64_t *id)
{
	struct cursor c = body(record);

	return take_u64(&c, id);
}

/* In the order of perf_event_open(2), "PERF_RECORD_SAMPLE". */
static bool take_all(struct cursor *c, struct kpc_sample *sample, uint64_t type)
{
	uint64_t id;

	if ((type & PERF_SAMPLE_IDENTIFIER) && !take_u64(c, &id))
		return false;
	if (type & PERF_SAMPLE_IP) {
		sample->raw = take(c, sizeof(uint64_t));
		sample->raw_bytes = sizeof(uint64_t);
		if (!sample->raw)
			return false;
	}
	if ((type & PERF_SAMPLE_TID) && !take_tid(c, sample))
		return false;
	if ((type & PERF_SAMPLE_TIME) && !take_u64(c, &sample->time_ns))
		return false;
	if ((type & PERF_SAMPLE_PERIOD) && !take_u64(c, &sample->weight))
		return false;
	if ((type & PERF_SAMPLE_CALLCHAIN) && !take_chain(c, sample))
		return false;
	return !(type & PERF_SAMPLE_RAW) || take_raw(c, sample);
}

int kpc_sample_parse(struct kpc_sample *sample,
		     const struct perf_event_header *record, uint64_t type)
{
	struct cursor c = body(record);

	*sample = (struct kpc_sample){ 0 };
	if ((type & ~KPC_SAMPLE_TYPES) || !take_all(&c, sample, type))
		return -EBADMSG;
	if ((type & PERF_SAMPLE_RAW) && !(type & PERF_SAMPLE_TID)) {
		if (sample->raw_bytes < ENTRY_PID + sizeof(sample->tid))
			return -EBADMSG;
		memcpy(&sample->tid, sample->raw + ENTRY_PID,
		       sizeof(sample->tid));
	}
	return 0;
}
