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
 * what was done how often; a kind that worked at the start and never in the run
 * fails, and so does one of those that every version has.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <sys/random.h>
#include <time.h>

#include "kernel.h"
#include "ring.h"

#define WORKERS 8
#define SLOTS	6
#define NAMES	8
#define RECENT	64
#define TRACING "/sys/kernel/tracing/events/kprobex/"
#define EVENTS	"/sys/bus/event_source/devices/kprobex/events/"

/* X(KIND, words, 1 if every version must do it) */
#define KINDS(X)                                            \
	X(PLAIN, "defined: registers", 1)                   \
	X(RETURN, "defined: return", 0)                     \
	X(MAXACTIVE, "defined: return with maxactive", 0)   \
	X(MEMORY, "defined: memory, bitfields, arrays", 0)  \
	X(STRING, "defined: strings", 0)                    \
	X(IF, "defined: if", 0)                             \
	X(SYS, "defined: sys_NAME and $args", 0)            \
	X(WRITTEN, "defined: through write(2)", 1)          \
	X(REMOVED, "removed", 1)                            \
	X(COUNTING, "opened: counting", 1)                  \
	X(SAMPLING, "opened: sampling", 1)                  \
	X(ON_TASK, "opened: on a thread", 1)                \
	X(ON_CPU, "opened: on a CPU", 1)                    \
	X(INHERITED, "opened: inherited", 1)                \
	X(SKIP_SELF, "opened: skip_self", 1)                \
	X(GROUPED, "opened: in a group", 1)                 \
	X(CONFIG1, "opened: definition in config1", 0)      \
	X(UNIT_NS, "opened: unit nanoseconds", 0)           \
	X(UNIT_FIELD, "opened: unit field", 0)              \
	X(UNIT_MISSED, "opened: unit missed", 0)            \
	X(UNIT_FILTERED, "opened: unit filtered", 0)        \
	X(MODE_INT3, "opened: mode int3", 0)                \
	X(MODE_JUMP, "opened: mode jump", 0)                \
	X(MODE_FTRACE, "opened: mode ftrace", 0)            \
	X(RING, "mapped a ring", 1)                         \
	X(RECORD, "records in rings", 1)                    \
	X(RAW, "records with raw data", 1)                  \
	X(READ, "counts read", 1)                           \
	X(EXACT, "counts compared with what was called", 1) \
	X(SWITCHED, "switched on, off, to another ring", 1) \
	X(HIT, "calls of probed functions", 1)              \
	X(FORK, "children", 1)                              \
	X(THREAD, "threads", 1)                             \
	X(FACE, "trace event switched", 0)                  \
	X(FILTER, "trace event filtered", 0)                \
	X(DESCRIBED, "described", 1)                        \
	X(STATS, "statistics", 1)                           \
	X(LISTED, "files read", 1)                          \
	X(UNLOAD, "rmmod refused", 1)

enum kind {
#define KIND_ENUM(kind, words, always) kind,
	KINDS(KIND_ENUM)
#undef KIND_ENUM
	NR_KINDS
};

static struct {
	const char *words;
	int always;
	int works; /* it did, before the threads started */
	unsigned long ok, refused;
} tally[] = {
#define KIND_ROW(kind, words, always) { words, always, 0, 0, 0 },
	KINDS(KIND_ROW)
#undef KIND_ROW
};

/* What a perf_event_attr may ask for beyond id and skip_self. */
#define MODE(n) ((uint64_t)(n) << 32)
#define UNIT(n) ((uint64_t)(n) << 36)
static const struct {
	enum kind kind;
	uint64_t config;
} settings[] = {
	{ UNIT_NS, UNIT(1) },	  { UNIT_FIELD, UNIT(2) },
	{ UNIT_MISSED, UNIT(3) }, { UNIT_FILTERED, UNIT(4) },
	{ MODE_INT3, MODE(1) },	  { MODE_JUMP, MODE(2) },
	{ MODE_FTRACE, MODE(3) },
};

/* Formats of the name (":NAME" or nothing) and, but for a few, the target. */
static const struct {
	enum kind kind;
	const char *text;
} definitions[] = {
	{ PLAIN, "p%s %s" },
	{ PLAIN, "p%s %s n=%%dx:u64" },
	{ PLAIN, "p%s %s a=%%di:x64 b=%%si:x64 c=%%dx:s32 d=%%sp e=%%ax:u8" },
	{ RETURN, "r%s %s" },
	{ RETURN, "r%s %s ret=$retval:s64" },
	{ MAXACTIVE, "r3%s %s ret=$retval:x64" },
	{ MEMORY,
	  "p%s %s a=+0(%%sp):u64 b=+8(%%sp):b4@3/64 c=+0(%%sp):u32[4]" },
	{ STRING, "p%s do_sys_openat2 name=+0(%%si):ustring c=$comm" },
	{ STRING, "p%s %s c=$comm caller=+0(%%sp):symbol" },
	{ IF, "p%s %s n=%%dx:u64 if n > 0" },
	{ IF, "p%s %s n=%%dx:u64 m=%%si:s64 if n < 7 || (m & 1) == 1" },
	{ SYS, "p%s sys_write $args" },
};

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* What hit() calls, what interrupts and forks call, and what perf calls. */
static const char *const wanted[] = {
	"vfs_write",
	"vfs_read",
	"ksys_write",
	"ksys_read",
	"do_sys_openat2",
	"__x64_sys_getppid",
	"hrtimer_interrupt",
	"scheduler_tick",
	"rcu_core",
	"wake_up_new_task",
	"do_exit",
	"exit_files",
	"get_perf_callchain",
	"perf_output_begin_forward",
	"perf_event_update_userpage",
	"ksys_write+4",
	"vfs_write+5",
	"vfs_write+9",
	"vfs_read+5",
	"vfs_read+9",
	"do_sys_openat2+5",
	"do_sys_openat2+9",
};

static const char *targets[ARRAY_SIZE(wanted)];
static unsigned int nr_targets, nr_entries; /* the latter come first */

struct slot {
	int fd; /* -1: none */
	struct perf_event_attr attr;
	struct ring ring;
	uint64_t count;
	int cpu;
	int mixed; /* others write to this ring */
};

struct worker {
	pthread_t thread;
	uint64_t state; /* of its random numbers */
	pid_t tid;
	int dev;
	struct slot slots[SLOTS];
	uint64_t record[RECORD_MAX / 8];
};

static struct worker workers[WORKERS];
static volatile int stop;
static int null;
static unsigned int type, vfs_write_id, exact_id, cpus;
static unsigned int recent[RECENT], nr_recent;

/* xorshift64*: from one seed, each thread has its own row. */
static unsigned int below(struct worker *w, unsigned int n)
{
	w->state ^= w->state >> 12;
	w->state ^= w->state << 25;
	w->state ^= w->state >> 27;
	return (w->state * 0x2545f4914f6cdd1dULL >> 33) % n;
}

static int one_in(struct worker *w, unsigned int n)
{
	return !below(w, n);
}

/* Counts @ret; of errors, only those of the zero-terminated list are in order. */
static void note(enum kind kind, int ret, const int *errors, const char *what)
{
	if (ret >= 0) {
		__atomic_add_fetch(&tally[kind].ok, 1, __ATOMIC_RELAXED);
		return;
	}
	__atomic_add_fetch(&tally[kind].refused, 1, __ATOMIC_RELAXED);
	if (!tally[kind].works &&
	    (ret == -EINVAL || ret == -EOPNOTSUPP || ret == -ENOENT))
		return;
	while (*errors && *errors != -ret)
		errors++;
	CHECK(*errors || failures > 20, "%s: '%s': %s", tally[kind].words, what,
	      strerror(-ret));
}

#define ERRORS(...) ((const int[]){ __VA_ARGS__, 0 })

/* ---- hits ---- */

static void hit(unsigned int n)
{
	unsigned int i;
	char c;

	for (i = 0; i < n; i++) {
		if (write(null, "x", 1) != 1 || read(null, &c, 1) != 0)
			CHECK(0, "hit: %s", strerror(errno));
		syscall(SYS_getppid);
		if (!(i % 16)) {
			int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

			if (fd >= 0)
				close(fd);
		}
	}
	__atomic_add_fetch(&tally[HIT].ok, 3 * n, __ATOMIC_RELAXED);
}

static void do_hit(struct worker *w)
{
	hit(below(w, 40));
}

/* ---- definitions ---- */

/*
 * Offsets are rare: the kernel optimises such a probe into a jump, and holds
 * the mutex of all kprobes for an RCU-tasks grace period to do that.
 */
static const char *pick_target(struct worker *w, enum kind kind)
{
	if (kind == PLAIN && nr_targets > nr_entries && one_in(w, 12))
		return targets[nr_entries + below(w, nr_targets - nr_entries)];
	return targets[below(w, nr_entries)];
}

static enum kind pick_definition(struct worker *w, const char *name, char *text,
				 size_t size)
{
	unsigned int i = below(w, ARRAY_SIZE(definitions));

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(text, size, definitions[i].text, name,
		 pick_target(w, definitions[i].kind));
#pragma GCC diagnostic pop
	return definitions[i].kind;
}

/* Offsets may be inside an instruction; names may be taken. */
#define DEFINE_ERRORS ERRORS(EEXIST, EILSEQ)

static void do_define(struct worker *w)
{
	char text[256], name[16] = "";
	unsigned int flags = 0, id = 0;
	enum kind kind;
	int ret;

	if (one_in(w, 2)) {
		snprintf(name, sizeof(name), ":rnd%u", below(w, NAMES));
		flags = one_in(w, 2) ? KPX_DEFINE_PERSISTENT : 0;
	}
	kind = pick_definition(w, name, text, sizeof(text));
	ret = define_probe(w->dev, text, flags, &id);
	note(kind, ret, DEFINE_ERRORS, text);
	if (!ret)
		recent[__atomic_fetch_add(&nr_recent, 1, __ATOMIC_RELAXED) %
		       RECENT] = id;
}

static void do_write(struct worker *w)
{
	char text[256], name[16];
	enum kind kind;
	int ret;

	snprintf(name, sizeof(name), ":rnd%u", below(w, NAMES));
	kind = pick_definition(w, name, text, sizeof(text) - 1);
	strcat(text, "\n");
	ret = write(w->dev, text, strlen(text)) < 0 ? -errno : 0;
	note(kind == PLAIN || ret >= 0 ? WRITTEN : kind, ret, DEFINE_ERRORS,
	     text);
}

static void do_remove(struct worker *w)
{
	char text[32];
	int ret;

	if (one_in(w, 2)) {
		unsigned int id = recent[below(w, RECENT)];

		if (!id)
			return;
		snprintf(text, sizeof(text), "id %u", id);
		ret = remove_probe(w->dev, id);
	} else {
		snprintf(text, sizeof(text), "-:rnd%u\n", below(w, NAMES));
		ret = write(w->dev, text, strlen(text)) < 0 ? -errno : 0;
	}
	note(REMOVED, ret, ERRORS(ENOENT, EBUSY), text);
}

/* Closing takes this thread's passing definitions along. */
static void do_reopen(struct worker *w)
{
	close(w->dev);
	w->dev = device_open();
	CHECK(w->dev >= 0, "device: %s", strerror(-w->dev));
}

/* ---- events ---- */

/* As probe_id(), and safe in a child of a process with threads. */
static unsigned int id_of(const char *name)
{
	char path[256], text[64];
	unsigned int id = 0;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), EVENTS "%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n <= 0)
		return 0;
	text[n] = '\0';
	return sscanf(text, "probe=0x%x", &id) == 1 ? id : 0;
}

static unsigned int pick_id(struct worker *w)
{
	char name[16];

	switch (below(w, 4)) {
	case 0:
		return vfs_write_id;
	case 1:
		return recent[below(w, RECENT)];
	default:
		snprintf(name, sizeof(name), "rnd%u", below(w, NAMES));
		return id_of(name);
	}
}

static void pick_sampling(struct worker *w, struct perf_event_attr *attr)
{
	static const uint64_t types[] = {
		PERF_SAMPLE_TID,	PERF_SAMPLE_TIME, PERF_SAMPLE_ID,
		PERF_SAMPLE_IDENTIFIER, PERF_SAMPLE_CPU,  PERF_SAMPLE_PERIOD,
		PERF_SAMPLE_RAW,	PERF_SAMPLE_RAW,  PERF_SAMPLE_CALLCHAIN,
	};
	unsigned int i;

	attr->sample_type = PERF_SAMPLE_IP;
	for (i = 0; i < 4; i++)
		attr->sample_type |= types[below(w, ARRAY_SIZE(types))];
	if (one_in(w, 4)) {
		attr->freq = 1;
		attr->sample_freq = 1 + below(w, 4000);
	} else {
		attr->sample_period = one_in(w, 4) ? 1000 : 1 + below(w, 3);
	}
	attr->wakeup_events = below(w, 3);
}

static void pick_read_format(struct worker *w, struct perf_event_attr *attr)
{
	if (one_in(w, 2))
		attr->read_format |= PERF_FORMAT_TOTAL_TIME_ENABLED |
				     PERF_FORMAT_TOTAL_TIME_RUNNING;
	if (one_in(w, 2))
		attr->read_format |= PERF_FORMAT_ID;
	if (one_in(w, 2))
		attr->read_format |= PERF_FORMAT_LOST;
}

/*
 * Opens, and says of what kind the attr is: that of its least common part. The
 * text of a definition in config1 is read by the open only.
 */
static int open_slot(struct worker *w, struct slot *slot, pid_t pid, int cpu,
		     int leader)
{
	struct perf_event_attr *attr = &slot->attr;
	char text[256] = "";
	enum kind kind = attr->sample_type ? SAMPLING : COUNTING;
	int tolerant = 0, fd;

	if (one_in(w, 3)) {
		unsigned int i = below(w, ARRAY_SIZE(settings));

		attr->config |= settings[i].config;
		if (settings[i].kind == UNIT_FIELD)
			attr->config |= (uint64_t)below(w, 3) << 40;
		kind = settings[i].kind;
		tolerant = 1;
	}
	if (one_in(w, 6)) {
		enum kind def = pick_definition(w, "", text, sizeof(text));

		attr->config &= ~(uint64_t)UINT32_MAX;
		attr->config1 = (uintptr_t)text;
		tolerant |= !tally[def].works || strchr(text, '+');
		if (!tolerant)
			kind = CONFIG1;
	}
	fd = syscall(SYS_perf_event_open, attr, pid, cpu, leader,
		     PERF_FLAG_FD_CLOEXEC);
	if (fd < 0)
		fd = -errno;
	/*
	 * Removed meanwhile, or the thread has ended. A mode or unit may not
	 * suit the target, and a group's events must be of one kind.
	 */
	if (tolerant || leader >= 0)
		note(kind, fd,
		     ERRORS(ENOENT, ESRCH, EINVAL, EOPNOTSUPP, EILSEQ), text);
	else
		note(kind, fd, ERRORS(ENOENT, ESRCH), text);
	return fd;
}

static void slot_fill(struct worker *w, struct slot *slot)
{
	struct perf_event_attr *attr = &slot->attr;
	pid_t pid = 0;
	int leader = -1;

	memset(slot, 0, sizeof(*slot));
	slot->fd = -1;
	attr->size = sizeof(*attr);
	attr->type = type;
	attr->config = pick_id(w);
	attr->disabled = one_in(w, 8);
	attr->enable_on_exec = one_in(w, 8);
	attr->inherit = one_in(w, 3);
	attr->exclude_user = one_in(w, 8);
	if (one_in(w, 3))
		attr->config |= KPX_CONFIG_SKIP_SELF;
	if (one_in(w, 2))
		pick_sampling(w, attr);
	pick_read_format(w, attr);
	slot->cpu = -1;
	if (one_in(w, 2))
		slot->cpu = below(w, cpus);
	if (slot->cpu >= 0 && one_in(w, 2))
		pid = -1;
	else if (one_in(w, 2))
		pid = workers[below(w, WORKERS)].tid;
	if (one_in(w, 6))
		leader = w->slots[below(w, SLOTS)].fd;
	slot->fd = open_slot(w, slot, pid, slot->cpu, leader);
	if (slot->fd < 0) {
		slot->fd = -1;
		return;
	}
	note(pid == -1 ? ON_CPU : ON_TASK, 0, ERRORS(0), "");
	if (attr->inherit)
		note(INHERITED, 0, ERRORS(0), "");
	if (attr->config & KPX_CONFIG_SKIP_SELF)
		note(SKIP_SELF, 0, ERRORS(0), "");
	if (leader >= 0)
		note(GROUPED, 0, ERRORS(0), "");
}

static void slot_close(struct slot *slot)
{
	ring_unmap(&slot->ring);
	if (slot->fd >= 0)
		close(slot->fd);
	slot->fd = -1;
}

/* A count never goes back but by a reset. */
static void slot_read(struct slot *slot)
{
	uint64_t values[8] = {};
	ssize_t n = read(slot->fd, values, sizeof(values));

	/* 0: perf says so of an event in an error state, as the moved leader's */
	if (n == 0)
		return;
	note(READ, n < 0 ? -errno : 0, ERRORS(0), "");
	CHECK(values[0] >= slot->count, "a count went from %llu to %llu",
	      (unsigned long long)slot->count, (unsigned long long)values[0]);
	slot->count = values[0];
}

static void slot_map(struct worker *w, struct slot *slot)
{
	int ret = ring_map(&slot->ring, slot->fd, below(w, 5), below(w, 8));

	/* perf's: an inherited event without a CPU has no ring */
	if (slot->attr.inherit && slot->cpu < 0)
		CHECK(ret == -EINVAL, "mapped: %d", ret);
	else
		note(RING, ret, ERRORS(EINVAL), "mmap");
}

static void check_raw(const char *raw, uint32_t size)
{
	uint64_t ip;

	CHECK(size % 8 == 4 && size >= 16, "a raw record of %u bytes", size);
	memcpy(&ip, raw + 8, sizeof(ip));
	CHECK(ip >> 63, "__probe_ip is %llx", (unsigned long long)ip);
}

static void slot_drain(struct worker *w, struct slot *slot)
{
	const struct perf_event_header *header;
	uint32_t size;
	const char *raw;

	/* without a tail the kernel writes where we'd read */
	if (!slot->ring.writable)
		return;
	while ((header = ring_next(&slot->ring, w->record))) {
		note(RECORD, 0, ERRORS(0), "");
		if (header->type != PERF_RECORD_SAMPLE || slot->mixed)
			continue;
		raw = sample_raw(header, slot->attr.sample_type, &size);
		CHECK(!raw == !(slot->attr.sample_type & PERF_SAMPLE_RAW),
		      "a sample of type %llx",
		      (unsigned long long)slot->attr.sample_type);
		if (raw) {
			check_raw(raw, size);
			note(RAW, 0, ERRORS(0), "");
		}
	}
}

static void slot_switch(struct worker *w, struct slot *slot)
{
	uint64_t period = 1 + below(w, 5);
	struct slot *other = &w->slots[below(w, SLOTS)];
	int ret;

	switch (below(w, 6)) {
	case 0:
		ret = ioctl(slot->fd, PERF_EVENT_IOC_DISABLE, 0);
		break;
	case 1:
		ret = ioctl(slot->fd, PERF_EVENT_IOC_RESET,
			    one_in(w, 2) ? PERF_IOC_FLAG_GROUP : 0);
		/* a group's reset reaches the slots of others of ours */
		for (other = w->slots; other < w->slots + SLOTS; other++)
			other->count = 0;
		break;
	case 2:
		ret = ioctl(slot->fd, PERF_EVENT_IOC_PERIOD, &period);
		break;
	case 3:
		ret = ioctl(slot->fd, PERF_EVENT_IOC_REFRESH, 1 + below(w, 9));
		break;
	case 4:
		ret = ioctl(slot->fd, PERF_EVENT_IOC_SET_OUTPUT,
			    (long)other->fd);
		if (!ret)
			other->mixed = 1;
		break;
	default:
		ret = ioctl(slot->fd, PERF_EVENT_IOC_ENABLE, 0);
	}
	/* EINVAL: no period, another CPU's ring */
	note(SWITCHED, ret < 0 ? -errno : 0, ERRORS(EINVAL), "ioctl");
}

static void do_event(struct worker *w)
{
	struct slot *slot = &w->slots[below(w, SLOTS)];

	if (slot->fd < 0) {
		slot_fill(w, slot);
		return;
	}
	switch (below(w, 6)) {
	case 0:
		slot_read(slot);
		break;
	case 1:
		if (!slot->ring.page)
			slot_map(w, slot);
		else if (one_in(w, 4))
			ring_unmap(&slot->ring);
		break;
	case 2:
	case 3:
		if (slot->ring.page)
			slot_drain(w, slot);
		break;
	case 4:
		slot_switch(w, slot);
		break;
	default:
		slot_close(slot);
	}
}

/* An event of this thread counts all that this thread calls, whatever others do. */
static void do_exact(struct worker *w)
{
	struct perf_event_attr attr = { .size = sizeof(attr) };
	unsigned int i, n = 1 + below(w, 50), samples = 0;
	const struct perf_event_header *header;
	struct ring ring = {};
	int fd;

	attr.type = type;
	attr.config = exact_id;
	if (one_in(w, 2)) {
		attr.sample_period = 1;
		attr.sample_type = PERF_SAMPLE_RAW;
	}
	fd = perf_open(&attr, 0, -1);
	CHECK(fd >= 0, "exact: %s", strerror(-fd));
	if (fd < 0)
		return;
	if (attr.sample_period)
		CHECK(!ring_map(&ring, fd, 2, 1), "exact: no ring");
	for (i = 0; i < n; i++)
		syscall(SYS_getppid);
	CHECK(event_count(fd) == n, "%u calls, counted %llu", n,
	      (unsigned long long)event_count(fd));
	if (ring.page) {
		while ((header = ring_next(&ring, w->record)))
			samples += header->type == PERF_RECORD_SAMPLE;
		CHECK(samples == n, "%u calls, %u samples", n, samples);
	}
	note(EXACT, 0, ERRORS(0), "");
	ring_unmap(&ring);
	close(fd);
}

/* ---- tasks ---- */

/* Async-signal-safe calls only: another thread may have held any lock. */
static void child(struct worker *w)
{
	struct slot slot;

	w->state ^= getpid() * 0x9e3779b97f4a7c15ULL;
	hit(below(w, 16));
	if (one_in(w, 4)) {
		slot_fill(w, &slot);
		hit(below(w, 8));
	}
	if (one_in(w, 4))
		do_define(w);
	if (one_in(w, 8))
		execl("/bin/true", "true", NULL);
	if (one_in(w, 8))
		raise(SIGKILL);
	_exit(!!failures);
}

static void do_fork(struct worker *w)
{
	int before = failures, status;
	pid_t pid = fork();

	if (!pid) {
		failures = 0;
		child(w);
	}
	note(FORK, pid < 0 ? -errno : 0, ERRORS(0), "fork");
	if (pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
	    WEXITSTATUS(status) && failures == before)
		CHECK(0, "a child failed: %d", WEXITSTATUS(status));
}

static void *short_thread(void *arg)
{
	hit((uintptr_t)arg);
	return NULL;
}

static void do_thread(struct worker *w)
{
	pthread_t thread;
	int ret = pthread_create(&thread, NULL, short_thread,
				 (void *)(uintptr_t)below(w, 32));

	note(THREAD, -ret, ERRORS(0), "pthread_create");
	if (!ret)
		pthread_join(thread, NULL);
}

static void do_move(struct worker *w)
{
	unsigned int cpu = below(w, 2 * cpus);
	cpu_set_t set;

	CPU_ZERO(&set);
	if (cpu < cpus)
		CPU_SET(cpu, &set);
	else
		memset(&set, 0xff, sizeof(set));
	sched_setaffinity(0, sizeof(set), &set);
}

/* ---- files ---- */

static int slurp(const char *path)
{
	char buf[4096];
	ssize_t n;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return -errno;
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		;
	n = n < 0 ? -errno : 0;
	close(fd);
	return n;
}

static int spill(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), ret = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

static void do_list(struct worker *w)
{
	static const char *const paths[] = {
		KPX_DEVICE,
		"/sys/kernel/debug/kprobex/stats",
		"/sys/kernel/debug/kprobex/error_log",
		"/sys/kernel/debug/kprobes/list",
		EVENTS "rnd1",
		EVENTS "vfs_write",
	};
	const char *path = paths[below(w, ARRAY_SIZE(paths))];

	/* rnd1 may be gone, or go while it's read */
	note(LISTED, slurp(path), ERRORS(ENOENT, ENODEV), path);
}

static void do_describe(struct worker *w)
{
	struct kpx_field fields[8];
	struct kpx_describe desc = { .size = sizeof(desc) };
	struct kpx_stats stats;
	char text[64];

	desc.id = pick_id(w) ?: 1;
	desc.fields = (uintptr_t)fields;
	desc.fields_max = below(w, 9);
	desc.field_size = sizeof(fields[0]);
	desc.text = (uintptr_t)text;
	desc.text_size = below(w, sizeof(text) + 1);
	note(DESCRIBED, ioctl(w->dev, KPX_IOC_DESCRIBE, &desc) ? -errno : 0,
	     ERRORS(ENOENT), "ioctl");
	note(STATS, probe_stats(w->dev, pick_id(w) ?: 1, &stats),
	     ERRORS(ENOENT), "ioctl");
}

static void do_face(struct worker *w)
{
	static const char *const filters[] = { "n > 3", "n == 1", "0" };
	unsigned int name = below(w, NAMES);
	char path[128];

	snprintf(path, sizeof(path), TRACING "rnd%u/%s", name,
		 one_in(w, 3) ? "filter" : "enable");
	if (path[strlen(path) - 1] == 'r')
		/* EINVAL: this one has no n */
		note(FILTER, spill(path, filters[below(w, 3)]),
		     ERRORS(ENOENT, ENODEV, EINVAL), path);
	else
		note(FACE, spill(path, one_in(w, 2) ? "1" : "0"),
		     ERRORS(ENOENT, ENODEV), path);
	snprintf(path, sizeof(path), TRACING "rnd%u/format", name);
	slurp(path);
	slurp("/sys/kernel/tracing/trace_pipe");
}

/* Our own descriptors hold the module. */
static void do_unload(struct worker *w)
{
	int ret = syscall(SYS_delete_module, "kprobex", O_NONBLOCK);

	(void)w;
	CHECK(ret && (errno == EWOULDBLOCK || errno == EBUSY), "rmmod: %s",
	      ret ? strerror(errno) : "done");
	note(UNLOAD, 0, ERRORS(0), "");
}

/* ---- the run ---- */

static const struct {
	void (*run)(struct worker *w);
	unsigned int weight;
} jobs[] = {
	{ do_event, 40 }, { do_hit, 8 },      { do_define, 12 },
	{ do_write, 3 },  { do_remove, 8 },   { do_exact, 4 },
	{ do_fork, 3 },	  { do_thread, 2 },   { do_move, 2 },
	{ do_list, 3 },	  { do_describe, 3 }, { do_face, 3 },
	{ do_reopen, 1 }, { do_unload, 1 },
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

static void survey_targets(int dev)
{
	unsigned int i, id = 0;
	char text[64];

	for (i = 0; i < ARRAY_SIZE(wanted); i++) {
		snprintf(text, sizeof(text), "p %s", wanted[i]);
		if (define_probe(dev, text, 0, &id)) {
			printf("no target: %s\n", wanted[i]);
			continue;
		}
		remove_probe(dev, id);
		targets[nr_targets++] = wanted[i];
		if (!strchr(wanted[i], '+'))
			nr_entries = nr_targets;
	}
}

static int opens(uint64_t config, const char *text)
{
	struct perf_event_attr attr = attr_of(0);
	int fd;

	attr.config = config;
	attr.config1 = (uintptr_t)text;
	fd = perf_open(&attr, 0, -1);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* What this module can do at all: only that may be missed later. */
static void survey(int dev)
{
	char text[256];
	unsigned int i, id = 0;

	survey_targets(dev);
	for (i = 0; i < ARRAY_SIZE(definitions); i++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		snprintf(text, sizeof(text), definitions[i].text, "",
			 "vfs_write");
#pragma GCC diagnostic pop
		if (define_probe(dev, text, 0, &id))
			continue;
		tally[definitions[i].kind].works = 1;
		remove_probe(dev, id);
	}
	for (i = 0; i < ARRAY_SIZE(settings); i++)
		tally[settings[i].kind].works =
			opens(vfs_write_id | settings[i].config, NULL);
	tally[CONFIG1].works = opens(0, "p vfs_write n=%dx:u64");
	tally[FACE].works = !access(TRACING "vfs_write/enable", W_OK);
	tally[FILTER].works = tally[FACE].works;
	for (i = 0; i < NR_KINDS; i++)
		tally[i].works |= tally[i].always;
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

/* @all: the run was long enough for everything to have happened. */
static void print_tally(int all)
{
	unsigned int i;

	printf("%10s %10s\n", "done", "refused");
	for (i = 0; i < NR_KINDS; i++) {
		printf("%10lu %10lu  %s%s\n", tally[i].ok, tally[i].refused,
		       tally[i].words,
		       tally[i].works ? "" : " (not in this version)");
		CHECK(tally[i].ok || !tally[i].works || !all, "%s: never",
		      tally[i].words);
	}
}

static int prepare(uint64_t seed)
{
	int dev = device_open(), i, j;

	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	type = pmu_type();
	cpus = sysconf(_SC_NPROCESSORS_ONLN);
	vfs_write_id = probe_id("vfs_write");
	CHECK(dev >= 0 && vfs_write_id, "no device, or no vfs_write");
	CHECK(!define_probe(dev, "p __x64_sys_getppid n=%di:u64", 0, &exact_id),
	      "getppid can't be probed");
	if (failures)
		return -1;
	survey(dev);
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
	stop = 1;
	for (i = 0; i < WORKERS; i++)
		pthread_join(workers[i].thread, NULL);
	remove_rest(dev);
	print_tally(seconds >= 20);
	return !!failures;
}
