// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "drain.h"
#include "idmap.h"
#include "sample.h"

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

/* ---- records ------------------------------------------------------------- */

/* Whose it was isn't known. */
static void add_unreadable(struct kpc_drain *d)
{
	kpc_batch_add_unparsed(d->batch);
	d->unreadable = true;
}

/* How much the sample stands for, as the record itself or perf says. */
static uint64_t weight_of(const struct kpc_drain *d, uint32_t event,
			  const struct kpc_sample *sample)
{
	uint32_t at = d->weight_at ? d->weight_at[event] : 0;
	uint64_t weight;

	if (!at || sample->raw_bytes < sizeof(weight) ||
	    at > sample->raw_bytes - sizeof(weight))
		return sample->weight;
	memcpy(&weight, sample->raw + at, sizeof(weight));
	return weight;
}

static int64_t find_event(const struct kpc_drain *d, uint64_t id)
{
	int64_t event = kpc_idmap_find(d->ids, id);

	return event < 0 ? event : event + d->first_event;
}

static bool take_sample(struct kpc_drain *d,
			const struct perf_event_header *record)
{
	struct kpc_sample sample;
	int64_t event = -1;
	uint64_t id;
	bool own;

	if (kpc_sample_id(record, &id))
		event = find_event(d, id);
	if (event < 0 ||
	    kpc_sample_parse(&sample, record, d->sample_type[event])) {
		add_unreadable(d);
		return true;
	}
	sample.event = event;
	sample.whole = d->raw_bytes && d->raw_bytes[event] &&
		       d->raw_bytes[event] != sample.raw_bytes;
	own = d->own_tid && sample.tid == d->own_tid;
	if (!own && !kpc_batch_add(d->batch, &sample))
		return false;
	kpc_book_sample(d->book, event, weight_of(d, event, &sample), own);
	return true;
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
		add_unreadable(d);
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
		event = find_event(d, throttle->id);
	if (event >= 0)
		d->book->ledger.events[event].throttled++;
	else
		add_unreadable(d);
}

bool kpc_drain_record(struct kpc_drain *d, uint32_t ring,
		      const struct perf_event_header *record)
{
	if (kpc_batch_raw_bytes(d->batch) >= KPC_BATCH_RAW_BYTES)
		return false;
	switch (record->type) {
	case PERF_RECORD_SAMPLE:
		if (!take_sample(d, record))
			return false;
		break;
	case PERF_RECORD_LOST:
		take_lost(d, ring, record);
		break;
	case PERF_RECORD_THROTTLE:
		take_throttle(d, record);
		break;
	case PERF_RECORD_UNTHROTTLE:
		break;
	default:
		add_unreadable(d);
	}
	kpc_batch_add_bytes(d->batch, record->size);
	d->book->ledger.rings[ring].records++;
	d->book->ledger.rings[ring].bytes += record->size;
	return true;
}

/* ---- chunks -------------------------------------------------------------- */

/* One batch from the ring into the file; only then is its space given back. */
static int write_chunk(struct kpc_drain *d, uint32_t number,
		       struct kpc_ring *ring)
{
	const struct perf_event_header *record;
	int got, err;

	while ((got = kpc_ring_next(ring, &record)) > 0) {
		if (!kpc_drain_record(d, number, record)) {
			kpc_ring_unread(ring, record);
			break;
		}
	}
	if (got < 0) {
		/* Can't be told apart any more: the book will show it. */
		d->book->ledger.rings[number].bytes += kpc_ring_skip(ring);
		add_unreadable(d);
	}
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
