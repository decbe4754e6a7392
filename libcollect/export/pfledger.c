// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pfledger.h"

int kpc_pf_ledger_init(struct kpc_pf_ledger *l, struct kpc_export *x,
		       struct kpc_pf_tracks *tracks,
		       const struct kpc_trace_info *info, uint64_t parent,
		       bool realtime)
{
	*l = (struct kpc_pf_ledger){
		.x = x,
		.tracks = tracks,
		.info = info,
		.ledger = kpc_export_ledger(x, info),
		.realtime = realtime,
		.parent = parent,
	};
	l->rings = calloc(info->nr_rings + 1ull, sizeof(*l->rings));
	return l->rings ? 0 : -ENOMEM;
}

void kpc_pf_ledger_uninit(struct kpc_pf_ledger *l)
{
	free(l->rings);
	l->rings = NULL;
}

static uint64_t clock_of(const struct kpc_pf_ledger *l, uint64_t time_ns)
{
	int64_t realtime_ns;

	if (!l->realtime ||
	    kpc_export_realtime(l->x, l->info, time_ns, &realtime_ns))
		return time_ns;
	return realtime_ns;
}

static int32_t cpu_of(const struct kpc_pf_ledger *l, uint32_t ring)
{
	return l->info->ring_cpus ? l->info->ring_cpus[ring] : -1;
}

/* ---- events -------------------------------------------------------------- */

static void event_begin(const struct kpc_pf_ledger *l, uint64_t track,
			const char *name, uint64_t time_ns)
{
	struct kpc_pf *pf = l->tracks->pf;

	kpc_pf_begin(pf, clock_of(l, time_ns));
	kpc_wire_add_varint(&pf->body, PF_EVENT_TYPE, PF_INSTANT);
	kpc_wire_add_varint(&pf->body, PF_EVENT_TRACK, track);
	kpc_wire_add_varint(&pf->body, PF_EVENT_CATEGORY,
			    kpc_pf_name(pf, PF_INTERNED_CATEGORIES, "collect"));
	kpc_wire_add_varint(&pf->body, PF_EVENT_NAME,
			    kpc_pf_name(pf, PF_INTERNED_EVENT_NAMES, name));
}

static void note(struct kpc_pf *pf, const char *name, uint64_t value)
{
	kpc_pf_note_number(pf,
			   kpc_pf_name(pf, PF_INTERNED_ANNOTATION_NAMES, name),
			   PF_NOTE_UINT, value);
}

static void note_text(struct kpc_pf *pf, const char *name, const char *value)
{
	kpc_pf_note_text(pf,
			 kpc_pf_name(pf, PF_INTERNED_ANNOTATION_NAMES, name),
			 value, strlen(value));
}

static void event_end(const struct kpc_pf_ledger *l)
{
	kpc_pf_end(l->tracks->pf, PF_PACKET_TRACK_EVENT);
}

/* ---- losses -------------------------------------------------------------- */

static void put_count(const struct kpc_pf_ledger *l, uint64_t track,
		      uint64_t count, uint64_t time_ns)
{
	struct kpc_pf *pf = l->tracks->pf;

	kpc_pf_begin(pf, clock_of(l, time_ns));
	kpc_wire_add_varint(&pf->body, PF_EVENT_TYPE, PF_COUNTER);
	kpc_wire_add_varint(&pf->body, PF_EVENT_TRACK, track);
	kpc_wire_add_varint(&pf->body, PF_EVENT_COUNTER_VALUE, count);
	event_end(l);
}

static void begin_counter(struct kpc_pf_ledger *l, uint32_t ring)
{
	int32_t cpu = cpu_of(l, ring);
	char name[64];

	snprintf(name, sizeof(name), cpu < 0 ? "lost, ring %u" : "lost, CPU %d",
		 cpu < 0 ? (int)ring : cpu);
	l->rings[ring].track = kpc_pf_track(l->tracks, l->parent, name, true);
	put_count(l, l->rings[ring].track, 0, l->info->start_ns);
}

/* Perfetto warns of this one by itself. */
static void put_sampler_loss(const struct kpc_pf_ledger *l, int32_t cpu,
			     uint64_t count, uint64_t time_ns)
{
	struct kpc_pf *pf = l->tracks->pf;

	if (cpu < 0)
		return;
	kpc_pf_begin(pf, clock_of(l, time_ns));
	kpc_wire_add_varint(&pf->body, PF_SAMPLE_CPU, cpu);
	kpc_wire_add_varint(&pf->body, PF_SAMPLE_LOST, count);
	kpc_pf_end(pf, PF_PACKET_PERF_SAMPLE);
}

static void put_loss(struct kpc_pf_ledger *l, uint32_t ring,
		     const struct kpc_loss_range *range)
{
	struct kpc_pf *pf = l->tracks->pf;
	struct kpc_pf_ring *r = &l->rings[ring];
	int32_t cpu = cpu_of(l, ring);

	if (!l->losses)
		l->losses = kpc_pf_track(l->tracks, l->parent, "lost events",
					 false);
	event_begin(l, l->losses, "lost events", range->to_ns);
	note(pf, "lost", range->count);
	note(pf, "ring", ring);
	if (cpu >= 0)
		note(pf, "CPU", cpu);
	note(pf, "from_ns", clock_of(l, range->from_ns));
	note(pf, "times", range->losses);
	event_end(l);
	if (!r->track)
		begin_counter(l, ring);
	put_count(l, r->track, r->lost,
		  range->from_ns ? range->from_ns : l->info->start_ns);
	r->lost += range->count;
	r->gap = true;
	put_count(l, r->track, r->lost, range->to_ns);
	put_sampler_loss(l, cpu, range->count, range->to_ns);
}

void kpc_pf_ledger_losses(struct kpc_pf_ledger *l, uint32_t ring,
			  uint64_t time_ns)
{
	const struct kpc_ring_account *account;

	if (!l->ledger || ring >= l->ledger->nr_rings ||
	    ring >= l->info->nr_rings)
		return;
	account = &l->ledger->rings[ring];
	while (l->rings[ring].next < account->nr_losses &&
	       account->losses[l->rings[ring].next].to_ns <= time_ns)
		put_loss(l, ring, &account->losses[l->rings[ring].next++]);
}

/* What nobody knows more of than that it was at the end. */
static void put_rest(struct kpc_pf_ledger *l, uint32_t ring)
{
	struct kpc_pf_ring *r = &l->rings[ring];
	const struct kpc_loss_range rest = {
		.from_ns = l->info->start_ns,
		.to_ns = l->info->end_ns,
		.count = l->ledger->rings[ring].lost - r->lost,
		.losses = 1,
	};

	if (l->ledger->rings[ring].lost > r->lost)
		put_loss(l, ring, &rest);
}

/* ---- accounts ------------------------------------------------------------ */

static void put_probe(struct kpc_pf *pf,
		      const struct kpc_probe_account *account)
{
	note(pf, "entered", account->entered);
	note(pf, "filtered", account->filtered_pred + account->filtered_bpf);
	note(pf, "recursion", account->recursion);
	note(pf, "missed", account->missed_kprobe + account->missed_return);
}

static void put_account(const struct kpc_pf_ledger *l, uint64_t track,
			const struct kpc_event *event,
			const struct kpc_event_account *account)
{
	struct kpc_pf *pf = l->tracks->pf;

	event_begin(l, track, "account", l->info->end_ns);
	if (event)
		note_text(pf, "event", event->name);
	note(pf, "count", account->count);
	note(pf, "delivered", account->delivered);
	note(pf, "lost", account->lost);
	note(pf, "period_skipped", account->period_skipped);
	note(pf, "own_dropped", account->own_dropped);
	note(pf, "overwritten", account->overwritten);
	if (account->has_probe)
		put_probe(pf, &account->probe);
	event_end(l);
}

void kpc_pf_ledger_end(struct kpc_pf_ledger *l, const struct kpc_reader *reader)
{
	bool is_current = kpc_export_info(l->x, reader) == l->info;
	uint64_t track;

	if (!l->ledger)
		return;
	for (uint32_t i = 0; i < l->ledger->nr_rings && i < l->info->nr_rings;
	     i++) {
		kpc_pf_ledger_losses(l, i, UINT64_MAX);
		put_rest(l, i);
	}
	track = kpc_pf_track(l->tracks, l->parent, "ledger", false);
	/* Of those that were joined, the reader has no events. */
	for (uint32_t i = 0; i < l->ledger->nr_events; i++)
		put_account(l, track,
			    is_current ? kpc_export_event(l->x, reader, i) :
					 NULL,
			    &l->ledger->events[i]);
}
