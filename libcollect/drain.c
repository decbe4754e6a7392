// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "drain.h"

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

/* ---- records that are no samples ----------------------------------------- */

/* Whose it was isn't known. */
static void add_unreadable(struct kpc_drain *d,
			   const struct perf_event_header *record)
{
	kpc_batch_add_unparsed(d->batch, record, record ? record->size : 0);
	d->unreadable = true;
}

/*
 * The id in the record is that of the event that wrote next, not of those that
 * were lost: it says something only if there is just one.
 */
static void take_lost(struct kpc_drain *d, uint32_t ring,
		      const struct perf_event_header *record)
{
	const struct lost_record *lost = (const void *)record;

	if (record->size < sizeof(*lost)) {
		add_unreadable(d, record);
		return;
	}
	d->book->ledger.rings[ring].lost += lost->lost;
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
		d->book->ledger.events[event].throttled++;
	else
		add_unreadable(d, record);
}

static void take_other(struct kpc_drain *d, uint32_t ring,
		       const struct perf_event_header *record)
{
	switch (record->type) {
	case PERF_RECORD_LOST:
		take_lost(d, ring, record);
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

bool kpc_drain_record(struct kpc_drain *d, uint32_t ring,
		      const struct perf_event_header *record)
{
	bool taken = true;

	if (record->type == PERF_RECORD_SAMPLE)
		taken = kpc_intake_sample(d->intake, d->batch, record);
	else
		take_other(d, ring, record);
	d->unreadable |= kpc_intake_settle(d->intake, d->book, ring);
	return taken;
}

/* ---- chunks -------------------------------------------------------------- */

void kpc_drain_read(struct kpc_drain *d, uint32_t number, struct kpc_ring *ring)
{
	const struct perf_event_header *other;
	enum kpc_intake_result got;

	while ((got = kpc_intake_ring(d->intake, ring, d->batch, &other)) ==
	       KPC_INTAKE_OTHER)
		take_other(d, number, other);
	if (got == KPC_INTAKE_WILD) {
		/* Can't be told apart any more: the book will show it. */
		d->book->ledger.rings[number].bytes += kpc_ring_skip(ring);
		add_unreadable(d, NULL);
	}
	d->unreadable |= kpc_intake_settle(d->intake, d->book, number);
}

/* One batch from the ring into the file; only then is its space given back. */
static int write_chunk(struct kpc_drain *d, uint32_t number,
		       struct kpc_ring *ring)
{
	int err;

	kpc_drain_read(d, number, ring);
	d->written |= !kpc_batch_empty(d->batch);
	err = kpc_writer_chunk(d->writer, number, d->batch);
	kpc_ring_release(ring);
	return err;
}

/* What makes a chunk of its own; small rings can't wait for a whole batch. */
static uint64_t enough(const struct kpc_ring *ring)
{
	return ring->size / 4 < KPC_BATCH_RAW_BYTES ? ring->size / 4 :
						      KPC_BATCH_RAW_BYTES;
}

static int drain_ring(struct kpc_drain *d, uint32_t i, uint64_t now_ns,
		      bool all)
{
	struct kpc_ring *ring = kpc_evlist_ring(d->evlist, i);
	uint64_t *since = &d->since_ns[i];
	bool due;
	int err;

	if (!kpc_ring_look(ring)) {
		*since = 0;
		return 0;
	}
	if (!*since)
		*since = now_ns;
	due = all || now_ns - *since >= d->flush_ns;
	if (!due && ring->head - ring->at < enough(ring))
		return 0;
	err = write_chunk(d, d->first_ring + i, ring);
	if (err)
		return err;
	/* More of what was there before has waited as long. */
	if (ring->head == ring->at)
		*since = 0;
	else if (!due)
		*since = now_ns;
	return ring->head - ring->at >= enough(ring) ||
	       (due && ring->head != ring->at);
}

int kpc_drain_pass(struct kpc_drain *d, uint64_t now_ns, bool all)
{
	int more = 0;

	for (uint32_t i = 0; i < kpc_evlist_nr_rings(d->evlist); i++) {
		int got = drain_ring(d, i, now_ns, all);

		if (got < 0)
			return got;
		more |= got;
	}
	return more;
}

uint64_t kpc_drain_due_ns(const struct kpc_drain *d)
{
	uint64_t due = UINT64_MAX;

	for (uint32_t i = 0; i < kpc_evlist_nr_rings(d->evlist); i++)
		if (d->since_ns[i] && d->since_ns[i] + d->flush_ns < due)
			due = d->since_ns[i] + d->flush_ns;
	return due;
}
