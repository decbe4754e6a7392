// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>

#include "batch_rows.h"
#include "intake.h"
#include "sample.h"

#define PREFETCH 2048 /* bytes ahead */

/* In the order of its use. */
struct event {
	struct kpc_sample_layout layout;
	uint32_t number;    /* in the trace */
	uint32_t weight_at; /* of struct kpc_intake_event */
	uint32_t raw_bytes;
	bool special; /* has one of these, samples with weights or cgroups, or a
		       * trigger */
	uint64_t delivered; /* since the last settling, as all of these */
	uint64_t own;
	uint64_t weights;
	uint64_t max_weight;
	struct kpc_trigger *trigger; /* or NULL */
};

struct kpc_intake {
	enum kpc_intake_key key;
	const struct kpc_self *self;
	uint64_t last_id; /* and whose it is */
	struct event *last;
	uint32_t first_event;
	uint32_t nr_types;
	struct event **by_type;
	const struct kpc_sample_layout *layout[2]; /* of KPC_INTAKE_TYPE */
	uint32_t nr_layouts;
	bool is_small; /* layout[0], or that of the only event, is `small` */
	const struct kpc_idmap *ids;
	struct event *events;
	uint32_t nr_events;
	uint64_t records; /* since the last settling */
	uint64_t bytes;
	bool unreadable;
	enum kpc_intake_result (*walk)(struct kpc_intake *x,
				       struct kpc_ring *ring,
				       struct kpc_batch *b,
				       const struct perf_event_header **other);
};

/* ---- a sample ------------------------------------------------------------ */

static struct event *find_id(struct kpc_intake *x,
			     const struct perf_event_header *record)
{
	int64_t event;
	uint64_t id;

	if (record->size < KPC_SAMPLE_ID_AT + sizeof(id))
		return NULL;
	id = kpc_sample_u64((const uint8_t *)record + KPC_SAMPLE_ID_AT);
	if (id == x->last_id)
		return x->last;
	event = kpc_idmap_find(x->ids, id);
	if (event < 0 || event >= x->nr_events)
		return NULL;
	x->last_id = id;
	x->last = &x->events[event];
	return x->last;
}

/* Of PERF_SAMPLE_TIME and PERF_SAMPLE_RAW: known where it is used. */
static const struct kpc_sample_layout small = {
	.time_at = sizeof(struct perf_event_header),
	.raw_at = sizeof(struct perf_event_header) + sizeof(uint64_t),
	.raw = true,
	.bytes = sizeof(struct perf_event_header) + sizeof(uint64_t) +
		 sizeof(uint32_t),
};

#define ALWAYS_INLINE inline __attribute__((always_inline))

/* NULL: it isn't of an event that has this layout. */
static ALWAYS_INLINE struct event *
find_type(struct kpc_intake *x, const struct kpc_sample_layout *layout,
	  struct kpc_sample *s, const struct perf_event_header *record)
{
	struct event *e;
	uint16_t type;

	if (!kpc_sample_read(s, layout, record) ||
	    s->raw_bytes < KPC_ENTRY_BYTES)
		return NULL;
	memcpy(&type, s->raw, sizeof(type));
	e = type < x->nr_types ? x->by_type[type] : NULL;
	return e && e->layout.raw_at == layout->raw_at ? e : NULL;
}

/* It would fit both layouts: NULL, if there's an event for each, too. */
static __attribute__((noinline)) struct event *
find_type_of_both(struct kpc_intake *x, struct kpc_sample *s,
		  const struct perf_event_header *record)
{
	struct event *e = find_type(x, x->layout[1], s, record);
	bool other = e;

	e = find_type(x, x->layout[0], s, record);
	if (e && other)
		return NULL;
	return e ? e : find_type(x, x->layout[1], s, record);
}

/*
 * What has a period and what hasn't are told apart by where the raw record's
 * length makes sense.
 */
static ALWAYS_INLINE struct event *
find_type_of_two(struct kpc_intake *x, struct kpc_sample *s,
		 const struct perf_event_header *record)
{
	bool second = kpc_sample_fits(x->layout[1], record);

	if (second && kpc_sample_fits(x->layout[0], record))
		return find_type_of_both(x, s, record);
	return find_type(x, x->layout[second], s, record);
}

/* All of the sample but its event, which is returned; NULL: it is none. */
static ALWAYS_INLINE struct event *
read_sample(struct kpc_intake *x, struct kpc_sample *s,
	    const struct perf_event_header *record)
{
	struct event *e = x->events;

	if (x->key == KPC_INTAKE_TYPE)
		return x->nr_layouts == 1 ?
			       find_type(x, x->layout[0], s, record) :
			       find_type_of_two(x, s, record);
	if (x->key == KPC_INTAKE_ID)
		e = find_id(x, record);
	return e && kpc_sample_read(s, &e->layout, record) ? e : NULL;
}

/* Whose it was isn't known. */
static void add_unreadable(struct kpc_intake *x, struct kpc_batch *b,
			   const struct perf_event_header *record)
{
	kpc_batch_add_unparsed(b, record, record->size);
	x->unreadable = true;
}

/* How much the sample stands for, as the record itself or perf says. */
static void weigh(struct event *e, struct kpc_sample *s)
{
	uint64_t weight = s->weight;
	uint32_t at = e->weight_at;

	s->whole = e->raw_bytes && e->raw_bytes != s->raw_bytes;
	if (at && s->raw_bytes >= sizeof(weight) &&
	    at <= s->raw_bytes - sizeof(weight))
		weight = kpc_sample_u64(s->raw + at);
	e->weights += weight;
	if (weight > e->max_weight)
		e->max_weight = weight;
}

static void take_special(struct event *e, struct kpc_batch *b,
			 struct kpc_sample *s,
			 const struct perf_event_header *record)
{
	weigh(e, s);
	s->cgroup = kpc_sample_cgroup(&e->layout, record);
	kpc_batch_group(b, s);
	if (e->trigger)
		kpc_trigger_look(e->trigger, s->raw, s->raw_bytes, s->time_ns);
}

static void count_own(struct event *e, struct kpc_sample *s)
{
	weigh(e, s);
	e->own++;
}

/* ---- the walk ------------------------------------------------------------ */

#define KPC_CAT_(_a, _b) _a##_b
#define KPC_CAT(_a, _b)	 KPC_CAT_(_a, _b)

#define WALK walk_scalar
#define TARGET
#define NOTE kpc_diff_note
#define SAME kpc_diff_same
#include "intake_walk.h"

#if defined(__x86_64__)
#define WALK   walk_avx2
#define TARGET KPC_DIFF_AVX2
#define NOTE   kpc_diff_note_avx2
#define SAME   kpc_diff_same
#include "intake_walk.h"

#define WALK   walk_avx512
#define TARGET KPC_DIFF_AVX512
#define NOTE   kpc_diff_note_avx512
#define SAME   kpc_diff_same_avx512
#include "intake_walk.h"
#endif

bool kpc_intake_use(struct kpc_intake *x, enum kpc_intake_lanes lanes)
{
#if defined(__x86_64__)
	bool avx2 = __builtin_cpu_supports("avx2");
	bool avx512 = avx2 && __builtin_cpu_supports("avx512f") &&
		      __builtin_cpu_supports("avx512bw");

	if ((lanes == KPC_INTAKE_AVX2 && !avx2) ||
	    (lanes == KPC_INTAKE_AVX512 && !avx512))
		return false;
	x->walk = walk_scalar;
	if (lanes == KPC_INTAKE_AVX2 || (lanes == KPC_INTAKE_BEST && avx2))
		x->walk = walk_avx2;
	if (lanes == KPC_INTAKE_AVX512 || (lanes == KPC_INTAKE_BEST && avx512))
		x->walk = walk_avx512;
	return true;
#else
	x->walk = walk_scalar;
	return lanes <= KPC_INTAKE_SCALAR;
#endif
}

bool kpc_intake_sample(struct kpc_intake *x, struct kpc_batch *b,
		       const struct perf_event_header *record)
{
	if (b->raw_bytes >= KPC_BATCH_RAW_BYTES ||
	    !walk_scalar_sample(x, b, record))
		return false;
	b->raw_bytes += record->size;
	x->records++;
	x->bytes += record->size;
	return true;
}

enum kpc_intake_result kpc_intake_ring(struct kpc_intake *x,
				       struct kpc_ring *ring,
				       struct kpc_batch *b,
				       const struct perf_event_header **other)
{
	for (;;) {
		enum kpc_intake_result result = x->walk(x, ring, b, other);
		const struct perf_event_header *record;
		int got;

		if (result || ring->at == ring->there)
			return result;
		if (b->raw_bytes >= KPC_BATCH_RAW_BYTES)
			return KPC_INTAKE_FULL;
		/* The record that wraps, or something that is none. */
		got = kpc_ring_next(ring, &record);
		if (got < 0)
			return KPC_INTAKE_WILD;
		if (!got)
			return KPC_INTAKE_DONE;
		if (record->type == PERF_RECORD_SAMPLE) {
			if (kpc_intake_sample(x, b, record))
				continue;
			kpc_ring_unread(ring, record);
			return KPC_INTAKE_FULL;
		}
		b->raw_bytes += record->size;
		x->records++;
		x->bytes += record->size;
		*other = record;
		return KPC_INTAKE_OTHER;
	}
}

bool kpc_intake_settle(struct kpc_intake *x, struct kpc_share *share)
{
	bool unreadable = x->unreadable;

	for (uint32_t i = 0; i < x->nr_events; i++) {
		struct event *e = &x->events[i];

		if (!e->delivered && !e->own)
			continue;
		kpc_share_samples(share, e->number, e->delivered, e->own,
				  e->weights, e->max_weight);
		e->delivered = 0;
		e->own = 0;
		e->weights = 0;
		e->max_weight = 0;
	}
	share->ring.records += x->records;
	share->ring.bytes += x->bytes;
	x->records = 0;
	x->bytes = 0;
	x->unreadable = false;
	return unreadable;
}

/* ---- new and free -------------------------------------------------------- */

static int init_types(struct kpc_intake *x, const struct kpc_intake_opts *opts)
{
	uint64_t types = opts->nr_events ? opts->events[0].sample_type : 0;

	for (uint32_t i = 0; i < opts->nr_events; i++) {
		const struct kpc_intake_event *event = &opts->events[i];
		uint64_t differ = event->sample_type ^ types;

		if (differ & ~(uint64_t)PERF_SAMPLE_PERIOD ||
		    !(event->sample_type & PERF_SAMPLE_RAW))
			return -EINVAL;
		if (!i || (differ && x->nr_layouts == 1))
			x->layout[x->nr_layouts++] = &x->events[i].layout;
		if (event->type >= x->nr_types)
			x->nr_types = event->type + 1;
	}
	/* The one without a period first: most are of it. */
	if (x->nr_layouts > 1 && x->layout[0]->period_at) {
		const struct kpc_sample_layout *first = x->layout[0];

		x->layout[0] = x->layout[1];
		x->layout[1] = first;
	}
	x->by_type = calloc(x->nr_types + 1, sizeof(*x->by_type));
	if (!x->by_type)
		return -ENOMEM;
	for (uint32_t i = 0; i < opts->nr_events; i++)
		x->by_type[opts->events[i].type] = &x->events[i];
	return 0;
}

static int init_events(struct kpc_intake *x, const struct kpc_intake_opts *opts)
{
	int err = 0;

	for (uint32_t i = 0; !err && i < opts->nr_events; i++) {
		const struct kpc_intake_event *event = &opts->events[i];
		struct event *e = &x->events[i];

		err = kpc_sample_layout(&e->layout, event->sample_type);
		e->number = opts->first_event + i;
		e->weight_at = event->weight_at;
		e->raw_bytes = event->raw_bytes;
		e->special = event->weight_at || event->raw_bytes ||
			     (event->sample_type &
			      (PERF_SAMPLE_PERIOD | PERF_SAMPLE_CGROUP));
		/* An id is looked for where it must be. */
		if (opts->key == KPC_INTAKE_ID &&
		    !(event->sample_type & PERF_SAMPLE_IDENTIFIER))
			err = -EINVAL;
	}
	if (opts->key == KPC_INTAKE_ONLY && opts->nr_events != 1)
		err = -EINVAL;
	return err;
}

static bool is_small(const struct kpc_sample_layout *l)
{
	return l->raw && l->bytes == small.bytes &&
	       l->time_at == small.time_at && l->raw_at == small.raw_at;
}

int kpc_intake_new(struct kpc_intake **out, const struct kpc_intake_opts *opts)
{
	struct kpc_intake *x = calloc(1, sizeof(*x));
	int err;

	if (!x)
		return -ENOMEM;
	x->key = opts->key;
	x->ids = opts->ids;
	x->first_event = opts->first_event;
	x->nr_events = opts->nr_events;
	x->events = calloc(opts->nr_events + 1, sizeof(*x->events));
	err = x->events ? init_events(x, opts) : -ENOMEM;
	if (!err && x->key == KPC_INTAKE_TYPE)
		err = init_types(x, opts);
	if (err) {
		kpc_intake_free(x);
		return err;
	}
	if (!x->nr_layouts && x->nr_events)
		x->layout[0] = &x->events[0].layout;
	x->is_small = x->layout[0] && x->key != KPC_INTAKE_ID &&
		      is_small(x->layout[0]);
	kpc_intake_use(x, KPC_INTAKE_BEST);
	*out = x;
	return 0;
}

void kpc_intake_free(struct kpc_intake *x)
{
	if (!x)
		return;
	free(x->by_type);
	free(x->events);
	free(x);
}

void kpc_intake_own(struct kpc_intake *x, const struct kpc_self *self)
{
	x->self = self;
}

void kpc_intake_trigger(struct kpc_intake *x, struct kpc_trigger *trigger)
{
	uint32_t i = trigger->event - x->first_event;

	if (i >= x->nr_events)
		return;
	x->events[i].trigger = trigger;
	x->events[i].special = true;
}

int64_t kpc_intake_find(const struct kpc_intake *x, uint64_t id)
{
	int64_t event = kpc_idmap_find(x->ids, id);

	return event < 0 ? event : event + x->first_event;
}
