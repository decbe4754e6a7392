/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * intake_walk - the loop over a ring's records, for intake.c to include once per
 * instruction set: WALK is its name, TARGET its attribute, NOTE how bits that
 * differ are noted, SAME how records are compared. No include guard: that is the point.
 */

/* Adds what was read; false if the batch is full. */
TARGET static ALWAYS_INLINE bool
KPC_CAT(WALK, _add)(struct event *e, struct kpc_batch *b, struct kpc_sample *s)
{
	s->event = e->number;
	e->delivered++;
	kpc_batch_append(b, s, NOTE, SAME);
	return true;
}

/* A sample of any kind; false if the batch is full. */
TARGET static __attribute__((noinline)) bool
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
	if (e->special)
		take_special(e, b, &s, record);
	return KPC_CAT(WALK, _add)(e, b, &s);
}

/* The same of one that is as small as can be, as most are. */
TARGET static ALWAYS_INLINE bool
KPC_CAT(WALK, _small)(struct kpc_intake *x, struct kpc_batch *b,
		      const struct perf_event_header *record)
{
	struct kpc_sample s;
	struct event *e;

	if (x->nr_layouts > 1 && kpc_sample_fits(x->layout[1], record))
		return KPC_CAT(WALK, _sample)(x, b, record);
	if (x->key == KPC_INTAKE_TYPE)
		e = find_type(x, &small, &s, record);
	else
		e = kpc_sample_read(&s, &small, record) ? x->events : NULL;
	if (!e || e->special || kpc_self_has(x->self, s.tid) ||
	    b->nr == KPC_BATCH_EVENTS)
		return KPC_CAT(WALK, _sample)(x, b, record);
	return KPC_CAT(WALK, _add)(e, b, &s);
}

TARGET static ALWAYS_INLINE enum kpc_intake_result
KPC_CAT(WALK, _all)(struct kpc_intake *x, struct kpc_ring *ring,
		    struct kpc_batch *b, const struct perf_event_header **other,
		    bool is_small)
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
		uint32_t size;
		bool full;

		/* What wraps, or is wild, isn't for here. */
		if (end - p < sizeof(*record))
			break;
		size = record->size;
		if (size % 8 || size < sizeof(*record) || size > end - p)
			break;
		for (uint32_t at = 0; at < size; at += 64)
			__builtin_prefetch(p + PREFETCH + at);
		if (record->type != PERF_RECORD_SAMPLE) {
			*other = record;
			result = KPC_INTAKE_OTHER;
			p += size;
			records++;
			break;
		}
		full = is_small ? !KPC_CAT(WALK, _small)(x, b, record) :
				  !KPC_CAT(WALK, _sample)(x, b, record);
		if (full) {
			result = KPC_INTAKE_FULL;
			break;
		}
		p += size;
		records++;
	}
	ring->at += p - begin;
	b->raw_bytes += p - begin;
	x->records += records;
	x->bytes += p - begin;
	return result;
}

TARGET static enum kpc_intake_result
WALK(struct kpc_intake *x, struct kpc_ring *ring, struct kpc_batch *b,
     const struct perf_event_header **other)
{
	return x->is_small ? KPC_CAT(WALK, _all)(x, ring, b, other, true) :
			     KPC_CAT(WALK, _all)(x, ring, b, other, false);
}

#undef WALK
#undef TARGET
#undef NOTE
#undef SAME
