// SPDX-License-Identifier: GPL-2.0-only
/*
 * A run calls a function so often that a clock reading is nothing beside it, and so
 * seldom that most runs aren't interrupted; of all runs the median counts. The ring
 * of an event that records is mapped for reading only: then the kernel writes over
 * what is old, and nothing is ever lost, which would be cheap.
 */
#define _GNU_SOURCE /* syscall() */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "buf.h"
#include "cost.h"
#include "fail.h"
#include "kprobexevent.h"
#include "pseudofile.h"
#include "trace_clock.h"
#include "tracepoint.h"

#define CALLS	   1000
#define RUNS	   25		/* an odd number */
#define RING_PAGES 32		/* within perf_event_mlock_kb's default */
#define SELDOM	   (1ull << 40) /* a period that doesn't end */
#define IDLE_TRIES 200
#define IDLE_NS	   10000000
#define UPROBE_PMU "/sys/bus/event_source/devices/uprobe"

#define ENTRY_DEFINITION \
	"p " KPX_TRIAL_FUNCTION " turn=$arg1:u64 calls=$arg2:u64"
#define RETURN_DEFINITION \
	"r " KPX_TRIAL_FUNCTION " turn=$arg1:u64 value=$retval:u64"

static const struct way {
	const char *definition;
	uint32_t mode; /* enum kpx_mode */
} ways[KPC_NR_MECHANISMS] = {
	[KPC_MECHANISM_RETURN] = { RETURN_DEFINITION, KPX_MODE_AUTO },
	[KPC_MECHANISM_INT3] = { ENTRY_DEFINITION, KPX_MODE_INT3 },
	[KPC_MECHANISM_JUMP] = { ENTRY_DEFINITION, KPX_MODE_JUMP },
	[KPC_MECHANISM_FTRACE] = { ENTRY_DEFINITION, KPX_MODE_FTRACE },
};

/* ---- time ---------------------------------------------------------------- */

/* What is called, and how: 0 or a negative errno, and how long CALLS of it took. */
struct caller {
	int (*run)(const struct caller *caller, uint64_t *ns);
	const struct kpc_kprobex *kprobex;
};

static int run_trial(const struct caller *caller, uint64_t *ns)
{
	return kpc_kprobex_trial(caller->kprobex, CALLS, ns);
}

static int run_syscalls(const struct caller *caller, uint64_t *ns)
{
	uint64_t start = kpc_trace_clock();

	(void)caller;
	for (int i = 0; i < CALLS; i++)
		syscall(SYS_getppid);
	*ns = kpc_trace_clock() - start;
	return 0;
}

static int compare(const void *a, const void *b)
{
	const uint64_t *left = a, *right = b;

	return *left < *right ? -1 : *left > *right;
}

/* Of one call, with what is on it now. 0 or a negative errno. */
static int time_call(const struct caller *caller, double *ns)
{
	uint64_t runs[RUNS];
	int err = 0;

	for (int i = 0; !err && i < RUNS; i++)
		err = caller->run(caller, &runs[i]);
	if (err)
		return err;
	qsort(runs, RUNS, sizeof(*runs), compare);
	*ns = (double)runs[RUNS / 2] / CALLS;
	return 0;
}

/* Below what the clock can tell apart a hit would cost less than nothing. */
static double beyond(double ns, double base)
{
	return ns > base ? ns - base : 0;
}

/* ---- events -------------------------------------------------------------- */

/* With an event of this thread; the ring is NULL where it only counts. */
static int time_event(const struct caller *caller, struct perf_event_attr *attr,
		      bool records, double *ns)
{
	size_t bytes = (RING_PAGES + 1) * sysconf(_SC_PAGESIZE);
	int fd = syscall(SYS_perf_event_open, attr, 0, -1, -1,
			 PERF_FLAG_FD_CLOEXEC);
	void *ring = NULL;
	int err = fd < 0 ? -errno : 0;

	if (!err && records) {
		ring = mmap(NULL, bytes, PROT_READ, MAP_SHARED, fd, 0);
		if (ring == MAP_FAILED)
			err = -errno;
	}
	if (!err)
		err = time_call(caller, ns);
	if (ring && ring != MAP_FAILED)
		munmap(ring, bytes);
	if (fd >= 0)
		close(fd);
	return err;
}

/* As of a recording. */
static void sample(struct perf_event_attr *attr, uint64_t period,
		   const struct kpc_callchain *callchain)
{
	attr->sample_period = period;
	attr->sample_type = PERF_SAMPLE_TIME | PERF_SAMPLE_RAW;
	attr->use_clockid = 1;
	attr->clockid = KPC_TRACE_CLOCK;
	if (callchain)
		kpc_callchain_ask(callchain, attr);
}

/* ---- probes -------------------------------------------------------------- */

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
	kpc_fail(cost->why_not, sizeof(cost->why_not), err, "%s",
		 err == -EOPNOTSUPP ? "this kernel doesn't do it here" :
				      strerror(-err));
}

static void measure_way(const struct caller *caller, const struct way *way,
			const struct kpc_callchain *callchain, double call_ns,
			struct kpc_hit_cost *cost)
{
	const struct kpc_kprobex *k = caller->kprobex;
	struct kpc_kprobex_config config = { .mode = way->mode };
	struct perf_event_attr attr = { .size = sizeof(attr), .type = k->type };
	double counted = 0, recorded = 0;
	int err = define(k, way->definition, &config.id, cost->why_not,
			 sizeof(cost->why_not));

	attr.config = kpc_kprobex_attr_config(&config);
	if (!err)
		err = time_event(caller, &attr, false, &counted);
	sample(&attr, 1, callchain);
	if (!err)
		err = time_event(caller, &attr, true, &recorded);
	if (config.id)
		wait_idle(k, config.id);
	if (err) {
		say_why_not(cost, err);
		return;
	}
	cost->counted_ns = beyond(counted, call_ns);
	cost->recorded_ns = beyond(recorded, call_ns);
}

int kpc_cost_measure(const struct kpc_kprobex *k, uint32_t mechanisms,
		     const struct kpc_callchain *callchain,
		     struct kpc_costs *costs, char *error, size_t error_size)
{
	const struct caller caller = { run_trial, k };
	int err;

	*costs = (struct kpc_costs){ .size = costs->size };
	if (!(k->features & KPX_FEATURE_TRIAL))
		return kpc_fail(error, error_size, -EOPNOTSUPP,
				"the module kprobex that is loaded is older "
				"than this program, and can't measure costs");
	err = time_call(&caller, &costs->call_ns);
	if (err == -EACCES)
		return kpc_fail(error, error_size, err,
				"no permission to measure: it takes root or "
				"CAP_PERFMON");
	if (err)
		return kpc_fail(error, error_size, err, "cannot measure: %s",
				strerror(-err));
	for (int i = 0; i < KPC_NR_MECHANISMS; i++)
		if (mechanisms >> i & 1)
			measure_way(&caller, &ways[i], callchain,
				    costs->call_ns, &costs->hit[i]);
		else
			strcpy(costs->hit[i].why_not, "it wasn't asked for");
	return 0;
}

/* ---- tracepoints --------------------------------------------------------- */

static int find_tracepoint(int64_t *id)
{
	char path[PATH_MAX];
	const char *root;
	int err = kpc_tracepoint_root(&root, NULL, 0);

	if (err)
		return err;
	snprintf(path, sizeof(path), "%s/events/raw_syscalls/sys_enter/id",
		 root);
	return kpc_pseudofile_number(path, id);
}

/* Of what is no probe of the module's: a counting event that has a long period. */
static int measure_event(const struct caller *caller,
			 struct perf_event_attr *attr,
			 const struct kpc_callchain *callchain,
			 struct kpc_hit_cost *cost)
{
	double call = 0, counted = 0, recorded = 0;
	int err = time_call(caller, &call);

	sample(attr, SELDOM, callchain);
	if (!err)
		err = time_event(caller, attr, true, &counted);
	sample(attr, 1, callchain);
	if (!err)
		err = time_event(caller, attr, true, &recorded);
	if (err)
		return err;
	*cost = (struct kpc_hit_cost){
		.counted_ns = beyond(counted, call),
		.recorded_ns = beyond(recorded, call),
	};
	return 0;
}

int kpc_cost_measure_tracepoint(const struct kpc_callchain *callchain,
				struct kpc_hit_cost *cost)
{
	const struct caller caller = { run_syscalls, NULL };
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.type = PERF_TYPE_TRACEPOINT,
	};
	int64_t id;
	int err = find_tracepoint(&id);

	if (err)
		return err;
	attr.config = id;
	return measure_event(&caller, &attr, callchain, cost);
}

/* ---- probes in programs -------------------------------------------------- */

/* Not to be inlined, nor left out because nobody wants what they do. */
static __attribute__((noinline, noclone)) void probed(void)
{
	__asm__ volatile("nop");
}

static __attribute__((noinline, noclone)) void probed_stepping(void)
{
	__asm__ volatile("test %%eax, %%eax" ::: "cc");
}

static int run_function(void (*function)(void), uint64_t *ns)
{
	uint64_t start = kpc_trace_clock();

	for (int i = 0; i < CALLS; i++)
		function();
	*ns = kpc_trace_clock() - start;
	return 0;
}

static int run_probed(const struct caller *caller, uint64_t *ns)
{
	(void)caller;
	return run_function(probed, ns);
}

static int run_probed_stepping(const struct caller *caller, uint64_t *ns)
{
	(void)caller;
	return run_function(probed_stepping, ns);
}

/* Which file our own code is mapped from, and where in it @address is. */
static int find_own(uintptr_t address, char path[PATH_MAX], uint64_t *offset)
{
	FILE *file = fopen("/proc/self/maps", "re");
	uint64_t start, end, from;
	char *line = NULL;
	size_t room = 0;
	int err = -ENOENT, at = 0;

	if (!file)
		return -errno;
	while (err && getline(&line, &room, file) > 0) {
		if (sscanf(line,
			   "%" SCNx64 "-%" SCNx64 " %*s %" SCNx64 " %*s %*s %n",
			   &start, &end, &from, &at) < 3 ||
		    address < start || address >= end || line[at] != '/')
			continue;
		line[strcspn(line, "\n")] = '\0';
		snprintf(path, PATH_MAX, "%s", line + at);
		*offset = address - start + from;
		err = 0;
	}
	free(line);
	fclose(file);
	return err;
}

int kpc_cost_measure_uprobe(bool stepping,
			    const struct kpc_callchain *callchain,
			    struct kpc_hit_cost *cost)
{
	const struct caller caller = { stepping ? run_probed_stepping :
						  run_probed,
				       NULL };
	struct perf_event_attr attr = { .size = sizeof(attr) };
	uint64_t offset = 0;
	char path[PATH_MAX];
	int64_t type;
	int err = kpc_pseudofile_number(UPROBE_PMU "/type", &type);

	if (!err)
		err = find_own((uintptr_t)(stepping ? probed_stepping : probed),
			       path, &offset);
	if (err)
		return err;
	attr.type = type;
	attr.uprobe_path = (uintptr_t)path;
	attr.probe_offset = offset;
	return measure_event(&caller, &attr, callchain, cost);
}

/* ---- all ----------------------------------------------------------------- */

static void measure_probes(struct kpc_costs *costs)
{
	char error[KPC_ERROR_BYTES];
	struct kpc_kprobex k;
	int err = kpc_kprobex_open(&k, NULL, error, sizeof(error));

	if (!err)
		err = kpc_cost_measure(&k, KPC_COST_ALL, NULL, costs, error,
				       sizeof(error));
	kpc_kprobex_close(&k);
	for (int i = 0; err && i < KPC_NR_MECHANISMS; i++)
		kpc_fail(costs->hit[i].why_not, sizeof(costs->hit[i].why_not),
			 err, "%s",
			 err == -EOPNOTSUPP || err == -EPROTO ?
				 "the module is of another version" :
				 "it takes the module, and permission");
}

static void say_error(struct kpc_hit_cost *cost, int err)
{
	if (err == -ENOENT)
		kpc_fail(cost->why_not, sizeof(cost->why_not), err,
			 "this kernel has none");
	else if (err)
		say_why_not(cost, err);
}

int kpc_costs_measure(struct kpc_costs *costs)
{
	struct kpc_hit_cost *hit = costs->hit;

	if (costs->size < sizeof(*costs))
		return -EINVAL;
	*costs = (struct kpc_costs){ .size = costs->size };
	measure_probes(costs);
	say_error(&hit[KPC_COST_TRACEPOINT],
		  kpc_cost_measure_tracepoint(NULL, &hit[KPC_COST_TRACEPOINT]));
	say_error(&hit[KPC_COST_PROGRAM],
		  kpc_cost_measure_uprobe(false, NULL, &hit[KPC_COST_PROGRAM]));
	say_error(&hit[KPC_COST_PROGRAM_STEP],
		  kpc_cost_measure_uprobe(true, NULL,
					  &hit[KPC_COST_PROGRAM_STEP]));
	return 0;
}
