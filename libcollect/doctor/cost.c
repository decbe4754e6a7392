// SPDX-License-Identifier: GPL-2.0-only
/*
 * A run calls the function so often that a clock reading is nothing beside it, and
 * so seldom that most runs aren't interrupted; of all runs the median counts. The
 * ring of an event that records is mapped for reading only: then the kernel writes
 * over what is old, and nothing is ever lost, which would be cheap.
 */
#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "buf.h"
#include "cost.h"
#include "fail.h"
#include "trace_clock.h"

#define CALLS	   1000
#define RUNS	   25 /* an odd number */
#define RING_PAGES 32 /* within perf_event_mlock_kb's default */
#define IDLE_TRIES 200
#define IDLE_NS	   10000000

static const struct way {
	const char *definition;
	uint32_t mode; /* enum kpx_mode */
} ways[KPC_NR_MECHANISMS] = {
	[KPC_MECHANISM_RETURN] = { "r " KPX_TRIAL_FUNCTION
				   " turn=$arg1:u64 value=$retval:u64",
				   KPX_MODE_AUTO },
	[KPC_MECHANISM_INT3] = { "p " KPX_TRIAL_FUNCTION
				 " turn=$arg1:u64 calls=$arg2:u64",
				 KPX_MODE_INT3 },
	[KPC_MECHANISM_JUMP] = { "p " KPX_TRIAL_FUNCTION
				 " turn=$arg1:u64 calls=$arg2:u64",
				 KPX_MODE_JUMP },
	[KPC_MECHANISM_FTRACE] = { "p " KPX_TRIAL_FUNCTION
				   " turn=$arg1:u64 calls=$arg2:u64",
				   KPX_MODE_FTRACE },
};

static int compare(const void *a, const void *b)
{
	const uint64_t *left = a, *right = b;

	return *left < *right ? -1 : *left > *right;
}

/* Of a call, with what is on the function now. 0 or a negative errno. */
static int time_call(const struct kpc_kprobex *k, double *ns)
{
	uint64_t runs[RUNS];
	int err = 0;

	for (int i = 0; !err && i < RUNS; i++)
		err = kpc_kprobex_trial(k, CALLS, &runs[i]);
	if (err)
		return err;
	qsort(runs, RUNS, sizeof(*runs), compare);
	*ns = (double)runs[RUNS / 2] / CALLS;
	return 0;
}

/* An event of this thread; a descriptor or a negative errno. */
static int open_event(const struct kpc_kprobex *k, uint32_t id, uint32_t mode,
		      bool records)
{
	const struct kpc_kprobex_config config = { .id = id, .mode = mode };
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.type = k->type,
		.config = kpc_kprobex_attr_config(&config),
	};
	int fd;

	if (records) {
		attr.sample_period = 1;
		attr.sample_type = PERF_SAMPLE_TIME | PERF_SAMPLE_RAW;
		attr.use_clockid = 1;
		attr.clockid = KPC_TRACE_CLOCK;
	}
	fd = syscall(SYS_perf_event_open, &attr, 0, -1, -1,
		     PERF_FLAG_FD_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int time_recording(const struct kpc_kprobex *k, int fd, double *ns)
{
	size_t bytes = (RING_PAGES + 1) * sysconf(_SC_PAGESIZE);
	void *ring = mmap(NULL, bytes, PROT_READ, MAP_SHARED, fd, 0);
	int err;

	if (ring == MAP_FAILED)
		return -errno;
	err = time_call(k, ns);
	munmap(ring, bytes);
	return err;
}

/* Disarming comes some time after the last event; until then calls cost more. */
static void wait_idle(const struct kpc_kprobex *k, uint32_t id)
{
	const struct timespec pause = { .tv_nsec = IDLE_NS };
	uint32_t in_force = 0;

	for (int i = 0; i < IDLE_TRIES; i++) {
		if (kpc_kprobex_mechanisms(k, id, &in_force) || !in_force)
			return;
		nanosleep(&pause, NULL);
	}
}

static int time_way(const struct kpc_kprobex *k, uint32_t id, uint32_t mode,
		    bool records, double *ns)
{
	int err, fd = open_event(k, id, mode, records);

	if (fd < 0)
		return fd;
	err = records ? time_recording(k, fd, ns) : time_call(k, ns);
	close(fd);
	return err;
}

/* Below what the clock can tell apart a hit would cost less than nothing. */
static double beyond(double ns, double base)
{
	return ns > base ? ns - base : 0;
}

static int define(const struct kpc_kprobex *k, const char *definition,
		  uint32_t *id, char *error, size_t error_size)
{
	struct kpc_buf text = { 0 };
	int err;

	kpc_buf_add(&text, definition, strlen(definition));
	err = kpc_kprobex_define(k, &text, false, id, error, error_size);
	kpc_buf_uninit(&text);
	return err;
}

static void say_why_not(struct kpc_hit_cost *cost, int err)
{
	if (*cost->why_not)
		return;
	if (err == -EOPNOTSUPP)
		kpc_fail(cost->why_not, sizeof(cost->why_not), err,
			 "this kernel doesn't do it here");
	else
		kpc_fail(cost->why_not, sizeof(cost->why_not), err, "%s",
			 strerror(-err));
}

static void measure_way(const struct kpc_kprobex *k, const struct way *way,
			double call_ns, struct kpc_hit_cost *cost)
{
	double counted = 0, recorded = 0;
	uint32_t id = 0;
	int err = define(k, way->definition, &id, cost->why_not,
			 sizeof(cost->why_not));

	if (!err)
		err = time_way(k, id, way->mode, false, &counted);
	if (!err)
		err = time_way(k, id, way->mode, true, &recorded);
	if (id)
		wait_idle(k, id);
	if (err) {
		say_why_not(cost, err);
		return;
	}
	cost->why_not[0] = '\0';
	cost->counted_ns = beyond(counted, call_ns);
	cost->recorded_ns = beyond(recorded, call_ns);
}

int kpc_cost_measure(const struct kpc_kprobex *k, struct kpc_costs *costs,
		     char *error, size_t error_size)
{
	int err;

	*costs = (struct kpc_costs){ .size = costs->size };
	if (!(k->features & KPX_FEATURE_TRIAL))
		return kpc_fail(error, error_size, -EOPNOTSUPP,
				"the module kprobex that is loaded is older "
				"than this program, and can't measure costs");
	err = time_call(k, &costs->call_ns);
	if (err == -EACCES)
		return kpc_fail(error, error_size, err,
				"no permission to measure: it takes root or "
				"CAP_PERFMON");
	if (err)
		return kpc_fail(error, error_size, err, "cannot measure: %s",
				strerror(-err));
	for (int i = 0; i < KPC_NR_MECHANISMS; i++)
		measure_way(k, &ways[i], costs->call_ns, &costs->hit[i]);
	return 0;
}

int kpc_costs_measure(struct kpc_costs *costs, char *error, size_t error_size)
{
	struct kpc_kprobex k;
	int err;

	if (costs->size < sizeof(*costs))
		return kpc_fail(error, error_size, -EINVAL,
				"the size of struct kpc_costs isn't set");
	err = kpc_kprobex_open(&k, NULL, error, error_size);
	if (!err)
		err = kpc_cost_measure(&k, costs, error, error_size);
	kpc_kprobex_close(&k);
	return err;
}
