// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "comms.h"
#include "mmaps.h"
#include "procs.h"
#include "side.h"
#include "trace_clock.h"

#define DRAIN_EVERY   64u		 /* processes of a scan */
#define SCAN_MMAPS_NS (2 * KPC_NS_PER_S) /* the mappings of all processes */
#define SNAPSHOT_MAX  65536u		 /* threads in a packet */

struct kpc_side {
	struct kpc_evlist *evlist;
	struct kpc_comms comms;
	struct kpc_task_event *pending;
	uint32_t nr;
	uint32_t room;
	uint64_t lost;
	uint64_t forks;
	bool with_mmaps;
	struct kpc_mmaps mmaps;
	uint64_t scan_end_ns; /* then no more mappings are read from /proc */
	uint32_t scanned;
	/* What was written in the last remember_ns, for kpc_side_repeat(). */
	struct kpc_task_event *recent;
	uint32_t nr_recent;
	uint32_t recent_room;
	uint64_t remember_ns;
	uint64_t heard_ns; /* all until then was drained */
};

#define RECENT_MAX 65536u

/* ---- new and free -------------------------------------------------------- */

static void fill_attr(struct perf_event_attr *attr, uint64_t ring_bytes,
		      bool inherit, bool mmaps)
{
	*attr = (struct perf_event_attr){
		.size = sizeof(*attr),
		.type = PERF_TYPE_SOFTWARE,
		.config = PERF_COUNT_SW_DUMMY,
		.disabled = 1,
		.inherit = inherit,
		.comm = 1,
		.task = 1,
		/*
		 * Mappings that can be executed, no others; and without
		 * build-ids, which are read from the files. A kernel that puts
		 * one into a record for us marks those for others that follow,
		 * too (MMAP_BUILD_ID in misc; 6.1.192 and 6.18.44 do, 6.12.117
		 * doesn't): perf takes device and inode for one, and aborts.
		 */
		.mmap = mmaps,
		.mmap2 = mmaps,
		/* COMM has no time of its own. */
		.sample_id_all = 1,
		.sample_type = PERF_SAMPLE_TIME,
		.read_format = PERF_FORMAT_ID | PERF_FORMAT_LOST |
			       PERF_FORMAT_TOTAL_TIME_ENABLED |
			       PERF_FORMAT_TOTAL_TIME_RUNNING,
		.use_clockid = 1,
		.clockid = KPC_TRACE_CLOCK,
		.watermark = 1,
		.wakeup_watermark = ring_bytes / 2,
	};
}

static int open_evlist(struct kpc_side *s, const struct kpc_side_opts *o,
		       const struct perf_event_attr *attr, char *error,
		       size_t error_size)
{
	int err = kpc_evlist_new(&s->evlist, o->cpus, o->pids, o->nr_pids);

	if (!err)
		err = kpc_evlist_add(s->evlist, attr, "dummy");
	if (!err)
		err = kpc_evlist_open(s->evlist, o->ring_bytes, error,
				      error_size);
	return err;
}

int kpc_side_new(struct kpc_side **out, const struct kpc_side_opts *o,
		 char *error, size_t error_size)
{
	struct kpc_side *s = calloc(1, sizeof(*s));
	struct perf_event_attr attr;
	int err = -ENOMEM;

	if (!s)
		return err;
	s->with_mmaps = o->mmaps;
	fill_attr(&attr, o->ring_bytes, o->nr_pids, o->mmaps);
	err = open_evlist(s, o, &attr, error, error_size);
	if (err) {
		kpc_side_free(s);
		return err;
	}
	*out = s;
	return 0;
}

void kpc_side_free(struct kpc_side *s)
{
	if (!s)
		return;
	kpc_evlist_free(s->evlist);
	kpc_comms_uninit(&s->comms);
	kpc_mmaps_uninit(&s->mmaps);
	free(s->pending);
	free(s->recent);
	free(s);
}

int kpc_side_enable(struct kpc_side *s)
{
	return kpc_evlist_enable(s->evlist);
}

int kpc_side_disable(struct kpc_side *s)
{
	return kpc_evlist_disable(s->evlist);
}

struct kpc_evlist *kpc_side_evlist(struct kpc_side *s)
{
	return s->evlist;
}

uint64_t kpc_side_lost(const struct kpc_side *s)
{
	return s->lost;
}

uint64_t kpc_side_forks(const struct kpc_side *s)
{
	return s->forks;
}

uint32_t kpc_side_pending(const struct kpc_side *s)
{
	return s->nr + s->mmaps.nr;
}

static int note(struct kpc_side *s, const struct kpc_task_event *event)
{
	struct kpc_task_event *pending;
	uint32_t room;

	if (s->nr == s->room) {
		room = s->room ? s->room * 2 : 256;
		pending = realloc(s->pending, room * sizeof(*pending));
		if (!pending)
			return -ENOMEM;
		s->pending = pending;
		s->room = room;
	}
	s->pending[s->nr++] = *event;
	return 0;
}

/* ---- records ------------------------------------------------------------- */

struct comm_record {
	struct perf_event_header header;
	uint32_t pid, tid;
	char comm[]; /* padded to 8, then the time */
};

struct task_record {
	struct perf_event_header header;
	uint32_t pid, ppid;
	uint32_t tid, ptid;
	uint64_t time;
};

struct lost_record {
	struct perf_event_header header;
	uint64_t id;
	uint64_t lost;
};

static int comm_record(struct kpc_side *s,
		       const struct perf_event_header *header)
{
	const struct comm_record *r = (const void *)header;
	struct kpc_task_event event = { .what = KPC_TASK_NAME };
	size_t bytes;

	if (header->size < sizeof(*r) + sizeof(event.time_ns))
		return -EBADMSG;
	bytes = header->size - sizeof(*r) - sizeof(event.time_ns);
	event.pid = r->pid;
	event.tid = r->tid;
	event.exec = header->misc & PERF_RECORD_MISC_COMM_EXEC;
	memcpy(event.comm, r->comm,
	       strnlen(r->comm,
		       bytes < KPC_COMM_BYTES ? bytes : KPC_COMM_BYTES));
	memcpy(&event.time_ns, r->comm + bytes, sizeof(event.time_ns));
	return note(s, &event);
}

static int task_record(struct kpc_side *s,
		       const struct perf_event_header *header)
{
	const struct task_record *r = (const void *)header;
	struct kpc_task_event event = { .what = KPC_TASK_EXIT };

	if (header->size < sizeof(*r))
		return -EBADMSG;
	event.pid = r->pid;
	event.tid = r->tid;
	event.time_ns = r->time;
	if (header->type == PERF_RECORD_FORK) {
		event.what = KPC_TASK_FORK;
		event.parent_tid = r->ptid;
		if (r->pid != r->ppid)
			event.parent_pid = r->ppid;
		s->forks++;
	}
	return note(s, &event);
}

int kpc_side_record(struct kpc_side *s, const struct perf_event_header *header)
{
	const struct lost_record *lost = (const void *)header;

	switch (header->type) {
	case PERF_RECORD_COMM:
		return comm_record(s, header);
	case PERF_RECORD_FORK:
	case PERF_RECORD_EXIT:
		return task_record(s, header);
	case PERF_RECORD_MMAP2:
		return kpc_mmaps_record(&s->mmaps, header);
	case PERF_RECORD_LOST:
		if (header->size < sizeof(*lost))
			return -EBADMSG;
		s->lost += lost->lost;
		return 0;
	default:
		return 0;
	}
}

static int drain_ring(struct kpc_side *s, struct kpc_ring *ring)
{
	const struct perf_event_header *record;
	int got, err = 0;

	if (!kpc_ring_look(ring))
		return 0;
	while (!err && (got = kpc_ring_next(ring, &record)) != 0) {
		err = got > 0 ? kpc_side_record(s, record) : got;
		if (err == -EBADMSG) {
			s->lost++; /* at least one that we can't tell */
			kpc_ring_skip(ring);
			err = 0;
		}
	}
	kpc_ring_release(ring);
	return err;
}

int kpc_side_drain(struct kpc_side *s)
{
	int err = 0;

	s->heard_ns = kpc_trace_clock();
	for (uint32_t i = 0; !err && i < kpc_evlist_nr_rings(s->evlist); i++)
		err = drain_ring(s, kpc_evlist_ring(s->evlist, i));
	return err;
}

int kpc_side_hear(struct kpc_side *s)
{
	int err = kpc_side_drain(s);

	kpc_mmaps_look(&s->mmaps);
	return err;
}

/* Those that no PERF_RECORD_LOST told of, because nothing came after them. */
void kpc_side_count_lost(struct kpc_side *s)
{
	struct kpc_count count;

	if (!kpc_evlist_read(s->evlist, 0, &count) && count.lost > s->lost)
		s->lost = count.lost;
}

/* ---- /proc --------------------------------------------------------------- */

static int note_thread(void *ctx, uint32_t pid, uint32_t tid, const char *comm)
{
	struct kpc_task_event event = {
		.what = KPC_TASK_EXISTS,
		.time_ns = kpc_trace_clock(),
		.pid = pid,
		.tid = tid,
	};

	memcpy(event.comm, comm, sizeof(event.comm));
	return note(ctx, &event);
}

/* Its mappings; and the rings mustn't overflow while there are many processes. */
static int note_process(void *ctx, uint32_t pid)
{
	struct kpc_side *s = ctx;
	int err = 0;

	if (s->with_mmaps && kpc_trace_clock() < s->scan_end_ns)
		err = kpc_mmaps_scan(&s->mmaps, pid);
	else if (s->with_mmaps)
		s->mmaps.lost++;
	if (!err && ++s->scanned % DRAIN_EVERY == 0)
		err = kpc_side_hear(s);
	return err;
}

int kpc_side_scan(struct kpc_side *s, pid_t pid)
{
	const struct kpc_procs_visit visit = {
		.thread = note_thread,
		.process = note_process,
		.ctx = s,
	};
	int err;

	if (!s->scan_end_ns)
		s->scan_end_ns = kpc_trace_clock() + SCAN_MMAPS_NS;
	err = kpc_procs_scan(&visit, pid);
	kpc_mmaps_look(&s->mmaps);
	return err;
}

/* ---- out ----------------------------------------------------------------- */

static int by_time(const void *a, const void *b)
{
	const struct kpc_task_event *x = a, *y = b;

	if (x->time_ns != y->time_ns)
		return x->time_ns < y->time_ns ? -1 : 1;
	/* A thread forks, and then is renamed. */
	return (int)x->what - (int)y->what;
}

static int follow(struct kpc_side *s, struct kpc_task_event *event)
{
	const char *comm;

	switch (event->what) {
	case KPC_TASK_FORK:
		comm = kpc_comms_get(&s->comms, event->parent_tid);
		if (!comm)
			return 0;
		memcpy(event->comm, comm, KPC_COMM_BYTES);
		break;
	case KPC_TASK_EXIT:
		kpc_comms_remove(&s->comms, event->tid);
		return 0;
	default:
		break;
	}
	return kpc_comms_set(&s->comms, event->tid, event->pid, event->comm);
}

/* Those that are too old, or too many, go. */
static void forget(struct kpc_side *s, uint64_t now)
{
	uint32_t old = 0;

	while (old < s->nr_recent &&
	       (s->recent[old].time_ns + s->remember_ns < now ||
		s->nr_recent - old >= RECENT_MAX))
		old++;
	s->nr_recent -= old;
	if (old)
		memmove(s->recent, s->recent + old,
			s->nr_recent * sizeof(*s->recent));
}

/*
 * Of who has ended only the name is of use. Without memory a few names are
 * missing in the next part, that's all.
 */
static void remember(struct kpc_side *s, const struct kpc_task_event *event)
{
	uint32_t room = s->recent_room ? s->recent_room * 2 : 256;
	struct kpc_task_event *recent;
	const char *comm;

	if (!s->remember_ns)
		return;
	if (s->nr_recent == s->recent_room) {
		recent = realloc(s->recent, room * sizeof(*recent));
		if (!recent)
			return;
		s->recent = recent;
		s->recent_room = room;
	}
	recent = &s->recent[s->nr_recent++];
	*recent = *event;
	if (event->what != KPC_TASK_EXIT)
		return;
	recent->what = KPC_TASK_EXISTS;
	comm = kpc_comms_get(&s->comms, event->tid);
	if (comm)
		memcpy(recent->comm, comm, KPC_COMM_BYTES);
	else
		s->nr_recent--;
}

static int follow_one(struct kpc_side *s, struct kpc_task_event *event)
{
	int err;

	if (event->what == KPC_TASK_EXIT)
		remember(s, event);
	err = follow(s, event);
	if (event->what != KPC_TASK_EXIT)
		remember(s, event);
	return err;
}

/* In the order of time, whichever ring it came by. */
static int follow_all(struct kpc_side *s)
{
	int err = 0;

	/* Rings are per CPU: a fork and what the child does may be in two. */
	if (s->nr)
		qsort(s->pending, s->nr, sizeof(*s->pending), by_time);
	kpc_mmaps_sort(&s->mmaps);
	for (uint32_t i = 0; !err && i < s->nr; i++) {
		err = kpc_mmaps_follow(&s->mmaps, s->pending[i].time_ns);
		if (!err)
			err = kpc_mmaps_task(&s->mmaps, &s->pending[i]);
		if (!err)
			err = follow_one(s, &s->pending[i]);
	}
	return err ? err : kpc_mmaps_follow(&s->mmaps, UINT64_MAX);
}

void kpc_side_remember(struct kpc_side *s, uint64_t ns)
{
	s->remember_ns = ns;
}

int kpc_side_repeat(struct kpc_side *s, struct kpc_writer *writer)
{
	forget(s, kpc_trace_clock());
	return s->nr_recent ?
		       kpc_writer_tasks(writer, s->recent, s->nr_recent) :
		       0;
}

int kpc_side_write(struct kpc_side *s, struct kpc_writer *writer)
{
	int err;

	if (!kpc_side_pending(s))
		return 0;
	err = follow_all(s);
	forget(s, kpc_trace_clock());
	if (!err && s->nr)
		err = kpc_writer_tasks(writer, s->pending, s->nr);
	s->nr = 0;
	return err ? err : kpc_mmaps_write(&s->mmaps, writer);
}

int kpc_side_snapshot(struct kpc_side *s, struct kpc_writer *writer)
{
	struct kpc_task_event *tasks = calloc(SNAPSHOT_MAX, sizeof(*tasks));
	/* What happened after it is still to come: it must not seem older than this. */
	uint64_t now = s->heard_ns;
	uint32_t nr = 0;
	int err = tasks ? 0 : -ENOMEM;

	for (uint32_t i = 0; !err && i < s->comms.nr_slots; i++) {
		const struct kpc_comms_slot *slot = &s->comms.slot[i];

		if (!slot->tid)
			continue;
		tasks[nr] = (struct kpc_task_event){
			.what = KPC_TASK_EXISTS,
			.time_ns = now,
			.pid = slot->pid,
			.tid = slot->tid,
		};
		memcpy(tasks[nr++].comm, slot->comm, KPC_COMM_BYTES);
		if (nr < SNAPSHOT_MAX)
			continue;
		err = kpc_writer_tasks(writer, tasks, nr);
		nr = 0;
	}
	if (!err && nr)
		err = kpc_writer_tasks(writer, tasks, nr);
	free(tasks);
	return err ? err : kpc_mmaps_snapshot(&s->mmaps, writer, now);
}
