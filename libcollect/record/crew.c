// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "crew.h"

#define CPUS_FEW	 4 /* on which more threads would only be in the way */
#define RINGS_PER_THREAD 8

uint32_t kpc_crew_threads(uint32_t cpus, uint32_t rings)
{
	uint32_t nr = (rings + RINGS_PER_THREAD - 1) / RINGS_PER_THREAD;

	if (cpus <= CPUS_FEW || !nr)
		return 1;
	return nr < KPC_THREADS_MAX ? nr : KPC_THREADS_MAX;
}

static uint32_t nr_threads(const struct kpc_crew_opts *o)
{
	uint32_t rings = kpc_evlist_nr_open(o->evlist);
	uint32_t nr = o->threads;

	if (!nr)
		nr = kpc_crew_threads(sysconf(_SC_NPROCESSORS_ONLN), rings);
	return nr < rings || nr == 1 ? nr : rings;
}

static int init_pump(struct kpc_crew *c, struct kpc_pump *p)
{
	const struct kpc_events *events = c->opts.events;
	int err = kpc_pump_init(p, c->opts.book, events->event,
				events->nr + events->nr_outputs);

	if (!err)
		err = kpc_events_intake(events, kpc_evlist_ids(c->opts.evlist),
					&p->drain.intake);
	if (!err)
		kpc_intake_own(p->drain.intake, c->opts.self);
	if (!err && c->opts.trigger)
		kpc_intake_trigger(p->drain.intake, c->opts.trigger);
	if (!err)
		kpc_batch_watch(p->batch, c->opts.addresses);
	p->drain.nr_events = events->nr;
	p->drain.flush_ns = c->opts.flush_ns;
	return err;
}

uint32_t kpc_crew_reader(uint32_t ring, uint32_t open, uint32_t rings,
			 uint32_t threads)
{
	if (ring < open)
		return (uint64_t)ring * threads / open;
	return (uint64_t)(ring - open) * threads / (rings - open);
}

static int deal_rings(struct kpc_crew *c)
{
	uint32_t rings = kpc_evlist_nr_rings(c->opts.evlist);
	uint32_t open = kpc_evlist_nr_open(c->opts.evlist);
	int err = 0;

	for (uint32_t i = 0; !err && i < rings; i++) {
		uint32_t reader = kpc_crew_reader(i, open, rings, c->nr);

		err = kpc_drain_add(&c->pump[reader].drain, c->opts.evlist, i,
				    i);
	}
	return err;
}

int kpc_crew_init(struct kpc_crew *c, const struct kpc_crew_opts *opts)
{
	uint32_t nr = nr_threads(opts);
	int err = 0;

	*c = (struct kpc_crew){
		.opts = *opts,
		.pump = calloc(nr ? nr : 1, sizeof(*c->pump)),
	};
	if (!c->pump)
		return -ENOMEM;
	while (!err && c->nr < nr)
		err = init_pump(c, &c->pump[c->nr++]);
	return err ? err : deal_rings(c);
}

void kpc_crew_uninit(struct kpc_crew *c)
{
	for (uint32_t i = 0; i < c->nr; i++)
		kpc_pump_uninit(&c->pump[i]);
	free(c->pump);
	*c = (struct kpc_crew){ 0 };
}

/* What BPF programs write is read by the first. */
static int take_outputs(struct kpc_crew *c)
{
	struct kpc_pump *p = &c->pump[0];
	struct kpc_outputs_sink sink = {
		.share = &p->share,
		.batch = p->batch,
		.writer = p->writer,
		.flush_ns = c->opts.flush_ns,
		.first_event = c->opts.events->nr,
		.first_ring = kpc_evlist_nr_rings(c->opts.evlist),
	};

	if (!c->opts.events->nr_outputs)
		return 0;
	p->outputs = c->opts.outputs;
	return kpc_outputs_into(p->outputs, &sink);
}

int kpc_crew_start(struct kpc_crew *c, struct kpc_writer *writer)
{
	int err = 0;

	for (uint32_t i = 0; !err && i < c->nr; i++)
		err = kpc_writer_share(&c->pump[i].writer, writer);
	if (!err)
		err = take_outputs(c);
	for (uint32_t i = 0; !err && i < c->nr; i++)
		err = kpc_pump_start(&c->pump[i]);
	return err;
}

void kpc_crew_add_to(const struct kpc_crew *c, struct kpc_self *self)
{
	for (uint32_t i = 0; i < c->nr; i++)
		kpc_self_add(self, c->pump[i].thread.tid);
}

const char *kpc_crew_priority(const struct kpc_crew *c)
{
	return c->pump[0].priority;
}

void kpc_crew_go(struct kpc_crew *c)
{
	for (uint32_t i = 0; i < c->nr; i++)
		kpc_pump_go(&c->pump[i]);
}

void kpc_crew_flush(struct kpc_crew *c)
{
	uint32_t number[KPC_THREADS_MAX];

	for (uint32_t i = 0; i < c->nr; i++)
		number[i] = kpc_pump_ask(&c->pump[i]);
	for (uint32_t i = 0; i < c->nr; i++)
		kpc_pump_await(&c->pump[i], number[i]);
}

int kpc_crew_finish(struct kpc_crew *c)
{
	int err = 0;

	for (uint32_t i = 0; i < c->nr; i++)
		kpc_pump_order(&c->pump[i], KPC_PUMP_FINISH);
	for (uint32_t i = 0; i < c->nr; i++) {
		kpc_pump_join(&c->pump[i]);
		err = err ? err : c->pump[i].err;
	}
	return err;
}

static void count_tail(struct kpc_book *book, const struct kpc_drain_ring *r,
		       uint64_t end_ns)
{
	struct kpc_ring_account *account = &book->ledger.rings[r->number];
	struct kpc_loss_range range = {
		.from_ns = r->last_ns,
		.to_ns = end_ns,
		.losses = 1,
	};
	uint64_t lost;

	if (kpc_evlist_ring_lost(r->evlist, r->index, &lost) ||
	    lost <= account->lost)
		return;
	range.count = lost - account->lost;
	account->lost = lost;
	kpc_book_loss(book, r->number, &range);
}

void kpc_crew_count_tails(const struct kpc_crew *c, uint64_t end_ns)
{
	for (uint32_t i = 0; i < c->nr; i++)
		for (uint32_t j = 0; j < c->pump[i].drain.nr_rings; j++)
			count_tail(c->opts.book, &c->pump[i].drain.ring[j],
				   end_ns);
}

void kpc_crew_abandon(struct kpc_crew *c)
{
	for (uint32_t i = 0; i < c->nr; i++)
		kpc_pump_abandon(&c->pump[i]);
}
