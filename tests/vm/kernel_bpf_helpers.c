// SPDX-License-Identifier: GPL-2.0-only
/*
 * kernel_bpf_helpers: what BPF's helpers say in a program on a probe is true, one
 * by one, at entries and returns of one function and of many.
 */
#define _GNU_SOURCE
#include <sched.h>

#include "../bpf/helpers.h"
#include "bpf.h"
#include "kernel_targets.h"

#define HITS   200
#define COOKIE 0x123456789abcdefULL
#define COMM   "kpx_helpers"
#define TEXT   "the text of a write, 40 bytes of it......"

static int dev, null;

/* ---- what was sent ------------------------------------------------------- */

struct received {
	unsigned int right, wrong;
	uint64_t cookie;
};

static void look_at(struct received *received, const void *data, size_t bytes)
{
	uint64_t want = (uint64_t)getpid() << 32 |
			(uint32_t)syscall(SYS_gettid);
	struct helpers_record record = {};

	if (bytes >= sizeof(record))
		memcpy(&record, data, sizeof(record));
	if (record.pid_tgid == want && record.count == sizeof(TEXT) - 1 &&
	    record.cookie == received->cookie)
		received->right++;
	else
		received->wrong++;
}

static int ring_sample(void *context, void *data, size_t bytes)
{
	look_at(context, data, bytes);
	return 0;
}

static void output_sample(void *context, int cpu, void *data, __u32 bytes)
{
	(void)cpu;
	look_at(context, data, bytes);
}

static void output_lost(void *context, int cpu, __u64 lost)
{
	(void)context;
	CHECK(0, "CPU %d lost %llu", cpu, ull(lost));
}

/* The readers of a loaded object's two ways of sending. */
struct readers {
	struct ring_buffer *ring;
	struct perf_buffer *output;
	struct received from_ring, from_output;
};

static void readers_open(struct readers *readers, struct bpf_object *object,
			 uint64_t cookie)
{
	memset(readers, 0, sizeof(*readers));
	readers->from_ring.cookie = cookie;
	readers->from_output.cookie = cookie;
	readers->ring = ring_buffer__new(map_fd(object, "ring"), ring_sample,
					 &readers->from_ring, NULL);
	readers->output = perf_buffer__new(map_fd(object, "output"), 16,
					   output_sample, output_lost,
					   &readers->from_output, NULL);
	CHECK(readers->ring && readers->output, "readers: %s", strerror(errno));
}

static void readers_check(struct readers *readers, const char *what)
{
	ring_buffer__consume(readers->ring);
	perf_buffer__consume(readers->output);
	CHECK(readers->from_ring.right == HITS && !readers->from_ring.wrong,
	      "%s: ring buffer: %u right, %u wrong", what,
	      readers->from_ring.right, readers->from_ring.wrong);
	CHECK(readers->from_output.right == HITS && !readers->from_output.wrong,
	      "%s: perf_event_output: %u right, %u wrong", what,
	      readers->from_output.right, readers->from_output.wrong);
	ring_buffer__free(readers->ring);
	perf_buffer__free(readers->output);
}

/* ---- what was said ------------------------------------------------------- */

/* How many frames; CHECKs that one of the first @within is in @symbol. */
static void check_stack(int map, int id, const char *symbol,
			unsigned int within, const char *what)
{
	uint64_t frames[HELPERS_STACK] = { 0 }, start;
	unsigned int i, bytes = 0, found = 0;
	uint32_t key = id;

	CHECK(id >= 0, "%s: no stack: %d", what, id);
	if (id < 0 || bpf_map_lookup_elem(map, &key, frames)) {
		CHECK(id < 0, "%s: stack %d isn't in the map", what, id);
		return;
	}
	start = symbol_find(symbol, &bytes);
	for (i = 0; i < within; i++)
		found += frames[i] >= start && frames[i] < start + bytes;
	CHECK(found, "%s: %s isn't in %#llx %#llx %#llx", what, symbol,
	      ull(frames[0]), ull(frames[1]), ull(frames[2]));
}

static uint64_t percpu_sum(int map, uint32_t key)
{
	uint64_t values[256], sum = 0;
	int i, cpus = libbpf_num_possible_cpus();

	if (cpus > 256 || bpf_map_lookup_elem(map, &key, values))
		return 0;
	for (i = 0; i < cpus; i++)
		sum += values[i];
	return sum;
}

static void check_task(struct bpf_object *object, uint64_t cookie,
		       uint64_t func_ip, uint64_t started_ns, const char *what)
{
	uint32_t key = HELPERS_TASK, tid = syscall(SYS_gettid);
	uint32_t slot = (sizeof(TEXT) - 1) & 3;
	struct helpers_result got = {};
	int stacks = map_fd(object, "stacks");

	CHECK(!bpf_map_lookup_elem(map_fd(object, "results"), &key, &got),
	      "results");
	CHECK(got.runs == HITS, "%s: %llu runs", what, ull(got.runs));
	CHECK(got.pid_tgid == ((uint64_t)getpid() << 32 | tid),
	      "%s: pid_tgid %#llx", what, ull(got.pid_tgid));
	CHECK(got.uid_gid == ((uint64_t)getgid() << 32 | getuid()),
	      "%s: uid_gid %#llx", what, ull(got.uid_gid));
	CHECK(got.cookie == cookie, "%s: cookie %#llx", what, ull(got.cookie));
	CHECK(got.func_ip == func_ip, "%s: func_ip %#llx, want %#llx", what,
	      ull(got.func_ip), ull(func_ip));
	CHECK((int)got.cpu == sched_getcpu(), "%s: CPU %u", what, got.cpu);
	CHECK(got.ktime_ns > started_ns && got.ktime_ns < now_ns(),
	      "%s: time %llu", what, ull(got.ktime_ns));
	CHECK(!strcmp(got.comm, COMM), "%s: comm '%s'", what, got.comm);
	CHECK(!got.read_ret && !memcmp(got.bytes, TEXT, sizeof(got.bytes)),
	      "%s: read_user: %d, '%.16s'", what, got.read_ret, got.bytes);
	CHECK(got.string_ret == sizeof(got.string) &&
		      !strncmp(got.string, TEXT, sizeof(got.string) - 1) &&
		      !got.string[sizeof(got.string) - 1],
	      "%s: read_user_str: %d, '%.16s'", what, got.string_ret,
	      got.string);
	CHECK(got.bad_ret == -EFAULT, "%s: read of 8: %d", what, got.bad_ret);
	check_stack(stacks, got.kernel_stack, "vfs_write", 1, what);
	check_stack(stacks, got.kernel_stack, "ksys_write", 3, what);
	CHECK(got.user_stack >= 0, "%s: user stack: %d", what, got.user_stack);
	CHECK(percpu_sum(map_fd(object, "percpu"), slot) == HITS,
	      "%s: per-CPU hash: %llu", what,
	      ull(percpu_sum(map_fd(object, "percpu"), slot)));
	CHECK(map_u64(map_fd(object, "lru"), slot) == HITS,
	      "%s: LRU hash: %llu", what,
	      ull(map_u64(map_fd(object, "lru"), slot)));
}

static void check_kernel(struct bpf_object *object, uint64_t cookie,
			 uint64_t func_ip, const char *what)
{
	uint32_t key = HELPERS_KERNEL, word = 0;
	struct helpers_result got = {};

	CHECK(!bpf_map_lookup_elem(map_fd(object, "results"), &key, &got),
	      "results");
	CHECK(got.runs == HITS, "%s: %llu runs", what, ull(got.runs));
	CHECK(got.cookie == cookie, "%s: cookie %#llx", what, ull(got.cookie));
	CHECK(got.func_ip == func_ip, "%s: func_ip %#llx, want %#llx", what,
	      ull(got.func_ip), ull(func_ip));
	/* the first of targets/functions.c's things: u8, s8, u16, s16, u32, … */
	memcpy(&word, got.bytes + 8, 4);
	CHECK(!got.read_ret && (uint8_t)got.bytes[0] == 200 &&
		      got.bytes[1] == -100 && word == 4000000000U,
	      "%s: read_kernel: %d, %u %d %u", what, got.read_ret,
	      (uint8_t)got.bytes[0], got.bytes[1], word);
	CHECK(got.string_ret == sizeof("the first thing") &&
		      !strcmp(got.string, "the first thing"),
	      "%s: read_kernel_str: %d, '%.16s'", what, got.string_ret,
	      got.string);
	CHECK(got.bad_ret == -EFAULT || got.bad_ret == -ERANGE,
	      "%s: read of 8: %d", what, got.bad_ret);
}

/* ---- the ways ------------------------------------------------------------ */

static void write_hits(void)
{
	int i;

	for (i = 0; i < HITS; i++)
		if (write(null, TEXT, sizeof(TEXT) - 1) != sizeof(TEXT) - 1)
			CHECK(0, "write: %s", strerror(errno));
}

static unsigned int define_many(const char *text, const char *second)
{
	uint64_t addresses[2] = { symbol_address("vfs_write"),
				  symbol_address(second) };
	struct kpx_define def = { .size = sizeof(def), .nr_targets = 2 };
	int ret;

	def.text = (uintptr_t)text;
	def.text_len = strlen(text);
	def.targets = (uintptr_t)addresses;
	ret = ioctl(dev, KPX_IOC_DEFINE, &def) ? -errno : 0;
	CHECK(!ret, "%s: %s (%s)", text, strerror(-ret), def.error);
	return def.id;
}

/* @event: it comes with one, and nobody else is there. */
static void try_task(unsigned int id, uint64_t func_ip, int with_event,
		     const char *what)
{
	struct bpf_object *object = object_of("helpers");
	int fd = program_fd(object, "helpers_task"), event = -1, ret = 0;
	struct perf_event_attr attr = attr_of(id);
	struct event_bpf bpf = {};
	struct readers readers;
	uint64_t started_ns;

	readers_open(&readers, object, COOKIE);
	if (with_event) {
		event_bpf_add(&bpf, fd, COOKIE);
		attr.config2 = (uintptr_t)&bpf.head;
		event = perf_open(&attr, 0, -1);
		CHECK(event >= 0, "%s: open: %s", what, strerror(-event));
	} else {
		ret = bpf_attach_to(dev, id, fd, 0, COOKIE);
		CHECK(!ret, "%s: attach: %s", what, strerror(-ret));
	}
	started_ns = now_ns();
	write_hits();
	readers_check(&readers, what);
	check_task(object, COOKIE, func_ip, started_ns, what);
	if (with_event)
		close(event);
	else
		CHECK(!bpf_detach(dev, id, program_id(fd)), "%s: detach", what);
	bpf_object__close(object);
	ret = remove_probe(dev, id);
	CHECK(!ret, "%s: remove: %s", what, strerror(-ret));
}

static void try_kernel(unsigned int mode, const char *what)
{
	unsigned int id = defined(dev, "p:bpf_thing kpxt_thing", 0);
	struct bpf_object *object = object_of("helpers");
	int fd = program_fd(object, "helpers_kernel"), event;
	struct perf_event_attr attr = attr_config(config_of(id, mode, 0, 0));
	/* behind the entry no function begins, as for the kernel's own probes */
	uint64_t func_ip = mode ? 0 : target_address("thing");
	struct event_bpf bpf = {};
	int i;

	event_bpf_add(&bpf, fd, ~COOKIE);
	attr.config2 = (uintptr_t)&bpf.head;
	event = perf_open(&attr, 0, -1);
	CHECK(event >= 0, "%s: open: %s", what, strerror(-event));
	/* turn by turn: the next turn's pointer is one more */
	for (i = 0; i < HITS; i++)
		call("thing 1 0");
	check_kernel(object, ~COOKIE, func_ip, what);
	close(event);
	bpf_object__close(object);
	CHECK(!remove_probe(dev, id), "%s: remove", what);
}

int main(void)
{
	static const char entry[] =
		"p:bpf_help vfs_write comm=$comm if comm == \"" COMM "\"";
	uint64_t vfs_write = symbol_address("vfs_write");
	cpu_set_t cpus;

	bpf_begin();
	prctl(PR_SET_NAME, COMM);
	CPU_ZERO(&cpus);
	CPU_SET(1, &cpus);
	sched_setaffinity(0, sizeof(cpus), &cpus);
	dev = device_open();
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	try_task(defined(dev, entry, 0), vfs_write, 0, "entry, ioctl");
	try_task(defined(dev, entry, 0), vfs_write, 1, "entry, config2");
	try_task(define_many(entry, "vfs_read"), vfs_write, 0, "many, ioctl");
	try_task(define_many(entry, "vfs_read"), vfs_write, 1, "many, config2");
	try_kernel(KPX_MODE_AUTO, "kernel memory");
	try_kernel(KPX_MODE_INT3, "kernel memory, int3");
	try_kernel(KPX_MODE_JUMP, "kernel memory, jump");
	close(dev);
	return !!failures;
}
