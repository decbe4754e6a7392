// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "comms.h"
#include "pseudofile.h"
#include "side.h"
#include "trace_clock.h"

struct kpc_side {
	struct kpc_evlist *evlist;
	struct kpc_comms comms;
	struct kpc_task_event *pending;
	uint32_t nr;
	uint32_t room;
	uint64_t lost;
	uint64_t forks;
};

/* ---- new and free -------------------------------------------------------- */

static void fill_attr(struct perf_event_attr *attr, uint64_t ring_bytes,
		      bool inherit)
{
	*attr = (struct perf_event_attr){
		.size = sizeof(*attr),
		.type = PERF_TYPE_SOFTWARE,
		.config = PERF_COUNT_SW_DUMMY,
		.disabled = 1,
		.inherit = inherit,
		.comm = 1,
		.task = 1,
		/* COMM has no time of its own. */
		.sample_id_all = 1,
		.sample_type = PERF_SAMPLE_TIME,
		.read_format = PERF_FORMAT_ID | PERF_FORMAT_LOST,
		.use_clockid = 1,
		.clockid = KPC_TRACE_CLOCK,
		.watermark = 1,
		.wakeup_watermark = ring_bytes / 2,
	};
}

int kpc_side_new(struct kpc_side **out, const struct kpc_cpulist *cpus,
		 const pid_t *pids, uint32_t nr_pids, uint64_t ring_bytes,
		 char *error, size_t error_size)
{
	struct kpc_side *s = calloc(1, sizeof(*s));
	struct perf_event_attr attr;
	int err = -ENOMEM;

	if (!s)
		return err;
	fill_attr(&attr, ring_bytes, nr_pids);
	err = kpc_evlist_new(&s->evlist, cpus, pids, nr_pids);
	if (!err)
		err = kpc_evlist_add(s->evlist, &attr, "dummy");
	if (!err)
		err = kpc_evlist_open(s->evlist, ring_bytes, error, error_size);
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
	free(s->pending);
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
	return s->nr;
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

	for (uint32_t i = 0; !err && i < kpc_evlist_nr_rings(s->evlist); i++)
		err = drain_ring(s, kpc_evlist_ring(s->evlist, i));
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

static bool is_number(const char *text)
{
	return isdigit((unsigned char)text[0]);
}

static int scan_thread(struct kpc_side *s, const char *pid, const char *tid)
{
	struct kpc_task_event event = {
		.what = KPC_TASK_EXISTS,
		.time_ns = kpc_trace_clock(),
		.pid = strtoul(pid, NULL, 10),
		.tid = strtoul(tid, NULL, 10),
	};
	char path[PATH_MAX], comm[KPC_COMM_BYTES + 2];
	int bytes;

	snprintf(path, sizeof(path), "/proc/%s/task/%s/comm", pid, tid);
	bytes = kpc_pseudofile_read(path, comm, sizeof(comm));
	if (bytes <= 0)
		return 0;	/* it has ended */
	comm[bytes - 1] = '\0'; /* the line's end */
	memcpy(event.comm, comm, strnlen(comm, sizeof(event.comm)));
	return note(s, &event);
}

static int scan_process(struct kpc_side *s, const char *pid)
{
	char path[PATH_MAX];
	struct dirent *entry;
	int err = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%s/task", pid);
	dir = opendir(path);
	if (!dir)
		return 0; /* it has ended */
	while (!err && (entry = readdir(dir)) != NULL)
		if (is_number(entry->d_name))
			err = scan_thread(s, pid, entry->d_name);
	closedir(dir);
	return err;
}

int kpc_side_scan(struct kpc_side *s, pid_t pid)
{
	struct dirent *entry;
	char text[16];
	int err = 0;
	DIR *dir;

	if (pid) {
		snprintf(text, sizeof(text), "%d", pid);
		return scan_process(s, text);
	}
	dir = opendir("/proc");
	if (!dir)
		return 0; /* then threads have no names, that's all */
	while (!err && (entry = readdir(dir)) != NULL)
		if (is_number(entry->d_name))
			err = scan_process(s, entry->d_name);
	closedir(dir);
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
		return kpc_comms_set(&s->comms, event->tid, event->comm);
	case KPC_TASK_EXIT:
		kpc_comms_remove(&s->comms, event->tid);
		return 0;
	default:
		return kpc_comms_set(&s->comms, event->tid, event->comm);
	}
}

int kpc_side_write(struct kpc_side *s, struct kpc_writer *writer)
{
	int err = 0;

	if (!s->nr)
		return 0;
	/* Rings are per CPU: a fork and what the child does may be in two. */
	qsort(s->pending, s->nr, sizeof(*s->pending), by_time);
	for (uint32_t i = 0; !err && i < s->nr; i++)
		err = follow(s, &s->pending[i]);
	if (!err)
		err = kpc_writer_tasks(writer, s->pending, s->nr);
	s->nr = 0;
	return err;
}
