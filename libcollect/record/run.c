// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE /* gettid() */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agenda.h"
#include "outlet.h"
#include "priority.h"
#include "session.h"
#include "sink.h"
#include "trace_clock.h"

#define POLL_NS (250 * KPC_NS_PER_MS) /* at least so often */
/* A command that is to stop: it may do so by itself (Ctrl-C goes to it too) */
#define STOP_TERM_NS  (300 * KPC_NS_PER_MS) /* then it gets SIGTERM */
#define STOP_LEAVE_NS (2 * KPC_NS_PER_S)    /* then it is left alone */

/* How it is to end, or has. */
struct ending {
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

/* ---- begin --------------------------------------------------------------- */

/*
 * The recording must not feed on itself. kprobex leaves us out by itself, a
 * tracepoint takes a filter; for the rest samples of ours are dropped as they
 * are read.
 */
static void leave_self_out(struct kpc_session *s)
{
	char filter[KPC_SELF_MAX * 32];
	size_t used = 0;
	int err;

	if (!s->system_wide || !kpc_target_ids_are_initial())
		return; /* or records have other ids of ours */
	for (uint32_t i = 0; i < s->self.nr; i++)
		used += snprintf(filter + used, sizeof(filter) - used,
				 "%scommon_pid != %u", i ? " && " : "",
				 s->self.tid[i]);
	for (uint32_t i = 0; i < s->events.nr; i++) {
		if (s->events.opening[i].attr.type != PERF_TYPE_TRACEPOINT)
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

/* Nothing comes yet: the threads wait. */
static int start_threads(struct kpc_session *s)
{
	const struct kpc_sink *sink;
	const char *text;
	int err = kpc_writer_start(s->writer, s->memory_bytes);

	if (!err)
		err = kpc_crew_start(&s->crew, s->writer);
	if (err)
		return kpc_fail(s->error, sizeof(s->error), err,
				"cannot begin a thread: %s", strerror(-err));
	text = kpc_crew_priority(&s->crew);
	if (text)
		kpc_session_log(s, KPC_LOG_INFO, "%s", text);
	kpc_self_add(&s->self, gettid());
	if (kpc_outlet_tid(kpc_writer_outlet(s->writer)))
		kpc_self_add(&s->self,
			     kpc_outlet_tid(kpc_writer_outlet(s->writer)));
	sink = kpc_outlet_sink(kpc_writer_outlet(s->writer));
	if (sink && kpc_sink_thread(sink))
		kpc_self_add(&s->self, kpc_sink_thread(sink));
	kpc_crew_add_to(&s->crew, &s->self);
	kpc_session_add_callers(s);
	return 0;
}

static int enable(struct kpc_session *s)
{
	int err = kpc_outputs_start(&s->outputs, &s->self,
				    kpc_target_ids_are_initial());

	kpc_crew_go(&s->crew);
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
	int err = kpc_session_limit_init(s);

	if (err)
		return kpc_fail(s->error, sizeof(s->error), err,
				"out of memory");
	err = start_threads(s);
	if (err)
		return err;
	leave_self_out(s);
	kpc_session_begin_book(s);
	s->start_ns = kpc_trace_clock();
	s->part_ns = s->start_ns;
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

/* A command that runs may end first, so that its end is recorded. */
static bool may_stop(struct kpc_session *s, struct ending *a, uint64_t now)
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

uint64_t kpc_session_duration_end_ns(const struct kpc_session *s)
{
	uint64_t start = s->start_ns, end;

	if (!start || !s->opts.duration_ns ||
	    __builtin_add_overflow(start, s->opts.duration_ns, &end))
		return UINT64_MAX;
	return end;
}

/* As Ctrl-C on a terminal, which the command gets, too. */
static void time_out(struct kpc_session *s, struct ending *a, uint64_t now)
{
	a->timed_out = true;
	a->stops = 1;
	s->stop_ns = now;
	if (s->workload.pid && !s->workload.ended)
		kill(s->workload.pid, SIGINT);
}

static bool is_over(struct kpc_session *s, struct ending *a, uint64_t now)
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
	if (!a->stops && now >= kpc_session_duration_end_ns(s))
		time_out(s, a, now);
	return a->stops && may_stop(s, a, now);
}

/*
 * Sleeps until there are task records to be read, something ends, or something
 * is due.
 */
static void wait_for_more(struct kpc_session *s,
			  const struct kpc_agenda *agenda, uint64_t now)
{
	uint64_t due = kpc_agenda_due_ns(agenda, s);
	uint64_t end = kpc_session_duration_end_ns(s);
	uint64_t ns = POLL_NS < s->flush_ns ? POLL_NS : s->flush_ns;

	s->polls[s->target_poll] = (struct pollfd){
		.fd = kpc_target_fd(&s->target),
		.events = POLLIN,
	};
	/* What is overdue waits for room in the queue. */
	if (due < now + ns)
		ns = due > now + KPC_NS_PER_MS ? due - now : KPC_NS_PER_MS;
	if (end > now && end < now + ns)
		ns = end - now;
	if (poll(s->polls, s->nr_polls,
		 (ns + KPC_NS_PER_MS - 1) / KPC_NS_PER_MS) <= 0)
		return;
	/* Whose task has ended hangs up for ever: don't spin. */
	for (uint32_t i = 0; i < s->nr_polls; i++)
		if (s->polls[i].revents & (POLLHUP | POLLERR | POLLNVAL))
			s->polls[i].fd = -1;
}

static int record(struct kpc_session *s, struct ending *a)
{
	struct kpc_outlet *outlet = kpc_writer_outlet(s->writer);
	struct kpc_agenda agenda;

	kpc_agenda_init(&agenda, s->start_ns);
	for (;;) {
		uint64_t now = kpc_trace_clock();
		bool over = is_over(s, a, now);
		int err = kpc_outlet_failed(outlet);

		if (!err && over)
			return 0;
		kpc_session_follow_cpus(s, now);
		if (!err)
			err = kpc_agenda_do(&agenda, s, now);
		if (err)
			return writer_failed(s, err);
		wait_for_more(s, &agenda, now);
	}
}

/* ---- end ----------------------------------------------------------------- */

static enum kpc_exit_reason exit_reason(const struct ending *a)
{
	if (a->timed_out)
		return KPC_EXIT_DURATION;
	return a->ended ? KPC_EXIT_COMMAND : KPC_EXIT_SIGNAL;
}

/*
 * Only this thread tells names, and what waits for them may keep a reader waiting
 * that has the outlet's lock: from here on that may be taken.
 */
static int tell_last_names(struct kpc_session *s, int err)
{
	if (!err && s->live) {
		err = kpc_session_tell_names(s);
		if (err)
			writer_failed(s, err);
	}
	kpc_session_end_names(s);
	return err;
}

/* Nothing comes any more. */
static int finish(struct kpc_session *s, const struct ending *a)
{
	int err = kpc_crew_finish(&s->crew);

	kpc_crew_count_tails(&s->crew, s->end_ns);
	if (!err)
		err = kpc_side_hear(s->side);
	kpc_side_count_lost(s->side);
	if (!err)
		err = kpc_side_write(s->side, s->writer);
	if (!err && !s->live)
		err = kpc_context_finish(&s->context, s->writer);
	if (!err && kpc_session_overwrites(s))
		err = kpc_session_last_dump(s, exit_reason(a));
	else if (!err)
		err = kpc_session_write_ledger(s, true);
	if (!err)
		err = kpc_writer_clock(s->writer);
	if (!err)
		err = kpc_writer_finish(s->writer, exit_reason(a));
	if (err)
		return writer_failed(s, err);
	s->ran = true;
	return 0;
}

/* Nothing more is written; the threads, which may wait for that, end. */
static void give_up(struct kpc_session *s, int err)
{
	kpc_outlet_fail(kpc_writer_outlet(s->writer), err, s->error);
	kpc_crew_abandon(&s->crew);
}

int kpc_session_run(struct kpc_session *s)
{
	struct kpc_priority priority;
	struct ending a = { 0 };
	int err;

	if (s->start_ns)
		return kpc_fail(s->error, sizeof(s->error), -EINVAL,
				"a session runs once");
	kpc_priority_raise_nice(&priority);
	err = begin(s);
	if (!err)
		err = record(s, &a);
	s->end_ns = kpc_trace_clock();
	kpc_evlist_disable(s->evlist);
	kpc_side_disable(s->side);
	err = tell_last_names(s, err);
	/* Their last numbers, while they are on the probes. */
	kpc_session_note_programs(s);
	kpc_bpf_detach(&s->bpf);
	if (!err)
		err = finish(s, &a);
	if (err)
		give_up(s, err);
	kpc_priority_restore(&priority);
	if (s->workload.pid && !s->workload.ended)
		kpc_session_log(s, KPC_LOG_WARNING,
				"%s (process %d) still runs", s->command,
				s->workload.pid);
	return err;
}
