// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE /* gettid() */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bpflink.h"
#include "priority.h"
#include "session.h"
#include "trace_clock.h"

#define POLL_NS	      (250 * KPC_NS_PER_MS) /* at least so often */
#define DEAF_NS	      (5 * KPC_NS_PER_MS)   /* if no ring wakes us */
#define CLOCK_NS      (10 * KPC_NS_PER_S)   /* between clock snapshots */
#define PROGRESS_NS   KPC_NS_PER_S
#define LEDGER_MIN_NS KPC_NS_PER_S
#define LEDGER_MAX_NS (8 * KPC_NS_PER_S)
#define TASKS_MAX     8192u /* noted before they go out */
/* A command that is to stop: it may do so by itself (Ctrl-C goes to it too) */
#define STOP_TERM_NS  (300 * KPC_NS_PER_MS) /* then it gets SIGTERM */
#define STOP_LEAVE_NS (2 * KPC_NS_PER_S)    /* then it is left alone */

/* What is due when, in the trace clock. */
struct agenda {
	uint64_t clock_ns;
	uint64_t progress_ns;
	uint64_t ledger_ns;
	uint64_t ledger_step_ns;
	uint64_t tasks_ns;
	uint32_t stops;	 /* asked for */
	bool terminated; /* the command got SIGTERM */
	bool timed_out;	 /* the duration is over */
	bool ended;	 /* what is recorded has ended */
};

/* Keeps the text of a failed write. */
static int writer_failed(struct kpc_session *s, int err)
{
	const char *text = kpc_writer_error(s->writer);

	return kpc_fail(s->error, sizeof(s->error), err, "%s",
			text && *text ? text : strerror(-err));
}

/* ---- the books ----------------------------------------------------------- */

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

static int write_ledger(struct kpc_session *s, bool final)
{
	struct kpc_ledger *ledger = &s->book.ledger;
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
		kpc_book_count(&s->book, i, &count, nr);
		read_probe(s, i, false);
		if (!final)
			read_programs(s, i, false);
	}
	ledger->time_ns = kpc_trace_clock();
	ledger->final = final;
	ledger->side_lost = kpc_side_lost(s->side);
	ledger->threads_missed = s->threads_missed;
	return kpc_writer_ledger(s->writer, ledger);
}

/* ---- begin --------------------------------------------------------------- */

/*
 * The recording must not feed on itself. kprobex leaves us out by itself, a
 * tracepoint takes a filter; for the rest samples of ours are dropped as they
 * are read.
 */
static void leave_self_out(struct kpc_session *s)
{
	char filter[64];
	int err;

	if (!s->system_wide)
		return;
	kpc_intake_own(s->drain.intake, gettid());
	if (!kpc_target_ids_are_initial())
		return; /* records have another id of ours */
	snprintf(filter, sizeof(filter), "common_pid != %d", gettid());
	for (uint32_t i = 0; i < s->events.nr; i++) {
		if (s->events.event[i].source != KPC_SOURCE_TRACEPOINT)
			continue;
		err = kpc_evlist_filter(s->evlist, i, filter);
		if (err)
			kpc_session_log(s, KPC_LOG_INFO,
					"no filter on %s (%s): own events are "
					"left out later",
					s->events.event[i].name,
					strerror(-err));
	}
}

/* The threads that are there, to know their names. */
static int scan_tasks(struct kpc_session *s)
{
	const struct kpc_target *t = &s->target;
	int err = 0;

	if (s->system_wide)
		return kpc_side_scan(s->side, 0);
	if (t->child)
		return kpc_side_scan(s->side, t->child);
	for (uint32_t i = 0; !err && i < t->nr_followed; i++) {
		bool again = false;

		for (uint32_t j = 0; j < i; j++)
			again |= t->followed[j].pid == t->followed[i].pid;
		if (!again)
			err = kpc_side_scan(s->side, t->followed[i].pid);
	}
	return err;
}

static int enable(struct kpc_session *s)
{
	int err = kpc_outputs_start(&s->outputs, gettid(),
				    kpc_target_ids_are_initial());

	if (!err)
		err = kpc_side_enable(s->side);
	if (!err)
		err = scan_tasks(s);
	/* A command that is recorded enables its events by its exec. */
	if (!err && !s->events.opening[0].attr.enable_on_exec)
		err = kpc_evlist_enable(s->evlist);
	if (err)
		return kpc_fail(s->error, sizeof(s->error), err,
				"cannot enable the events: %s", strerror(-err));
	return 0;
}

static int begin(struct kpc_session *s)
{
	int err;

	leave_self_out(s);
	for (uint32_t i = 0; i < s->events.nr; i++) {
		read_probe(s, i, true);
		read_programs(s, i, true);
	}
	s->start_ns = kpc_trace_clock();
	err = kpc_writer_clock(s->writer);
	if (err)
		return writer_failed(s, err);
	err = enable(s);
	if (err)
		return err;
	err = s->workload.pid ? kpc_workload_start(&s->workload) : 0;
	if (err)
		/* The command's failure, not ours: its status says it, too. */
		kpc_session_log(s, KPC_LOG_WARNING, "cannot run %s: %s",
				s->command, strerror(-err));
	return 0;
}

/* ---- on the way ---------------------------------------------------------- */

static int write_tasks(struct kpc_session *s, struct agenda *a, uint64_t now)
{
	int err = kpc_side_drain(s->side);

	if (err || !kpc_side_pending(s->side))
		return err;
	if (kpc_side_pending(s->side) < TASKS_MAX && now < a->tasks_ns)
		return 0;
	a->tasks_ns = now + s->drain.flush_ns;
	return kpc_side_write(s->side, s->writer);
}

/* Interim ledgers, ever more seldom, and none where nothing came. */
static int write_interim(struct kpc_session *s, struct agenda *a, uint64_t now)
{
	bool written = s->drain.written;

	if (now < a->ledger_ns)
		return 0;
	written |= kpc_outputs_written(&s->outputs);
	if (!written)
		return 0;
	s->drain.written = false;
	if (a->ledger_step_ns < LEDGER_MAX_NS)
		a->ledger_step_ns *= 2;
	a->ledger_ns = now + a->ledger_step_ns;
	return write_ledger(s, false);
}

static void show_progress(struct kpc_session *s, struct agenda *a, uint64_t now)
{
	struct kpc_session_result result = { .size = sizeof(result) };

	if (!s->opts.progress || now < a->progress_ns)
		return;
	a->progress_ns = now + PROGRESS_NS;
	kpc_session_result(s, &result);
	s->opts.progress(s->opts.progress_ctx, &result);
}

static int do_agenda(struct kpc_session *s, struct agenda *a, uint64_t now)
{
	int err = write_tasks(s, a, now);

	if (!err)
		err = write_interim(s, a, now);
	if (!err && now >= a->clock_ns) {
		a->clock_ns = now + CLOCK_NS;
		err = kpc_writer_clock(s->writer);
	}
	show_progress(s, a, now);
	return err;
}

/* A command that runs may end first, so that its end is recorded. */
static bool may_stop(struct kpc_session *s, struct agenda *a, uint64_t now)
{
	if (!s->workload.pid || a->stops > 1 ||
	    now - s->stop_ns >= STOP_LEAVE_NS)
		return true;
	if (!a->terminated && now - s->stop_ns >= STOP_TERM_NS) {
		a->terminated = true;
		kill(s->workload.pid, SIGTERM);
	}
	return false;
}

/* When the duration is over; UINT64_MAX: there is none. */
static uint64_t duration_end_ns(const struct kpc_session *s)
{
	uint64_t end;

	if (!s->opts.duration_ns ||
	    __builtin_add_overflow(s->start_ns, s->opts.duration_ns, &end))
		return UINT64_MAX;
	return end;
}

/* As Ctrl-C on a terminal, which the command gets, too. */
static void time_out(struct kpc_session *s, struct agenda *a, uint64_t now)
{
	a->timed_out = true;
	a->stops = 1;
	s->stop_ns = now;
	if (s->workload.pid && !s->workload.ended)
		kill(s->workload.pid, SIGINT);
}

static bool is_over(struct kpc_session *s, struct agenda *a, uint64_t now)
{
	uint64_t stops;

	if (read(s->stop_fd, &stops, sizeof(stops)) == sizeof(stops)) {
		if (!a->stops)
			s->stop_ns = now;
		a->stops += stops < 2 ? stops : 2;
	}
	if (kpc_workload_poll(&s->workload) ||
	    kpc_target_ended(&s->target, now)) {
		a->ended = true;
		return true;
	}
	if (!a->stops && now >= duration_end_ns(s))
		time_out(s, a, now);
	return a->stops && may_stop(s, a, now);
}

/*
 * An event whose task has ended hangs up for ever: don't spin. Another one of
 * the ring can wake us; inherited ones can't, so without one look often.
 */
static void replace_poll(struct kpc_session *s, uint32_t i)
{
	uint32_t rings = kpc_evlist_nr_rings(s->evlist);

	s->polls[i].fd = -1;
	if (i >= s->output_polls)
		kpc_outputs_dead(&s->outputs, i - s->output_polls);
	if (i < s->ring_polls || i - s->ring_polls >= rings)
		return;
	s->polls[i].fd = kpc_evlist_live_fd(s->evlist, i - s->ring_polls);
	s->deaf |= s->polls[i].fd < 0;
}

/*
 * Sleeps until a ring has a watermark's worth, something ends, or something is
 * due. EPOLLIN of a ring comes once per watermark: who calls this has looked at
 * the rings.
 */
static void wait_for_more(struct kpc_session *s, uint64_t now)
{
	uint64_t due = kpc_drain_due_ns(&s->drain);
	uint64_t outputs_due = kpc_outputs_due_ns(&s->outputs);
	uint64_t end = duration_end_ns(s);
	uint64_t ns = POLL_NS;

	if (outputs_due < due)
		due = outputs_due;
	if (s->deaf || kpc_outputs_wait(&s->outputs))
		ns = DEAF_NS;
	s->polls[s->target_poll] = (struct pollfd){
		.fd = kpc_target_fd(&s->target),
		.events = POLLIN,
	};
	for (uint32_t i = 0; i < kpc_outputs_nr_fds(&s->outputs); i++)
		s->polls[s->output_polls + i].fd =
			kpc_outputs_fd(&s->outputs, i);
	/* What is overdue waits for a program, such as one that was preempted. */
	if (due < now + ns)
		ns = due > now + KPC_NS_PER_MS ? due - now : KPC_NS_PER_MS;
	if (end > now && end < now + ns)
		ns = end - now;
	if (poll(s->polls, s->nr_polls,
		 (ns + KPC_NS_PER_MS - 1) / KPC_NS_PER_MS) <= 0)
		return;
	for (uint32_t i = 0; i < s->nr_polls; i++)
		if (s->polls[i].revents & (POLLHUP | POLLERR | POLLNVAL))
			replace_poll(s, i);
}

/* Looks at all rings; as kpc_drain_pass(). */
static int drain(struct kpc_session *s, uint64_t now, bool all)
{
	int more = kpc_drain_pass(&s->drain, now, all);
	int outputs;

	if (more < 0)
		return more;
	outputs = kpc_outputs_pass(&s->outputs, now, all);
	return outputs < 0 ? outputs : more | outputs;
}

static int record(struct kpc_session *s, struct agenda *a)
{
	for (;;) {
		uint64_t now = kpc_trace_clock();
		bool over = is_over(s, a, now);
		int more, err;

		if (over)
			return 0;
		more = drain(s, now, false);
		if (more < 0)
			return writer_failed(s, more);
		err = do_agenda(s, a, now);
		if (err)
			return writer_failed(s, err);
		if (!more)
			wait_for_more(s, now);
	}
}

/* ---- end ----------------------------------------------------------------- */

/* Their last numbers, while they are on the probes; then nothing is written. */
static void stop_bpf(struct kpc_session *s)
{
	for (uint32_t i = 0; i < s->events.nr; i++)
		read_programs(s, i, false);
	kpc_bpf_detach(&s->bpf);
	kpc_outputs_stop(&s->outputs);
}

static enum kpc_exit_reason exit_reason(const struct agenda *a)
{
	if (a->timed_out)
		return KPC_EXIT_DURATION;
	return a->ended ? KPC_EXIT_COMMAND : KPC_EXIT_SIGNAL;
}

static int finish(struct kpc_session *s, const struct agenda *a)
{
	int err;

	do {
		err = drain(s, kpc_trace_clock(), true);
	} while (err > 0);
	if (!err)
		err = kpc_side_drain(s->side);
	kpc_side_count_lost(s->side);
	if (!err)
		err = kpc_side_write(s->side, s->writer);
	if (!err)
		err = write_ledger(s, true);
	if (!err)
		err = kpc_writer_clock(s->writer);
	if (!err)
		err = kpc_writer_finish(s->writer, exit_reason(a));
	if (err)
		return writer_failed(s, err);
	s->ran = true;
	return 0;
}

int kpc_session_run(struct kpc_session *s)
{
	struct kpc_priority priority;
	struct agenda a = { 0 };
	const char *text;
	int err;

	if (s->start_ns)
		return kpc_fail(s->error, sizeof(s->error), -EINVAL,
				"a session runs once");
	text = kpc_priority_raise(&priority);
	if (text)
		kpc_session_log(s, KPC_LOG_INFO, "%s", text);
	err = begin(s);
	a.ledger_step_ns = LEDGER_MIN_NS;
	a.ledger_ns = s->start_ns + LEDGER_MIN_NS;
	a.clock_ns = s->start_ns + CLOCK_NS;
	a.progress_ns = s->start_ns + PROGRESS_NS;
	if (!err)
		err = record(s, &a);
	s->end_ns = kpc_trace_clock();
	kpc_evlist_disable(s->evlist);
	kpc_side_disable(s->side);
	stop_bpf(s);
	if (!err)
		err = finish(s, &a);
	kpc_priority_restore(&priority);
	if (s->workload.pid && !s->workload.ended)
		kpc_session_log(s, KPC_LOG_WARNING,
				"%s (process %d) still runs", s->command,
				s->workload.pid);
	return err;
}
