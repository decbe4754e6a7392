// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <internal/evsel.h>
#include <internal/xyarray.h>
#include <perf/core.h>
#include <perf/cpumap.h>
#include <perf/evlist.h>
#include <perf/evsel.h>
#include <perf/threadmap.h>

#include "evlist.h"
#include "fail.h"
#include "openerror.h"

struct kpc_evlist {
	struct perf_evlist *perf;
	struct perf_evsel **evsel;
	const char **name;
	uint32_t nr;
	uint32_t nr_fds; /* of each event */
	bool system_wide;
	bool no_lost;
	struct kpc_ring *ring;
	uint32_t nr_rings;
	struct kpc_idmap ids;
};

/* ---- new and free -------------------------------------------------------- */

static int silent(enum libperf_print_level level, const char *format,
		  va_list args)
{
	(void)level;
	(void)format;
	(void)args;
	return 0;
}

static void init_libperf(void)
{
	libperf_init(silent);
}

/* libperf takes the CPUs as text. */
static struct perf_cpu_map *cpu_map(const struct kpc_cpulist *cpus)
{
	size_t room = cpus->nr * 6ull + 1, used = 0;
	char *text = malloc(room);
	struct perf_cpu_map *map;

	if (!text)
		return NULL;
	for (uint32_t i = 0; i < cpus->nr; i++)
		used += snprintf(text + used, room - used, "%s%d", i ? "," : "",
				 cpus->cpu[i]);
	map = perf_cpu_map__new(text);
	free(text);
	return map;
}

int kpc_evlist_new(struct kpc_evlist **out, const struct kpc_cpulist *cpus,
		   const pid_t *pids, uint32_t nr_pids)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct kpc_evlist *e = calloc(1, sizeof(*e));
	struct perf_cpu_map *cpu = cpu_map(cpus);
	struct perf_thread_map *threads;

	pthread_once(&once, init_libperf);
	/*
	 * "All" must be a map of one -1, too: mapping without one crashes
	 * libperf 6.1.
	 */
	threads = nr_pids ? perf_thread_map__new_array(nr_pids, (pid_t *)pids) :
			    perf_thread_map__new_dummy();
	if (e)
		e->perf = perf_evlist__new();
	if (e && e->perf && cpu && threads) {
		e->system_wide = !nr_pids;
		e->nr_fds = cpus->nr * (nr_pids ? nr_pids : 1);
		perf_evlist__set_maps(e->perf, cpu, threads);
		*out = e;
	}
	/* The evlist has references of its own. */
	perf_cpu_map__put(cpu);
	perf_thread_map__put(threads);
	if (e && e->perf && cpu && threads)
		return 0;
	kpc_evlist_free(e);
	return -ENOMEM;
}

/* What perf_evsel__delete() of libperf 6.1 leaves behind. */
static void evsel_release(struct perf_evsel *evsel)
{
	perf_evsel__free_id(evsel);
	perf_cpu_map__put(evsel->cpus);
	perf_thread_map__put(evsel->threads);
	evsel->cpus = NULL;
	evsel->threads = NULL;
}

void kpc_evlist_free(struct kpc_evlist *e)
{
	if (!e)
		return;
	for (uint32_t i = 0; i < e->nr_rings; i++)
		kpc_ring_uninit(&e->ring[i]);
	for (uint32_t i = 0; i < e->nr; i++)
		evsel_release(e->evsel[i]);
	perf_evlist__delete(e->perf);
	kpc_idmap_uninit(&e->ids);
	free(e->ring);
	free(e->evsel);
	free(e->name);
	free(e);
}

int kpc_evlist_add(struct kpc_evlist *e, const struct perf_event_attr *attr,
		   const char *name)
{
	struct perf_event_attr copy = *attr;
	struct perf_evsel **evsel;
	const char **names;

	evsel = realloc(e->evsel, (e->nr + 1) * sizeof(struct perf_evsel *));
	if (evsel)
		e->evsel = evsel;
	names = realloc(e->name, (e->nr + 1) * sizeof(*names));
	if (names)
		e->name = names;
	if (!evsel || !names)
		return -ENOMEM;
	evsel[e->nr] = perf_evsel__new(&copy);
	if (!evsel[e->nr])
		return -ENOMEM;
	perf_evlist__add(e->perf, evsel[e->nr]);
	names[e->nr++] = name;
	return 0;
}

/* ---- open ---------------------------------------------------------------- */

/* libperf can't open with PERF_FLAG_FD_CLOEXEC. */
static void close_on_exec(struct perf_evsel *evsel)
{
	for (int x = 0; x < xyarray__max_x(evsel->fd); x++)
		for (int y = 0; y < xyarray__max_y(evsel->fd); y++)
			fcntl(*(int *)xyarray__entry(evsel->fd, x, y), F_SETFD,
			      FD_CLOEXEC);
}

static int open_events(struct kpc_evlist *e, char *error, size_t error_size)
{
	for (uint32_t i = 0; i < e->nr; i++) {
		struct perf_evsel *evsel = e->evsel[i];
		int err = perf_evsel__open(evsel, evsel->cpus, evsel->threads);

		if (err)
			return kpc_openerror_event(
				err, e->name[i],
				evsel->attr.type >= PERF_TYPE_MAX,
				e->system_wide, error, error_size);
		close_on_exec(evsel);
	}
	return 0;
}

/* Kernels before 6.0 refuse the bit with EINVAL. */
static int open_without_lost(struct kpc_evlist *e, char *error,
			     size_t error_size)
{
	perf_evlist__close(e->perf);
	for (uint32_t i = 0; i < e->nr; i++)
		e->evsel[i]->attr.read_format &= ~PERF_FORMAT_LOST;
	e->no_lost = true;
	return open_events(e, error, error_size);
}

static int add_ids(struct kpc_evlist *e)
{
	int err = 0;

	for (uint32_t i = 0; !err && i < e->nr; i++)
		for (uint32_t j = 0; !err && j < e->evsel[i]->ids; j++)
			err = kpc_idmap_add(&e->ids, e->evsel[i]->id[j], i);
	return err;
}

static int map_rings(struct kpc_evlist *e, uint64_t ring_bytes, char *error,
		     size_t error_size)
{
	struct perf_mmap *map;
	uint32_t nr = 0;

	errno = 0;
	if (perf_evlist__mmap(e->perf, ring_bytes / sysconf(_SC_PAGESIZE)))
		return kpc_openerror_ring(errno ? -errno : -ENOMEM, ring_bytes,
					  error, error_size);
	perf_evlist__for_each_mmap(e->perf, map, false)
		nr++;
	e->ring = calloc(nr + 1, sizeof(*e->ring));
	if (!e->ring)
		goto err_memory;
	perf_evlist__for_each_mmap(e->perf, map, false)
		if (kpc_ring_init(&e->ring[e->nr_rings++], map))
			goto err_memory;
	if (!add_ids(e))
		return 0;

err_memory:
	return kpc_fail(error, error_size, -ENOMEM, "out of memory");
}

int kpc_evlist_open(struct kpc_evlist *e, uint64_t ring_bytes, char *error,
		    size_t error_size)
{
	int err = open_events(e, error, error_size);

	if (err == -EINVAL)
		err = open_without_lost(e, error, error_size);
	return err ? err : map_rings(e, ring_bytes, error, error_size);
}

/* ---- use ----------------------------------------------------------------- */

bool kpc_evlist_knows_lost(const struct kpc_evlist *e)
{
	return !e->no_lost;
}

const struct perf_event_attr *kpc_evlist_attr(const struct kpc_evlist *e,
					      uint32_t event)
{
	return &e->evsel[event]->attr;
}

uint32_t kpc_evlist_nr_fds(const struct kpc_evlist *e)
{
	return e->nr_fds;
}

/* The rings are in the CPUs' order, as the events' descriptors are. */
int kpc_evlist_fd(const struct kpc_evlist *e, uint32_t event, uint32_t ring)
{
	return *(int *)xyarray__entry(e->evsel[event]->fd, ring, 0);
}

uint32_t kpc_evlist_nr_rings(const struct kpc_evlist *e)
{
	return e->nr_rings;
}

struct kpc_ring *kpc_evlist_ring(struct kpc_evlist *e, uint32_t ring)
{
	return &e->ring[ring];
}

static bool is_live(int fd)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };

	return fd >= 0 && poll(&poll_fd, 1, 0) >= 0 &&
	       !(poll_fd.revents & (POLLHUP | POLLERR | POLLNVAL));
}

/* The rings are in the CPUs' order, as the events' descriptors are. */
int kpc_evlist_live_fd(const struct kpc_evlist *e, uint32_t ring)
{
	for (uint32_t i = 0; i < e->nr; i++) {
		struct xyarray *fds = e->evsel[i]->fd;

		for (int y = 0;
		     (int)ring < xyarray__max_x(fds) && y < xyarray__max_y(fds);
		     y++) {
			int fd = *(int *)xyarray__entry(fds, ring, y);

			if (is_live(fd))
				return fd;
		}
	}
	return -1;
}

const struct kpc_idmap *kpc_evlist_ids(const struct kpc_evlist *e)
{
	return &e->ids;
}

/* libperf hands ioctl(2)'s -1 on, with its errno. */
static int converted(int err)
{
	return err ? -errno : 0;
}

int kpc_evlist_filter(struct kpc_evlist *e, uint32_t event, const char *filter)
{
	return converted(perf_evsel__apply_filter(e->evsel[event], filter));
}

int kpc_evlist_enable(struct kpc_evlist *e)
{
	int err = 0;

	for (uint32_t i = 0; !err && i < e->nr; i++)
		err = converted(perf_evsel__enable(e->evsel[i]));
	return err;
}

int kpc_evlist_disable(struct kpc_evlist *e)
{
	int err = 0;

	/* All of them, whatever happens. */
	for (uint32_t i = 0; i < e->nr; i++) {
		int this = converted(perf_evsel__disable(e->evsel[i]));

		err = err ? err : this;
	}
	return err;
}

/* Adds up one thread's counts over the CPUs. */
static int read_thread(struct kpc_evlist *e, struct perf_evsel *evsel, int y,
		       struct kpc_count *count)
{
	struct perf_counts_values v;
	uint64_t enabled = 0;

	for (int x = 0; x < xyarray__max_x(evsel->fd); x++) {
		errno = EIO; /* of an empty read */
		if (perf_evsel__read(evsel, x, y, &v))
			return -errno;
		count->value += v.val;
		count->running_ns += v.run;
		count->lost += v.lost;
		/*
		 * A thread's events are enabled on all CPUs at once, and run
		 * where it is.
		 */
		if (e->system_wide)
			enabled += v.ena;
		else if (v.ena > enabled)
			enabled = v.ena;
	}
	count->enabled_ns += enabled;
	return 0;
}

int kpc_evlist_read(struct kpc_evlist *e, uint32_t event,
		    struct kpc_count *count)
{
	struct perf_evsel *evsel = e->evsel[event];
	int err = 0;

	*count = (struct kpc_count){ 0 };
	for (int y = 0; !err && y < xyarray__max_y(evsel->fd); y++)
		err = read_thread(e, evsel, y, count);
	return err;
}
