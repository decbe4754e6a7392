// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "compress.h"
#include "desc.h"
#include "fail.h"
#include "head.h"
#include "ledger.h"
#include "packet.h"
#include "sink.h"
#include "version.h"
#include "writer.h"

#define NS_PER_S	1000000000ull
#define TASKS_MAX	65536u /* in a packet */
#define INDEX_BYTES_MAX (16u << 20)

#define FOOTER_MAGIC 0x3158504bu /* "KPX1" */

enum footer_number { /* Footer's fields, and Head's of it */
	FOOTER_INDEX_OFFSET = 1,
	FOOTER_TOTAL_BYTES = 2,
	FOOTER_EVENTS = 3,
	FOOTER_EXIT_REASON = 4,
	FOOTER_MAGIC_NUMBER = 5,
	HEAD_FOOTER = 23,
};

enum index_number { /* IndexEntry's fields, and Index's of it */
	ENTRY_OFFSET = 1,
	ENTRY_RING = 2,
	ENTRY_EVENTS = 3,
	ENTRY_FIRST_TIME = 4,
	ENTRY_LAST_TIME = 5,
	INDEX_CHUNK = 1,
};

enum task_number { /* TaskEvent's fields, and Tasks' of it */
	TASK_WHAT = 1,
	TASK_TIME = 2,
	TASK_PID = 3,
	TASK_TID = 4,
	TASK_COMM = 5,
	TASK_PARENT = 6,
	TASKS_EVENT = 1,
};

struct index_entry {
	uint64_t offset;
	uint64_t first_time_ns;
	uint64_t last_time_ns;
	uint32_t ring;
	uint32_t events;
};

struct kpc_writer {
	struct kpc_sink *sink;
	struct kpc_compressor *compressor;
	uint8_t uuid[16];
	uint64_t trace; /* the uuid's first 8 bytes */
	clockid_t clock_id;
	uint64_t events;
	uint64_t *sequence; /* next, per ring */
	uint32_t nr_rings;
	struct kpc_buf index; /* struct index_entry of each chunk */
	bool index_full;
	struct kpc_buf repeat; /* packets of the Header and the EventDescs */
	struct kpc_buf head;   /* scratch */
	struct kpc_buf body;   /* scratch */
	struct kpc_buf packet; /* scratch */
	int failed;
	char error[KPC_ERROR_BYTES];
};

int kpc_writer_open(struct kpc_writer **out, const char *path, int level,
		    char *error, size_t error_size)
{
	struct kpc_writer *w = calloc(1, sizeof(*w));
	int err;

	if (!w)
		return kpc_fail(error, error_size, -ENOMEM, "out of memory");
	err = kpc_compressor_new(&w->compressor, level);
	if (err) {
		err = kpc_fail(error, error_size, err,
			       err == -EINVAL ?
				       "zstd's level is from -100 to 19" :
				       "out of memory");
		goto err_free;
	}
	if (getrandom(w->uuid, sizeof(w->uuid), 0) != sizeof(w->uuid)) {
		err = kpc_fail(error, error_size, -errno,
			       "cannot draw a trace id: %s", strerror(errno));
		goto err_free;
	}
	w->trace = kpc_load64(w->uuid);
	err = kpc_sink_open(&w->sink, path, error, error_size);
	if (err)
		goto err_free;
	*out = w;
	return 0;

err_free:
	kpc_writer_free(w);
	return err;
}

/* Remembers the first failure; what the sink said is better than a number. */
static int writer_check(struct kpc_writer *w, int err)
{
	const char *text = kpc_sink_error(w->sink);

	if (!err || w->failed)
		return w->failed;
	w->failed = kpc_fail(w->error, sizeof(w->error), err, "%s",
			     *text ? text : strerror(-err));
	return err;
}

/* ---- packets ------------------------------------------------------------- */

static int write_packet(struct kpc_writer *w)
{
	return kpc_sink_write(w->sink, w->packet.data, w->packet.used);
}

/* A packet of w->head alone into w->packet. */
static int frame_head(struct kpc_writer *w)
{
	struct kpc_framer framer;

	kpc_buf_reset(&w->packet);
	kpc_framer_begin(&framer, &w->packet, w->trace, w->head.data,
			 w->head.used);
	return kpc_framer_end(&framer);
}

static int write_head(struct kpc_writer *w)
{
	int err = frame_head(w);

	return err ? err : write_packet(w);
}

/* A packet of @head with w->body, compressed. */
static int write_body(struct kpc_writer *w, Kprobex__Head *head)
{
	struct kpc_framer framer;
	int err;

	if (w->body.error)
		return w->body.error;
	if (w->body.used > KPC_BODY_BYTES_MAX)
		return -E2BIG;
	head->codec = KPROBEX__CODEC__CODEC_ZSTD;
	head->data_bytes = w->body.used;
	err = kpc_head_pack(&w->head, head);
	if (err)
		return err;
	kpc_buf_reset(&w->packet);
	kpc_framer_begin(&framer, &w->packet, w->trace, w->head.data,
			 w->head.used);
	kpc_framer_data(&framer);
	err = kpc_compressor_add(w->compressor, &w->packet, w->body.data,
				 w->body.used);
	if (!err)
		err = kpc_framer_end(&framer);
	return err ? err : write_packet(w);
}

/* ---- header and events --------------------------------------------------- */

static void fill_host(Kprobex__Header *header, const struct utsname *uts)
{
	header->hostname = kpc_head_text(uts->nodename);
	header->kernel_release = kpc_head_text(uts->release);
	header->kernel_version = kpc_head_text(uts->version);
	header->machine = kpc_head_text(uts->machine);
	header->page_bytes = sysconf(_SC_PAGESIZE);
}

/* Writes the Header, and keeps it once more, marked, for the file's end. */
static int write_header(struct kpc_writer *w, Kprobex__Header *header)
{
	Kprobex__Head head = KPROBEX__HEAD__INIT;
	int err;

	head.kind_case = KPROBEX__HEAD__KIND_HEADER;
	head.header = header;
	header->repeat = true;
	err = kpc_head_pack(&w->head, &head);
	if (!err)
		err = frame_head(w);
	if (err)
		return err;
	kpc_buf_add(&w->repeat, w->packet.data, w->packet.used);
	header->repeat = false;
	err = kpc_head_pack(&w->head, &head);
	if (!err)
		err = write_head(w);
	return err ? err : w->repeat.error;
}

/* The variable part of the Header, in one allocation of each kind. */
static int fill_header(Kprobex__Header *message, const struct kpc_header *h)
{
	Kprobex__Ring *rings;
	size_t argc = 0;

	while (h->argv && h->argv[argc])
		argc++;
	message->argv = calloc(argc + 1, sizeof(*message->argv));
	message->ring =
		calloc(h->nr_rings + 1, sizeof(void *) + sizeof(*rings));
	if (!message->argv || !message->ring)
		return -ENOMEM;
	for (size_t i = 0; i < argc; i++)
		message->argv[i] = kpc_head_text(h->argv[i]);
	message->n_argv = argc;
	rings = (Kprobex__Ring *)(message->ring + h->nr_rings + 1);
	for (uint32_t i = 0; i < h->nr_rings; i++) {
		rings[i] = (Kprobex__Ring)KPROBEX__RING__INIT;
		rings[i].cpu = h->rings[i].cpu;
		rings[i].bytes = h->rings[i].bytes;
		message->ring[i] = &rings[i];
	}
	message->n_ring = h->nr_rings;
	return 0;
}

int kpc_writer_header(struct kpc_writer *w, const struct kpc_header *h)
{
	Kprobex__Header message = KPROBEX__HEADER__INIT;
	struct utsname uts;
	int err;

	if (w->failed)
		return w->failed;
	if (uname(&uts))
		return writer_check(w, -errno);
	free(w->sequence);
	w->sequence = calloc(h->nr_rings + 1, sizeof(*w->sequence));
	w->nr_rings = h->nr_rings;
	w->clock_id = h->clock_id;
	message.version = 1;
	message.uuid.data = w->uuid;
	message.uuid.len = sizeof(w->uuid);
	message.writer = (char *)"collect " KPC_VERSION;
	fill_host(&message, &uts);
	message.cpus_online = h->cpus_online;
	message.clock_id = h->clock_id;
	message.start_time_ns = h->start_ns;
	err = w->sequence ? fill_header(&message, h) : -ENOMEM;
	if (!err)
		err = write_header(w, &message);
	free(message.argv);
	free(message.ring);
	return writer_check(w, err);
}

int kpc_writer_event(struct kpc_writer *w, const struct kpc_event *event)
{
	int err;

	if (w->failed)
		return w->failed;
	err = kpc_desc_pack(&w->head, event);
	if (!err)
		err = write_head(w);
	if (!err) {
		kpc_buf_add(&w->repeat, w->packet.data, w->packet.used);
		err = w->repeat.error;
	}
	return writer_check(w, err);
}

/* ---- what comes as it comes ---------------------------------------------- */

static int write_chunk(struct kpc_writer *w, uint32_t ring,
		       struct kpc_batch *batch)
{
	Kprobex__Head head = KPROBEX__HEAD__INIT;
	Kprobex__Chunk chunk = KPROBEX__CHUNK__INIT;
	struct kpc_batch_summary summary;
	struct index_entry entry = {
		.offset = kpc_sink_bytes(w->sink),
		.ring = ring,
		.events = kpc_batch_events(batch),
	};
	int err;

	kpc_buf_reset(&w->body);
	err = kpc_batch_encode(batch, &w->body, &summary);
	if (err)
		return err;
	chunk.ring = ring;
	chunk.sequence = w->sequence[ring];
	chunk.events = entry.events;
	chunk.first_time_ns = summary.first_time_ns;
	chunk.last_time_ns = summary.last_time_ns;
	chunk.lost = summary.lost;
	chunk.raw_bytes = kpc_batch_raw_bytes(batch);
	head.kind_case = KPROBEX__HEAD__KIND_CHUNK;
	head.chunk = &chunk;
	err = write_body(w, &head);
	if (err)
		return err;
	w->sequence[ring]++;
	w->events += entry.events;
	entry.first_time_ns = summary.first_time_ns;
	entry.last_time_ns = summary.last_time_ns;
	/* Memory is bounded: of a longer trace there is no index. */
	if (w->index.used >= INDEX_BYTES_MAX)
		w->index_full = true;
	else
		kpc_buf_add(&w->index, &entry, sizeof(entry));
	return w->index.error;
}

int kpc_writer_chunk(struct kpc_writer *w, uint32_t ring,
		     struct kpc_batch *batch)
{
	int err = w->failed;

	if (!err && !kpc_batch_empty(batch))
		err = ring < w->nr_rings ? write_chunk(w, ring, batch) :
					   -EINVAL;
	kpc_batch_reset(batch);
	return writer_check(w, err);
}

static void add_task(struct kpc_buf *body, const struct kpc_task_event *event)
{
	size_t begin = kpc_wire_begin(body, TASKS_EVENT);
	size_t comm = strnlen(event->comm, sizeof(event->comm));

	if (event->what)
		kpc_wire_add_varint(body, TASK_WHAT, event->what);
	kpc_wire_add_varint(body, TASK_TIME, event->time_ns);
	kpc_wire_add_varint(body, TASK_PID, event->pid);
	kpc_wire_add_varint(body, TASK_TID, event->tid);
	if (comm)
		kpc_wire_add_bytes(body, TASK_COMM, event->comm, comm);
	if (event->parent_tid)
		kpc_wire_add_varint(body, TASK_PARENT, event->parent_tid);
	kpc_wire_end(body, begin);
}

static int write_tasks(struct kpc_writer *w, const struct kpc_task_event *event,
		       uint32_t nr)
{
	Kprobex__Head head = KPROBEX__HEAD__INIT;
	Kprobex__TasksHead tasks = KPROBEX__TASKS_HEAD__INIT;

	kpc_buf_reset(&w->body);
	for (uint32_t i = 0; i < nr; i++)
		add_task(&w->body, &event[i]);
	tasks.events = nr;
	head.kind_case = KPROBEX__HEAD__KIND_TASKS;
	head.tasks = &tasks;
	return write_body(w, &head);
}

int kpc_writer_tasks(struct kpc_writer *w, const struct kpc_task_event *events,
		     uint32_t nr)
{
	int err = w->failed;

	while (!err && nr) {
		uint32_t n = nr < TASKS_MAX ? nr : TASKS_MAX;

		err = write_tasks(w, events, n);
		events += n;
		nr -= n;
	}
	return writer_check(w, err);
}

int kpc_writer_ledger(struct kpc_writer *w, const struct kpc_ledger *ledger)
{
	int err;

	if (w->failed)
		return w->failed;
	err = kpc_ledger_pack(&w->head, ledger);
	if (!err)
		err = write_head(w);
	return writer_check(w, err);
}

static uint64_t read_clock(clockid_t clock)
{
	struct timespec now = { 0 };

	clock_gettime(clock, &now);
	return now.tv_sec * NS_PER_S + now.tv_nsec;
}

int kpc_writer_clock(struct kpc_writer *w)
{
	Kprobex__Head head = KPROBEX__HEAD__INIT;
	Kprobex__ClockSnapshot clock = KPROBEX__CLOCK_SNAPSHOT__INIT;
	uint64_t before;
	int err;

	if (w->failed)
		return w->failed;
	before = read_clock(w->clock_id);
	clock.monotonic_ns = read_clock(CLOCK_MONOTONIC);
	clock.monotonic_raw_ns = read_clock(CLOCK_MONOTONIC_RAW);
	clock.boottime_ns = read_clock(CLOCK_BOOTTIME);
	clock.realtime_ns = read_clock(CLOCK_REALTIME);
	clock.uncertainty_ns = read_clock(w->clock_id) - before;
	/* The readings lie around the middle. */
	clock.trace_ns = before + clock.uncertainty_ns / 2;
	head.kind_case = KPROBEX__HEAD__KIND_CLOCK;
	head.clock = &clock;
	err = kpc_head_pack(&w->head, &head);
	if (!err)
		err = write_head(w);
	return writer_check(w, err);
}

/* ---- the end ------------------------------------------------------------- */

static void add_index_entry(struct kpc_buf *body,
			    const struct index_entry *entry)
{
	size_t begin = kpc_wire_begin(body, INDEX_CHUNK);

	kpc_wire_add_varint(body, ENTRY_OFFSET, entry->offset);
	if (entry->ring)
		kpc_wire_add_varint(body, ENTRY_RING, entry->ring);
	kpc_wire_add_varint(body, ENTRY_EVENTS, entry->events);
	kpc_wire_add_fixed64(body, ENTRY_FIRST_TIME, entry->first_time_ns);
	kpc_wire_add_fixed64(body, ENTRY_LAST_TIME, entry->last_time_ns);
	kpc_wire_end(body, begin);
}

static int write_index(struct kpc_writer *w)
{
	Kprobex__Head head = KPROBEX__HEAD__INIT;
	Kprobex__IndexHead index = KPROBEX__INDEX_HEAD__INIT;
	struct index_entry entry;

	kpc_buf_reset(&w->body);
	for (size_t at = 0; at < w->index.used; at += sizeof(entry)) {
		memcpy(&entry, w->index.data + at, sizeof(entry));
		add_index_entry(&w->body, &entry);
	}
	index.chunks = w->index.used / sizeof(entry);
	head.kind_case = KPROBEX__HEAD__KIND_INDEX;
	head.index = &index;
	return write_body(w, &head);
}

/* By hand: protobuf-c leaves zeros out, and the size must not depend on them */
static int write_footer(struct kpc_writer *w, uint64_t index_offset,
			enum kpc_exit_reason reason)
{
	struct kpc_buf *head = &w->head;
	struct kpc_buf footer = { 0 };
	int err;

	kpc_wire_add_fixed64(&footer, FOOTER_INDEX_OFFSET, index_offset);
	kpc_wire_add_fixed64(&footer, FOOTER_TOTAL_BYTES,
			     kpc_sink_bytes(w->sink) + KPC_FOOTER_BYTES);
	kpc_wire_add_fixed64(&footer, FOOTER_EVENTS, w->events);
	kpc_wire_add_fixed32(&footer, FOOTER_EXIT_REASON, reason);
	kpc_wire_add_fixed32(&footer, FOOTER_MAGIC_NUMBER, FOOTER_MAGIC);
	kpc_buf_reset(head);
	kpc_wire_add_bytes(head, HEAD_FOOTER, footer.data, footer.used);
	err = footer.error ? footer.error : head->error;
	kpc_buf_uninit(&footer);
	if (!err)
		err = frame_head(w);
	if (err)
		return err;
	return w->packet.used == KPC_FOOTER_BYTES ? write_packet(w) : -EINVAL;
}

int kpc_writer_finish(struct kpc_writer *w, enum kpc_exit_reason reason)
{
	uint64_t index_offset;
	int err;

	if (w->failed)
		return w->failed;
	err = kpc_sink_write(w->sink, w->repeat.data, w->repeat.used);
	index_offset = kpc_sink_bytes(w->sink);
	if (!err)
		err = w->index_full ? -E2BIG : write_index(w);
	if (err == -E2BIG) {
		/* More chunks than a packet can list: readers scan. */
		index_offset = 0;
		err = 0;
	}
	if (!err)
		err = write_footer(w, index_offset, reason);
	if (!err)
		err = kpc_sink_finish(w->sink);
	return writer_check(w, err);
}

void kpc_writer_give_up_when(struct kpc_writer *w, bool (*give_up)(void *ctx),
			     void *ctx)
{
	kpc_sink_give_up_when(w->sink, give_up, ctx);
}

uint64_t kpc_writer_bytes(const struct kpc_writer *w)
{
	return kpc_sink_bytes(w->sink);
}

uint64_t kpc_writer_events(const struct kpc_writer *w)
{
	return w->events;
}

const char *kpc_writer_error(const struct kpc_writer *w)
{
	return w->error;
}

void kpc_writer_free(struct kpc_writer *w)
{
	if (!w)
		return;
	kpc_sink_free(w->sink);
	kpc_compressor_free(w->compressor);
	free(w->sequence);
	kpc_buf_uninit(&w->index);
	kpc_buf_uninit(&w->repeat);
	kpc_buf_uninit(&w->head);
	kpc_buf_uninit(&w->body);
	kpc_buf_uninit(&w->packet);
	free(w);
}
