// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "fail.h"
#include "outputs.h"
#include "trace_clock.h"

#define SETTLE_MS 200

/* ---- perf event arrays --------------------------------------------------- */

static void fill_attr(struct perf_event_attr *attr,
		      const struct kpc_outputs_opts *opts)
{
	*attr = (struct perf_event_attr){
		.size = sizeof(*attr),
		.type = PERF_TYPE_SOFTWARE,
		.config = PERF_COUNT_SW_BPF_OUTPUT,
		.sample_period = 1,
		.sample_type = PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_TID |
			       PERF_SAMPLE_TIME | PERF_SAMPLE_RAW,
		.read_format = PERF_FORMAT_ID | PERF_FORMAT_LOST |
			       PERF_FORMAT_TOTAL_TIME_ENABLED |
			       PERF_FORMAT_TOTAL_TIME_RUNNING,
		.disabled = 1,
		.watermark = 1,
		.wakeup_watermark = opts->watermark_bytes,
		.use_clockid = 1,
		.clockid = KPC_TRACE_CLOCK,
	};
	if (opts->cgroup)
		attr->sample_type |= PERF_SAMPLE_CGROUP;
	kpc_callchain_ask(&opts->callchain, attr);
}

/* Its event of each CPU into the map. */
static int fill_array(const struct kpc_outputs *o, uint32_t i, char *error,
		      size_t error_size)
{
	const struct kpc_bpfmap *m = &o->maps->map[i];
	int err = 0;

	for (uint32_t r = 0; !err && r < kpc_evlist_nr_rings(o->evlist); r++) {
		int cpu = kpc_evlist_ring(o->evlist, r)->cpu;
		int fd = kpc_evlist_fd(o->evlist, i, r);

		err = bpf_map_update_elem(bpf_map__fd(m->map), &cpu, &fd,
					  BPF_ANY);
		if (err)
			kpc_fail(
				error, error_size, err,
				"the perf event array %s doesn't take the "
				"event of CPU %d: %s (it has %u entries; "
				"without max_entries it gets one for each CPU)",
				bpf_map__name(m->map), cpu, strerror(-err),
				bpf_map__max_entries(m->map));
	}
	return err;
}

static int open_arrays(struct kpc_outputs *o,
		       const struct kpc_outputs_opts *opts, char *error,
		       size_t error_size)
{
	struct perf_event_attr attr;
	int err;

	if (!o->maps->nr_arrays)
		return 0;
	fill_attr(&attr, opts);
	err = kpc_cpulist_online(&o->cpus, error, error_size);
	if (err)
		return err;
	err = kpc_evlist_new(&o->evlist, &o->cpus, NULL, 0);
	for (uint32_t i = 0; !err && i < o->maps->nr_arrays; i++)
		err = kpc_evlist_add(o->evlist, &attr,
				     o->maps->map[i].event.name);
	if (err)
		return kpc_fail(error, error_size, err, "out of memory");
	err = kpc_evlist_open(o->evlist, opts->ring_bytes, error, error_size);
	for (uint32_t i = 0; !err && i < o->maps->nr_arrays; i++)
		err = fill_array(o, i, error, error_size);
	return err;
}

/* ---- ring buffers -------------------------------------------------------- */

static int open_streams(struct kpc_outputs *o, char *error, size_t error_size)
{
	uint32_t nr = o->maps->nr - o->maps->nr_arrays;
	int err = 0;

	o->stream = calloc(nr + 1, sizeof(*o->stream));
	if (!o->stream)
		return kpc_fail(error, error_size, -ENOMEM, "out of memory");
	for (uint32_t i = 0; !err && i < nr; i++) {
		const struct kpc_bpfmap *m =
			&o->maps->map[o->maps->nr_arrays + i];
		struct kpc_bpfstream *s = &o->stream[o->nr_streams++];

		s->fd = bpf_map__fd(m->map);
		s->bytes = m->event.nr_fields ? m->event.record_bytes : 0;
		s->time_at = m->time_at;
		s->tid_at = m->tid_at;
		err = kpc_bpfring_map(&s->ring, s->fd,
				      bpf_map__max_entries(m->map));
		if (err)
			kpc_fail(error, error_size, err,
				 "cannot map the ring buffer %s: %s",
				 bpf_map__name(m->map), strerror(-err));
	}
	return err;
}

/* ---- open and close ------------------------------------------------------ */

int kpc_outputs_open(struct kpc_outputs *o, struct kpc_bpfmaps *maps,
		     const struct kpc_outputs_opts *opts, char *error,
		     size_t error_size)
{
	int err;

	*o = (struct kpc_outputs){ .maps = maps };
	err = open_arrays(o, opts, error, error_size);
	if (!err)
		err = open_streams(o, error, error_size);
	if (err)
		return err;
	o->dead = calloc(kpc_outputs_nr_fds(o) + 1, sizeof(*o->dead));
	return o->dead ? 0 :
			 kpc_fail(error, error_size, -ENOMEM, "out of memory");
}

void kpc_outputs_uninit(struct kpc_outputs *o)
{
	for (uint32_t i = 0; i < o->nr_streams; i++)
		kpc_bpfring_uninit(&o->stream[i].ring);
	free(o->stream);
	kpc_evlist_free(o->evlist);
	kpc_cpulist_uninit(&o->cpus);
	kpc_drain_uninit(&o->drain);
	free(o->dead);
	*o = (struct kpc_outputs){ 0 };
}

/* ---- what they are in the trace ------------------------------------------ */

const struct perf_event_attr *kpc_outputs_attr(const struct kpc_outputs *o,
					       uint32_t map)
{
	return map < o->maps->nr_arrays ? kpc_evlist_attr(o->evlist, map) :
					  NULL;
}

static uint32_t nr_perf_rings(const struct kpc_outputs *o)
{
	return o->evlist ? kpc_evlist_nr_rings(o->evlist) : 0;
}

uint32_t kpc_outputs_nr_rings(const struct kpc_outputs *o)
{
	return nr_perf_rings(o) + o->nr_streams;
}

struct kpc_ring_desc kpc_outputs_ring(const struct kpc_outputs *o, uint32_t i)
{
	uint32_t perf = nr_perf_rings(o);

	if (i < perf) {
		const struct kpc_ring *ring = kpc_evlist_ring(o->evlist, i);

		return (struct kpc_ring_desc){ ring->cpu, ring->size };
	}
	return (struct kpc_ring_desc){ -1, o->stream[i - perf].ring.size };
}

/* perf pads the data so that they end with a word of 8, behind their u32 size. */
static uint32_t perf_raw_bytes(const struct kpc_event *event)
{
	uint32_t bytes = event->record_bytes + sizeof(uint32_t);

	if (!event->nr_fields)
		return UINT32_MAX; /* none can be split */
	return ((bytes + 7) & ~7u) - sizeof(uint32_t);
}

static int new_intake(struct kpc_outputs *o, uint32_t nr, uint32_t first_event)
{
	struct kpc_intake_event *events = calloc(nr + 1, sizeof(*events));
	struct kpc_intake_opts opts = {
		.key = KPC_INTAKE_ID,
		.ids = o->evlist ? kpc_evlist_ids(o->evlist) : NULL,
		.events = events,
		.nr_events = nr,
		.first_event = first_event,
	};
	int err;

	if (!events)
		return -ENOMEM;
	for (uint32_t i = 0; i < nr; i++) {
		events[i].sample_type =
			kpc_evlist_attr(o->evlist, i)->sample_type;
		events[i].raw_bytes = perf_raw_bytes(&o->maps->map[i].event);
	}
	err = kpc_intake_new(&o->drain.intake, &opts);
	free(events);
	return err;
}

static int init_drain(struct kpc_outputs *o,
		      const struct kpc_outputs_sink *sink, uint32_t arrays)
{
	int err = 0;

	o->drain = (struct kpc_drain){
		.share = sink->share,
		.batch = sink->batch,
		.writer = sink->writer,
		.nr_events = arrays,
		.first_event = sink->first_event,
		.flush_ns = sink->flush_ns,
	};
	for (uint32_t i = 0; !err && i < nr_perf_rings(o); i++)
		err = kpc_drain_add(&o->drain, o->evlist, i,
				    sink->first_ring + i);
	return err ? err : new_intake(o, arrays, sink->first_event);
}

int kpc_outputs_into(struct kpc_outputs *o, const struct kpc_outputs_sink *sink)
{
	uint32_t arrays = o->maps ? o->maps->nr_arrays : 0;
	struct kpc_book *book = sink->share->book;
	int err = init_drain(o, sink, arrays);

	if (err)
		return err;
	for (uint32_t i = 0; i < arrays + o->nr_streams; i++)
		book->rule[sink->first_event + i].output = true;
	for (uint32_t i = 0; i < o->nr_streams; i++) {
		struct kpc_bpfstream *s = &o->stream[i];

		s->event = sink->first_event + arrays + i;
		s->number = sink->first_ring + nr_perf_rings(o) + i;
		s->flush_ns = sink->flush_ns;
		s->share = sink->share;
		s->batch = sink->batch;
		s->writer = sink->writer;
		book->ledger.events[s->event].lost_unknown =
			o->maps->map[arrays + i].lost.fd < 0;
	}
	return 0;
}

/* ---- running ------------------------------------------------------------- */

int kpc_outputs_start(struct kpc_outputs *o, const struct kpc_self *self,
		      bool self_is_initial)
{
	int err;

	if (o->drain.intake)
		kpc_intake_own(o->drain.intake, self);
	for (uint32_t i = 0; i < o->nr_streams; i++) {
		o->stream[i].self = self_is_initial ? self : NULL;
		kpc_bpfstream_start(&o->stream[i]);
	}
	err = o->evlist ? kpc_evlist_enable(o->evlist) : 0;
	/*
	 * Programs run already: only now do all maps take what they write, and
	 * have room for it.
	 */
	for (uint32_t i = 0; !err && o->maps && i < o->maps->nr; i++)
		kpc_bpflost_start(&o->maps->map[i].lost);
	return err;
}

static bool is_settled(const struct kpc_outputs *o)
{
	for (uint32_t i = 0; i < o->nr_streams; i++)
		if (!kpc_bpfring_settled(&o->stream[i].ring))
			return false;
	return true;
}

void kpc_outputs_stop(struct kpc_outputs *o)
{
	if (o->evlist)
		kpc_evlist_disable(o->evlist);
	for (uint32_t i = 0; i < o->nr_streams; i++)
		kpc_bpfring_close(&o->stream[i].ring);
	/* One that was running on another CPU when it was taken off ends soon. */
	for (int tries = 0; tries < SETTLE_MS && !is_settled(o); tries++)
		usleep(1000);
}

int kpc_outputs_pass(struct kpc_outputs *o, uint64_t now_ns, bool all)
{
	int got, more = 0;

	if (o->evlist)
		more = kpc_drain_pass(&o->drain, now_ns, all);
	for (uint32_t i = 0; more >= 0 && i < o->nr_streams; i++) {
		got = kpc_bpfstream_pass(&o->stream[i], now_ns, all);
		more = got < 0 ? got : more | got;
	}
	return more;
}

uint64_t kpc_outputs_due_ns(const struct kpc_outputs *o)
{
	uint64_t due = o->evlist ? kpc_drain_due_ns(&o->drain) : UINT64_MAX;

	for (uint32_t i = 0; i < o->nr_streams; i++) {
		const struct kpc_bpfstream *s = &o->stream[i];

		if (s->since_ns && s->since_ns + s->flush_ns < due)
			due = s->since_ns + s->flush_ns;
	}
	return due;
}

/* ---- the book ------------------------------------------------------------ */

/* A CPU that came has no event, and one that went has none that's enabled. */
static void look_at_cpus(struct kpc_outputs *o)
{
	struct kpc_cpulist now;

	o->cpus_changed |= kpc_cpulist_online(&now, NULL, 0) ||
			   !kpc_cpulist_same(&now, &o->cpus);
	kpc_cpulist_uninit(&now);
}

static int count_array(struct kpc_outputs *o, uint32_t i)
{
	struct kpc_book *book = o->drain.share->book;
	uint32_t event = o->drain.first_event + i;
	struct kpc_event_account *account;
	struct kpc_count count = { 0 };
	uint64_t counted;
	int err = kpc_evlist_read(o->evlist, i, &count);

	account = &book->ledger.events[event];
	account->lost_unknown = err || !kpc_evlist_knows_lost(o->evlist) ||
				book->rule[event].unreadable;
	/* A program knows more than perf: of a CPU without an event, say. */
	if (!kpc_bpflost_read(&o->maps->map[i].lost, &counted))
		account->lost_unknown |= o->cpus_changed;
	else if (counted > count.lost)
		count.lost = counted;
	kpc_book_count(book, event, &count, 0, 0);
	return err;
}

static void count_stream(struct kpc_outputs *o, uint32_t i)
{
	const struct kpc_bpfmap *m = &o->maps->map[o->maps->nr_arrays + i];
	uint64_t lost;

	kpc_bpfstream_count(&o->stream[i],
			    kpc_bpflost_read(&m->lost, &lost) ? &lost : NULL);
}

int kpc_outputs_count(struct kpc_outputs *o)
{
	int err = 0;

	if (o->evlist)
		look_at_cpus(o);
	for (uint32_t i = 0; o->evlist && i < o->maps->nr_arrays; i++) {
		int got = count_array(o, i);

		err = err ? err : got;
	}
	for (uint32_t i = 0; i < o->nr_streams; i++)
		count_stream(o, i);
	return err;
}

/* ---- polling ------------------------------------------------------------- */

uint32_t kpc_outputs_nr_fds(const struct kpc_outputs *o)
{
	return kpc_outputs_nr_rings(o);
}

void kpc_outputs_dead(struct kpc_outputs *o, uint32_t i)
{
	o->dead[i] = true;
}

int kpc_outputs_fd(const struct kpc_outputs *o, uint32_t i)
{
	uint32_t perf = nr_perf_rings(o);

	if (o->dead[i])
		return -1;
	if (i < perf)
		return kpc_evlist_ring(o->evlist, i)->fd;
	return o->stream[i - perf].since_ns ? -1 : o->stream[i - perf].fd;
}

bool kpc_outputs_wait(const struct kpc_outputs *o)
{
	for (uint32_t i = 0; i < kpc_outputs_nr_fds(o); i++)
		if (o->dead[i])
			return true;
	for (uint32_t i = 0; i < o->nr_streams; i++)
		if (o->stream[i].since_ns)
			return true;
	return false;
}
