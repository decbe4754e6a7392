// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "compress.h"
#include "eventspec.h"
#include "live.h"
#include "outlet.h"
#include "pseudofile.h"
#include "rotate.h"
#include "session.h"
#include "sink.h"
#include "trace_clock.h"

#define MAX_RATE  "/proc/sys/kernel/perf_event_max_sample_rate"
#define MAX_STACK "/proc/sys/kernel/perf_event_max_stack"
#define RING_MAX  (1ull << 30) /* libperf counts bytes in an int */
#define SIDE_MIN  (32u << 10)
#define SIDE_MAX  (1u << 20)
#define STALL_NS  (3 * KPC_NS_PER_S)

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

/* ---- options ------------------------------------------------------------- */

/* What threads of ours say, too, the sink's for one. */
static void tell(void *ctx, enum kpc_log_level level, const char *text)
{
	struct kpc_session *s = ctx;

	pthread_mutex_lock(&s->telling);
	s->log(s->log_ctx, level, text);
	pthread_mutex_unlock(&s->telling);
}

static void take_log(struct kpc_session *s)
{
	s->log = s->opts.log;
	s->log_ctx = s->opts.log_ctx;
	if (!s->log)
		return;
	s->opts.log = tell;
	s->opts.log_ctx = s;
}

/* A caller may know a smaller struct, or a larger one whose tail is zero. */
static int copy_opts(struct kpc_session *s, const struct kpc_session_opts *opts)
{
	const uint8_t *bytes = (const uint8_t *)opts;
	size_t known = sizeof(s->opts);

	if (opts->size < offsetof(struct kpc_session_opts, progress))
		return kpc_fail(s->error, sizeof(s->error), -EINVAL,
				"the options' size isn't set");
	for (size_t i = known; i < opts->size; i++)
		if (bytes[i])
			return kpc_fail(s->error, sizeof(s->error), -E2BIG,
					"the program wants a newer libcollect");
	memcpy(&s->opts, opts, opts->size < known ? opts->size : known);
	take_log(s);
	return 0;
}

static int check_rings(struct kpc_session *s)
{
	uint64_t page = sysconf(_SC_PAGESIZE);

	s->ring_bytes = s->opts.ring_bytes ? s->opts.ring_bytes :
					     KPC_RING_BYTES;
	if (s->ring_bytes < page || s->ring_bytes > RING_MAX ||
	    (s->ring_bytes & (s->ring_bytes - 1)))
		return kpc_fail(s->error, sizeof(s->error), -EINVAL,
				"a ring has %" PRIu64 " KiB to 1 GiB, and a "
				"power of two of them",
				page / 1024);
	return 0;
}

static int check_memory(struct kpc_session *s)
{
	const struct kpc_session_opts *o = &s->opts;

	s->flush_ns = o->flush_ns ? o->flush_ns : KPC_FLUSH_NS;
	s->memory_bytes = o->memory_bytes ? o->memory_bytes : KPC_MEMORY_BYTES;
	if (s->memory_bytes < KPC_QUEUE_BYTES_MIN)
		return kpc_fail(s->error, sizeof(s->error), -EINVAL,
				"what waits to be written needs %u KiB of "
				"memory at least",
				KPC_QUEUE_BYTES_MIN >> 10);
	if (o->threads > KPC_THREADS_MAX)
		return kpc_fail(s->error, sizeof(s->error), -EINVAL,
				"there may be %d threads at most",
				KPC_THREADS_MAX);
	return 0;
}

static int check_frequency(struct kpc_session *s)
{
	int64_t most;

	if (s->opts.period && s->opts.frequency)
		return kpc_fail(s->error, sizeof(s->error), -EINVAL,
				"a period (-c) and a frequency (-F) exclude "
				"each other");
	if (s->opts.frequency && !kpc_pseudofile_number(MAX_RATE, &most) &&
	    s->opts.frequency > (uint64_t)most)
		return kpc_fail(s->error, sizeof(s->error), -EINVAL,
				"%" PRIu64 " samples a second are more than "
				"kernel.perf_event_max_sample_rate, %" PRId64,
				s->opts.frequency, most);
	if (s->opts.period >> 63)
		return kpc_fail(s->error, sizeof(s->error), -EINVAL,
				"the period is too large");
	return 0;
}

static int check_callchain(struct kpc_session *s)
{
	const struct kpc_session_opts *o = &s->opts;
	int64_t most = UINT16_MAX;

	if (!o->callchain)
		return 0;
	if (o->callchain_no_kernel && o->callchain_no_user)
		return kpc_fail(s->error, sizeof(s->error), -EINVAL,
				"call chains without the kernel's and without "
				"the user's part are empty");
	kpc_pseudofile_number(MAX_STACK, &most);
	if (o->max_stack > most || o->max_stack > UINT16_MAX)
		return kpc_fail(s->error, sizeof(s->error), -EINVAL,
				"%u entries of a call chain (--max-stack) are "
				"more than kernel.perf_event_max_stack, "
				"%" PRId64 "; sysctl raises that",
				o->max_stack, most);
	return 0;
}

static int check_all_cgroups(struct kpc_session *s)
{
	char point[256];
	int err = kpc_cgroup_check_sampling(s->error, sizeof(s->error));

	if (!err && !kpc_cgroup_are_told(point, sizeof(point)))
		kpc_session_log(s, KPC_LOG_WARNING,
				"the kernel takes all cgroups for the topmost "
				"one, because that never handed a controller "
				"down, as systemd has it do; echo +pids > "
				"%s/cgroup.subtree_control does, too",
				point);
	return err;
}

static int check_opts(struct kpc_session *s)
{
	const struct kpc_session_opts *o = &s->opts;
	int err;

	if (!o->output && !o->consume)
		return kpc_fail(s->error, sizeof(s->error), -EINVAL,
				"no file to write to was named");
	if ((o->nr_pids || o->nr_tids) && o->system_wide)
		return kpc_fail(s->error, sizeof(s->error), -EINVAL,
				"processes and threads (-p, -t) or all of the "
				"system (-a), not both");
	if (o->cgroups && *o->cgroups &&
	    (o->nr_pids || o->nr_tids || o->system_wide))
		return kpc_fail(s->error, sizeof(s->error), -EINVAL,
				"cgroups (--cgroup), or processes and threads "
				"(-p, -t), or all of the system (-a): one of "
				"them");
	if (o->codec != KPC_CODEC_ZSTD && o->codec != KPC_CODEC_NONE)
		return kpc_fail(s->error, sizeof(s->error), -EINVAL,
				"there is no codec %d", o->codec);
	err = kpc_session_check_live(s);
	if (!err && o->all_cgroups)
		err = check_all_cgroups(s);
	if (!err)
		err = check_rings(s);
	if (!err)
		err = check_memory(s);
	if (!err)
		err = kpc_session_check_rotate(s);
	if (!err)
		err = check_callchain(s);
	return err ? err : check_frequency(s);
}

/* ---- events -------------------------------------------------------------- */

static void tell_note(void *ctx, const char *text)
{
	kpc_session_log(ctx, KPC_LOG_WARNING, "%s", text);
}

static int find_events(struct kpc_session *s)
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

static int find_target(struct kpc_session *s)
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

static int open_events(struct kpc_session *s)
{
	int err = open_until_settled(s);

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

/* ---- the rest ------------------------------------------------------------ */

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
	int err = copy_opts(s, opts);

	if (!err)
		err = check_opts(s);
	if (!err)
		err = find_events(s);
	if (!err)
		err = kpc_session_init_dumps(s);
	if (!err)
		err = find_target(s);
	if (err)
		return err;
	err = kpc_session_init_bpf(s);
	if (err)
		return err;
	prepare_events(s);
	err = open_events(s);
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
