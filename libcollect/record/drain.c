// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "batch_rows.h"
#include "drain.h"
#include "trace_clock.h"

/* PERF_RECORD_LOST, and PERF_RECORD_LOST_SAMPLES without the id */
struct lost_record {
	struct perf_event_header header;
	uint64_t id;
	uint64_t lost;
};

/* PERF_RECORD_THROTTLE */
struct throttle_record {
	struct perf_event_header header;
	uint64_t time;
	uint64_t id;
	uint64_t stream_id;
};

int kpc_drain_add(struct kpc_drain *d, struct kpc_evlist *evlist,
		  uint32_t index, uint32_t number)
{
	struct kpc_drain_ring *rings =
		realloc(d->ring, (d->nr_rings + 1) * sizeof(*rings));

	if (!rings)
		return -ENOMEM;
	d->ring = rings;
	rings[d->nr_rings++] = (struct kpc_drain_ring){
		.evlist = evlist,
		.index = index,
		.number = number,
		.ring = kpc_evlist_ring(evlist, index),
	};
	return 0;
}

void kpc_drain_uninit(struct kpc_drain *d)
{
	kpc_intake_free(d->intake);
	free(d->ring);
	*d = (struct kpc_drain){ 0 };
}

/* ---- records that are no samples ----------------------------------------- */

/* Whose it was isn't known. */
static void note_unreadable(struct kpc_drain *d)
{
	for (uint32_t i = 0; i < d->nr_events; i++)
		kpc_share_event(d->share, d->first_event + i)->unreadable =
			true;
}

static void add_unreadable(struct kpc_drain *d,
			   const struct perf_event_header *record)
{
	kpc_batch_add_unparsed(d->batch, record, record ? record->size : 0);
	note_unreadable(d);
}

static void settle(struct kpc_drain *d)
{
	if (kpc_intake_settle(d->intake, d->share))
		note_unreadable(d);
}

/*
 * The id in the record is that of the event that wrote next, not of those that
 * were lost: it says something only if there is just one.
 */
static void take_lost(struct kpc_drain *d,
		      const struct perf_event_header *record)
{
	const struct lost_record *lost = (const void *)record;

	if (record->size < sizeof(*lost)) {
		add_unreadable(d, record);
		return;
	}
	d->share->ring.lost += lost->lost;
	kpc_batch_add_loss(d->batch, lost->lost,
			   d->nr_events == 1 ? d->first_event + 1 : 0);
}

static void take_throttle(struct kpc_drain *d,
			  const struct perf_event_header *record)
{
	const struct throttle_record *throttle = (const void *)record;
	int64_t event = -1;

	if (record->size >= sizeof(*throttle))
		event = kpc_intake_find(d->intake, throttle->id);
	if (event >= 0)
		kpc_share_event(d->share, event)->throttled++;
	else
		add_unreadable(d, record);
}

static void take_other(struct kpc_drain *d,
		       const struct perf_event_header *record)
{
	switch (record->type) {
	case PERF_RECORD_LOST:
		take_lost(d, record);
		break;
	case PERF_RECORD_THROTTLE:
		take_throttle(d, record);
		break;
	case PERF_RECORD_UNTHROTTLE:
		break;
	default:
		add_unreadable(d, record);
	}
}

bool kpc_drain_record(struct kpc_drain *d,
		      const struct perf_event_header *record)
{
	bool taken = true;

	if (record->type == PERF_RECORD_SAMPLE)
		taken = kpc_intake_sample(d->intake, d->batch, record);
	else
		take_other(d, record);
	settle(d);
	return taken;
}

/* ---- chunks -------------------------------------------------------------- */

void kpc_drain_read(struct kpc_drain *d, struct kpc_ring *ring)
{
	const struct perf_event_header *other;
	enum kpc_intake_result got;

	while ((got = kpc_intake_ring(d->intake, ring, d->batch, &other)) ==
	       KPC_INTAKE_OTHER)
		take_other(d, other);
	if (got == KPC_INTAKE_WILD) {
		/* Can't be told apart any more: the book will show it. */
		d->share->ring.bytes += kpc_ring_skip(ring);
		add_unreadable(d, NULL);
	}
	settle(d);
}

/* A small ring fills up while a chunk is encoded. */
static void keep_room(struct kpc_drain_ring *r)
{
	if (r->ring->small)
		kpc_ring_look(r->ring);
}

/* One batch from the ring; its space is given back when it is encoded. */
static int write_chunk(struct kpc_drain *d, struct kpc_drain_ring *r)
{
	int err;

	kpc_drain_read(d, r->ring);
	keep_room(r);
	d->share->ring.unreadable += d->batch->unparsed;
	if (d->batch->nr_losses)
		kpc_loss_ranges_batch(&d->share->losses, d->batch, r->last_ns,
				      kpc_trace_clock());
	if (d->batch->nr)
		r->last_ns = d->batch->last_ns;
	err = kpc_writer_encode(d->writer, r->number, d->batch);
	kpc_ring_release(r->ring);
	keep_room(r);
	return err ? err : kpc_share_put(d->share, d->writer, r->number);
}

/* What makes a chunk of its own; small rings can't wait for a whole batch. */
static uint64_t enough(const struct kpc_ring *ring)
{
	return ring->size / 4 < KPC_BATCH_RAW_BYTES ? ring->size / 4 :
						      KPC_BATCH_RAW_BYTES;
}

#define EAGER_NS   (1 * KPC_NS_PER_MS)
#define WAKE_UP_NS (200 * KPC_NS_PER_US) /* takes less than that, as a rule */

/*
 * A small ring that is found half full was nearly too small for the time that it
 * takes to be woken up; as long as it goes on like that, the reader sleeps but
 * once in EAGER_NS, for others of that CPU: who has real-time priority and never
 * sleeps is made to, for longer.
 */
static void judge(struct kpc_drain_ring *r, uint64_t left, uint64_t now_ns)
{
	struct kpc_ring *ring = r->ring;
	bool half = 2 * left >= ring->small_size;

	if (!r->eager_ns && !half)
		return;
	if (r->eager_ns && now_ns < r->eager_ns)
		return;
	half |= r->eager_ns && ring->there - r->eager_at >=
				       EAGER_NS / WAKE_UP_NS * ring->small_size;
	r->eager_ns = half ? now_ns + EAGER_NS : 0;
	r->eager_at = ring->there;
}

bool kpc_drain_is_eager(const struct kpc_drain *d, uint64_t now_ns)
{
	bool eager = false;

	for (uint32_t i = 0; i < d->nr_rings; i++) {
		/* One that has just been judged: that is when it sleeps. */
		if (d->ring[i].eager_ns == now_ns + EAGER_NS)
			return false;
		eager |= d->ring[i].eager_ns > now_ns;
	}
	return eager;
}

/* What came since the last look may have come right after it. */
static bool look(struct kpc_drain_ring *r, uint64_t now_ns)
{
	uint64_t before = r->looked_ns ? r->looked_ns : now_ns;
	uint64_t there = r->ring->there;

	r->looked_ns = now_ns;
	if (!kpc_ring_look(r->ring))
		r->since_ns = 0;
	else if (!r->since_ns)
		r->since_ns = before;
	if (r->ring->small)
		judge(r, r->ring->there - there, now_ns);
	return r->since_ns;
}

static int drain_ring(struct kpc_drain *d, struct kpc_drain_ring *r,
		      uint64_t now_ns, bool all)
{
	struct kpc_ring *ring = r->ring;
	bool due;
	int err;

	if (!look(r, now_ns))
		return 0;
	due = all || now_ns - r->since_ns >= d->flush_ns;
	if (!due && ring->there - ring->at < enough(ring))
		return 0;
	err = write_chunk(d, r);
	if (err)
		return err;
	/* More of what was there before has waited as long. */
	if (ring->there == ring->at)
		r->since_ns = 0;
	else if (!due)
		r->since_ns = now_ns;
	return ring->there - ring->at >= enough(ring) ||
	       (due && ring->there != ring->at);
}

int kpc_drain_pass(struct kpc_drain *d, uint64_t now_ns, bool all)
{
	int more = 0;

	for (uint32_t i = 0; i < d->nr_rings; i++) {
		int got = drain_ring(d, &d->ring[i], now_ns, all);

		if (got < 0)
			return got;
		more |= got;
	}
	return more;
}

void kpc_drain_mark(struct kpc_drain *d)
{
	for (uint32_t i = 0; i < d->nr_rings; i++) {
		kpc_ring_look(d->ring[i].ring);
		d->ring[i].mark = d->ring[i].ring->there;
	}
}

bool kpc_drain_reached(const struct kpc_drain *d)
{
	for (uint32_t i = 0; i < d->nr_rings; i++)
		if ((int64_t)(d->ring[i].ring->at - d->ring[i].mark) < 0)
			return false;
	return true;
}

uint64_t kpc_drain_due_ns(const struct kpc_drain *d)
{
	uint64_t due = UINT64_MAX;

	for (uint32_t i = 0; i < d->nr_rings; i++) {
		const struct kpc_drain_ring *r = &d->ring[i];

		if (r->since_ns && r->since_ns + d->flush_ns < due)
			due = r->since_ns + d->flush_ns;
	}
	return due;
}
