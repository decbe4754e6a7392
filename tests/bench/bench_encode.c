// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench_encode - what a batch costs: records of synthetic loads through the
 * writer, as a recording would
 *
 * usage: bench_encode [BATCHES [FILE]]
 *
 * Prints one line a load: ns of CPU per event, bytes per event. Nothing is
 * asserted: compare runs on one idle machine.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "writer.h"

#define ROWS 8192

struct syscall_record {
	uint16_t type;
	uint8_t flags, preempt;
	int32_t pid;
	int64_t id;
	uint64_t args[6];
} __attribute__((packed));

struct alloc_record {
	uint16_t type;
	uint8_t flags, preempt;
	int32_t pid;
	uint64_t call_site;
	uint64_t ptr;
	uint64_t req, alloc;
	uint32_t gfp;
	int32_t node;
} __attribute__((packed));

struct switch_record {
	uint16_t type;
	uint8_t flags, preempt;
	int32_t pid;
	char prev_comm[16];
	int32_t prev_pid, prev_prio;
	int64_t prev_state;
	char next_comm[16];
	int32_t next_pid, next_prio;
} __attribute__((packed));

#define FIELD(_struct, _name, _kind, ...)                                  \
	{                                                                  \
		.name = #_name, .type = "", .kind = KPC_FIELD_##_kind,     \
		.offset = offsetof(struct _struct, _name),                 \
		.bytes = sizeof(((struct _struct *)0)->_name), __VA_ARGS__ \
	}
#define COMMON(_struct)                                                        \
	FIELD(_struct, type, UNSIGNED, .common = true),                        \
		FIELD(_struct, flags, UNSIGNED, .common = true),               \
		FIELD(_struct, preempt, UNSIGNED, .common = true),             \
	{                                                                      \
		.name = "common_pid", .type = "int", .kind = KPC_FIELD_SIGNED, \
		.offset = offsetof(struct _struct, pid), .bytes = 4,           \
		.common = true                                                 \
	}

/* As recordings describe an array: a field for each element. */
#define ARG(_i)                                                           \
	{                                                                 \
		.name = "args" #_i, .type = "unsigned long",              \
		.kind = KPC_FIELD_HEX,                                    \
		.offset = offsetof(struct syscall_record, args) + 8 * _i, \
		.bytes = 8                                                \
	}

static struct kpc_field syscall_fields[] = {
	COMMON(syscall_record),
	FIELD(syscall_record, id, SIGNED),
	ARG(0),
	ARG(1),
	ARG(2),
	ARG(3),
	ARG(4),
	ARG(5),
};
static struct kpc_field alloc_fields[] = {
	COMMON(alloc_record),
	FIELD(alloc_record, call_site, HEX),
	FIELD(alloc_record, ptr, HEX),
	FIELD(alloc_record, req, UNSIGNED),
	FIELD(alloc_record, alloc, UNSIGNED),
	FIELD(alloc_record, gfp, HEX),
	FIELD(alloc_record, node, SIGNED),
};
static struct kpc_field switch_fields[] = {
	COMMON(switch_record),
	FIELD(switch_record, prev_comm, STRING),
	FIELD(switch_record, prev_pid, SIGNED),
	FIELD(switch_record, prev_prio, SIGNED),
	FIELD(switch_record, prev_state, HEX),
	FIELD(switch_record, next_comm, STRING),
	FIELD(switch_record, next_pid, SIGNED),
	FIELD(switch_record, next_prio, SIGNED),
};

#define EVENT(_id, _name, _fields, _struct)                               \
	{                                                                 \
		.id = _id, .name = _name, .fields = _fields,              \
		.nr_fields = sizeof(_fields) / sizeof(_fields[0]),        \
		.record_bytes = sizeof(struct _struct), .callchain = true \
	}

static struct kpc_event events[] = {
	EVENT(0, "raw_syscalls:sys_enter", syscall_fields, syscall_record),
	EVENT(1, "kmem:kmalloc", alloc_fields, alloc_record),
	EVENT(2, "sched:sched_switch", switch_fields, switch_record),
};

enum load {
	STORM,
	MIXED,
	CHAINS
};

static uint64_t seed = 88172645463325252ull;

static uint64_t next(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

/* Records lie 128 bytes apart, as in a ring, at 4 beyond a multiple of 8. */
static uint8_t ring[ROWS * 128 + 8];
static struct kpc_sample samples[ROWS];
static uint64_t chains[64][16];

static void fill_syscall(struct kpc_sample *s, uint8_t *raw, enum load load)
{
	struct syscall_record *r = (void *)raw;
	uint64_t pick = load == STORM ? 0 : next() % 24;

	*r = (struct syscall_record){ .type = 348,
				      .pid = s->tid,
				      .id = load == STORM ? 110 : pick };
	for (int i = 0; i < 6; i++)
		r->args[i] = 0x7ffd00001000ull + pick * 64 + i * 0x1000;
	if (load != STORM)
		r->args[2] = next() % 4096;
	s->event = 0;
	s->raw_bytes = sizeof(*r) + 4;
}

static void fill_alloc(struct kpc_sample *s, uint8_t *raw)
{
	struct alloc_record *r = (void *)raw;
	uint64_t size = 8u << next() % 9;

	*r = (struct alloc_record){
		.type = 512,
		.pid = s->tid,
		.call_site = 0xffffffff81000000ull + next() % 40 * 0x1230,
		.ptr = 0xffff888100000000ull + next() % 6000 * 64,
		.req = size - next() % 8,
		.alloc = size,
		.gfp = 0xcc0,
		.node = -1
	};
	s->event = 1;
	s->raw_bytes = sizeof(*r) + 4;
}

static void fill_switch(struct kpc_sample *s, uint8_t *raw)
{
	struct switch_record *r = (void *)raw;
	uint32_t other = 1000 + next() % 40;

	*r = (struct switch_record){ .type = 300,
				     .pid = s->tid,
				     .prev_pid = s->tid,
				     .prev_prio = 120,
				     .prev_state = next() % 3,
				     .next_pid = other,
				     .next_prio = 120 };
	snprintf(r->prev_comm, 16, "messaging-%u", s->tid % 4);
	snprintf(r->next_comm, 16, "messaging-%u", other % 4);
	s->event = 2;
	s->raw_bytes = sizeof(*r) + 4;
}

static void fill(enum load load)
{
	uint64_t time = 1234567890123ull;
	uint32_t tid = 4242;

	for (int i = 0; i < 64; i++)
		for (int j = 0; j < 16; j++)
			chains[i][j] = 0xffffffff81000000ull +
				       (next() % 200 * (j + 1)) * 0x40;
	for (int i = 0; i < ROWS; i++) {
		struct kpc_sample *s = &samples[i];
		uint8_t *raw = ring + i * 128 + 4;
		uint64_t pick = next() % 100;

		time += load == STORM ? 160 + next() % 60 : 200 + next() % 2500;
		*s = (struct kpc_sample){ .time_ns = time,
					  .tid = tid,
					  .raw = raw };
		if (load == CHAINS) {
			s->chain = chains[next() % 64];
			s->chain_depth = 16;
		}
		if (load == STORM || pick < 30)
			fill_syscall(s, raw, load);
		else if (pick < 90)
			fill_alloc(s, raw);
		else
			fill_switch(s, raw);
		if (load != STORM && pick >= 90)
			tid = 1000 + next() % 40;
	}
}

static double now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return ts.tv_sec * 1e9 + ts.tv_nsec;
}

static int run(const char *name, enum load load, int batches, const char *path)
{
	struct kpc_ring_desc desc = { 0, 1 << 24 };
	struct kpc_header header = { .rings = &desc,
				     .nr_rings = 1,
				     .clock_id = 1 };
	struct kpc_writer *w;
	struct kpc_batch *b;
	char error[256];
	double start, spent;
	uint64_t before;

	fill(load);
	if (kpc_batch_new(&b, events, 3) ||
	    kpc_writer_open(&w, path, 0, error, sizeof(error)))
		return 1;
	kpc_writer_header(w, &header);
	for (int i = 0; i < 3; i++)
		kpc_writer_event(w, &events[i]);
	before = kpc_writer_bytes(w);
	start = now_ns();
	for (int n = 0; n < batches; n++) {
		for (int i = 0; i < ROWS; i++) {
			kpc_batch_add_bytes(b, 120);
			kpc_batch_add(b, &samples[i]);
		}
		kpc_writer_chunk(w, 0, b);
	}
	spent = now_ns() - start;
	printf("%-8s %6.1f ns/event %6.2f bytes/event\n", name,
	       spent / batches / ROWS,
	       (double)(kpc_writer_bytes(w) - before) / batches / ROWS);
	kpc_writer_finish(w, KPC_EXIT_COMMAND);
	kpc_writer_free(w);
	kpc_batch_free(b);
	return 0;
}

int main(int argc, char **argv)
{
	int batches = argc > 1 ? atoi(argv[1]) : 200;
	const char *path = argc > 2 ? argv[2] : "/dev/null";

	if (batches < 1)
		return 2;
	return run("storm", STORM, batches, path) ||
	       run("mixed", MIXED, batches, path) ||
	       run("chains", CHAINS, batches, path);
}
