// SPDX-License-Identifier: GPL-2.0-only
/* sessionlive.c - a session whose rows a function of the caller's takes */
#define _GNU_SOURCE /* gettid() */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "compress.h"
#include "live.h"
#include "outlet.h"
#include "session.h"
#include "trace_clock.h"

int kpc_session_check_live(struct kpc_session *s)
{
	const struct kpc_session_opts *o = &s->opts;

	if (!o->consume)
		return 0;
	if (o->output || o->rotate_bytes || o->rotate_ns || o->anonymize ||
	    kpc_session_overwrites(s))
		return kpc_fail(s->error, sizeof(s->error), -EINVAL,
				"rows that a function takes are in no file: "
				"there's no output, which could be anonymous, "
				"and there are no parts or dumps");
	return 0;
}

static int new_live(struct kpc_session *s, const struct kpc_ring_desc *rings,
		    uint32_t nr)
{
	struct kpc_live_opts opts = {
		.events = s->events.event,
		.nr_events = s->events.nr + s->events.nr_outputs,
		.nr_rings = nr,
		.ask_proc = kpc_target_ids_are_initial(),
		.row = s->opts.consume,
		.ctx = s->opts.consume_ctx,
	};
	int32_t *cpus = calloc(nr + 1, sizeof(*cpus));
	int err = cpus ? 0 : -ENOMEM;

	for (uint32_t i = 0; !err && i < nr; i++)
		cpus[i] = rings[i].cpu;
	opts.ring_cpus = cpus;
	if (!err)
		err = kpc_live_new(&s->live, &opts);
	free(cpus);
	return err ? kpc_fail(s->error, sizeof(s->error), err,
			      "out of memory") :
		     0;
}

int kpc_session_open_live(struct kpc_session *s,
			  const struct kpc_ring_desc *rings, uint32_t nr)
{
	int err = kpc_writer_open(&s->writer, NULL, KPC_LEVEL_NONE, s->error,
				  sizeof(s->error));

	if (!err)
		err = new_live(s, rings, nr);
	if (!err)
		kpc_outlet_consume(kpc_writer_outlet(s->writer), kpc_live_put,
				   s->live);
	return err;
}

int kpc_session_tell_names(struct kpc_session *s)
{
	/* What happens from here on may be in the rings or not. */
	uint64_t until = kpc_trace_clock();
	int err = kpc_side_hear(s->side);

	if (!err && kpc_side_pending(s->side))
		err = kpc_side_write(s->side, s->writer);
	if (!err)
		kpc_live_names_until(s->live, until);
	return err;
}

void kpc_session_end_names(struct kpc_session *s)
{
	if (s->live)
		kpc_live_names_until(s->live, UINT64_MAX);
}

/*
 * Whoever takes the rows has threads, too, which draw them, say: no more than
 * there's room for.
 */
void kpc_session_add_callers(struct kpc_session *s)
{
	DIR *dir = s->live ? opendir("/proc/self/task") : NULL;
	struct dirent *entry;

	while (dir && (entry = readdir(dir)) != NULL) {
		long tid = strtol(entry->d_name, NULL, 10);

		if (tid > 0 && s->self.nr < KPC_SELF_MAX &&
		    !kpc_self_has(&s->self, tid))
			kpc_self_add(&s->self, tid);
	}
	if (dir)
		closedir(dir);
}
