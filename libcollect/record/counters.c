// SPDX-License-Identifier: GPL-2.0-only
/* counters.c - counts, and says what was counted */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "counters.h"
#include "trace_clock.h"

#define POLL_NS	      (100 * KPC_NS_PER_MS) /* at least so often */
#define STOP_TERM_NS  (300 * KPC_NS_PER_MS) /* then a command gets SIGTERM */
#define STOP_LEAVE_NS (2 * KPC_NS_PER_S)    /* then it is left alone */

/* ---- run ----------------------------------------------------------------- */

static void note_probes(struct kpc_counters *c)
{
	for (uint32_t i = 0; i < c->events.nr; i++)
		if (c->events.opening[i].probe)
			kpc_kprobex_stats(&c->events.kprobex,
					  c->events.opening[i].probe,
					  &c->lines[i].before);
}

static int begin(struct kpc_counters *c)
{
	int err = 0;

	note_probes(c);
	c->start_ns = kpc_trace_clock();
	/* A command that is counted enables its events by its exec. */
	if (!c->target.child)
		err = kpc_evlist_enable(c->evlist);
	if (err)
		return kpc_fail(c->error, sizeof(c->error), err,
				"cannot enable the events: %s", strerror(-err));
	err = c->workload.pid ? kpc_workload_start(&c->workload) : 0;
	if (err && c->opts.log) {
		snprintf(c->error, sizeof(c->error), "cannot run %s: %s",
			 c->opts.argv[0], strerror(-err));
		c->opts.log(c->opts.log_ctx, KPC_LOG_WARNING, c->error);
	}
	return 0;
}

/* Asked to stop, or out of time: a command is told, and waited for a while. */
static bool is_over(struct kpc_counters *c, uint64_t now)
{
	uint64_t duration = c->opts.duration_ns, stops;

	if (kpc_workload_poll(&c->workload) ||
	    kpc_target_ended(&c->target, now))
		return true;
	if (read(c->stop_fd, &stops, sizeof(stops)) == sizeof(stops))
		c->stops += stops;
	if (!c->stops && duration && now - c->start_ns >= duration) {
		c->stops = 1;
		if (c->workload.pid)
			kill(c->workload.pid, SIGINT);
	}
	if (!c->stops)
		return false;
	if (!c->stop_ns)
		c->stop_ns = now;
	if (!c->workload.pid || c->stops > 1 ||
	    now - c->stop_ns >= STOP_LEAVE_NS)
		return true;
	if (now - c->stop_ns >= STOP_TERM_NS && !c->terminated) {
		c->terminated = true;
		kill(c->workload.pid, SIGTERM);
	}
	return false;
}

static void wait_until(struct kpc_counters *c, uint64_t now, uint64_t due)
{
	struct pollfd fds[] = {
		{ .fd = c->stop_fd, .events = POLLIN },
		{ .fd = c->workload.pidfd, .events = POLLIN },
		{ .fd = kpc_target_fd(&c->target), .events = POLLIN },
	};
	uint64_t end = c->start_ns + c->opts.duration_ns;
	uint64_t ns = POLL_NS;

	if (due < now + ns)
		ns = due > now ? due - now : 0;
	if (c->opts.duration_ns && end > now && end < now + ns)
		ns = end - now;
	poll(fds, 3, (ns + KPC_NS_PER_MS - 1) / KPC_NS_PER_MS);
}

static void tell(struct kpc_counters *c)
{
	struct kpc_counts counts;

	if (!kpc_counters_read(c, &counts))
		c->opts.interval(c->opts.interval_ctx, &counts);
}

static void count(struct kpc_counters *c)
{
	uint64_t step = c->opts.interval ? c->opts.interval_ns : 0;
	uint64_t due = step ? c->start_ns + step : UINT64_MAX;

	for (;;) {
		uint64_t now = kpc_trace_clock();

		if (is_over(c, now))
			return;
		if (now >= due) {
			tell(c);
			/* Those that it was too late for are left out. */
			due += (now - due) / step * step + step;
		}
		wait_until(c, now, due);
	}
}

int kpc_counters_run(struct kpc_counters *c)
{
	int err;

	if (c->start_ns)
		return kpc_fail(c->error, sizeof(c->error), -EINVAL,
				"counters run once");
	err = begin(c);
	if (!err)
		count(c);
	c->end_ns = kpc_trace_clock();
	kpc_evlist_disable(c->evlist);
	return err;
}

void kpc_counters_stop(struct kpc_counters *c)
{
	uint64_t one = 1;
	int saved = errno; /* of whom the signal interrupted */

	if (write(c->stop_fd, &one, sizeof(one)) < 0)
		errno = saved; /* it is full: asked for often enough */
	errno = saved;
}

/* ---- read ---------------------------------------------------------------- */

static int read_one(struct kpc_counters *c, int number, struct kpc_count *count)
{
	*count = (struct kpc_count){ 0 };
	return number < 0 ? 0 : kpc_evlist_read(c->evlist, number, count);
}

static void read_probe(struct kpc_counters *c, uint32_t i,
		       struct kpc_counter *counter)
{
	const struct kpc_probe_account *before = &c->lines[i].before;
	struct kpc_probe_account now;

	if (!c->events.opening[i].probe ||
	    kpc_kprobex_stats(&c->events.kprobex, c->events.opening[i].probe,
			      &now))
		return;
	counter->missed = now.missed_kprobe - before->missed_kprobe +
			  now.missed_return - before->missed_return +
			  now.recursion - before->recursion;
	counter->deaf = now.deaf;
}

static int read_line(struct kpc_counters *c, uint32_t i)
{
	const struct kpc_opening *o = &c->events.opening[i];
	const struct kpc_counters_line *line = &c->lines[i];
	struct kpc_counter *counter = &c->counters[i];
	bool is_ns = o->clock || o->weighted;
	struct kpc_count count, time, sum;
	int err;

	*counter = (struct kpc_counter){
		.name = c->events.event[i].name,
		.source = c->events.event[i].source,
		.unit = is_ns ? KPC_UNIT_NS : KPC_UNIT_HITS,
		.has_time = line->time >= 0,
		.field = line->sum >= 0 ? line->field : NULL,
	};
	err = read_one(c, line->count, &count);
	if (!err)
		err = read_one(c, line->time, &time);
	if (!err)
		err = read_one(c, line->sum, &sum);
	if (err)
		return kpc_fail(c->error, sizeof(c->error), err,
				"cannot read the count of %s: %s",
				counter->name, strerror(-err));
	counter->count = count.value;
	counter->enabled_ns = count.enabled_ns;
	counter->running_ns = count.running_ns;
	counter->time_ns = time.value;
	counter->sum = sum.value;
	read_probe(c, i, counter);
	return 0;
}

int kpc_counters_read(struct kpc_counters *c, struct kpc_counts *counts)
{
	uint64_t end = c->end_ns ? c->end_ns : kpc_trace_clock();
	int err = 0;

	for (uint32_t i = 0; !err && i < c->events.nr; i++)
		err = read_line(c, i);
	*counts = (struct kpc_counts){
		.counters = c->counters,
		.nr = c->events.nr,
		.elapsed_ns = c->start_ns ? end - c->start_ns : 0,
		.has_status = c->workload.ended,
		.status = c->workload.status,
	};
	return err;
}

const char *kpc_counters_error(const struct kpc_counters *c)
{
	return c->error;
}
