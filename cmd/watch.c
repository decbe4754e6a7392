// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE /* ppoll() */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "quantity.h"
#include "watch.h"

/* Rows are there after a flush or two, however busy the machine is. */
#define LATE_FLUSHES 4

struct watch {
	struct kpc_session *session;
	struct view *view;
	pthread_mutex_t lock; /* of the view */
	pthread_t thread;
	bool started;
	bool joined;
	int ended_fd;
	atomic_bool ended;
	int err;
	uint64_t flush_ns;
	uint64_t start_ns;
	_Atomic uint64_t end_ns;
	_Atomic uint64_t lost;
	atomic_bool lost_unknown;
};

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now); /* the trace's */
	return now.tv_sec * 1000000000ull + now.tv_nsec;
}

static void on_row(void *ctx, const struct kpc_row *row)
{
	struct watch *w = ctx;

	pthread_mutex_lock(&w->lock);
	view_row(w->view, row);
	pthread_mutex_unlock(&w->lock);
}

static void on_progress(void *ctx, const struct kpc_session_result *so_far)
{
	struct watch *w = ctx;

	w->lost = so_far->lost;
	w->lost_unknown = so_far->lost_unknown;
}

/* ---- events -------------------------------------------------------------- */

static int open_events(struct watch *w, struct kpc_session_opts *opts,
		       const char *const *events, char *error, size_t size)
{
	opts->events = events;
	return kpc_session_new(&w->session, opts, error, size);
}

/* The module, or the kernel, isn't such that probes could be had. */
static bool is_lacking(int err)
{
	return err == -ENOENT || err == -ENODATA || err == -EPROTO ||
	       err == -EOPNOTSUPP;
}

/* A function that this kernel doesn't have, or that has no BTF, is left out. */
static int open_preset(struct watch *w, struct kpc_session_opts *opts,
		       const struct preset *p, char *error, size_t size,
		       char *notice, size_t notice_size)
{
	static const char less[] = "files' names are /proc's, a moment late";
	char why[512] = "kprobex isn't loaded (modprobe kprobex)";
	int err = -ENOENT;

	if (!p->without || preset_has_module()) {
		err = open_events(w, opts, p->events, error, size);
		if (!is_lacking(err) || !p->without)
			return err;
		snprintf(why, sizeof(why), "%s", error);
		err = open_events(w, opts, p->least, error, size);
		if (!err)
			snprintf(notice, notice_size, "not all is seen: %s",
				 why);
		if (!is_lacking(err))
			return err;
	}
	snprintf(notice, notice_size, "%s: %s", why, less);
	return open_events(w, opts, p->without, error, size);
}

static int open_view(struct watch *w, const struct view_opts *opts, char *error,
		     size_t size)
{
	struct view_events events = { .nr = kpc_session_nr_events(w->session) };
	const struct kpc_event **event = calloc(events.nr + 1, sizeof(*event));

	if (!event)
		return -ENOMEM;
	for (uint32_t i = 0; i < events.nr; i++)
		event[i] = kpc_session_event(w->session, i);
	events.event = event;
	w->view = view_new(opts, &events, error, size);
	free(event);
	return w->view ? 0 : -EINVAL;
}

int watch_new(struct watch **out, const struct watch_opts *o, char *error,
	      size_t size, char *notice, size_t notice_size)
{
	struct kpc_session_opts opts = o->session;
	struct watch *w = calloc(1, sizeof(*w));
	int err = 0;

	*notice = '\0';
	snprintf(error, size, "out of memory");
	if (!w)
		return -ENOMEM;
	pthread_mutex_init(&w->lock, NULL);
	w->ended_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	opts.output = NULL;
	opts.consume = on_row;
	opts.consume_ctx = w;
	opts.all_cgroups = view_wants_cgroups(&o->view);
	opts.progress = on_progress;
	opts.progress_ctx = w;
	w->flush_ns = opts.flush_ns;
	if (o->preset)
		err = open_preset(w, &opts, o->preset, error, size, notice,
				  notice_size);
	else
		err = open_events(w, &opts, opts.events, error, size);
	if (!err) {
		err = open_view(w, &o->view, error, size);
	}
	if (err)
		watch_free(w);
	else
		*out = w;
	return err;
}

/* ---- the thread ---------------------------------------------------------- */

static void *run(void *arg)
{
	struct watch *w = arg;

	w->err = kpc_session_run(w->session);
	w->end_ns = now_ns();
	w->ended = true;
	eventfd_write(w->ended_fd, 1);
	return NULL;
}

int watch_start(struct watch *w)
{
	sigset_t all, before;
	int err;

	w->start_ns = now_ns();
	/* Signals are for who draws. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(&w->thread, NULL, run, w);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	w->started = !err;
	return -err;
}

void watch_stop(struct watch *w)
{
	kpc_session_stop(w->session);
}

int watch_fd(const struct watch *w)
{
	return w->ended_fd;
}

void watch_wait(const struct watch *w, const struct timespec *timeout)
{
	struct pollfd fd = { .fd = w->ended_fd, .events = POLLIN };

	ppoll(&fd, 1, timeout, NULL);
}

bool watch_ended(const struct watch *w)
{
	return w->ended;
}

int watch_join(struct watch *w)
{
	struct kpc_session_result r = { .size = sizeof(r) };

	if (!w->started || w->joined)
		return w->err;
	pthread_join(w->thread, NULL);
	w->joined = true;
	if (!kpc_session_result(w->session, &r))
		on_progress(w, &r);
	return w->err;
}

/* ---- looking ------------------------------------------------------------- */

struct view *watch_lock(struct watch *w)
{
	uint64_t late = LATE_FLUSHES * w->flush_ns;

	pthread_mutex_lock(&w->lock);
	view_settle(w->view, w->ended ? UINT64_MAX : now_ns() - late);
	return w->view;
}

void watch_unlock(struct watch *w)
{
	pthread_mutex_unlock(&w->lock);
}

uint64_t watch_elapsed_ns(const struct watch *w)
{
	return (w->ended ? w->end_ns : now_ns()) - w->start_ns;
}

/* Calls that the probes missed, as the final ledger has them. */
static uint64_t missed(const struct watch *w)
{
	const struct kpc_ledger *ledger =
		w->joined ? kpc_session_ledger(w->session) : NULL;
	uint64_t n = 0;

	for (uint32_t i = 0; ledger && i < ledger->nr_events; i++)
		n += ledger->events[i].probe.missed_kprobe +
		     ledger->events[i].probe.missed_return +
		     ledger->events[i].probe.recursion;
	return n;
}

void watch_losses(struct watch *w, char *text, size_t size)
{
	char lost[QUANTITY_TEXT], more[QUANTITY_TEXT];
	uint64_t n = missed(w);
	size_t used;

	used = snprintf(text, size, "%s%s lost",
			w->lost_unknown ? "at least " : "",
			quantity_count(w->lost, lost));
	if (n)
		snprintf(text + used, size - used, ", %s missed by the kernel",
			 quantity_count(n, more));
}

const char *watch_error(const struct watch *w)
{
	return kpc_session_error(w->session);
}

const struct kpc_session *watch_session(const struct watch *w)
{
	return w->session;
}

void watch_free(struct watch *w)
{
	if (!w)
		return;
	if (w->started && !w->joined) {
		watch_stop(w);
		watch_join(w);
	}
	kpc_session_free(w->session);
	view_free(w->view);
	if (w->ended_fd >= 0)
		close(w->ended_fd);
	pthread_mutex_destroy(&w->lock);
	free(w);
}
