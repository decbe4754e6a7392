// SPDX-License-Identifier: GPL-2.0-only
/* A session's events, and whom they are opened for. */
#include <errno.h>
#include <string.h>

#include "eventspec.h"
#include "session.h"
#include "trace_clock.h"

#define SIDE_MIN (32u << 10)
#define SIDE_MAX (1u << 20)

static void tell_note(void *ctx, const char *text)
{
	kpc_session_log(ctx, KPC_LOG_WARNING, "%s", text);
}

int kpc_session_find_events(struct kpc_session *s)
{
	const char *const *text = s->opts.events;
	struct kpc_eventspecs specs = { 0 };
	int err = 0;

	for (; !err && text && *text; text++)
		err = kpc_eventspecs_add(&specs, *text, s->error,
					 sizeof(s->error));
	if (!err)
		err = kpc_events_find(&s->events, &specs, s->error,
				      sizeof(s->error));
	kpc_eventspecs_uninit(&specs);
	if (!err)
		kpc_events_tell_notes(&s->events, tell_note, s);
	return err;
}

/* Those that are there already. */
static int find_followed(struct kpc_session *s)
{
	const struct kpc_session_opts *o = &s->opts;
	int err = 0;

	for (uint32_t i = 0; !err && i < o->nr_pids; i++)
		err = kpc_target_process(&s->target, o->pids[i], s->error,
					 sizeof(s->error));
	for (uint32_t i = 0; !err && i < o->nr_tids; i++)
		err = kpc_target_thread(&s->target, o->tids[i], s->error,
					sizeof(s->error));
	return err;
}

static int find_cgroups(struct kpc_session *s)
{
	const char *const *name = s->opts.cgroups;
	int err = 0;

	for (; !err && name && *name; name++)
		err = kpc_target_cgroup(&s->target, *name, s->error,
					sizeof(s->error));
	for (uint32_t i = 0; !err && i < s->target.nr_cgroups; i++)
		if (kpc_cgroup_is_empty(&s->target.cgroups[i]))
			kpc_session_log(s, KPC_LOG_WARNING,
					"nothing is in the cgroup %s yet",
					s->target.cgroups[i].path);
	return err;
}

int kpc_session_find_target(struct kpc_session *s)
{
	const struct kpc_session_opts *o = &s->opts;
	bool followed = o->nr_pids || o->nr_tids;
	bool command = o->argv && o->argv[0];
	int err;

	s->system_wide = !followed && (o->system_wide || o->cpus || !command ||
				       (o->cgroups && *o->cgroups));
	err = kpc_target_init(&s->target, o->cpus, s->error, sizeof(s->error));
	if (!err && s->system_wide && !o->cpus)
		kpc_cpulist_add_later(&s->target.cpus);
	if (!err)
		err = find_cgroups(s);
	if (!err)
		err = find_followed(s);
	if (!err && command) {
		s->command = strdup(o->argv[0]);
		err = kpc_workload_fork(&s->workload, o->argv, s->error,
					sizeof(s->error));
	}
	if (!err && command && !followed && !s->system_wide)
		err = kpc_target_child(&s->target, s->workload.pid);
	return err;
}

static void prepare_events(struct kpc_session *s)
{
	struct kpc_sampling sampling = {
		.period = s->opts.period,
		.frequency = s->opts.frequency,
		.callchain = kpc_session_callchain(s),
		.inherit = !s->system_wide,
		.enable_on_exec = s->target.child,
		.skip_self = s->system_wide,
		.with_tid = !kpc_target_ids_are_initial(),
		.cgroup = s->opts.all_cgroups,
		.watermark_bytes = kpc_session_watermark(s),
	};

	kpc_events_prepare(&s->events, &sampling);
}

static int open_events_once(struct kpc_session *s)
{
	int err = kpc_target_evlist(&s->target, &s->evlist);

	for (uint32_t i = 0; !err && i < s->events.nr; i++)
		err = kpc_evlist_add(s->evlist, &s->events.opening[i].attr,
				     s->events.event[i].name);
	if (err)
		return kpc_fail(s->error, sizeof(s->error), err,
				"out of memory");
	return kpc_evlist_open(s->evlist, s->ring_bytes, s->error,
			       sizeof(s->error));
}

/* Call chains have addresses of user space, and so may a software event. */
static bool want_mmaps(const struct kpc_session *s)
{
	bool user = s->opts.callchain;

	if (s->opts.consume)
		return false; /* nobody would see them */
	if (s->opts.mmaps != KPC_MMAPS_AUTO)
		return s->opts.mmaps == KPC_MMAPS_YES;
	for (uint32_t i = 0; i < s->events.nr; i++)
		user |= s->events.opening[i].counter;
	return user;
}

static int open_side(struct kpc_session *s)
{
	struct kpc_side_opts opts = {
		.cpus = &s->target.cpus,
		.pids = s->target.pids,
		.nr_pids = s->target.nr_pids,
		.mmaps = want_mmaps(s),
	};
	uint64_t bytes = s->ring_bytes / 16;

	if (bytes < SIDE_MIN)
		bytes = SIDE_MIN < s->ring_bytes ? SIDE_MIN : s->ring_bytes;
	if (bytes > SIDE_MAX)
		bytes = SIDE_MAX;
	opts.ring_bytes = bytes;
	return kpc_side_new(&s->side, &opts, s->error, sizeof(s->error));
}

static void close_events(struct kpc_session *s)
{
	kpc_side_free(s->side);
	kpc_evlist_free(s->evlist);
	s->side = NULL;
	s->evlist = NULL;
}

/*
 * While the events of processes are opened, threads of them end, and threads
 * begin that inherit some of the events or none: begin anew, until the list of
 * threads after the opening has none that wasn't there before.
 */
static int open_until_settled(struct kpc_session *s)
{
	uint64_t until = kpc_trace_clock() + KPC_TARGET_NS;
	int ret, err = 0;

	for (int i = 0; i < KPC_TARGET_TRIES || kpc_trace_clock() < until;
	     i++) {
		close_events(s);
		err = open_events_once(s);
		if (!err)
			err = open_side(s);
		if (!s->target.nr_followed || (err && err != -ESRCH))
			return err;
		ret = kpc_target_again(&s->target, s->error, sizeof(s->error));
		if (ret < 0 || (!ret && !err))
			return ret;
	}
	if (err)
		return err;
	s->threads_missed = true;
	kpc_session_log(s, KPC_LOG_WARNING,
			"threads begin faster than their events are opened: "
			"some may be missing");
	return 0;
}

int kpc_session_open_events(struct kpc_session *s)
{
	int err;

	prepare_events(s);
	err = open_until_settled(s);
	if (err)
		return err;
	for (uint32_t i = 0; !err && i < s->events.nr; i++)
		err = kpc_events_opened(&s->events, i,
					kpc_evlist_attr(s->evlist, i));
	if (!kpc_evlist_knows_lost(s->evlist))
		kpc_session_log(s, KPC_LOG_WARNING,
				"this kernel (before 6.0) doesn't count losses "
				"per event: some may go unnoticed");
	return err;
}
