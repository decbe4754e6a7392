// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "address.h"
#include "dump.h"
#include "flight.h"
#include "kprobex.pb-c.h"
#include "outlet.h"
#include "rotate.h"
#include "session.h"
#include "trace_clock.h"

#define DAY_NS (24 * 3600 * KPC_NS_PER_S)

static struct kpc_outlet *outlet_of(const struct kpc_session *s)
{
	return kpc_writer_outlet(s->writer);
}

/* ---- options ------------------------------------------------------------- */

bool kpc_session_overwrites(const struct kpc_session *s)
{
	return s->opts.overwrite_ns || s->opts.overwrite_bytes;
}

static int check(struct kpc_session *s)
{
	const struct kpc_session_opts *o = &s->opts;

	if (!kpc_session_overwrites(s)) {
		if (!o->trigger && !o->trigger_after_ns && !o->overwrite_end)
			return 0;
		return kpc_fail(
			s->error, sizeof(s->error), -EINVAL,
			"a trigger dumps what --overwrite keeps: say how "
			"much that is");
	}
	if (o->rotate_bytes || o->rotate_ns || o->rotate_keep)
		return kpc_fail(s->error, sizeof(s->error), -EINVAL,
				"--overwrite and --rotate exclude each other: "
				"dumps are files of their own already");
	if (o->output && (!strcmp(o->output, "-") || kpc_address_is(o->output)))
		return kpc_fail(s->error, sizeof(s->error), -EINVAL,
				"dumps are written to files: name one, such as "
				"-o trace.pb");
	if (o->trigger_after_ns && !o->trigger)
		return kpc_fail(s->error, sizeof(s->error), -EINVAL,
				"so long after what? There's no trigger");
	if (o->overwrite_ns && o->trigger_after_ns > o->overwrite_ns)
		return kpc_fail(s->error, sizeof(s->error), -EINVAL,
				"the time after the trigger is part of what is "
				"kept, and longer than that");
	return 0;
}

int kpc_session_init_dumps(struct kpc_session *s)
{
	struct kpc_dumps *d = &s->dumps;
	int err = check(s);

	if (err || !kpc_session_overwrites(s))
		return err;
	d->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (d->fd < 0)
		return kpc_fail(s->error, sizeof(s->error), -errno,
				"cannot make an eventfd: %s", strerror(errno));
	return s->opts.trigger ?
		       kpc_trigger_init(&d->trigger, s->opts.trigger,
					s->events.event, s->events.nr, d->fd,
					s->error, sizeof(s->error)) :
		       0;
}

void kpc_session_uninit_dumps(struct kpc_session *s)
{
	kpc_trigger_uninit(&s->dumps.trigger);
	kpc_buf_uninit(&s->dumps.begin);
	if (s->dumps.fd >= 0)
		close(s->dumps.fd);
	s->dumps.fd = -1;
}

/* A trigger is seen when its record is read, which may wait for a flush. */
static uint64_t keep_ns(const struct kpc_session *s)
{
	uint64_t ns;

	if (!s->opts.overwrite_ns ||
	    __builtin_add_overflow(s->opts.overwrite_ns,
				   2 * s->flush_ns + KPC_NS_PER_S, &ns))
		return 0;
	return ns;
}

int kpc_session_open_kept(struct kpc_session *s, int level)
{
	uint64_t bytes = s->opts.overwrite_bytes ? s->opts.overwrite_bytes :
						   s->memory_bytes;
	uint64_t ns = keep_ns(s);
	int err = kpc_parts_init(&s->parts, s->opts.output, 0, s->error,
				 sizeof(s->error));

	if (!err)
		err = kpc_writer_open(&s->writer, NULL, level, s->error,
				      sizeof(s->error));
	if (err)
		return err;
	kpc_tracefile_series(kpc_outlet_file(outlet_of(s)), true);
	/* Names of threads that ended since are few bytes. */
	kpc_side_remember(s->side, ns && ns < DAY_NS ? ns : DAY_NS);
	err = kpc_outlet_keep(outlet_of(s), bytes, ns, &s->book);
	return err ? kpc_fail(s->error, sizeof(s->error), err,
			      "there's no memory for the %" PRIu64
			      " MiB that are to be kept: ask for less (size=)",
			      bytes >> 20) :
		     0;
}

/* ---- a dump -------------------------------------------------------------- */

/* What is wanted begins here: none before that is. */
static uint64_t wanted_from(const struct kpc_session *s, uint64_t end_ns)
{
	uint64_t last = s->opts.overwrite_ns;

	return last && end_ns > last ? end_ns - last : 0;
}

/* What chunks of any time need to be read. The first failure is the dump's. */
static int write_context(struct kpc_session *s)
{
	struct kpc_outlet *outlet = outlet_of(s);
	int err;

	if (s->dumps.begin.used)
		kpc_outlet_dump_packet(outlet, KPROBEX__HEAD__KIND_LEDGER,
				       &s->dumps.begin);
	err = kpc_writer_clock(s->writer);
	if (!err)
		err = kpc_side_repeat(s->side, s->writer);
	if (!err)
		err = kpc_side_snapshot(s->side, s->writer);
	if (!err)
		err = kpc_context_snapshot(&s->context, s->writer);
	/* And the symbols that weren't looked up yet. */
	return err ? err : kpc_context_finish(&s->context, s->writer);
}

/* The next one begins where this ends. By who has the lock. */
static int keep_ledger(struct kpc_session *s)
{
	struct kpc_outlet *outlet = outlet_of(s);
	struct kpc_ledger *ledger = &s->book.ledger;
	int err;

	kpc_outlet_ledger_into(outlet, &s->dumps.begin);
	ledger->begin = true;
	err = kpc_writer_ledger(s->writer, ledger);
	ledger->begin = false;
	kpc_outlet_ledger_into(outlet, NULL);
	return err;
}

/*
 * Nothing is put meanwhile: what comes waits in the rings. So the ledger tells of
 * just what is in the file, and what is kept stays until that is whole.
 */
static int write_kept(struct kpc_session *s, uint64_t from_ns,
		      enum kpc_exit_reason reason, uint64_t *squeezed_ns)
{
	struct kpc_outlet *outlet = outlet_of(s);
	struct kpc_flight *flight = kpc_outlet_flight(outlet);
	int err;

	kpc_outlet_lock(outlet);
	kpc_flight_drop_before(flight, from_ns);
	*squeezed_ns = kpc_flight_squeezed_ns(flight);
	kpc_outlet_dump_kept(outlet);
	err = kpc_session_write_heard(s);
	if (!err)
		err = kpc_session_write_ledger(s, reason != KPC_EXIT_PART);
	if (!err)
		err = kpc_writer_clock(s->writer);
	if (!kpc_outlet_dump_end(outlet, err, reason)) {
		kpc_flight_clear(flight);
		err = keep_ledger(s);
	}
	kpc_outlet_unlock(outlet);
	return err;
}

static void tell(struct kpc_session *s, const char *path, int failed,
		 uint64_t from_ns, uint64_t squeezed_ns)
{
	double seconds = (double)(s->opts.overwrite_ns) / KPC_NS_PER_S;
	uint64_t now = kpc_trace_clock();

	if (failed) {
		kpc_session_log(s, KPC_LOG_WARNING,
				"cannot dump to %s: %s; the recording goes on, "
				"and the next dump has it",
				path, kpc_outlet_dump_error(outlet_of(s)));
		return;
	}
	kpc_session_log(s, KPC_LOG_INFO, "dumped to %s", path);
	if (s->opts.overwrite_ns && squeezed_ns > from_ns)
		kpc_session_log(s, KPC_LOG_WARNING,
				"%s has only the last %.1f s, not %.1f: more "
				"memory (size=) would hold more",
				path,
				(double)(now - squeezed_ns) / KPC_NS_PER_S,
				seconds);
}

/* Into a file of its own. What goes wrong with that is told, and no failure. */
static int dump(struct kpc_session *s, uint64_t from_ns,
		enum kpc_exit_reason reason)
{
	bool final = reason != KPC_EXIT_PART;
	struct kpc_outlet *outlet = outlet_of(s);
	char *path = kpc_parts_next(&s->parts);
	uint64_t squeezed_ns = 0, begin_ns;
	bool others; /* the file */
	int err, failed;

	if (!path)
		return kpc_fail(s->error, sizeof(s->error), -ENOMEM,
				"out of memory, or of numbers for dumps");
	begin_ns = from_ns > s->start_ns ? from_ns : s->start_ns;
	err = kpc_side_hear(s->side);
	if (!err)
		err = kpc_session_write_noted(s);
	if (!err && !final)
		kpc_crew_flush(&s->crew);
	failed = kpc_outlet_dump_begin(outlet, path, begin_ns);
	others = failed == -EEXIST;
	if (!err && !failed)
		err = write_context(s);
	/* What came meanwhile. */
	if (!final)
		kpc_crew_flush(&s->crew);
	if (!err)
		err = kpc_side_hear(s->side);
	if (!err && !failed)
		err = write_kept(s, from_ns, reason, &squeezed_ns);
	else
		kpc_outlet_dump_end(outlet, err, reason);
	failed = kpc_outlet_dump_failed(outlet);
	s->dumps.failed = failed;
	/* Nothing goes on then, and no dump comes that has it. */
	if (failed && final)
		kpc_fail(s->error, sizeof(s->error), failed,
			 "cannot dump to %s: %s", path,
			 kpc_outlet_dump_error(outlet));
	else
		tell(s, path, failed, from_ns, squeezed_ns);
	if (failed && !others)
		unlink(path);
	if (!failed)
		s->dumps.nr++;
	free(path);
	return err;
}

/* ---- when ---------------------------------------------------------------- */

/* What the trigger wants ends here; UINT64_MAX: it wasn't set off. */
static uint64_t trigger_end(const struct kpc_session *s)
{
	uint64_t hit = s->dumps.trigger.hit_ns;
	uint64_t end;

	if (!hit || s->dumps.triggered ||
	    __builtin_add_overflow(hit, s->opts.trigger_after_ns, &end))
		return UINT64_MAX;
	return end;
}

uint64_t kpc_session_dump_due_ns(const struct kpc_session *s)
{
	return kpc_session_overwrites(s) ? trigger_end(s) : UINT64_MAX;
}

void kpc_session_dump(struct kpc_session *s)
{
	uint64_t one = 1;
	int saved = errno; /* of whom the signal interrupted */

	s->dumps.asked = true;
	if (s->dumps.fd >= 0 && write(s->dumps.fd, &one, sizeof(one)) < 0)
		errno = saved; /* it is full: asked for often enough */
	errno = saved;
}

int kpc_session_dump_if_due(struct kpc_session *s, uint64_t now)
{
	uint64_t end;
	eventfd_t wakes;

	if (!kpc_session_overwrites(s))
		return 0;
	/* Before looking, so that none is missed. */
	eventfd_read(s->dumps.fd, &wakes);
	end = trigger_end(s);
	if (now >= end) {
		s->dumps.triggered = true;
		return dump(s, wanted_from(s, end), KPC_EXIT_PART);
	}
	if (!atomic_exchange(&s->dumps.asked, false))
		return 0;
	return dump(s, wanted_from(s, now), KPC_EXIT_PART);
}

int kpc_session_last_dump(struct kpc_session *s, enum kpc_exit_reason reason)
{
	struct kpc_outlet *outlet = outlet_of(s);
	uint64_t end = trigger_end(s);
	bool due = end != UINT64_MAX || s->dumps.asked || s->opts.overwrite_end;
	int err, failed = 0;

	if (due) {
		err = dump(s, wanted_from(s, s->end_ns < end ? s->end_ns : end),
			   reason);
		if (err)
			return err;
		failed = s->dumps.failed;
	}
	if (!s->dumps.nr && !failed)
		kpc_session_log(s, KPC_LOG_INFO,
				"nothing was dumped, so there is no file");
	kpc_outlet_lock(outlet);
	kpc_flight_drop_before(kpc_outlet_flight(outlet), UINT64_MAX);
	err = kpc_session_write_ledger(s, true);
	kpc_outlet_unlock(outlet);
	if (failed)
		kpc_outlet_fail(outlet, failed, s->error);
	return err ? err : failed;
}
