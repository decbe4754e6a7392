// SPDX-License-Identifier: GPL-2.0-only
/*
 * kernel_bpf_deadlock SECONDS [FUNCTION…]: programs that update a map, on probes inside of
 * that map's update, while four threads update it by bpf(2), and others by a
 * program that is hit elsewhere.
 *
 * Probes are on instructions all over the functions that hold the map's lock: of
 * those that ftrace doesn't know there are kprobes, which it can't keep out.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>

#include "../bpf/deadlock.h"
#include "bpf.h"
#include "kernel_targets.h"

#define UPDATERS   4
#define PER_FUNC   8 /* probes in one function */
#define PROBES_MAX 256

static int dev;
static int is_over;
static struct bpf_object *object;
static char **wanted; /* functions; NULL: all */

/* ---- where --------------------------------------------------------------- */

struct function {
	const char *name; /* or that with a compiler's suffix */
	const char *program;
};

/* Not each kernel has each of them: the compiler may have put it into another. */
static const struct function functions[] = {
	{ "htab_lru_map_update_elem", "deadlock_lru" },
	{ "htab_lru_map_delete_node", "deadlock_lru" },
	{ "bpf_lru_pop_free", "deadlock_lru" },
	{ "bpf_lru_push_free", "deadlock_lru" },
	{ "__bpf_lru_list_shrink", "deadlock_lru" },
	{ "__bpf_lru_list_rotate", "deadlock_lru" },
	{ "__bpf_lru_list_rotate_active", "deadlock_lru" },
	{ "__bpf_lru_list_rotate_inactive", "deadlock_lru" },
	{ "__bpf_lru_list_shrink_inactive", "deadlock_lru" },
	{ "__bpf_lru_node_move", "deadlock_lru" },
	{ "__bpf_lru_node_move_in", "deadlock_lru" },
	{ "__bpf_lru_node_move_to_free", "deadlock_lru" },
	{ "__local_list_flush", "deadlock_lru" },
	{ "trie_update_elem", "deadlock_lpm" },
	{ "trie_delete_elem", "deadlock_lpm" },
	{ "lpm_trie_node_alloc", "deadlock_lpm" },
	{ "longest_prefix_match", "deadlock_lpm" },
	{ "bpf_map_kmalloc_node", "deadlock_lpm" },
	{ "queue_stack_map_push_elem", "deadlock_queue" },
	{ "__queue_map_get", "deadlock_queue" },
	{ "queue_map_pop_elem", "deadlock_queue" },
};
#define NR_FUNCTIONS (sizeof(functions) / sizeof(functions[0]))

struct probe {
	unsigned int id;
	unsigned int prog;
	const struct function *function;
};

static struct probe probes[PROBES_MAX];
static unsigned int nr_probes;

/* Where they are in this kernel; the symbol may have a suffix as ".isra.0". */
struct place {
	unsigned long long at, next; /* 0: it isn't there */
	char symbol[128];
};

static struct place places[NR_FUNCTIONS];

static int is_named(const char *symbol, const char *name)
{
	size_t len = strlen(name);

	return !strncmp(symbol, name, len) &&
	       (!symbol[len] || symbol[len] == '.') && !strstr(symbol, ".cold");
}

static void look_at(unsigned long long at, const char *symbol, int is_second)
{
	struct place *place;
	unsigned int i;

	for (i = 0; i < NR_FUNCTIONS; i++) {
		place = &places[i];
		if (!is_second && !place->at &&
		    is_named(symbol, functions[i].name)) {
			place->at = at;
			strcpy(place->symbol, symbol);
		} else if (is_second && at > place->at &&
			   (!place->next || at < place->next)) {
			place->next = at;
		}
	}
}

/* Twice through a long file, which takes its time. */
static void find_functions(void)
{
	char line[512], symbol[128];
	unsigned long long at;
	int is_second;
	FILE *file;

	for (is_second = 0; is_second < 2; is_second++) {
		file = fopen("/proc/kallsyms", "r");
		while (file && fgets(line, sizeof(line), file))
			if (sscanf(line, "%llx %*c %127s", &at, symbol) == 2)
				look_at(at, symbol, is_second);
		if (file)
			fclose(file);
	}
}

static void attach_at(const struct function *function, unsigned int id)
{
	int fd = program_fd(object, function->program);
	int ret = bpf_attach_to(dev, id, fd, 0, 0);

	CHECK(!ret, "attach to %s: %s", function->name, strerror(-ret));
	probes[nr_probes].function = function;
	probes[nr_probes].id = id;
	probes[nr_probes++].prog = program_id(fd);
}

static int is_wanted(const char *name)
{
	char **word;

	for (word = wanted; word && *word; word++)
		if (!strcmp(*word, name))
			return 1;
	return !wanted;
}

/* The entry, and instructions at about the same distances. How many. */
static unsigned int probe_function(unsigned int which)
{
	const struct function *function = &functions[which];
	const struct place *place = &places[which];
	unsigned int bytes, offset, nr = 0, id = 0;
	char text[256];

	if (!place->at || !is_wanted(function->name))
		return 0;
	bytes = place->next - place->at;
	for (offset = 0; offset < bytes && nr_probes < PROBES_MAX; offset++) {
		snprintf(text, sizeof(text), "p %s+%u", place->symbol, offset);
		if (define_probe(dev, text, 0, &id))
			continue; /* inside of an instruction, or padding */
		attach_at(function, id);
		nr++;
		offset += bytes / PER_FUNC;
	}
	printf("%s: %u probes in %u bytes\n", place->symbol, nr, bytes);
	fflush(stdout);
	return nr;
}

/* ---- the load ------------------------------------------------------------ */

static unsigned long long updates[UPDATERS];

static void update_all(unsigned int n)
{
	struct deadlock_prefix prefix = { 32, n % DEADLOCK_KEYS };
	uint32_t key = n % DEADLOCK_KEYS;
	uint64_t value = n;

	/* some fail, as with LPM's map full, and that is all right */
	bpf_map_update_elem(map_fd(object, "lru"), &key, &value, BPF_ANY);
	if (bpf_map_update_elem(map_fd(object, "lpm"), &prefix, &value,
				BPF_ANY))
		bpf_map_delete_elem(map_fd(object, "lpm"), &prefix);
	bpf_map_update_elem(map_fd(object, "queue"), NULL, &value, BPF_EXIST);
	/*
	 * Not LOOKUP_AND_DELETE: of queues the kernel does that without its
	 * guard, and a program of its own kprobe events deadlocks there, too.
	 */
	bpf_map_lookup_elem(map_fd(object, "queue"), NULL, &value);
}

/* *@arg: which one. */
static void *updater(void *arg)
{
	unsigned int which = *(unsigned int *)arg, n;
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(which & 1, &cpus);
	pthread_setaffinity_np(pthread_self(), sizeof(cpus), &cpus);
	for (n = which; !__atomic_load_n(&is_over, __ATOMIC_RELAXED); n += 7) {
		update_all(n);
		updates[which]++;
	}
	return NULL;
}

static uint64_t runs_of(uint32_t key)
{
	uint64_t values[256], sum = 0;
	int i, cpus = libbpf_num_possible_cpus();

	CHECK(cpus <= 256 && !bpf_map_lookup_elem(map_fd(object, "runs"), &key,
						  values),
	      "runs");
	for (i = 0; i < cpus && i < 256; i++)
		sum += values[i];
	return sum;
}

/* Hits elsewhere, where the programs do run, and update the maps on their own. */
static unsigned int outer_probe(void)
{
	unsigned int id = defined(dev, "p:bpf_outer kpxt_f7", 0);

	CHECK(!bpf_attach_to(dev, id, program_fd(object, "deadlock_lru"), 0, 0),
	      "attach");
	CHECK(!bpf_attach_to(dev, id, program_fd(object, "deadlock_lpm"), 0, 0),
	      "attach");
	CHECK(!bpf_attach_to(dev, id, program_fd(object, "deadlock_queue"), 0,
			     0),
	      "attach");
	return id;
}

/* How often each program has to run. */
#define RUNS_ENOUGH 100

static bool ran_enough(void)
{
	return runs_of(0) > RUNS_ENOUGH && runs_of(1) > RUNS_ENOUGH &&
	       runs_of(2) > RUNS_ENOUGH;
}

/* Longer, up to ten times, where others take the CPUs: as long as too little ran. */
static void run_for(unsigned int seconds)
{
	unsigned int which[UPDATERS], i;
	pthread_t threads[UPDATERS];
	uint64_t start = now_ns(), end = start + seconds * 1000000000ULL;
	uint64_t last = start + seconds * 10000000000ULL;

	for (i = 0; i < UPDATERS; i++) {
		which[i] = i;
		pthread_create(&threads[i], NULL, updater, &which[i]);
	}
	while (now_ns() < end || (!ran_enough() && now_ns() < last)) {
		call("f7 20");
		sleep_ms(1);
	}
	__atomic_store_n(&is_over, 1, __ATOMIC_RELAXED);
	for (i = 0; i < UPDATERS; i++)
		pthread_join(threads[i], NULL);
}

/* What the guard kept out, of one map's probes. */
static uint64_t busy_of(const char *program)
{
	struct kpx_stats stats;
	uint64_t busy = 0;
	unsigned int i;

	for (i = 0; i < nr_probes; i++) {
		if (strcmp(probes[i].function->program, program))
			continue;
		stats = stats_of(dev, probes[i].id);
		check_book(probes[i].function->name, &stats);
		CHECK(stats.bpf_busy <= stats.recursion,
		      "%s: %llu busy, %llu recursion", probes[i].function->name,
		      ull(stats.bpf_busy), ull(stats.recursion));
		busy += stats.bpf_busy;
	}
	return busy;
}

static void try_maps(unsigned int seconds)
{
	static const char *const programs[] = { "deadlock_lru", "deadlock_lpm",
						"deadlock_queue" };
	unsigned int nr[3] = { 0, 0, 0 }, i, j, id;
	struct kpx_stats stats;
	uint64_t busy, started = now_ns();

	find_functions();
	for (i = 0; i < NR_FUNCTIONS; i++)
		for (j = 0; j < 3; j++)
			if (!strcmp(functions[i].program, programs[j]))
				nr[j] += probe_function(i);
	id = outer_probe();
	printf("%u probes took %llu ms\n", nr_probes,
	       ull((now_ns() - started) / 1000000));
	fflush(stdout);
	run_for(seconds);
	for (j = 0; j < 3; j++) {
		busy = busy_of(programs[j]);
		printf("%s: %u probes, %llu kept out, %llu runs\n", programs[j],
		       nr[j], ull(busy), ull(runs_of(j)));
		CHECK(nr[j] >= 4, "%s: %u probes", programs[j], nr[j]);
		CHECK(busy > 1000, "%s: %llu were kept out", programs[j],
		      ull(busy));
		CHECK(runs_of(j) > RUNS_ENOUGH, "%s: %llu runs", programs[j],
		      ull(runs_of(j)));
	}
	stats = stats_of(dev, id);
	check_book("outer", &stats);
	CHECK(stats.bpf_runs + stats.bpf_busy + stats.recursion >=
		      stats.entered,
	      "outer: %llu of %llu", ull(stats.bpf_runs), ull(stats.entered));
	printf("updates: %llu %llu %llu %llu\n", updates[0], updates[1],
	       updates[2], updates[3]);
	for (i = 0; i < UPDATERS; i++)
		CHECK(updates[i] > 100, "thread %u: %llu updates", i,
		      updates[i]);
	for (i = 0; i < nr_probes; i++) {
		CHECK(!bpf_detach(dev, probes[i].id, probes[i].prog), "detach");
		CHECK(!remove_probe(dev, probes[i].id), "remove");
	}
	for (j = 0; j < 3; j++)
		CHECK(!bpf_detach(dev, id,
				  program_id(program_fd(object, programs[j]))),
		      "detach");
	CHECK(!remove_probe(dev, id), "remove");
}

/* ---- in itself ----------------------------------------------------------- */

#define NESTED_HITS 1000

/* What the program calls is probed, for the same program: it runs once a call. */
static void try_nested(const char *text)
{
	unsigned int ids[3], prog, i;
	int fd = program_fd(object, "nested_update"), ret;
	uint64_t before, ran, dropped = 0;
	struct kpx_stats stats[3];

	ids[0] = defined(dev, "p:bpf_nest kpxt_f8", 0);
	ids[1] = defined(dev, text, 0);
	ids[2] = defined(dev, "r:bpf_nest_r htab_map_update_elem", 0);
	prog = program_id(fd);
	for (i = 0; i < 3; i++) {
		ret = bpf_attach_to(dev, ids[i], fd, 0, 0);
		CHECK(!ret, "nested %u: %s", i, strerror(-ret));
	}
	before = runs_of(DEADLOCK_NESTED);
	call("f8 %d", NESTED_HITS);
	ran = runs_of(DEADLOCK_NESTED) - before;
	for (i = 0; i < 3; i++) {
		stats[i] = stats_of(dev, ids[i]);
		check_book(text, &stats[i]);
		/* the kernel drops some itself, and counts them as missed */
		if (i)
			dropped += stats[i].recursion + stats[i].missed_kprobe;
	}
	CHECK(ran == NESTED_HITS && stats[0].bpf_runs == NESTED_HITS,
	      "%s: %llu runs", text, ull(ran));
	CHECK(!stats[1].bpf_runs && !stats[2].bpf_runs,
	      "%s: ran inside of itself %llu and %llu times", text,
	      ull(stats[1].bpf_runs), ull(stats[2].bpf_runs));
	CHECK(dropped >= NESTED_HITS, "%s: %llu are booked as dropped", text,
	      ull(dropped));
	for (i = 0; i < 3; i++) {
		CHECK(!bpf_detach(dev, ids[i], prog), "detach");
		CHECK(!remove_probe(dev, ids[i]), "remove");
	}
}

int main(int argc, char **argv)
{
	bpf_begin();
	dev = device_open();
	CHECK(dev >= 0, "device: %d", dev);
	object = object_of("deadlock");
	try_nested("p:bpf_nest_in htab_map_update_elem");
	try_nested("p:bpf_nest_in htab_map_delete_elem");
	wanted = argc > 2 ? argv + 2 : NULL;
	try_maps(argc > 1 ? atoi(argv[1]) : 60);
	bpf_object__close(object);
	close(dev);
	return !!failures;
}
