/* SPDX-License-Identifier: GPL-2.0-only */
/* For the VM tests of BPF programs on a probe: loading, attaching, asking. */
#ifndef TESTS_VM_BPF_H
#define TESTS_VM_BPF_H

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/filter.h>
#include <sys/prctl.h>
#include <time.h>

#include "kernel.h"

#define OBJECTS "build/tests/bpf/"

/* ---- loading ------------------------------------------------------------- */

static inline void bpf_begin(void)
{
	/* it would print what the kernel refuses on purpose */
	if (!getenv("KPX_BPF_VERBOSE"))
		libbpf_set_print(NULL);
}

/* Of tests/bpf/NAME.bpf.c, loaded; ends the test without. */
static inline struct bpf_object *object_of(const char *name)
{
	struct bpf_object *object;
	char path[256];
	int ret;

	snprintf(path, sizeof(path), OBJECTS "%s.bpf.o", name);
	object = bpf_object__open_file(path, NULL);
	ret = object ? bpf_object__load(object) : -errno;
	if (ret) {
		fprintf(stderr, "%s: %s\n", path, strerror(-ret));
		exit(1);
	}
	return object;
}

static inline struct bpf_program *program_of(struct bpf_object *object,
					     const char *name)
{
	struct bpf_program *program =
		bpf_object__find_program_by_name(object, name);

	if (!program) {
		fprintf(stderr, "no program %s\n", name);
		exit(1);
	}
	return program;
}

static inline int program_fd(struct bpf_object *object, const char *name)
{
	return bpf_program__fd(program_of(object, name));
}

static inline int map_fd(struct bpf_object *object, const char *name)
{
	int fd = bpf_object__find_map_fd_by_name(object, name);

	if (fd < 0) {
		fprintf(stderr, "no map %s\n", name);
		exit(1);
	}
	return fd;
}

/* A descriptor or -errno: a program that does nothing but return @value. */
static inline int program_load(enum bpf_prog_type type, int value,
			       struct bpf_prog_load_opts *opts)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = value },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	int fd = bpf_prog_load(type, "kpx_test", "GPL", insns,
			       sizeof(insns) / sizeof(insns[0]), opts);

	return fd < 0 ? -errno : fd;
}

static inline int program_returning(int value)
{
	int fd = program_load(BPF_PROG_TYPE_KPROBE, value, NULL);

	CHECK(fd >= 0, "a program that returns %d: %s", value, strerror(-fd));
	return fd;
}

static inline unsigned int program_id(int fd)
{
	struct bpf_prog_info info = {};
	__u32 len = sizeof(info);
	int ret = bpf_obj_get_info_by_fd(fd, &info, &len);

	CHECK(!ret, "the program's id: %d", ret);
	return info.id;
}

/* How many programs the kernel has. */
static inline unsigned int programs_there(void)
{
	unsigned int nr = 0;
	__u32 id = 0;

	while (!bpf_prog_get_next_id(id, &id))
		nr++;
	return nr;
}

/* Programs go a grace period or two after their last user; 1: it came to that. */
static inline int wait_programs(unsigned int nr)
{
	struct timespec time = { 0, 20000000 };
	int i;

	for (i = 0; i < 2500 && programs_there() != nr; i++)
		nanosleep(&time, NULL);
	return programs_there() == nr;
}

/* 1 if it's still there. */
static inline int program_exists(unsigned int id)
{
	int fd = bpf_prog_get_fd_by_id(id);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static inline int wait_program_gone(unsigned int id)
{
	struct timespec time = { 0, 20000000 };
	int i;

	for (i = 0; i < 2500 && program_exists(id); i++)
		nanosleep(&time, NULL);
	return !program_exists(id);
}

/* ---- attaching ----------------------------------------------------------- */

/* 0 or -errno; all of @attach but the size is the caller's. */
static inline int bpf_attach(int dev, struct kpx_bpf_attach *attach)
{
	attach->size = sizeof(*attach);
	return ioctl(dev, KPX_IOC_BPF_ATTACH, attach) ? -errno : 0;
}

/* The link's descriptor with LINK, else 0; -errno. */
static inline int bpf_attach_to(int dev, unsigned int id, int prog_fd,
				unsigned int flags, uint64_t cookie)
{
	struct kpx_bpf_attach attach = {
		.id = id,
		.flags = flags,
		.prog_fd = prog_fd,
		.cookie = cookie,
	};
	int ret = bpf_attach(dev, &attach);

	if (ret && !attach.error[0])
		CHECK(0, "attach failed (%s) without a word", strerror(-ret));
	if (!ret && flags & KPX_BPF_LINK)
		return attach.link_fd;
	return ret;
}

static inline int bpf_detach(int dev, unsigned int id, unsigned int prog_id)
{
	struct kpx_bpf_detach detach = {
		.size = sizeof(detach),
		.id = id,
		.prog_id = prog_id,
	};

	return ioctl(dev, KPX_IOC_BPF_DETACH, &detach) ? -errno : 0;
}

/* How many programs there are, or -errno; at most KPX_PROGRAMS_MAX are written. */
static inline int bpf_query(int dev, unsigned int id,
			    struct kpx_bpf_program *programs)
{
	struct kpx_bpf_query query = {
		.size = sizeof(query),
		.id = id,
		.programs = (uintptr_t)programs,
		.programs_max = programs ? KPX_PROGRAMS_MAX : 0,
		.program_size = sizeof(*programs),
	};

	return ioctl(dev, KPX_IOC_BPF_QUERY, &query) ? -errno :
						       (int)query.nr_programs;
}

/* Programs of an event to be opened; what it points to is the caller's. */
struct event_bpf {
	struct kpx_event_bpf head;
	struct kpx_event_program programs[KPX_PROGRAMS_MAX + 1];
};

static inline void event_bpf_add(struct event_bpf *bpf, int fd, uint64_t cookie)
{
	bpf->head.size = sizeof(bpf->head);
	bpf->head.programs = (uintptr_t)bpf->programs;
	bpf->programs[bpf->head.nr].prog_fd = fd;
	bpf->programs[bpf->head.nr++].cookie = cookie;
}

/* ---- probes, their books, their load ------------------------------------- */

static inline unsigned int defined(int dev, const char *text,
				   unsigned int flags)
{
	struct kpx_define def = { .size = sizeof(def), .flags = flags };
	int ret;

	def.text = (uintptr_t)text;
	def.text_len = strlen(text);
	ret = ioctl(dev, KPX_IOC_DEFINE, &def) ? -errno : 0;
	CHECK(!ret, "%s: %s (%s)", text, strerror(-ret), def.error);
	return def.id;
}

static inline struct kpx_stats stats_of(int dev, unsigned int id)
{
	struct kpx_stats stats;

	CHECK(!probe_stats(dev, id, &stats), "statistics");
	return stats;
}

/* What the book has more than it had. */
static inline struct kpx_stats stats_since(int dev, unsigned int id,
					   const struct kpx_stats *before)
{
	struct kpx_stats now = stats_of(dev, id);

	now.entered -= before->entered;
	now.no_listener -= before->no_listener;
	now.offered -= before->offered;
	now.filtered_pred -= before->filtered_pred;
	now.filtered_bpf -= before->filtered_bpf;
	now.recursion -= before->recursion;
	now.self -= before->self;
	now.bpf_runs -= before->bpf_runs;
	now.bpf_busy -= before->bpf_busy;
	return now;
}

static inline void check_book(const char *what, const struct kpx_stats *stats)
{
	uint64_t sum = stats->no_listener + stats->offered +
		       stats->filtered_pred + stats->filtered_bpf +
		       stats->recursion + stats->self;

	CHECK(stats->entered == sum,
	      "%s: entered %llu, and no_listener %llu + offered %llu + filtered_pred %llu + filtered_bpf %llu + recursion %llu + self %llu",
	      what, (unsigned long long)stats->entered,
	      (unsigned long long)stats->no_listener,
	      (unsigned long long)stats->offered,
	      (unsigned long long)stats->filtered_pred,
	      (unsigned long long)stats->filtered_bpf,
	      (unsigned long long)stats->recursion,
	      (unsigned long long)stats->self);
}

/* Where the symbol is, and with @bytes how far the next one is; 0: no such. */
static inline uint64_t symbol_find(const char *wanted, unsigned int *bytes)
{
	FILE *file = fopen("/proc/kallsyms", "r");
	unsigned long long at, found = 0, next = 0;
	char line[512], name[256];

	while (file && fgets(line, sizeof(line), file))
		if (!found && sscanf(line, "%llx %*c %255s", &at, name) == 2 &&
		    !strcmp(name, wanted))
			found = at;
	if (found && bytes) {
		rewind(file);
		while (fgets(line, sizeof(line), file))
			if (sscanf(line, "%llx", &at) == 1 && at > found &&
			    (!next || at < next))
				next = at;
		*bytes = next - found;
	}
	if (file)
		fclose(file);
	return found;
}

static inline uint64_t symbol_address(const char *name)
{
	uint64_t address = symbol_find(name, NULL);

	CHECK(address, "no %s", name);
	return address;
}

static inline uint64_t map_u64(int map, uint32_t key)
{
	uint64_t value = 0;

	CHECK(!bpf_map_lookup_elem(map, &key, &value), "no key %u in the map",
	      key);
	return value;
}

static inline unsigned int trace_event_id(const char *name)
{
	unsigned int id = 0;
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "/sys/kernel/tracing/events/kprobex/%s/id",
		 name);
	file = fopen(path, "r");
	if (!file || fscanf(file, "%u", &id) != 1)
		CHECK(0, "%s", path);
	if (file)
		fclose(file);
	return id;
}

/* A descriptor, or -errno: the kernel's own way to the trace event. */
static inline int trace_event_open(const char *name, pid_t pid, int cpu)
{
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.type = PERF_TYPE_TRACEPOINT,
		.config = trace_event_id(name),
		.sample_period = 1,
		.sample_type = PERF_SAMPLE_RAW,
	};

	return perf_open(&attr, pid, cpu);
}

static inline unsigned long long ull(uint64_t value)
{
	return value;
}

#endif /* TESTS_VM_BPF_H */
