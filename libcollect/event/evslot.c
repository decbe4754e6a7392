// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <internal/evsel.h>
#include <internal/xyarray.h>
#include <perf/core.h>
#include <perf/cpumap.h>
#include <perf/evlist.h>
#include <perf/evsel.h>
#include <perf/threadmap.h>

#include "evslot.h"
#include "fail.h"
#include "openerror.h"

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

/* libperf hands ioctl(2)'s -1 on, with its errno. */
static int converted(int err)
{
	return err ? -errno : 0;
}

int kpc_evslot_init(struct kpc_evslot *slot, int cpu, uint32_t nr_events)
{
	*slot = (struct kpc_evslot){
		.cpu = cpu,
		.ring.cpu = cpu,
		.ring.fd = -1,
		.ring_fd = -1,
		.base = calloc(nr_events + 1, sizeof(*slot->base)),
	};
	return slot->base ? 0 : -ENOMEM;
}

/* ---- libperf's objects --------------------------------------------------- */

static int make_evsels(struct kpc_evslot *slot, const struct kpc_evset *set)
{
	slot->evsel = calloc(set->nr + 1, sizeof(*slot->evsel));
	if (!slot->evsel)
		return -ENOMEM;
	for (uint32_t i = 0; i < set->nr; i++) {
		slot->evsel[i] = perf_evsel__new(&set->attr[i]);
		if (!slot->evsel[i])
			return -ENOMEM;
		perf_evlist__add(slot->perf, slot->evsel[i]);
	}
	return 0;
}

static int make(struct kpc_evslot *slot, const struct kpc_evset *set)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct perf_thread_map *threads;
	struct perf_cpu_map *cpu;
	char text[16];
	int err;

	pthread_once(&once, init_libperf);
	/* libperf takes the CPUs as text. */
	snprintf(text, sizeof(text), "%d", slot->cpu);
	cpu = perf_cpu_map__new(text);
	/*
	 * "All" must be a map of one -1, too: mapping without one crashes
	 * libperf 6.1.
	 */
	threads = perf_thread_map__new_array(set->nr_members, set->member);
	slot->perf = perf_evlist__new();
	err = cpu && threads && slot->perf ? 0 : -ENOMEM;
	if (!err)
		err = make_evsels(slot, set);
	if (!err)
		perf_evlist__set_maps(slot->perf, cpu, threads);
	/* The evlist has references of its own. */
	perf_cpu_map__put(cpu);
	perf_thread_map__put(threads);
	return err;
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

static void unmake(struct kpc_evslot *slot, uint32_t nr_events)
{
	/* One that isn't there yet is being looked at, and tells its CPU. */
	if (kpc_ring_is_there(&slot->ring))
		kpc_ring_uninit(&slot->ring);
	for (uint32_t i = 0; slot->evsel && i < nr_events; i++)
		if (slot->evsel[i])
			evsel_release(slot->evsel[i]);
	if (slot->perf)
		perf_evlist__delete(slot->perf);
	free(slot->evsel);
	slot->perf = NULL;
	slot->evsel = NULL;
}

/* ---- open ---------------------------------------------------------------- */

/* Each event takes a descriptor per CPU and thread: as many as we may. */
static bool raise_limit(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) ||
	    files.rlim_cur >= files.rlim_max)
		return false;
	files.rlim_cur = files.rlim_max;
	return !setrlimit(RLIMIT_NOFILE, &files);
}

/*
 * Not perf_evsel__open(): it knows no flags, and so neither cgroups nor
 * close-on-exec.
 */
static int open_member(const struct kpc_evslot *slot,
		       const struct kpc_evset *set, uint32_t event,
		       uint32_t member)
{
	struct perf_evsel *evsel = slot->evsel[event];
	unsigned long flags = PERF_FLAG_FD_CLOEXEC |
			      (set->cgroups ? PERF_FLAG_PID_CGROUP : 0);
	int fd;

	do {
		fd = syscall(SYS_perf_event_open, &evsel->attr,
			     set->member[member], slot->cpu, -1, flags);
	} while (fd < 0 && errno == EMFILE && raise_limit());
	if (fd < 0)
		return -errno;
	*(int *)xyarray__entry(evsel->fd, 0, member) = fd;
	return 0;
}

int kpc_evslot_try(const struct perf_event_attr *attr)
{
	int fd = syscall(SYS_perf_event_open, attr, 0, -1, -1,
			 PERF_FLAG_FD_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static int open_event(const struct kpc_evslot *slot,
		      const struct kpc_evset *set, uint32_t event)
{
	struct perf_evsel *evsel = slot->evsel[event];
	int err = 0;

	if (!evsel->fd) {
		evsel->fd = xyarray__new(1, set->nr_members, sizeof(int));
		if (!evsel->fd)
			return -ENOMEM;
	}
	for (uint32_t i = 0; i < set->nr_members; i++)
		*(int *)xyarray__entry(evsel->fd, 0, i) = -1;
	for (uint32_t i = 0; !err && i < set->nr_members; i++)
		err = open_member(slot, set, event, i);
	return err;
}

static int open_all(struct kpc_evslot *slot, const struct kpc_evset *set,
		    char *error, size_t error_size)
{
	for (uint32_t i = 0; i < set->nr; i++) {
		int err = open_event(slot, set, i);

		if (err)
			return kpc_openerror_event(err, set->name[i],
						   set->attr[i].type,
						   set->system_wide, error,
						   error_size);
	}
	return 0;
}

int kpc_evslot_open(struct kpc_evslot *slot, const struct kpc_evset *set,
		    char *error, size_t error_size)
{
	int err = make(slot, set);

	if (err)
		kpc_fail(error, error_size, err, "out of memory");
	else
		err = open_all(slot, set, error, error_size);
	if (err)
		unmake(slot, set->nr);
	return err;
}

static int map_ring(struct kpc_evslot *slot, const struct kpc_evset *set,
		    char *error, size_t error_size)
{
	int pages = set->ring_bytes / sysconf(_SC_PAGESIZE);
	struct perf_mmap *map;
	struct kpc_ring ring;

	errno = 0;
	if (perf_evlist__mmap(slot->perf, pages))
		return kpc_openerror_ring(errno ? -errno : -ENOMEM,
					  set->ring_bytes, error, error_size);
	map = perf_evlist__next_mmap(slot->perf, NULL, false);
	if (!map || kpc_ring_init(&ring, map))
		return kpc_fail(error, error_size, -ENOMEM, "out of memory");
	slot->ring_fd = ring.fd;
	kpc_ring_publish(&slot->ring, &ring);
	return 0;
}

int kpc_evslot_map(struct kpc_evslot *slot, const struct kpc_evset *set,
		   char *error, size_t error_size)
{
	bool rings = set->nr && set->ring_bytes;
	int err = rings ? map_ring(slot, set, error, error_size) : 0;

	/* Events without a ring would count, and sample into nothing. */
	if (err)
		unmake(slot, set->nr);
	return err;
}

/* ---- again --------------------------------------------------------------- */

/* But not the descriptor of the ring: others write into it by that. */
static void close_members(struct kpc_evslot *slot, struct perf_evsel *evsel)
{
	for (int y = 0; y < xyarray__max_y(evsel->fd); y++) {
		int *fd = xyarray__entry(evsel->fd, 0, y);

		if (*fd >= 0 && *fd != slot->ring_fd)
			close(*fd);
		*fd = -1;
	}
}

static void add_base(struct kpc_evslot *slot, uint32_t event, uint32_t member)
{
	struct kpc_count *base = &slot->base[event];
	struct kpc_count count = { 0 };

	if (kpc_evslot_read(slot, event, member, &count))
		return;
	base->value += count.value;
	base->enabled_ns += count.enabled_ns;
	base->running_ns += count.running_ns;
	base->lost += count.lost;
}

static int use_ring(struct kpc_evslot *slot, uint32_t event)
{
	struct xyarray *fds = slot->evsel[event]->fd;

	for (int y = 0; y < xyarray__max_y(fds); y++)
		if (ioctl(*(int *)xyarray__entry(fds, 0, y),
			  PERF_EVENT_IOC_SET_OUTPUT, slot->ring_fd))
			return -errno;
	return 0;
}

int kpc_evslot_reopen(struct kpc_evslot *slot, const struct kpc_evset *set,
		      char *error, size_t error_size)
{
	int err;

	for (uint32_t i = 0; i < set->nr; i++) {
		/* If it lives after all, it counts no more than is read. */
		if (kpc_evslot_fd(slot, i, 0) >= 0)
			kpc_evslot_disable(slot, i);
		for (uint32_t j = 0; j < set->nr_members; j++)
			add_base(slot, i, j);
		close_members(slot, slot->evsel[i]);
	}
	err = open_all(slot, set, error, error_size);
	for (uint32_t i = 0; !err && i < set->nr; i++) {
		err = use_ring(slot, i);
		if (err)
			kpc_fail(error, error_size, err,
				 "cannot record CPU %d into its ring again: %s",
				 slot->cpu, strerror(-err));
	}
	for (uint32_t i = 0; err && i < set->nr; i++)
		close_members(slot, slot->evsel[i]);
	return err;
}

void kpc_evslot_close(struct kpc_evslot *slot, const struct kpc_evset *set)
{
	bool apart =
		slot->ring_fd >= 0 &&
		(!slot->perf || kpc_evslot_fd(slot, 0, 0) != slot->ring_fd);
	int ring_fd = slot->ring_fd;

	unmake(slot, set->nr);
	if (apart)
		close(ring_fd);
	free(slot->base);
	*slot = (struct kpc_evslot){ .ring_fd = -1 };
}

/* ---- use ----------------------------------------------------------------- */

int kpc_evslot_fd(const struct kpc_evslot *slot, uint32_t event,
		  uint32_t member)
{
	const struct perf_evsel *evsel = slot->evsel[event];

	return *(int *)xyarray__entry(evsel->fd, 0, member);
}

int kpc_evslot_read(const struct kpc_evslot *slot, uint32_t event,
		    uint32_t member, struct kpc_count *count)
{
	struct perf_counts_values v;

	*count = (struct kpc_count){ 0 };
	if (kpc_evslot_fd(slot, event, member) < 0)
		return 0; /* closed, and in the base */
	errno = EIO;	  /* of an empty read */
	if (perf_evsel__read(slot->evsel[event], 0, member, &v))
		return -errno;
	count->value = v.val;
	count->enabled_ns = v.ena;
	count->running_ns = v.run;
	count->lost = v.lost;
	return 0;
}

int kpc_evslot_filter(const struct kpc_evslot *slot, uint32_t event,
		      const char *filter)
{
	return converted(perf_evsel__apply_filter(slot->evsel[event], filter));
}

int kpc_evslot_enable(const struct kpc_evslot *slot, uint32_t event)
{
	return converted(perf_evsel__enable(slot->evsel[event]));
}

int kpc_evslot_disable(const struct kpc_evslot *slot, uint32_t event)
{
	return converted(perf_evsel__disable(slot->evsel[event]));
}

int kpc_evslot_set_period(struct kpc_evslot *slot, const struct kpc_evset *set,
			  uint32_t event)
{
	struct perf_evsel *evsel = slot->evsel[event];
	uint64_t period = set->attr[event].sample_period;
	int err = 0;

	evsel->attr.sample_period = period;
	evsel->attr.freq = set->attr[event].freq;
	for (int y = 0; y < xyarray__max_y(evsel->fd); y++) {
		int fd = *(int *)xyarray__entry(evsel->fd, 0, y);

		if (fd >= 0 && ioctl(fd, PERF_EVENT_IOC_PERIOD, &period))
			err = -errno;
	}
	return err;
}
