/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * intake_walk - the loop over a ring's records, for intake.c to include once per
 * instruction set: WALK is its name, TARGET its attribute, NOTE how bits that
 * differ are noted, SAME how records are compared. No include guard: that is the point.
 */

/* Adds a sample; false if the batch is full. */
TARGET static inline __attribute__((always_inline)) bool
KPC_CAT(WALK, _sample)(struct kpc_intake *x, struct kpc_batch *b,
		       const struct perf_event_header *record)
{
	struct kpc_sample s;
	struct event *e = read_sample(x, &s, record);

	if (!e) {
		add_unreadable(x, b, record);
		return true;
	}
	if (kpc_self_has(x->self, s.tid)) {
		count_own(e, &s);
		return true;
	}
	if (b->nr == KPC_BATCH_EVENTS)
		return false;
	s.event = e->number;
	if (e->special)
		take_special(e, &s);
	e->delivered++;
	kpc_batch_append(b, &s, NOTE, SAME);
	return true;
}

TARGET static enum kpc_intake_result
WALK(struct kpc_intake *x, struct kpc_ring *ring, struct kpc_batch *b,
     const struct perf_event_header **other)
{
	uint64_t offset = ring->at & (ring->size - 1);
	uint64_t left = ring->head - ring->at;
	const uint8_t *p = ring->data + offset;
	uint64_t room = b->raw_bytes < KPC_BATCH_RAW_BYTES ?
				KPC_BATCH_RAW_BYTES - b->raw_bytes :
				0;
	enum kpc_intake_result result = KPC_INTAKE_DONE;
	const uint8_t *begin = p, *end, *stop;
	uint64_t records = 0;

	if (left > ring->size - offset)
		left = ring->size - offset;
	/* If the head makes no sense, nothing does: kpc_ring_next() says so. */
	if (ring->head - ring->tail > ring->size)
		left = 0;
	end = p + left;
	stop = left > room ? p + room : end;
	while (p < stop) {
		const struct perf_event_header *record = (const void *)p;
		uint32_t size = record->size;

		/* What wraps, or is wild, isn't for here. */
		if (end - p < sizeof(*record) || size < sizeof(*record) ||
		    size % 8 || size > end - p)
			break;
		for (uint32_t at = 0; at < size; at += 64)
			__builtin_prefetch(p + PREFETCH + at);
		if (record->type != PERF_RECORD_SAMPLE) {
			*other = record;
			result = KPC_INTAKE_OTHER;
		} else if (!KPC_CAT(WALK, _sample)(x, b, record)) {
			result = KPC_INTAKE_FULL;
			break;
		}
		p += size;
		records++;
		if (result)
			break;
	}
	ring->at += p - begin;
	b->raw_bytes += p - begin;
	x->records += records;
	x->bytes += p - begin;
	return result;
}

#undef WALK
#undef TARGET
#undef NOTE
#undef SAME
