// SPDX-License-Identifier: GPL-2.0-only
/*
 * kernel_bpf_examples: tests/bpf's examples count what there is to be counted,
 * exactly, however they come to the probe and however the kernel calls it.
 */
#include "../bpf/histogram.h"
#include "bpf.h"
#include "kernel_targets.h"

#define COMM	"kpx_examples"
#define IF_OURS "comm=$comm if comm == \"" COMM "\""

static int dev, null;
static int is_kprobe_bpf; /* the kernel has KPX_DEFINE_KPROBE_BPF */

/* ---- the load ------------------------------------------------------------ */

static const struct {
	unsigned int size, times;
} load[] = {
	{ 0, 10 },  { 1, 20 },	  { 2, 30 },	 { 3, 40 },	{ 63, 100 },
	{ 64, 50 }, { 100, 250 }, { 4095, 300 }, { 4096, 150 }, { 65536, 50 },
};
#define NR_LOAD (sizeof(load) / sizeof(load[0]))
#define WRITES	1000

static char buffer[65536];

static void run_load(int reads, int writes)
{
	unsigned int i, n;

	for (i = 0; i < NR_LOAD; i++)
		for (n = 0; n < load[i].times; n++) {
			if (writes &&
			    write(null, buffer, load[i].size) != load[i].size)
				CHECK(0, "write: %s", strerror(errno));
			if (reads && read(null, buffer, load[i].size))
				CHECK(0, "read: %s", strerror(errno));
		}
}

/* By bpf(2) alone: many targets have vfs_read. */
static void read_slots(int map, uint64_t *slots)
{
	unsigned int i;

	for (i = 0; i < HISTOGRAM_SLOTS; i++)
		slots[i] = map_u64(map, i);
}

/* Compares what the map has more than @before with the load, @times over. */
static void check_sizes(const char *what, int map, const uint64_t *before,
			unsigned int times)
{
	uint64_t want[HISTOGRAM_SLOTS] = { 0 }, got;
	unsigned int i;

	for (i = 0; i < NR_LOAD; i++)
		want[histogram_slot(load[i].size)] += times * load[i].times;
	for (i = 0; i < HISTOGRAM_SLOTS; i++) {
		got = map_u64(map, i) - before[i];
		CHECK(got == want[i], "%s: slot %u: %llu, want %llu", what, i,
		      ull(got), ull(want[i]));
	}
}

/* ---- sizes --------------------------------------------------------------- */

/*
 * What is probed. @counts: how often the load is in the histogram.
 * @is_native: there's nothing in it that the trace event hasn't got.
 */
struct target {
	const char *what;
	const char *text;
	unsigned int mode;
	int is_return, is_many, is_native;
};

static const struct target targets[] = {
	{ "entry", "p:%s vfs_write buf=$arg2 count=$arg3:u64 " IF_OURS,
	  .is_native = 1 },
	{ "int3", "p:%s vfs_write buf=$arg2 count=$arg3:u64 " IF_OURS,
	  .mode = KPX_MODE_INT3 },
	{ "jump", "p:%s vfs_write buf=$arg2 count=$arg3:u64 " IF_OURS,
	  .mode = KPX_MODE_JUMP },
	{ "ftrace", "p:%s vfs_write buf=$arg2 count=$arg3:u64 " IF_OURS,
	  .mode = KPX_MODE_FTRACE },
	{ "return", "r:%s vfs_write buf=$arg2 count=$retval " IF_OURS,
	  .is_return = 1, .is_native = 1 },
	{ "many", "p:%s vfs_write buf=$arg2 count=$arg3:u64 " IF_OURS,
	  .is_many = 1, .is_native = 1 },
	{ "many returns", "r:%s vfs_write buf=$arg2 count=$retval " IF_OURS,
	  .is_many = 1, .is_return = 1 },
};

/* One target, one way, one load. */
struct trial {
	const struct target *target;
	const char *name;
	char what[128];
	unsigned int id;
	struct bpf_object *object;
	int event; /* counts, on this task */
	int link;
	struct bpf_link *bpf_link;
};

struct way {
	const char *what;
	const char *object;
	const char *entry, *returned; /* programs */
	unsigned int flags;	      /* of the definition */
	void (*attach)(struct trial *trial, int prog_fd,
		       struct bpf_program *program);
	int is_native;
};

static unsigned int define_target(const struct target *target, const char *name,
				  unsigned int flags)
{
	uint64_t addresses[2];
	struct kpx_define def = { .size = sizeof(def), .flags = flags };
	char text[256];
	int ret;

	snprintf(text, sizeof(text), target->text, name);
	def.text = (uintptr_t)text;
	def.text_len = strlen(text);
	if (target->is_many) {
		addresses[0] = symbol_address("vfs_write");
		addresses[1] = symbol_address("vfs_read");
		def.targets = (uintptr_t)addresses;
		def.nr_targets = 2;
	}
	ret = ioctl(dev, KPX_IOC_DEFINE, &def) ? -errno : 0;
	CHECK(!ret, "%s: %s (%s)", text, strerror(-ret), def.error);
	return def.id;
}

/* Opens the trial's event; @bpf: programs that come with it. */
static void open_event(struct trial *trial, struct event_bpf *bpf)
{
	struct perf_event_attr attr = attr_config(
		config_of(trial->id, trial->target->mode, KPX_UNIT_HITS, 0));

	if (bpf)
		attr.config2 = (uintptr_t)&bpf->head;
	trial->event = perf_open(&attr, 0, -1);
	CHECK(trial->event >= 0, "%s: open: %s", trial->what,
	      strerror(-trial->event));
}

static void attach_ioctl(struct trial *trial, int prog_fd,
			 struct bpf_program *program)
{
	int ret;

	(void)program;
	open_event(trial, NULL);
	ret = bpf_attach_to(dev, trial->id, prog_fd, 0, 0);
	CHECK(!ret, "%s: %s", trial->what, strerror(-ret));
}

/* Before there's an event: the first thing that wants the probe. */
static void attach_ioctl_first(struct trial *trial, int prog_fd,
			       struct bpf_program *program)
{
	int ret = bpf_attach_to(dev, trial->id, prog_fd, 0, 0);

	(void)program;
	CHECK(!ret, "%s: %s", trial->what, strerror(-ret));
	open_event(trial, NULL);
}

static void attach_link(struct trial *trial, int prog_fd,
			struct bpf_program *program)
{
	(void)program;
	open_event(trial, NULL);
	trial->link = bpf_attach_to(dev, trial->id, prog_fd, KPX_BPF_LINK, 0);
	CHECK(trial->link > 0, "%s: %s", trial->what, strerror(-trial->link));
}

static void attach_config2(struct trial *trial, int prog_fd,
			   struct bpf_program *program)
{
	struct event_bpf bpf = {};

	(void)program;
	event_bpf_add(&bpf, prog_fd, 0);
	open_event(trial, &bpf);
}

/*
 * The trace event's perf event, which knows no mode. First: KPROBE programs have
 * the kernel's kprobe, and who comes later has it, too, and no hit of its own.
 */
static void attach_trace_event(struct trial *trial, int prog_fd,
			       struct bpf_program *program)
{
	int fd = trace_event_open(trial->name, 0, -1);

	(void)prog_fd;
	CHECK(fd >= 0, "%s: open: %s", trial->what, strerror(-fd));
	/* the descriptor is the link's from here on */
	trial->bpf_link = bpf_program__attach_perf_event(program, fd);
	CHECK(trial->bpf_link, "%s: attach: %s", trial->what, strerror(errno));
	open_event(trial, NULL);
}

static void attach_tracepoint(struct trial *trial, int prog_fd,
			      struct bpf_program *program)
{
	(void)prog_fd;
	open_event(trial, NULL);
	trial->bpf_link =
		bpf_program__attach_tracepoint(program, "kprobex", trial->name);
	CHECK(trial->bpf_link, "%s: attach: %s", trial->what, strerror(errno));
}

/* The PMU's own, which must sample for it. */
static void attach_sampling(struct trial *trial, int prog_fd,
			    struct bpf_program *program)
{
	struct perf_event_attr attr = attr_config(
		config_of(trial->id, trial->target->mode, KPX_UNIT_HITS, 0));
	int fd;

	(void)prog_fd;
	open_event(trial, NULL);
	attr.sample_period = 1;
	attr.sample_type = PERF_SAMPLE_RAW;
	fd = perf_open(&attr, 0, -1);
	CHECK(fd >= 0, "%s: open: %s", trial->what, strerror(-fd));
	trial->bpf_link = bpf_program__attach_perf_event(program, fd);
	CHECK(trial->bpf_link, "%s: attach: %s", trial->what, strerror(errno));
}

static const struct way ways[] = {
	{ "ioctl", "sizes", "sizes_asked", "sizes_returned", 0, attach_ioctl,
	  0 },
	{ "ioctl, then an event", "sizes", "sizes_asked", "sizes_returned", 0,
	  attach_ioctl_first, 0 },
	{ "link", "sizes", "sizes_asked", "sizes_returned", 0, attach_link, 0 },
	{ "config2", "sizes", "sizes_asked", "sizes_returned", 0,
	  attach_config2, 0 },
	{ "the PMU's own", "native", "sizes_sampled", "sizes_sampled_returned",
	  0, attach_sampling, 0 },
	{ "tracepoint", "native", "sizes_tracepoint", "sizes_tracepoint", 0,
	  attach_tracepoint, 1 },
	{ "kprobe", "sizes", "sizes_asked", "sizes_returned",
	  KPX_DEFINE_KPROBE_BPF, attach_trace_event, 1 },
};

static void end_trial(struct trial *trial, const char *program)
{
	int ret;

	if (trial->bpf_link)
		bpf_link__destroy(trial->bpf_link);
	if (trial->link > 0)
		close(trial->link);
	if (!strncmp(trial->what, "ioctl", 5)) {
		ret = bpf_detach(
			dev, trial->id,
			program_id(program_fd(trial->object, program)));
		CHECK(!ret, "%s: detach: %s", trial->what, strerror(-ret));
	}
	close(trial->event);
	ret = remove_probe(dev, trial->id);
	CHECK(!ret, "%s: remove: %s", trial->what, strerror(-ret));
	bpf_object__close(trial->object);
}

/* Programs without an event are a way to open the probe, and the mode another. */
static int is_twice(const struct target *target, const struct way *way)
{
	return (way->attach == attach_ioctl ||
		way->attach == attach_ioctl_first ||
		way->attach == attach_link) &&
	       (target->mode == KPX_MODE_INT3 || target->mode == KPX_MODE_JUMP);
}

static void try_sizes(const struct target *target, const struct way *way)
{
	const char *program = target->is_return ? way->returned : way->entry;
	struct trial trial = {
		.target = target,
		.name = "bpf_sizes",
	};
	uint64_t slots[HISTOGRAM_SLOTS], counted;
	struct kpx_stats before, stats;
	int reads = target->is_many && !target->is_return;
	uint64_t hits = WRITES * (1 + reads);
	unsigned int times = 1 + is_twice(target, way);

	snprintf(trial.what, sizeof(trial.what), "%s, %s", way->what,
		 target->what);
	trial.id = define_target(target, trial.name, way->flags);
	trial.object = object_of(way->object);
	way->attach(&trial, program_fd(trial.object, program),
		    program_of(trial.object, program));
	read_slots(map_fd(trial.object, "sizes"), slots);
	ioctl(trial.event, PERF_EVENT_IOC_RESET, 0);
	before = stats_of(dev, trial.id);
	run_load(reads, 1);
	stats = stats_since(dev, trial.id, &before);
	/* what reads the count is a read */
	ioctl(trial.event, PERF_EVENT_IOC_DISABLE, 0);
	check_sizes(trial.what, map_fd(trial.object, "sizes"), slots,
		    times * (1 + reads));
	counted = event_count(trial.event);
	CHECK(counted == hits, "%s: counted %llu, want %llu", trial.what,
	      ull(counted), ull(hits));
	check_book(trial.what, &stats);
	CHECK(stats.offered == times * hits, "%s: offered %llu", trial.what,
	      ull(stats.offered));
	CHECK(way->attach == attach_sampling || way->is_native ||
		      stats.bpf_runs == times * hits,
	      "%s: ran %llu times", trial.what, ull(stats.bpf_runs));
	end_trial(&trial, program);
}

static void try_all_sizes(void)
{
	unsigned int i, j;

	for (i = 0; i < sizeof(targets) / sizeof(targets[0]); i++)
		for (j = 0; j < sizeof(ways) / sizeof(ways[0]); j++) {
			if (ways[j].is_native && !targets[i].is_native)
				continue;
			if (ways[j].flags && !is_kprobe_bpf)
				continue;
			try_sizes(&targets[i], &ways[j]);
		}
}

/* ---- latency ------------------------------------------------------------- */

struct latency_key {
	char comm[16];
	uint32_t slot;
	uint32_t pad;
};

/* How many there are of that name; *@lowest: the first slot that has any. */
static uint64_t latencies(int map, const char *comm, unsigned int *lowest)
{
	struct latency_key key, *last = NULL;
	uint64_t value, sum = 0;

	*lowest = HISTOGRAM_SLOTS;
	for (; !bpf_map_get_next_key(map, last, &key); last = &key) {
		if (strcmp(key.comm, comm) ||
		    bpf_map_lookup_elem(map, &key, &value))
			continue;
		sum += value;
		if (key.slot < *lowest)
			*lowest = key.slot;
	}
	return sum;
}

#define SLEEPS 10

/* In two processes of different names, at the same time. */
static void latency_load(void)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		failures = 0;
		prctl(PR_SET_NAME, "kpx_other");
		call("sleep %d 5", 2 * SLEEPS);
		_exit(failures);
	}
	call("sleep %d 20", SLEEPS);
	CHECK(waitpid(pid, &status, 0) == pid && !status, "the other process");
}

enum {
	BY_IOCTL,
	BY_LINK,
	BY_CONFIG2,
	BY_KPROBE,
	NR_LATENCY_WAYS
};

/* How a program got to where it is. */
struct attached {
	unsigned int id;
	struct bpf_program *program;
	int fds[64], nr;
	struct bpf_link *link;
};

/* On every CPU: programs that come with an event run where that is counted. */
static void attach_config2_all(struct attached *attached)
{
	int cpu, cpus = sysconf(_SC_NPROCESSORS_ONLN);
	struct perf_event_attr attr = attr_of(attached->id);
	struct event_bpf bpf = {};

	event_bpf_add(&bpf, bpf_program__fd(attached->program), 0);
	attr.config2 = (uintptr_t)&bpf.head;
	for (cpu = 0; cpu < cpus && cpu < 64; cpu++)
		attached->fds[attached->nr++] = perf_open(&attr, -1, cpu);
}

static void attach_latency(struct attached *attached, int way, const char *name)
{
	int fd = bpf_program__fd(attached->program), i;

	switch (way) {
	case BY_IOCTL:
	case BY_LINK:
		attached->fds[attached->nr++] =
			bpf_attach_to(dev, attached->id, fd,
				      way == BY_LINK ? KPX_BPF_LINK : 0, 0);
		break;
	case BY_CONFIG2:
		attach_config2_all(attached);
		break;
	default:
		fd = trace_event_open(name, -1, 0);
		attached->link =
			bpf_program__attach_perf_event(attached->program, fd);
		CHECK(attached->link, "attach to kprobex:%s: %s", name,
		      strerror(errno));
	}
	for (i = 0; i < attached->nr; i++)
		CHECK(attached->fds[i] >= 0, "attach to %s: %s", name,
		      strerror(-attached->fds[i]));
}

static void detach_latency(struct attached *attached, int way)
{
	int fd = bpf_program__fd(attached->program), ret, i;

	if (way == BY_IOCTL)
		CHECK(!bpf_detach(dev, attached->id, program_id(fd)), "detach");
	bpf_link__destroy(attached->link);
	for (i = 0; i < attached->nr; i++)
		if (attached->fds[i] > 0)
			close(attached->fds[i]);
	ret = remove_probe(dev, attached->id);
	CHECK(!ret, "latency: remove: %s", strerror(-ret));
}

static void try_latency(int way)
{
	static const char *const what[] = { "ioctl", "link", "config2",
					    "kprobe" };
	unsigned int flags = way == BY_KPROBE ? KPX_DEFINE_KPROBE_BPF : 0;
	struct bpf_object *object = object_of("latency");
	struct attached in = {}, out = {};
	int map = map_fd(object, "latencies");
	unsigned int lowest;
	uint64_t n;

	in.id = defined(dev, "p:bpf_in kpxt_sleep", flags);
	out.id = defined(dev, "r:bpf_out kpxt_sleep", flags);
	in.program = program_of(object, "latency_entry");
	out.program = program_of(object, "latency_return");
	attach_latency(&in, way, "bpf_in");
	attach_latency(&out, way, "bpf_out");
	latency_load();
	n = latencies(map, COMM, &lowest);
	CHECK(n == SLEEPS, "latency, %s: %llu sleeps", what[way], ull(n));
	CHECK(lowest >= histogram_slot(20000000), "latency, %s: slot %u",
	      what[way], lowest);
	n = latencies(map, "kpx_other", &lowest);
	CHECK(n == 2 * SLEEPS, "latency, %s: %llu sleeps of the other",
	      what[way], ull(n));
	CHECK(lowest >= histogram_slot(5000000), "latency, %s: slot %u",
	      what[way], lowest);
	detach_latency(&in, way);
	detach_latency(&out, way);
	bpf_object__close(object);
}

/* ---- pidfilter ----------------------------------------------------------- */

static uint64_t opened_count(int fd, int *closed)
{
	uint64_t count = event_count(fd);

	*closed = close(fd);
	return count;
}

/* A child's writes beside ours; the child's the first half. */
static void two_processes(void)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		failures = 0;
		run_load(0, 1);
		_exit(failures);
	}
	CHECK(waitpid(pid, &status, 0) == pid && !status, "the child");
	run_load(0, 1);
}

static void try_pidfilter(int way)
{
	static const char text[] =
		"p:bpf_pid vfs_write count=$arg3:u64 " IF_OURS;
	struct bpf_object *object = object_of("pidfilter");
	int program = program_fd(object, "pidfilter_only");
	int map = map_fd(object, "pidfilter"), event, filtered, link = -1, ret;
	unsigned int id = defined(dev, text, 0);
	struct perf_event_attr attr = attr_of(id);
	struct event_bpf bpf = {};
	struct kpx_stats before, stats;
	uint32_t zero = 0, pid = getpid();
	uint64_t count;

	CHECK(!bpf_map_update_elem(map, &zero, &pid, 0), "the map");
	attr.inherit = 1;
	event_bpf_add(&bpf, program, 0);
	if (way == BY_CONFIG2)
		attr.config2 = (uintptr_t)&bpf.head;
	event = perf_open(&attr, 0, -1);
	attr.config2 = 0;
	attr.config |= (uint64_t)KPX_UNIT_FILTERED << KPX_CONFIG_UNIT_SHIFT;
	filtered = perf_open(&attr, 0, -1);
	CHECK(event >= 0 && filtered >= 0, "open: %s, %s", strerror(-event),
	      strerror(-filtered));
	if (way != BY_CONFIG2) {
		link = bpf_attach_to(dev, id, program,
				     way == BY_LINK ? KPX_BPF_LINK : 0, 0);
		CHECK(link >= 0, "attach: %s", strerror(-link));
	}
	before = stats_of(dev, id);
	two_processes();
	stats = stats_since(dev, id, &before);
	check_book("pidfilter", &stats);
	CHECK(stats.filtered_bpf == WRITES && stats.offered == WRITES,
	      "%llu filtered and %llu offered", ull(stats.filtered_bpf),
	      ull(stats.offered));
	count = opened_count(filtered, &ret);
	CHECK(count == WRITES, "%llu counted as dropped", ull(count));
	if (way == BY_IOCTL)
		CHECK(!bpf_detach(dev, id, program_id(program)), "detach");
	else if (way == BY_LINK)
		close(link);
	count = opened_count(event, &ret);
	CHECK(count == WRITES, "%llu counted", ull(count));
	ret = remove_probe(dev, id);
	CHECK(!ret, "pidfilter: remove: %s", strerror(-ret));
	bpf_object__close(object);
}

/* ---- dispatch ------------------------------------------------------------ */

struct size_class {
	uint64_t writes, bytes;
};

/* What the load has of the sizes from @low to below @high. */
static struct size_class class_of(unsigned int low, unsigned int high)
{
	struct size_class sum = {};
	unsigned int i;

	for (i = 0; i < NR_LOAD; i++)
		if (load[i].size >= low && load[i].size < high) {
			sum.writes += load[i].times;
			sum.bytes += (uint64_t)load[i].times * load[i].size;
		}
	return sum;
}

static void check_classes(const char *what, int map)
{
	struct size_class want[3] = {
		class_of(0, 64),
		class_of(64, 4096),
		class_of(4096, -1),
	};
	struct size_class got;
	uint32_t i;

	want[0].bytes = 0;
	for (i = 0; i < 3; i++) {
		memset(&got, 0, sizeof(got));
		CHECK(!bpf_map_lookup_elem(map, &i, &got), "class %u", i);
		CHECK(got.writes == want[i].writes &&
			      got.bytes == want[i].bytes,
		      "%s: class %u: %llu writes, %llu bytes, want %llu, %llu",
		      what, i, ull(got.writes), ull(got.bytes),
		      ull(want[i].writes), ull(want[i].bytes));
	}
}

static void try_dispatch(int way)
{
	static const char *const what[] = { "dispatch, ioctl", "dispatch, link",
					    "dispatch, config2",
					    "dispatch, kprobe" };
	unsigned int flags = way == BY_KPROBE ? KPX_DEFINE_KPROBE_BPF : 0;
	struct bpf_object *object = object_of("dispatch");
	struct bpf_program *program = program_of(object, "dispatch");
	int fd = bpf_program__fd(program), event = -1, link = 0, ret;
	unsigned int id = defined(
		dev, "p:bpf_disp vfs_write count=$arg3:u64 " IF_OURS, flags);
	struct perf_event_attr attr = attr_of(id);
	struct event_bpf bpf = {};
	struct bpf_link *bpf_link = NULL;
	uint64_t want = class_of(4096, -1).writes;

	if (way == BY_KPROBE) {
		event = trace_event_open("bpf_disp", 0, -1);
		bpf_link = bpf_program__attach_perf_event(program, dup(event));
		CHECK(bpf_link, "%s: %s", what[way], strerror(errno));
	} else {
		/* first the program: a tail call wants the kernel's kprobe */
		if (way != BY_CONFIG2)
			link = bpf_attach_to(dev, id, fd,
					     way == BY_LINK ? KPX_BPF_LINK : 0,
					     0);
		event_bpf_add(&bpf, fd, 0);
		if (way == BY_CONFIG2)
			attr.config2 = (uintptr_t)&bpf.head;
		event = perf_open(&attr, 0, -1);
	}
	CHECK(event >= 0 && link >= 0, "%s: %s, %s", what[way],
	      strerror(-event), strerror(-link));
	run_load(0, 1);
	check_classes(what[way], map_fd(object, "classes"));
	CHECK(event_count(event) == want, "%s: counted %llu, want %llu",
	      what[way], ull(event_count(event)), ull(want));
	if (way == BY_IOCTL)
		CHECK(!bpf_detach(dev, id, program_id(fd)), "detach");
	else if (way == BY_LINK)
		close(link);
	bpf_link__destroy(bpf_link);
	close(event);
	ret = remove_probe(dev, id);
	CHECK(!ret, "%s: remove: %s", what[way], strerror(-ret));
	bpf_object__close(object);
}

/* ---- the whole ----------------------------------------------------------- */

/* Where the kernel lets programs override returns, that flag is refused. */
static void find_kprobe_bpf(void)
{
	unsigned int id = 0;
	int ret = define_probe(dev, "p:bpf_flag vfs_write",
			       KPX_DEFINE_KPROBE_BPF, &id);

	CHECK(!ret || ret == -EOPNOTSUPP, "KPX_DEFINE_KPROBE_BPF: %s",
	      strerror(-ret));
	is_kprobe_bpf = !ret;
	CHECK(is_kprobe_bpf == !strstr(getenv("KPX_KERNEL"), "debug"),
	      "KPX_DEFINE_KPROBE_BPF on %s: %d", getenv("KPX_KERNEL"), ret);
	if (!ret)
		CHECK(!remove_probe(dev, id), "remove");
	else
		puts("no KPROBE programs on trace events here");
}

int main(void)
{
	int way;

	bpf_begin();
	prctl(PR_SET_NAME, COMM);
	dev = device_open();
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	CHECK(dev >= 0, "device: %d", dev);
	find_kprobe_bpf();
	try_all_sizes();
	for (way = 0; way < NR_LATENCY_WAYS - !is_kprobe_bpf; way++) {
		try_latency(way);
		try_dispatch(way);
	}
	for (way = BY_IOCTL; way <= BY_CONFIG2; way++)
		try_pidfilter(way);
	close(dev);
	return !!failures;
}
