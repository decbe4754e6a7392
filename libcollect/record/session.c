// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "compress.h"
#include "live.h"
#include "outlet.h"
#include "rotate.h"
#include "session.h"
#include "sink.h"
#include "trace_clock.h"

#define STALL_NS (3 * KPC_NS_PER_S)

void kpc_session_log(struct kpc_session *s, enum kpc_log_level level,
		     const char *format, ...)
{
	char text[KPC_ERROR_BYTES];
	va_list args;

	if (!s->opts.log)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	s->opts.log(s->opts.log_ctx, level, text);
}

/* All of the trace's: those of -e, and then the outputs. */
static uint32_t nr_events(const struct kpc_session *s)
{
	return s->events.nr + s->events.nr_outputs;
}

/* Those of their events, and then of the outputs. */
static uint32_t nr_rings(const struct kpc_session *s)
{
	return kpc_evlist_nr_rings(s->evlist) +
	       kpc_outputs_nr_rings(&s->outputs);
}

static int init_book(struct kpc_session *s)
{
	int err = kpc_book_init(&s->book, nr_events(s), nr_rings(s));

	for (uint32_t i = 0; !err && i < s->events.nr; i++) {
		const struct kpc_opening *o = &s->events.opening[i];

		s->book.rule[i].clock =
			o->clock || ((o->valued || o->fast) && o->attr.freq);
		s->book.rule[i].valued = o->valued;
		if (!(o->attr.sample_type & PERF_SAMPLE_PERIOD))
			s->book.rule[i].period = o->attr.sample_period;
	}
	return err;
}

static int init_crew(struct kpc_session *s)
{
	struct kpc_crew_opts opts = {
		.threads = s->opts.threads,
		.evlist = s->evlist,
		.events = &s->events,
		.outputs = &s->outputs,
		.book = &s->book,
		.self = s->system_wide ? &s->self : NULL,
		.flush_ns = s->flush_ns,
		.addresses = s->context.addresses,
		.trigger = s->dumps.trigger.set ? &s->dumps.trigger : NULL,
	};

	return kpc_crew_init(&s->crew, &opts);
}

static void add_poll(struct kpc_session *s, int fd)
{
	if (fd >= 0)
		s->polls[s->nr_polls++] = (struct pollfd){
			.fd = fd,
			.events = POLLIN,
		};
}

static int init_polls(struct kpc_session *s)
{
	struct kpc_evlist *side = kpc_side_evlist(s->side);
	uint32_t rings = kpc_evlist_nr_rings(side);

	s->polls = calloc(rings + 5 + kpc_context_nr_fds(&s->context),
			  sizeof(*s->polls));
	if (!s->polls)
		return -ENOMEM;
	add_poll(s, s->stop_fd);
	add_poll(s, s->workload.pidfd);
	add_poll(s, s->hotplug.fd);
	add_poll(s, s->dumps.fd);
	s->target_poll = s->nr_polls++;
	for (uint32_t i = 0; i < rings; i++)
		add_poll(s, kpc_evlist_ring(side, i)->fd);
	for (uint32_t i = 0; i < kpc_context_nr_fds(&s->context); i++)
		add_poll(s, kpc_context_fd(&s->context, i));
	return 0;
}

static int init_parts(struct kpc_session *s)
{
	int err = init_book(s);

	if (!err)
		err = init_crew(s);
	if (!err)
		err = kpc_session_init_cpus(s);
	if (!err)
		err = init_polls(s);
	if (err)
		kpc_fail(s->error, sizeof(s->error), err, "%s", strerror(-err));
	return err;
}

static void tell_slow(struct kpc_session *s)
{
	if (s->told_slow)
		return;
	s->told_slow = true;
	s->stops_told = s->stops;
	kpc_session_log(s, KPC_LOG_WARNING,
			"%s is read slowly, and waited for; stopping again "
			"gives up what hasn't arrived",
			s->opts.output);
}

/*
 * A pipe whose reader has stalled doesn't keep us for ever: from a stop, or the
 * end of the duration, on it has so long to take anything at all. Both are looked
 * at here, too, because who else does may be waiting for that reader. A slow one is
 * left when asked to stop again.
 */
static bool output_stalls(void *ctx)
{
	struct kpc_session *s = ctx;
	struct pollfd stop = { .fd = s->stop_fd, .events = POLLIN };
	const struct kpc_sink *sink =
		kpc_outlet_sink(kpc_writer_outlet(s->writer));
	uint64_t moved = sink ? kpc_sink_moved_ns(sink) : 0;
	uint64_t now = kpc_trace_clock();

	if (!s->stop_ns &&
	    (poll(&stop, 1, 0) > 0 || now >= kpc_session_duration_end_ns(s)))
		s->stop_ns = now;
	if (s->told_slow && s->stops > s->stops_told)
		return true;
	if (!s->stop_ns || now <= s->stop_ns + STALL_NS)
		return false;
	if (now > moved + STALL_NS)
		return true;
	tell_slow(s);
	return false;
}

/* If it's a receiver. */
static void prepare_sink(struct kpc_session *s)
{
	struct kpc_sink *sink = kpc_outlet_sink(kpc_writer_outlet(s->writer));
	uint64_t ns = s->opts.reconnect_ns;

	if (!sink)
		return;
	kpc_sink_log_to(sink, s->opts.log, s->opts.log_ctx);
	kpc_sink_reconnect(sink, ns == KPC_NEVER_NS ? 0 :
				 ns		    ? ns :
						      KPC_RECONNECT_NS);
}

static int level_of(const struct kpc_session *s)
{
	return s->opts.codec == KPC_CODEC_NONE ? KPC_LEVEL_NONE :
						 s->opts.zstd_level;
}

static struct kpc_tracefile *file_of(const struct kpc_session *s)
{
	return kpc_outlet_file(kpc_writer_outlet(s->writer));
}

/* The file, or the first part. */
static int open_writer(struct kpc_session *s, const struct kpc_header *header)
{
	bool parts = kpc_session_rotates(s);
	char *path = NULL;
	int err = 0;

	if (s->opts.consume)
		return kpc_session_open_live(s, header->rings,
					     header->nr_rings);
	if (kpc_session_overwrites(s))
		return kpc_session_open_kept(s, level_of(s));
	if (parts)
		err = kpc_session_first_part(s, &path);
	if (!err)
		err = kpc_writer_open(&s->writer, path ? NULL : s->opts.output,
				      level_of(s), s->error, sizeof(s->error));
	if (!err && parts)
		kpc_tracefile_series(file_of(s), false);
	if (!err && path)
		err = kpc_tracefile_first(file_of(s), path, s->error,
					  sizeof(s->error));
	free(path);
	return err;
}

/* Last, so that a recording that can't begin leaves no file. */
static int open_file(struct kpc_session *s)
{
	uint32_t rings = kpc_evlist_nr_rings(s->evlist);
	struct kpc_ring_desc *desc = calloc(nr_rings(s) + 1, sizeof(*desc));
	struct kpc_header header = {
		.rings = desc,
		.nr_rings = nr_rings(s),
		.argv = s->opts.command_line,
		.clock_id = KPC_TRACE_CLOCK,
		.start_ns = kpc_trace_clock(),
		.cpus_online = sysconf(_SC_NPROCESSORS_ONLN),
	};
	int err;

	if (!desc)
		return kpc_fail(s->error, sizeof(s->error), -ENOMEM,
				"out of memory");
	for (uint32_t i = 0; i < rings; i++) {
		desc[i].cpu = kpc_evlist_ring(s->evlist, i)->cpu;
		if (kpc_evlist_is_open(s->evlist, i))
			desc[i].bytes = s->ring_bytes;
	}
	for (uint32_t i = rings; i < header.nr_rings; i++)
		desc[i] = kpc_outputs_ring(&s->outputs, i - rings);
	err = open_writer(s, &header);
	if (err) {
		free(desc);
		return err;
	}
	kpc_writer_give_up_when(s->writer, output_stalls, s);
	prepare_sink(s);
	if (s->opts.anonymize)
		err = kpc_writer_anonymize(s->writer);
	if (!err)
		err = kpc_writer_header(s->writer, &header);
	for (uint32_t i = 0; !err && i < nr_events(s); i++)
		err = kpc_writer_event(s->writer, &s->events.event[i]);
	free(desc);
	if (err)
		kpc_fail(s->error, sizeof(s->error), err, "%s",
			 kpc_writer_error(s->writer));
	return err;
}

static int init_context(struct kpc_session *s)
{
	int err;

	if (s->opts.consume) {
		kpc_context_none(&s->context);
		return 0;
	}
	err = kpc_context_init(&s->context, &s->opts);
	return err ? kpc_fail(s->error, sizeof(s->error), err,
			      "out of memory") :
		     0;
}

static int init(struct kpc_session *s, const struct kpc_session_opts *opts)
{
	int err = kpc_session_take_opts(s, opts);

	if (!err)
		err = kpc_session_find_events(s);
	if (!err)
		err = kpc_session_init_dumps(s);
	if (!err)
		err = kpc_session_find_target(s);
	if (!err)
		err = kpc_session_init_bpf(s);
	if (!err)
		err = kpc_session_open_events(s);
	if (!err)
		err = kpc_session_open_outputs(s);
	if (!err)
		err = init_context(s);
	if (!err)
		err = init_parts(s);
	if (!err)
		err = open_file(s);
	return err;
}

int kpc_session_new(struct kpc_session **out,
		    const struct kpc_session_opts *opts, char *error,
		    size_t error_size)
{
	struct kpc_session *s = calloc(1, sizeof(*s));
	int err;

	if (!s)
		return kpc_fail(error, error_size, -ENOMEM, "out of memory");
	pthread_mutex_init(&s->telling, NULL);
	kpc_workload_init(&s->workload);
	s->hotplug.fd = -1;
	s->dumps.fd = -1;
	s->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (s->stop_fd < 0)
		err = kpc_fail(s->error, sizeof(s->error), -errno,
			       "cannot make an eventfd: %s", strerror(errno));
	else
		err = init(s, opts);
	if (!err) {
		*out = s;
		return 0;
	}
	kpc_fail(error, error_size, err, "%s", s->error);
	kpc_session_free(s);
	return err;
}

void kpc_session_free(struct kpc_session *s)
{
	if (!s)
		return;
	kpc_session_end_names(s);
	kpc_crew_uninit(&s->crew);
	kpc_writer_free(s->writer);
	kpc_live_free(s->live);
	kpc_parts_uninit(&s->parts);
	kpc_session_uninit_dumps(s);
	free(s->polls);
	kpc_context_uninit(&s->context);
	kpc_hotplug_close(&s->hotplug);
	free(s->cpu);
	kpc_session_limit_uninit(&s->limit);
	kpc_book_uninit(&s->book);
	kpc_side_free(s->side);
	kpc_bpf_detach(&s->bpf);
	kpc_outputs_uninit(&s->outputs);
	kpc_evlist_free(s->evlist);
	kpc_bpf_uninit(&s->bpf);
	kpc_workload_uninit(&s->workload);
	kpc_target_uninit(&s->target);
	kpc_events_uninit(&s->events);
	if (s->stop_fd >= 0)
		close(s->stop_fd);
	pthread_mutex_destroy(&s->telling);
	free(s->command);
	free(s);
}

/* ---- what it says -------------------------------------------------------- */

void kpc_session_stop(struct kpc_session *s)
{
	uint64_t one = 1;
	int saved = errno; /* of whom the signal interrupted */

	s->stops++;
	if (write(s->stop_fd, &one, sizeof(one)) < 0)
		errno = saved; /* it is full: asked for often enough */
	errno = saved;
}

/* The book's, whoever is entering something in it. */
static struct kpc_book_totals totals_of(const struct kpc_session *s)
{
	struct kpc_outlet *outlet = kpc_writer_outlet(s->writer);
	struct kpc_book_totals totals;

	kpc_outlet_lock(outlet);
	totals = kpc_book_totals(&s->book);
	kpc_outlet_unlock(outlet);
	return totals;
}

int kpc_session_result(const struct kpc_session *s,
		       struct kpc_session_result *result)
{
	struct kpc_book_totals totals = totals_of(s);
	struct kpc_session_result r = { 0 };
	size_t size = result->size;

	if (size < sizeof(r.size))
		return -EINVAL;
	r.size = size;
	r.events = s->live ? kpc_live_rows(s->live) :
			     kpc_writer_events(s->writer);
	r.lost = totals.lost;
	r.lost_unknown = totals.lost_unknown;
	r.file_bytes = kpc_writer_bytes(s->writer);
	r.elapsed_ns =
		(s->end_ns ? s->end_ns : kpc_trace_clock()) - s->start_ns;
	r.has_status = s->workload.ended;
	r.status = s->workload.status;
	memcpy(result, &r, size < sizeof(r) ? size : sizeof(r));
	return 0;
}

const struct kpc_ledger *kpc_session_ledger(const struct kpc_session *s)
{
	return s->ran ? &s->book.ledger : NULL;
}

uint32_t kpc_session_nr_events(const struct kpc_session *s)
{
	return nr_events(s);
}

const struct kpc_event *kpc_session_event(const struct kpc_session *s,
					  uint32_t id)
{
	return id < nr_events(s) ? &s->events.event[id] : NULL;
}

const char *kpc_session_error(const struct kpc_session *s)
{
	return s->error;
}
