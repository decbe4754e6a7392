// SPDX-License-Identifier: GPL-2.0-only
#include "agenda.h"
#include "outlet.h"
#include "rotate.h"
#include "trace_clock.h"

#define CLOCK_NS      (10 * KPC_NS_PER_S) /* between clock snapshots */
#define PROGRESS_NS   KPC_NS_PER_S
#define LEDGER_MIN_NS KPC_NS_PER_S
#define LEDGER_MAX_NS (8 * KPC_NS_PER_S)
#define TASKS_MAX     8192u	  /* noted before they go out */
#define PACKET_BYTES  (64u << 10) /* about what one takes at most */

void kpc_agenda_init(struct kpc_agenda *a, uint64_t now_ns)
{
	*a = (struct kpc_agenda){
		.clock_ns = now_ns + CLOCK_NS,
		.progress_ns = now_ns + PROGRESS_NS,
		.ledger_ns = now_ns + LEDGER_MIN_NS,
		.ledger_step_ns = LEDGER_MIN_NS,
	};
}

/* Whoever else is writing, something of ours may be written now. */
static bool may_write(struct kpc_session *s)
{
	struct kpc_outlet *outlet = kpc_writer_outlet(s->writer);

	if (!kpc_outlet_trylock(outlet, PACKET_BYTES))
		return false;
	kpc_outlet_unlock(outlet);
	return true;
}

static int write_tasks(struct kpc_agenda *a, struct kpc_session *s,
		       uint64_t now)
{
	int err = 0;

	/* More of them would be more memory. */
	if (kpc_side_pending(s->side) < TASKS_MAX)
		err = kpc_side_hear(s->side);
	if (err || !kpc_side_pending(s->side))
		return err;
	if (kpc_side_pending(s->side) < TASKS_MAX && now < a->tasks_ns)
		return 0;
	if (!may_write(s))
		return 0;
	a->tasks_ns = now + s->flush_ns;
	return kpc_side_write(s->side, s->writer);
}

/* Interim ledgers, ever more seldom, and none where nothing came. */
static int write_interim(struct kpc_agenda *a, struct kpc_session *s,
			 uint64_t now)
{
	struct kpc_outlet *outlet = kpc_writer_outlet(s->writer);
	bool news;
	int err = 0;

	if (now < a->ledger_ns || !kpc_outlet_trylock(outlet, PACKET_BYTES))
		return 0;
	news = s->book.entries != a->entries;
	a->entries = s->book.entries;
	if (news)
		err = kpc_session_write_ledger(s, false);
	kpc_outlet_unlock(outlet);
	if (!news) {
		a->ledger_ns = now + LEDGER_MIN_NS;
		return 0;
	}
	if (a->ledger_step_ns < LEDGER_MAX_NS)
		a->ledger_step_ns *= 2;
	a->ledger_ns = now + a->ledger_step_ns;
	return err;
}

static int write_clock(struct kpc_agenda *a, struct kpc_session *s,
		       uint64_t now)
{
	if (now < a->clock_ns || !may_write(s))
		return 0;
	a->clock_ns = now + CLOCK_NS;
	return kpc_writer_clock(s->writer);
}

static void show_progress(struct kpc_agenda *a, struct kpc_session *s,
			  uint64_t now)
{
	struct kpc_outlet *outlet = kpc_writer_outlet(s->writer);
	struct kpc_session_result result = { .size = sizeof(result) };

	if (now < a->progress_ns)
		return;
	a->progress_ns = now + PROGRESS_NS;
	if (!s->opts.progress || !kpc_outlet_trylock(outlet, 0))
		return;
	kpc_session_result(s, &result);
	kpc_outlet_unlock(outlet);
	pthread_mutex_lock(&s->telling);
	s->opts.progress(s->opts.progress_ctx, &result);
	pthread_mutex_unlock(&s->telling);
}

/* Of rows that a function takes: nothing is written but who threads are. */
static int do_live(struct kpc_agenda *a, struct kpc_session *s, uint64_t now)
{
	int err = kpc_session_tell_names(s);

	if (!err)
		err = write_interim(a, s, now);
	a->clock_ns = UINT64_MAX;
	show_progress(a, s, now);
	return err;
}

int kpc_agenda_do(struct kpc_agenda *a, struct kpc_session *s, uint64_t now)
{
	int err = 0;

	kpc_session_limit_look(s, now);
	if (s->live)
		return do_live(a, s, now);
	if (kpc_session_rotate_due(s, now))
		err = kpc_session_rotate(s);
	if (!err)
		err = kpc_session_dump_if_due(s, now);
	if (!err)
		err = write_tasks(a, s, now);
	if (!err)
		err = write_interim(a, s, now);
	if (!err)
		err = write_clock(a, s, now);
	if (!err && may_write(s))
		err = kpc_context_tick(&s->context, s->writer, now);
	show_progress(a, s, now);
	return err;
}

static uint64_t sooner(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

uint64_t kpc_agenda_due_ns(const struct kpc_agenda *a,
			   const struct kpc_session *s)
{
	uint64_t due = sooner(a->clock_ns, a->ledger_ns);

	due = sooner(due, s->context.look_ns);
	due = sooner(due, kpc_session_rotate_due_ns(s));
	due = sooner(due, kpc_session_dump_due_ns(s));

	if (kpc_side_pending(s->side))
		due = sooner(due, a->tasks_ns);
	return sooner(due, a->progress_ns);
}
