// SPDX-License-Identifier: GPL-2.0-only
/*
 * kernel_random SECONDS [SEED]: eight threads that each do all that the module
 * can be asked for, at random: define, open, hit, read, drain rings, fork,
 * remove, rmmod. Each keeps a few events open; definitions, ids and targets are
 * everybody's, so that the threads are in each other's way.
 *
 * An operation may fail with the errors that its neighbours' doings explain,
 * and no other. What this module doesn't offer at all is found out before the
 * threads start and is then refused without harm. The tally at the end says
 * what was done how often; in 20 seconds or more, what worked at the start and
 * never in the run fails, and so does what every version has.
 */
#include <sys/random.h>

#include "kernel_random/random.h"

struct worker workers[WORKERS];
int null;
unsigned int vfs_write_id, exact_id, pmu, cpus;
unsigned int recent[RECENT];

/* In so many everything is done that can be. */
#define ALL_SECONDS 20

static volatile int stop;

static const struct {
	void (*run)(struct worker *w);
	unsigned int weight;
} jobs[] = {
	{ do_event, 40 }, { do_hit, 8 },	 { do_define, 12 },
	{ do_write, 3 },  { do_define_many, 4 }, { do_remove, 8 },
	{ do_exact, 4 },  { do_fork, 3 },	 { do_thread, 2 },
	{ do_move, 2 },	  { do_list, 3 },	 { do_describe, 3 },
	{ do_face, 3 },	  { do_reopen, 1 },	 { do_unload, 1 },
};

static void *work(void *arg)
{
	struct worker *w = arg;
	unsigned int i, n, total = 0;

	__atomic_store_n(&w->tid, syscall(SYS_gettid), __ATOMIC_RELAXED);
	for (i = 0; i < ARRAY_SIZE(jobs); i++)
		total += jobs[i].weight;
	while (!stop) {
		n = below(w, total);
		for (i = 0; n >= jobs[i].weight; i++)
			n -= jobs[i].weight;
		jobs[i].run(w);
	}
	for (i = 0; i < SLOTS; i++)
		slot_close(&w->slots[i]);
	close(w->dev);
	return NULL;
}

static void remove_rest(int dev)
{
	char text[64];
	int i;

	for (i = 0; i < NAMES; i++) {
		snprintf(text, sizeof(text), TRACING "rnd%d/enable", i);
		spill(text, "0");
		snprintf(text, sizeof(text), "-:rnd%d\n", i);
		if (write(dev, text, strlen(text)) < 0)
			CHECK(errno == ENOENT, "remove %s: %s", text,
			      strerror(errno));
	}
	close(dev);
}

static int prepare(uint64_t seed)
{
	int dev = device_open(), i, j;

	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	pmu = pmu_type();
	cpus = sysconf(_SC_NPROCESSORS_ONLN);
	vfs_write_id = probe_id("vfs_write");
	CHECK(dev >= 0 && vfs_write_id, "no device, or no vfs_write");
	CHECK(!define_probe(dev, "p __x64_sys_getppid n=%di:u64", 0, &exact_id),
	      "getppid can't be probed");
	if (failures)
		return -1;
	survey_definitions(dev);
	survey_events();
	survey_files();
	for (i = 0; i < NR_KINDS; i++)
		tally[i].works |= tally[i].always;
	for (i = 0; i < WORKERS; i++) {
		workers[i].state = (seed + i + 1) * 0x9e3779b97f4a7c15ULL;
		workers[i].dev = device_open();
		for (j = 0; j < SLOTS; j++)
			workers[i].slots[j].fd = -1;
	}
	return dev;
}

int main(int argc, char **argv)
{
	int seconds = argc > 1 ? atoi(argv[1]) : 10, dev, i;
	uint64_t seed = 0;

	if (argc > 2)
		seed = strtoull(argv[2], NULL, 0);
	else
		CHECK(getrandom(&seed, 4, 0) == 4, "no seed");
	printf("%d s, seed %llu\n", seconds, (unsigned long long)seed);
	fflush(stdout);
	dev = prepare(seed);
	if (dev < 0)
		return 1;
	for (i = 0; i < WORKERS; i++)
		if (pthread_create(&workers[i].thread, NULL, work, &workers[i]))
			return 1;
	sleep(seconds);
	/* what is rare may take longer where the threads get little done */
	for (i = 0; i < 120 && seconds >= ALL_SECONDS && !all_done(); i++)
		sleep(1);
	stop = 1;
	for (i = 0; i < WORKERS; i++)
		pthread_join(workers[i].thread, NULL);
	remove_rest(dev);
	print_tally(seconds >= ALL_SECONDS);
	return !!failures;
}
