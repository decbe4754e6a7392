/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fixture.h - a small trace with a bit of everything, and files of it
 */
#ifndef FIXTURE_H
#define FIXTURE_H

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "unit.h"
#include "writer.h"

struct fixture_record {
	uint16_t type;
	uint8_t flags;
	uint8_t preempt;
	int32_t pid;
	uint64_t file;
	int64_t value;
	char name[8];
	uint32_t path;	  /* __data_loc */
	uint8_t tail[12]; /* what path points to */
};

#define FIXTURE_FIELD(_name, _member, _kind, ...)                       \
	{                                                               \
		.name = (char *)_name, .type = (char *)"t",             \
		.offset = offsetof(struct fixture_record, _member),     \
		.bytes = sizeof(((struct fixture_record *)0)->_member), \
		.kind = _kind, __VA_ARGS__                              \
	}

static struct kpc_field fixture_fields[] = {
	FIXTURE_FIELD("common_type", type, KPC_FIELD_UNSIGNED, .common = true),
	FIXTURE_FIELD("common_pid", pid, KPC_FIELD_SIGNED, .common = true),
	FIXTURE_FIELD("file", file, KPC_FIELD_HEX),
	FIXTURE_FIELD("value", value, KPC_FIELD_SIGNED),
	FIXTURE_FIELD("name", name, KPC_FIELD_STRING),
	FIXTURE_FIELD("path", path, KPC_FIELD_STRING, .dynamic = true),
};

static struct kpc_field fixture_bytes[] = {
	FIXTURE_FIELD("tail", tail, KPC_FIELD_BYTES),
	FIXTURE_FIELD("count", file, KPC_FIELD_UNSIGNED),
};

static struct kpc_event fixture_events[] = {
	{ .id = 0,
	  .name = (char *)"vfs_write",
	  .fields = fixture_fields,
	  .nr_fields = 6,
	  .source = KPC_SOURCE_KPROBEX,
	  .callchain = true,
	  .definition = (char *)"p:vfs_write vfs_write" },
	{ .id = 1,
	  .name = (char *)"sys:other",
	  .fields = fixture_bytes,
	  .nr_fields = 2,
	  .source = KPC_SOURCE_TRACEPOINT },
};

#define FIXTURE_EVENTS 2
#define FIXTURE_RINGS  2

static struct fixture_record fixture_records[4096];

static inline void fixture_record(struct fixture_record *r, uint32_t i,
				  uint32_t tid)
{
	*r = (struct fixture_record){ .type = 7,
				      .pid = tid,
				      .file = 0xffff888100000000ull +
					      i % 5 * 64,
				      .value = (int64_t)i - 10 };
	snprintf(r->name, sizeof(r->name), "n%u", i % 3);
	r->path = offsetof(struct fixture_record, tail) | 6u << 16;
	snprintf((char *)r->tail, sizeof(r->tail), "p\"%u", i % 4);
}

/* Adds row @i of the trace, of that cgroup; its time is 1 s + i µs. */
static inline void fixture_add_of(struct kpc_batch *batch, uint32_t i,
				  uint64_t cgroup)
{
	static const uint64_t chains[2][3] = {
		{ 0xffffffff81000010ull, 0xffffffff81000020ull, 5 },
		{ 0xffffffff81000010ull, 0xffffffff81000030ull, 6 },
	};
	struct kpc_sample sample = {
		.time_ns = 1000000000ull + i * 1000ull,
		.event = i % 4 == 3,
		.tid = 100 + i % 3,
		.raw = (const uint8_t *)&fixture_records[i],
		.raw_bytes = sizeof(fixture_records[i]),
		.cgroup = cgroup,
	};

	fixture_record(&fixture_records[i], i, sample.tid);
	if (!sample.event && i % 2) {
		sample.chain = chains[i / 2 % 2];
		sample.chain_depth = 3;
	}
	if (i % 11 == 10)
		sample.raw_bytes = 5; /* too short for its fields */
	kpc_batch_add_bytes(batch, 64);
	assert_true(kpc_batch_add(batch, &sample));
}

static inline void fixture_add(struct kpc_batch *batch, uint32_t i)
{
	fixture_add_of(batch, i, 0);
}

/*
 * Writes a trace of @chunks chunks, in turn on the rings, of @rows rows each.
 * Row i of the trace is fixture_add()'s i.
 */
static inline void fixture_write(const char *path, uint32_t chunks,
				 uint32_t rows)
{
	struct kpc_ring_desc rings[FIXTURE_RINGS] = { { 0, 4096 },
						      { 3, 4096 } };
	char *argv[] = { (char *)"collect", (char *)"-o", (char *)"x", NULL };
	struct kpc_header header = { .rings = rings,
				     .nr_rings = FIXTURE_RINGS,
				     .argv = argv,
				     .clock_id = 1,
				     .start_ns = 1000000000ull,
				     .cpus_online = 4 };
	struct kpc_task_event tasks[] = {
		{ KPC_TASK_EXISTS, 5, 100, 100, 0, "dd" },
		{ KPC_TASK_EXISTS, 5, 100, 101, 0, "odd name" },
		{ KPC_TASK_NAME, 1000004000ull, 100, 101, 0, "renamed" },
	};
	struct kpc_event_account accounts[FIXTURE_EVENTS] = {
		{ .count = chunks * rows + 9,
		  .delivered = chunks * rows,
		  .lost = 9,
		  .has_probe = true,
		  .probe.entered = 77 }
	};
	struct kpc_ring_account ring_accounts[FIXTURE_RINGS] = { { 1, 2, 3 } };
	struct kpc_ledger ledger = { .time_ns = 2000000000ull,
				     .final = true,
				     .events = accounts,
				     .nr_events = FIXTURE_EVENTS,
				     .rings = ring_accounts,
				     .nr_rings = FIXTURE_RINGS };
	struct kpc_writer *w;
	struct kpc_batch *batch;
	char error[256];

	assert_int_equal(kpc_writer_open(&w, path, 0, error, sizeof(error)), 0);
	assert_int_equal(kpc_batch_new(&batch, fixture_events, FIXTURE_EVENTS),
			 0);
	assert_int_equal(kpc_writer_header(w, &header), 0);
	for (int i = 0; i < FIXTURE_EVENTS; i++)
		assert_int_equal(kpc_writer_event(w, &fixture_events[i]), 0);
	assert_int_equal(kpc_writer_clock(w), 0);
	assert_int_equal(kpc_writer_tasks(w, tasks, 3), 0);
	for (uint32_t c = 0; c < chunks; c++) {
		for (uint32_t i = 0; i < rows; i++)
			fixture_add(batch, c * rows + i);
		if (c == 1)
			assert_int_equal(kpc_batch_add_loss(batch, 9, 1), 0);
		assert_int_equal(kpc_writer_chunk(w, c % FIXTURE_RINGS, batch),
				 0);
	}
	assert_int_equal(kpc_writer_events(w), chunks * rows);
	assert_int_equal(kpc_writer_ledger(w, &ledger), 0);
	assert_int_equal(kpc_writer_finish(w, KPC_EXIT_COMMAND), 0);
	kpc_writer_free(w);
	kpc_batch_free(batch);
}

/* A name for a temporary file, which exists and is empty. */
/* In memory, where it can be: tests that spoil a file do so ten thousand times. */
static inline const char *fixture_dir(void)
{
	const char *dir = getenv("TMPDIR");

	if (dir && *dir)
		return dir;
	return access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm";
}

static inline char *fixture_path(void)
{
	char *path = malloc(4096);
	int fd;

	snprintf(path, 4096, "%s/kpc-unit.XXXXXX", fixture_dir());
	fd = mkstemp(path);
	assert_true(fd >= 0);
	close(fd);
	return path;
}

static inline uint8_t *fixture_load(const char *path, size_t *bytes)
{
	FILE *file = fopen(path, "rb");
	uint8_t *data;

	assert_non_null(file);
	fseek(file, 0, SEEK_END);
	*bytes = ftell(file);
	rewind(file);
	data = malloc(*bytes + 1);
	assert_int_equal(fread(data, 1, *bytes, file), *bytes);
	fclose(file);
	return data;
}

static inline void fixture_store(const char *path, const void *data,
				 size_t bytes)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, bytes), (ssize_t)bytes);
	close(fd);
}

/* What row @i of the table has in a column, as collect.h says. */
static inline uint64_t fixture_table_value(const struct kpc_table *table,
					   uint32_t column, uint32_t i)
{
	const struct kpc_table_column *c = &table->columns[column];

	if (!c->v)
		return c->constant;
	return c->v[table->record && !c->by_row ? table->record[i] : i];
}

#endif /* FIXTURE_H */
