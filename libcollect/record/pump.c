// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "pump.h"
#include "trace_clock.h"

#define POLL_NS (250 * KPC_NS_PER_MS) /* at least so often */
#define ASK_US	200
#define DEAF_NS (5 * KPC_NS_PER_MS) /* if no ring wakes us */

int kpc_pump_init(struct kpc_pump *p, struct kpc_book *book,
		  const struct kpc_event *events, uint32_t nr_events)
{
	int err;

	*p = (struct kpc_pump){ .wake_fd = -1 };
	sem_init(&p->go, 0, 0);
	p->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (p->wake_fd < 0)
		return -errno;
	err = kpc_share_init(&p->share, book);
	if (!err)
		err = kpc_batch_new(&p->batch, events, nr_events);
	p->drain.share = &p->share;
	p->drain.batch = p->batch;
	return err;
}

void kpc_pump_abandon(struct kpc_pump *p)
{
	if (!p->thread.tid)
		return;
	kpc_pump_order(p, KPC_PUMP_ABANDON);
	kpc_pump_go(p);
	kpc_pump_join(p);
}

void kpc_pump_uninit(struct kpc_pump *p)
{
	kpc_pump_abandon(p);
	if (p->wake_fd >= 0)
		close(p->wake_fd);
	sem_destroy(&p->go);
	free(p->polls);
	kpc_drain_uninit(&p->drain);
	kpc_writer_free(p->writer);
	kpc_batch_free(p->batch);
	kpc_share_uninit(&p->share);
}

/* ---- waiting ------------------------------------------------------------- */

static uint32_t nr_outputs(const struct kpc_pump *p)
{
	return p->outputs ? kpc_outputs_nr_fds(p->outputs) : 0;
}

/* Where the outputs' descriptors begin. */
static uint32_t first_output(const struct kpc_pump *p)
{
	return 1 + p->drain.nr_rings;
}

static int init_polls(struct kpc_pump *p)
{
	p->nr_polls = first_output(p) + nr_outputs(p);
	p->polls = calloc(p->nr_polls, sizeof(*p->polls));
	if (!p->polls)
		return -ENOMEM;
	for (uint32_t i = 0; i < p->nr_polls; i++)
		p->polls[i].events = POLLIN;
	p->polls[0].fd = p->wake_fd;
	for (uint32_t i = 0; i < p->drain.nr_rings; i++)
		p->polls[1 + i].fd = -1;
	return 0;
}

/* A ring of a CPU that came has something to poll from then on. */
static void poll_rings(struct kpc_pump *p)
{
	for (uint32_t i = 0; i < p->drain.nr_rings; i++) {
		struct kpc_drain_ring *r = &p->drain.ring[i];

		if (r->polled || !kpc_ring_is_there(r->ring))
			continue;
		r->polled = true;
		p->polls[1 + i].fd = r->ring->fd;
	}
}

/*
 * An event whose task has ended hangs up for ever: don't spin. Another one of
 * the ring can wake us; inherited ones can't, so without one look often.
 */
static void replace_poll(struct kpc_pump *p, uint32_t i)
{
	const struct kpc_drain_ring *r;

	p->polls[i].fd = -1;
	if (i >= first_output(p)) {
		kpc_outputs_dead(p->outputs, i - first_output(p));
	} else if (i) {
		r = &p->drain.ring[i - 1];
		p->polls[i].fd = kpc_evlist_live_fd(r->evlist, r->index);
		p->deaf |= p->polls[i].fd < 0;
	}
}

/* How long nothing has to be done if nothing comes. */
static uint64_t patience_ns(const struct kpc_pump *p, uint64_t now)
{
	uint64_t due = kpc_drain_due_ns(&p->drain);
	uint64_t ns = POLL_NS;

	/* What comes in the meantime is in the file in time, too. */
	if (ns > p->drain.flush_ns / 2)
		ns = p->drain.flush_ns / 2;
	if (p->outputs && kpc_outputs_due_ns(p->outputs) < due)
		due = kpc_outputs_due_ns(p->outputs);
	if (ns > DEAF_NS &&
	    (p->deaf || (p->outputs && kpc_outputs_wait(p->outputs))))
		ns = DEAF_NS;
	/* What is overdue waits for a program, such as one that was preempted. */
	if (due < now + ns)
		ns = due > now + KPC_NS_PER_MS ? due - now : KPC_NS_PER_MS;
	return ns;
}

/*
 * Sleeps until a ring has a watermark's worth, an order comes, or something is
 * due. EPOLLIN of a ring comes once per watermark: who calls this has looked at
 * the rings.
 */
static void wait_for_more(struct kpc_pump *p, uint64_t now)
{
	uint64_t ns = patience_ns(p, now);
	eventfd_t wakes;

	poll_rings(p);
	for (uint32_t i = 0; i < nr_outputs(p); i++)
		p->polls[first_output(p) + i].fd =
			kpc_outputs_fd(p->outputs, i);
	if (poll(p->polls, p->nr_polls,
		 (ns + KPC_NS_PER_MS - 1) / KPC_NS_PER_MS) <= 0)
		return;
	/* What it wakes us for was stored before that, and is looked at next. */
	if (p->polls[0].revents & POLLIN)
		eventfd_read(p->wake_fd, &wakes);
	for (uint32_t i = 0; i < p->nr_polls; i++)
		if (p->polls[i].revents & (POLLHUP | POLLERR | POLLNVAL))
			replace_poll(p, i);
}

/* ---- reading ------------------------------------------------------------- */

/* Looks at all rings; as kpc_drain_pass(). */
static int pass(struct kpc_pump *p, uint64_t now, bool all)
{
	int more = kpc_drain_pass(&p->drain, now, all);
	int outputs;

	if (more < 0 || !p->outputs)
		return more;
	outputs = kpc_outputs_pass(p->outputs, now, all);
	return outputs < 0 ? outputs : more | outputs;
}

/* All that is there now, if somebody waits for it. */
static int serve(struct kpc_pump *p)
{
	uint32_t asked = p->asked;
	int more = 1;

	if (asked == p->served)
		return 0;
	kpc_drain_mark(&p->drain);
	while (more > 0 && p->order == KPC_PUMP_READ) {
		more = pass(p, kpc_trace_clock(), true);
		if (kpc_drain_reached(&p->drain))
			break;
	}
	if (more >= 0)
		p->served = asked;
	return more < 0 ? more : 0;
}

static int read_rings(struct kpc_pump *p)
{
	uint64_t now;
	int more;

	while (p->order == KPC_PUMP_READ) {
		more = serve(p);
		if (more < 0)
			return more;
		now = kpc_trace_clock();
		more = pass(p, now, false);
		if (more < 0)
			return more;
		if (!more && !kpc_drain_is_eager(&p->drain, now))
			wait_for_more(p, now);
	}
	if (p->outputs)
		kpc_outputs_stop(p->outputs);
	more = 1;
	while (more > 0 && p->order != KPC_PUMP_ABANDON)
		more = pass(p, kpc_trace_clock(), true);
	return more < 0 ? more : 0;
}

static void run(void *ctx)
{
	struct kpc_pump *p = ctx;
	struct kpc_priority before;

	p->priority = kpc_priority_raise(&before);
	kpc_thread_ready(&p->thread);
	while (sem_wait(&p->go) && errno == EINTR)
		;
	p->err = read_rings(p);
	p->ended = true;
}

int kpc_pump_start(struct kpc_pump *p)
{
	int err = init_polls(p);

	p->drain.writer = p->writer;
	return err ? err : kpc_thread_start(&p->thread, run, p);
}

void kpc_pump_go(struct kpc_pump *p)
{
	sem_post(&p->go);
}

void kpc_pump_order(struct kpc_pump *p, enum kpc_pump_order order)
{
	p->order = order;
	eventfd_write(p->wake_fd, 1);
}

uint32_t kpc_pump_ask(struct kpc_pump *p)
{
	uint32_t number = ++p->asked;

	eventfd_write(p->wake_fd, 1);
	return number;
}

void kpc_pump_await(struct kpc_pump *p, uint32_t number)
{
	while ((int32_t)(p->served - number) < 0 && !p->ended)
		usleep(ASK_US);
}

void kpc_pump_join(struct kpc_pump *p)
{
	kpc_thread_join(&p->thread);
}
