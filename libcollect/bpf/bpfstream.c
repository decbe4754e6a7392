// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "bpfstream.h"
#include "trace_clock.h"

/* ---- times --------------------------------------------------------------- */

static void add_mark(struct kpc_bpfstream *s)
{
	uint32_t nr = s->nr_marks;

	if (nr && s->mark[nr - 1].at == s->ring.head)
		return;
	/* In place of the last one if there's no room: later, but true. */
	if (nr == KPC_BPFSTREAM_MARKS)
		nr--;
	s->mark[nr++] = (struct kpc_bpfstream_mark){
		.at = s->ring.head,
		.time_ns = kpc_trace_clock(),
	};
	s->nr_marks = nr;
}

/* Forgets those of what has been read. */
static void drop_marks(struct kpc_bpfstream *s)
{
	uint32_t read = 0;

	while (read < s->nr_marks && s->mark[read].at <= s->ring.at)
		read++;
	s->nr_marks -= read;
	memmove(s->mark, s->mark + read, s->nr_marks * sizeof(*s->mark));
	s->at_mark = 0;
}

/* When the record that ends where the ring was read to was first seen. */
static uint64_t seen_ns(struct kpc_bpfstream *s)
{
	while (s->at_mark < s->nr_marks && s->mark[s->at_mark].at < s->ring.at)
		s->at_mark++;
	return s->at_mark < s->nr_marks ? s->mark[s->at_mark].time_ns :
					  kpc_trace_clock();
}

/*
 * Not bounded by when it was seen: it may have been reserved then, and written
 * since. But that is over.
 */
static bool may_be(struct kpc_bpfstream *s, uint64_t time)
{
	if (time > s->clock_ns)
		s->clock_ns = kpc_trace_clock();
	return time >= s->start_ns && time <= s->clock_ns;
}

static uint64_t time_of(struct kpc_bpfstream *s, const uint8_t *record)
{
	uint64_t seen = seen_ns(s), time;

	if (!s->time_at)
		return seen;
	memcpy(&time, record + s->time_at - 1, sizeof(time));
	return may_be(s, time) ? time : seen;
}

/* ---- records ------------------------------------------------------------- */

/* False if the batch is full. */
static bool take(struct kpc_bpfstream *s, const uint8_t *record, uint32_t bytes)
{
	struct kpc_sample sample = {
		.event = s->event,
		.tid = KPC_TID_UNKNOWN,
		.raw = record,
		.raw_bytes = bytes,
		.whole = bytes != s->bytes,
	};
	bool own = false;

	if (kpc_batch_raw_bytes(s->batch) >= KPC_BATCH_RAW_BYTES)
		return false;
	if (bytes > KPC_BPFSTREAM_RECORD_MAX) {
		kpc_batch_add_unparsed(s->batch, NULL, 0);
		kpc_share_event(s->share, s->event)->left_out++;
		return true;
	}
	if (s->tid_at && !sample.whole)
		memcpy(&sample.tid, record + s->tid_at - 1, sizeof(sample.tid));
	sample.time_ns = sample.whole ? seen_ns(s) : time_of(s, record);
	own = kpc_self_has(s->self, sample.tid);
	if (!own && !kpc_batch_add(s->batch, &sample))
		return false;
	kpc_share_sample(s->share, s->event, 0, own);
	return true;
}

static void count(struct kpc_bpfstream *s, uint64_t records, uint64_t bytes)
{
	kpc_batch_add_bytes(s->batch, bytes);
	s->share->ring.records += records;
	s->share->ring.bytes += bytes;
}

static int write_chunk(struct kpc_bpfstream *s)
{
	const uint8_t *record;
	uint32_t bytes;
	uint64_t from;
	int got, err;

	for (;;) {
		from = s->ring.at;
		got = kpc_bpfring_next(&s->ring, &record, &bytes);
		if (got <= 0)
			break;
		if (!take(s, record, bytes)) {
			kpc_bpfring_unread(&s->ring);
			break;
		}
		count(s, 1, s->ring.at - from);
	}
	if (got < 0) {
		from = s->ring.at;
		kpc_bpfring_skip(&s->ring);
		count(s, 0, s->ring.at - from);
		kpc_batch_add_unparsed(s->batch, NULL, 0);
		kpc_share_event(s->share, s->event)->unreadable = true;
	}
	err = kpc_writer_encode(s->writer, s->number, s->batch);
	kpc_bpfring_release(&s->ring);
	drop_marks(s);
	return err ? err : kpc_share_put(s->share, s->writer, s->number);
}

static uint64_t enough(const struct kpc_bpfstream *s)
{
	uint64_t quarter = s->ring.size / 4;

	return quarter < KPC_BATCH_RAW_BYTES ? quarter : KPC_BATCH_RAW_BYTES;
}

int kpc_bpfstream_pass(struct kpc_bpfstream *s, uint64_t now_ns, bool all)
{
	uint64_t waits = kpc_bpfring_look(&s->ring), before = s->ring.at;
	bool due;
	int err;

	if (!waits) {
		s->since_ns = 0;
		return 0;
	}
	add_mark(s);
	if (!s->since_ns)
		s->since_ns = now_ns;
	due = all || now_ns - s->since_ns >= s->flush_ns;
	if (!due && waits < enough(s))
		return 0;
	err = write_chunk(s);
	if (err)
		return err;
	if (s->ring.head == s->ring.at)
		s->since_ns = 0;
	else if (!due)
		s->since_ns = now_ns;
	/* Of a record that isn't finished there's nothing to be done now. */
	return s->ring.at != before && s->ring.at != s->ring.head;
}

void kpc_bpfstream_start(struct kpc_bpfstream *s)
{
	const uint8_t *record;
	uint32_t bytes;

	kpc_bpfring_look(&s->ring);
	while (kpc_bpfring_next(&s->ring, &record, &bytes) > 0)
		;
	kpc_bpfring_release(&s->ring);
	s->start_ns = kpc_trace_clock();
}

void kpc_bpfstream_count(struct kpc_bpfstream *s, const uint64_t *lost)
{
	struct kpc_book *book = s->share->book;
	const struct kpc_book_rule *rule = &book->rule[s->event];
	struct kpc_count count = {
		.lost = rule->left_out + (lost ? *lost : 0),
	};
	/* At the end, what can't be read is lost: how many, who knows. */
	bool cut = s->ring.end != UINT64_MAX && s->ring.at < s->ring.end;

	book->ledger.events[s->event].lost_unknown = !lost || cut ||
						     rule->unreadable;
	kpc_book_count(book, s->event, &count, 0, 0);
}
