// SPDX-License-Identifier: GPL-2.0-only
/* sessionbook.c - what the kernel tells a session's book, and its ledgers */
#include <errno.h>
#include <string.h>

#include "bpflink.h"
#include "outlet.h"
#include "session.h"
#include "trace_clock.h"

static void read_probe(struct kpc_session *s, uint32_t event, bool before)
{
	const struct kpc_opening *o = &s->events.opening[event];
	struct kpc_probe_account now;

	if (!o->probe || kpc_kprobex_stats(&s->events.kprobex, o->probe, &now))
		return;
	if (before)
		s->book.rule[event].before = now;
	else
		kpc_book_probe(&s->book, event, &now);
}

/* Its BPF programs too. */
static void read_programs(struct kpc_session *s, uint32_t event, bool before)
{
	const struct kpc_opening *o = &s->events.opening[event];
	struct kpc_program_account *programs;
	uint32_t nr;

	if (!o->probe ||
	    kpc_bpflink_list(&s->events.kprobex, o->probe, &programs, &nr))
		return;
	/* Without memory they keep the kernel's names. */
	kpc_bpf_name(&s->bpf, programs, nr);
	kpc_book_programs(&s->book, event, before, programs, nr);
}

/* How many counters an event had: its own, and those of new threads. */
static uint64_t instances(const struct kpc_session *s)
{
	uint64_t nr = kpc_evlist_nr_fds(s->evlist);

	if (!s->system_wide)
		nr += kpc_side_forks(s->side) * s->target.cpus.nr;
	return nr;
}

/*
 * A CPU that is in a hit when the event is switched off has counted it, maybe, and
 * doesn't sample it any more: see book.h.
 */
static uint64_t stops(const struct kpc_session *s, bool final)
{
	return final ? s->target.cpus.nr : 0;
}

/* What perf and the probes have counted so far. By who has the book. */
static void read_counts(struct kpc_session *s, bool final)
{
	uint64_t nr = instances(s);
	struct kpc_count count;
	int err;

	err = kpc_outputs_count(&s->outputs);
	if (err)
		kpc_session_log(s, KPC_LOG_WARNING,
				"cannot read what perf event arrays lost: %s",
				strerror(-err));
	for (uint32_t i = 0; i < s->events.nr; i++) {
		err = kpc_evlist_read(s->evlist, i, &count);
		if (err) {
			kpc_session_log(s, KPC_LOG_WARNING,
					"cannot read the count of %s: %s",
					s->events.event[i].name,
					strerror(-err));
			continue;
		}
		if (!kpc_evlist_knows_lost(s->evlist) && s->events.nr == 1)
			count.lost = kpc_book_totals(&s->book).lost;
		kpc_book_count(&s->book, i, &count, nr, stops(s, final));
		read_probe(s, i, false);
		if (!final)
			read_programs(s, i, false);
	}
}

void kpc_session_begin_book(struct kpc_session *s)
{
	for (uint32_t i = 0; i < s->events.nr; i++) {
		read_probe(s, i, true);
		read_programs(s, i, true);
	}
}

void kpc_session_note_programs(struct kpc_session *s)
{
	struct kpc_outlet *outlet = kpc_writer_outlet(s->writer);

	kpc_outlet_lock(outlet);
	for (uint32_t i = 0; i < s->events.nr; i++)
		read_programs(s, i, false);
	kpc_outlet_unlock(outlet);
}

/*
 * Nothing is put meanwhile, so that it tells of just the chunks before it: what
 * was read since waits with its readers.
 */
int kpc_session_write_ledger(struct kpc_session *s, bool final)
{
	struct kpc_outlet *outlet = kpc_writer_outlet(s->writer);
	struct kpc_ledger *ledger = &s->book.ledger;
	struct kpc_queue_stats stats;
	int err;

	kpc_outlet_lock(outlet);
	read_counts(s, final);
	ledger->time_ns = kpc_trace_clock();
	ledger->final = final;
	ledger->side_lost = kpc_side_lost(s->side);
	kpc_outlet_stats(outlet, &stats);
	ledger->full_waits = stats.waits;
	ledger->full_wait_ns = stats.wait_ns;
	ledger->threads_missed = s->threads_missed;
	err = kpc_writer_ledger(s->writer, ledger);
	kpc_outlet_unlock(outlet);
	return err;
}
