// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any bytes as a trace file. Their packets' CRCs are put right first, for else
 * nothing behind them would ever be reached; damage that the CRC finds is the
 * unit tests' matter.
 *
 * Under the fuzzer, most mutations are of one packet: of its head, of its body
 * as it is before compression, or of its place.
 */
#define _GNU_SOURCE /* memfd_create */
#include <sys/mman.h>
#include <unistd.h>

#include "collect.h"
#include "crc32c.h"
#include "fuzz.h"
#include "packet.h"

#define ROWS_MAX 20000 /* that are looked at: few bytes may stand for more */

static volatile uint64_t sum;

/* ---- the bytes put right ------------------------------------------------- */

/* The next frame of a packet from *@at: its members, and where it begins. */
static bool next_frame(uint8_t *data, size_t size, size_t *at,
		       struct kpc_wire *members, size_t *start)
{
	while (*at < size) {
		ssize_t next = kpc_packet_find(data + *at, size - *at);
		uint64_t length;

		if (next < 0)
			break;
		*at += next;
		*start = *at;
		*members = (struct kpc_wire){ data + *at + 1, data + size };
		if (kpc_wire_get_varint(members, &length) ||
		    length > kpc_wire_left(members) || length < 20) {
			++*at;
			continue;
		}
		members->end = members->at + length;
		*at = members->end - data;
		return true;
	}
	return false;
}

/* Repairs the packet whose members are in @wire, if it ends as they do. */
static void repair(struct kpc_wire wire)
{
	struct kpc_wire_field field;
	uint8_t *at = (uint8_t *)wire.end - 4;
	uint32_t crc = 0;

	while (kpc_wire_next(&wire, &field) > 0)
		if (field.type == KPC_WIRE_BYTES &&
		    (field.number == 3 || field.number == 4))
			crc = kpc_crc32c(crc, field.bytes.at,
					 kpc_wire_left(&field.bytes));
	memcpy(at, &crc, sizeof(crc));
}

static void repair_all(uint8_t *data, size_t size)
{
	struct kpc_wire members;
	size_t at = 0, start;

	while (next_frame(data, size, &at, &members, &start))
		repair(members);
}

/* ---- reading ------------------------------------------------------------- */

static void touch(const struct kpc_row *row)
{
	sum += fuzz_sum(row->comm, strlen(row->comm)) + row->cpu;
	if (row->stack_depth)
		sum += fuzz_sum(row->stack,
				row->stack_depth * sizeof(uint64_t));
	sum += fuzz_sum(row->payload, row->payload_bytes) +
	       strlen(row->cgroup_path);
	for (uint32_t f = 0; f < row->event->nr_fields; f++)
		sum += row->values[f].u +
		       fuzz_sum(row->values[f].blob, row->values[f].blob_bytes);
}

static void touch_trace(const struct kpc_reader *reader)
{
	const struct kpc_trace_info *info = kpc_reader_info(reader);
	const struct kpc_ledger *ledger = kpc_reader_ledger(reader);

	sum += strlen(info->writer) + strlen(info->hostname) +
	       strlen(info->kernel_release) + strlen(info->machine);
	for (const char *const *arg = info->argv; *arg; arg++)
		sum += strlen(*arg);
	if (ledger)
		sum += fuzz_sum(ledger->events,
				ledger->nr_events * sizeof(*ledger->events));
}

/* Rows of all traces, ROWS_MAX at most. */
static uint64_t read_rows(struct kpc_reader *reader)
{
	uint64_t rows = 0;
	struct kpc_row row;
	int ret;

	do {
		touch_trace(reader);
		while ((ret = kpc_reader_next(reader, &row)) > 0 &&
		       rows < ROWS_MAX) {
			rows++;
			touch(&row);
		}
		if (ret >= 0 && rows < ROWS_MAX)
			ret = kpc_reader_next_trace(reader);
	} while (ret > 0 && rows < ROWS_MAX);
	return rows;
}

/* All that a table says is there may be read. */
static void touch_table(const struct kpc_table *table)
{
	for (uint32_t i = 0; table->time_ns && i < table->rows; i++)
		sum += table->time_ns[i];
	for (uint32_t i = 0; table->tids && i < table->rows; i++)
		sum += table->tids[i];
	for (uint32_t f = 0; table->columns && f < table->event->nr_fields;
	     f++) {
		const struct kpc_table_column *c = &table->columns[f];

		for (uint32_t i = 0; c->times && i < c->nr; i++)
			sum += c->v[i] * c->times[i];
		for (uint32_t i = 0; c->v && !c->times && i < table->rows; i++)
			sum += c->v[table->record && !c->by_row ?
					    table->record[i] :
					    i];
	}
}

static uint64_t read_tables(struct kpc_reader *reader, unsigned int what)
{
	struct kpc_table table;
	uint64_t rows = 0;
	int ret;

	do {
		while ((ret = kpc_reader_next_table(reader, what, &table)) >
		       0) {
			rows += table.rows;
			touch_table(&table);
		}
		if (ret >= 0)
			ret = kpc_reader_next_trace(reader);
	} while (ret > 0);
	return rows;
}

enum way {
	ROWS,
	TABLES,
	SUMS,
	ORDER,
	FROM_THE_MIDDLE,
};

static bool read_all(const char *path, enum way way, int threads,
		     uint64_t *rows)
{
	const struct kpc_trace_info *info;
	struct kpc_reader *reader;

	*rows = 0;
	if (kpc_reader_open(&reader, path, NULL, 0))
		return false;
	kpc_reader_set_threads(reader, threads);
	info = kpc_reader_info(reader);
	CHECK(!kpc_reader_seek(reader,
			       way == FROM_THE_MIDDLE ?
				       info->start_ns / 2 + info->end_ns / 2 :
				       0));
	if (way == TABLES)
		*rows = read_tables(reader, KPC_TABLE_TIMES);
	else if (way == SUMS)
		*rows = read_tables(reader, KPC_TABLE_SUMS);
	else if (way == ORDER)
		*rows = read_tables(reader, KPC_TABLE_SUMS | KPC_TABLE_TIMES |
						    KPC_TABLE_THREADS);
	else
		*rows = read_rows(reader);
	kpc_reader_close(reader);
	return true;
}

/* All ways to read a file agree. */
static void read_in_all_ways(const char *path, int threads)
{
	struct kpc_verify_result found = { .size = sizeof(found) };
	uint64_t rows, tables, sums, order, some;

	if (!read_all(path, ROWS, threads, &rows))
		return;
	CHECK(read_all(path, TABLES, threads, &tables));
	CHECK(read_all(path, SUMS, threads, &sums));
	CHECK(read_all(path, ORDER, threads, &order));
	CHECK(read_all(path, FROM_THE_MIDDLE, threads, &some));
	if (rows == ROWS_MAX)
		return;
	CHECK(sums >= order && order >= tables && tables >= rows &&
	      some <= rows);
	CHECK(!kpc_verify(path, NULL, &found, NULL, 0));
	CHECK(found.rows == rows);
}

/* What is repaired has the same rows, and reads. */
static void repair_file(const char *path)
{
	struct kpc_verify_result found = { .size = sizeof(found) };
	int fd = memfd_create("repaired", MFD_CLOEXEC);
	uint64_t rows, repaired;
	char out[64];

	CHECK(fd >= 0);
	snprintf(out, sizeof(out), "/proc/self/fd/%d", fd);
	if (read_all(path, ROWS, 0, &rows) && rows < ROWS_MAX &&
	    !kpc_repair(path, out, NULL, &found, NULL, 0)) {
		CHECK(read_all(out, ROWS, 0, &repaired) || !rows);
		CHECK(repaired == rows);
	}
	close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size + 1);
	char path[64];
	int fd;

	CHECK(copy);
	memcpy(copy, data, size);
	repair_all(copy, size);
	fd = memfd_create("fuzz", MFD_CLOEXEC);
	if (fd >= 0 && write(fd, copy, size) == (ssize_t)size) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		read_in_all_ways(path, size % 8 ? 0 : 2);
		repair_file(path);
	}
	if (fd >= 0)
		close(fd);
	free(copy);
	return 0;
}

#ifdef KPX_FUZZING
/* ---- mutations ----------------------------------------------------------- */

#include "compress.h"
#include "head.h"

#define PACKETS_MAX 256

struct frame {
	size_t start;
	size_t bytes;
	struct kpc_wire head;
	struct kpc_wire data;
	uint64_t trace;
};

static struct frame frames[PACKETS_MAX];
static uint8_t scratch[1 << 20];

static uint32_t find_frames(uint8_t *data, size_t size)
{
	struct kpc_wire members;
	size_t at = 0, start;
	uint32_t nr = 0;

	while (nr < PACKETS_MAX &&
	       next_frame(data, size, &at, &members, &start)) {
		struct frame *frame = &frames[nr++];
		struct kpc_wire_field field;

		*frame = (struct frame){ .start = start, .bytes = at - start };
		while (kpc_wire_next(&members, &field) > 0) {
			if (field.number == 2)
				frame->trace = field.value;
			else if (field.number == 3 &&
				 field.type == KPC_WIRE_BYTES)
				frame->head = field.bytes;
			else if (field.number == 4 &&
				 field.type == KPC_WIRE_BYTES)
				frame->data = field.bytes;
		}
	}
	return nr;
}

static size_t load(struct kpc_wire wire)
{
	size_t n = kpc_wire_left(&wire);

	if (n > sizeof(scratch))
		n = sizeof(scratch);
	if (n)
		memcpy(scratch, wire.at, n);
	return n;
}

/* A frame of this head and what is in scratch, if there's any. */
static void add_frame(struct kpc_buf *out, const struct frame *frame,
		      const void *head, size_t head_bytes, size_t data_bytes)
{
	struct kpc_framer framer;

	kpc_framer_begin(&framer, out, frame->trace, head, head_bytes);
	if (data_bytes) {
		kpc_framer_data(&framer);
		kpc_buf_add(out, scratch, data_bytes);
	}
	kpc_framer_end(&framer);
}

static void mutate_head(struct kpc_buf *out, const struct frame *frame)
{
	static uint8_t head[1 << 16];
	size_t n = kpc_wire_left(&frame->head);

	if (n > sizeof(head))
		n = sizeof(head);
	if (n)
		memcpy(head, frame->head.at, n);
	n = LLVMFuzzerMutate(head, n, sizeof(head));
	add_frame(out, frame, head, n, load(frame->data));
}

/* Its bytes before compression into scratch; how many. */
static size_t load_body(const Kprobex__Head *head, const struct frame *frame)
{
	static struct kpc_decompressor *decompressor;
	static struct kpc_buf body;

	if (head->codec != KPROBEX__CODEC__CODEC_ZSTD)
		return load(frame->data);
	if (!decompressor)
		CHECK(!kpc_decompressor_new(&decompressor));
	if (head->data_bytes > sizeof(scratch) ||
	    kpc_decompressor_run(decompressor, &body, head->data_bytes,
				 frame->data.at, kpc_wire_left(&frame->data)))
		return 0;
	return load((struct kpc_wire){ body.data, body.data + body.used });
}

static void mutate_body(struct kpc_buf *out, const struct frame *frame)
{
	Kprobex__Head *head = kpc_head_unpack(frame->head);
	static struct kpc_buf packed;
	size_t n;

	if (!head) {
		mutate_head(out, frame);
		return;
	}
	n = load_body(head, frame);
	n = LLVMFuzzerMutate(scratch, n, sizeof(scratch) / 4);
	head->codec = KPROBEX__CODEC__CODEC_NONE;
	head->data_bytes = n;
	if (!kpc_head_pack(&packed, head))
		add_frame(out, frame, packed.data, packed.used, n);
	kpc_head_free(head);
}

/*
 * The footer, where it is last, says where the last packet but one is (the
 * index, mostly), and how long the file is.
 */
static void mend_footer(struct kpc_buf *out)
{
	uint32_t nr = find_frames(out->data, out->used);
	const struct frame *last = nr ? &frames[nr - 1] : NULL;
	uint64_t at, end = out->used;

	if (nr < 2 || last->bytes != KPC_FOOTER_BYTES ||
	    kpc_wire_left(&last->head) < 21)
		return;
	at = last[-1].start;
	memcpy((uint8_t *)last->head.at + 4, &at, sizeof(at));
	memcpy((uint8_t *)last->head.at + 13, &end, sizeof(end));
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room,
			       unsigned int seed)
{
	static struct kpc_buf out;
	uint32_t nr = find_frames(data, size), chosen = seed / 64 % (nr + !nr);
	uint32_t other = seed / 4096 % (nr + !nr), way = seed % 16;

	if (!nr || way < 3)
		return LLVMFuzzerMutate(data, size, room);
	kpc_buf_reset(&out);
	for (uint32_t i = 0; i < nr; i++) {
		const struct frame *frame = &frames[i];

		if (i != chosen)
			; /* as it is */
		else if (way < 6)
			mutate_head(&out, frame);
		else if (way < 13)
			mutate_body(&out, frame);
		else if (way == 13)
			kpc_buf_add(&out, data + frames[other].start,
				    frames[other].bytes);
		if (i != chosen || way == 13)
			kpc_buf_add(&out, data + frame->start, frame->bytes);
		else if (way == 14 && i + 1 < nr) { /* change places */
			kpc_buf_add(&out, data + frame[1].start,
				    frame[1].bytes);
			kpc_buf_add(&out, data + frame->start, frame->bytes);
			i++;
		}
	}
	if (seed / 16 % 4)
		mend_footer(&out);
	if (out.error || !out.used || out.used > room)
		return LLVMFuzzerMutate(data, size, room);
	memcpy(data, out.data, out.used);
	return out.used;
}
#endif /* KPX_FUZZING */
