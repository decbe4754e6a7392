// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "body_fields.h"
#include "desc.h"
#include "fail.h"
#include "head.h"
#include "host.h"
#include "index.h"
#include "ledger.h"
#include "outlet.h"
#include "packer.h"
#include "veilbody.h"
#include "version.h"
#include "writer.h"

#define NS_PER_S  1000000000ull
#define TASKS_MAX 65536u /* in a packet */

#define ARGV_BYTES_MAX (256u << 10) /* of the command line, in the Header */
#define WORD_OVERHEAD  8u	    /* of each word */

struct kpc_writer {
	struct kpc_outlet *outlet;
	bool shares; /* the outlet is another writer's */
	struct kpc_packer packer;
	int level;
	clockid_t clock_id;
	uint64_t *sequence; /* next, per ring */
	uint32_t nr_rings;
	struct kpc_veil
		*veil; /* NULL: all is as it is; else it may be shared, too */
	struct kpc_event_set set; /* of the chunk that is encoded */
	/* What packer.packet is; its kind is 0 if it holds none. */
	struct kpc_packet_info made;
};

static int writer_new(struct kpc_writer **out, int level)
{
	*out = calloc(1, sizeof(**out));
	if (!*out)
		return -ENOMEM;
	(*out)->level = level;
	return 0;
}

int kpc_writer_open(struct kpc_writer **out, const char *path, int level,
		    char *error, size_t error_size)
{
	struct kpc_writer *w;
	uint64_t trace;
	int err = writer_new(&w, level);

	if (err)
		return kpc_fail(error, error_size, err, "out of memory");
	err = kpc_outlet_open(&w->outlet, path, level, error, error_size);
	if (err)
		goto err_free;
	trace = kpc_tracefile_trace(kpc_outlet_file(w->outlet));
	err = kpc_packer_init(&w->packer, level, trace);
	if (err) {
		kpc_fail(error, error_size, err, "out of memory");
		goto err_free;
	}
	*out = w;
	return 0;

err_free:
	kpc_writer_free(w);
	return err;
}

/* The first failure, of whatever writer, is that of all. */
static int writer_check(struct kpc_writer *w, int err)
{
	return err ? kpc_outlet_fail(w->outlet, err, NULL) : 0;
}

static int set_rings(struct kpc_writer *w, uint32_t nr)
{
	free(w->sequence);
	w->sequence = calloc(nr + 1, sizeof(*w->sequence));
	w->nr_rings = nr;
	return w->sequence ? 0 : -ENOMEM;
}

int kpc_writer_share(struct kpc_writer **out, struct kpc_writer *of)
{
	struct kpc_writer *w;
	int err = writer_new(&w, of->level);

	if (err)
		return err;
	w->outlet = of->outlet;
	w->shares = true;
	w->veil = of->veil;
	w->clock_id = of->clock_id;
	err = kpc_packer_init(&w->packer, of->level, of->packer.trace);
	if (!err)
		err = set_rings(w, of->nr_rings);
	if (err)
		kpc_writer_free(w);
	else
		*out = w;
	return err;
}

int kpc_writer_anonymize(struct kpc_writer *w)
{
	struct kpc_veil *veil = calloc(1, sizeof(*veil));
	int err = veil ? kpc_veil_draw(veil) : -ENOMEM;

	if (err) {
		free(veil);
		return writer_check(w, err);
	}
	w->veil = veil;
	return 0;
}

int kpc_writer_start(struct kpc_writer *w, size_t memory_bytes)
{
	int err = kpc_outlet_start(w->outlet, memory_bytes);

	return err ? kpc_outlet_fail(w->outlet, err, NULL) : 0;
}

struct kpc_outlet *kpc_writer_outlet(const struct kpc_writer *w)
{
	return w->outlet;
}

/* ---- packets ------------------------------------------------------------- */

static uint64_t read_clock(clockid_t clock)
{
	struct timespec now = { 0 };

	clock_gettime(clock, &now);
	return now.tv_sec * NS_PER_S + now.tv_nsec;
}

/* packer.packet is one now. */
static void made(struct kpc_writer *w, uint32_t kind)
{
	uint64_t now = read_clock(w->clock_id);

	w->made = (struct kpc_packet_info){
		.kind = kind,
		.first_time_ns = now,
		.last_time_ns = now,
	};
}

int kpc_writer_put(struct kpc_writer *w)
{
	int err = kpc_outlet_failed(w->outlet);

	if (!err && w->made.kind)
		err = kpc_outlet_put(w->outlet, &w->made, w->packer.packet.data,
				     w->packer.packet.used);
	w->made.kind = 0;
	return err;
}

int kpc_writer_put_rows(struct kpc_writer *w,
			const struct kpc_packet_rows *rows, uint32_t nr)
{
	w->made.rows = rows;
	w->made.nr_rows = nr;
	return kpc_writer_put(w);
}

static int write_head(struct kpc_writer *w, const Kprobex__Head *head)
{
	int err = kpc_packer_head(&w->packer, head);

	if (err)
		return err;
	made(w, head->kind_case);
	return kpc_writer_put(w);
}

static int write_frame(struct kpc_writer *w, uint32_t kind)
{
	int err = kpc_packer_frame(&w->packer);

	if (err)
		return err;
	made(w, kind);
	return kpc_writer_put(w);
}

static int write_body(struct kpc_writer *w, Kprobex__Head *head)
{
	int err = kpc_packer_body(&w->packer, head);

	if (err)
		return err;
	made(w, head->kind_case);
	return kpc_writer_put(w);
}

/* ---- header and events --------------------------------------------------- */

static void fill_uts(Kprobex__Header *header, const struct utsname *uts)
{
	header->hostname = kpc_head_text(uts->nodename);
	header->kernel_release = kpc_head_text(uts->release);
	header->kernel_version = kpc_head_text(uts->version);
	header->machine = kpc_head_text(uts->machine);
}

/* Writes the Header, and has it kept once more, marked, for the file's end. */
static int write_header(struct kpc_writer *w, Kprobex__Header *header)
{
	struct kpc_tracefile *file = kpc_outlet_file(w->outlet);
	Kprobex__Head head = KPROBEX__HEAD__INIT;
	int err;

	head.kind_case = KPROBEX__HEAD__KIND_HEADER;
	head.header = header;
	header->repeat = true;
	err = kpc_packer_head(&w->packer, &head);
	if (!err)
		err = kpc_tracefile_repeat(file, w->packer.packet.data,
					   w->packer.packet.used);
	header->repeat = false;
	return err ? err : write_head(w, &head);
}

/* A Head has limits, and a command line may be longer: how much of it goes in. */
static size_t fitting_words(char *const *argv, size_t words)
{
	size_t bytes = 0, n = 0;

	for (; n < words; n++) {
		bytes += strlen(argv[n]) + WORD_OVERHEAD;
		if (bytes > ARGV_BYTES_MAX)
			break;
	}
	return n;
}

/* The variable part of the Header, in one allocation of each kind. */
static int fill_header(Kprobex__Header *message, const struct kpc_header *h)
{
	Kprobex__Ring *rings;
	size_t argc, words = 0;

	while (h->argv && h->argv[words])
		words++;
	argc = fitting_words(h->argv, words);
	message->argv = calloc(argc + 1, sizeof(*message->argv));
	message->ring =
		calloc(h->nr_rings + 1, sizeof(void *) + sizeof(*rings));
	if (!message->argv || !message->ring)
		return -ENOMEM;
	for (size_t i = 0; i < argc; i++)
		message->argv[i] = kpc_head_text(h->argv[i]);
	message->n_argv = argc;
	message->argv_omitted = words - argc;
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

/* Without what tells of people and machines; @hostname, @facts: room for copies. */
static void veil_header(const struct kpc_writer *w, Kprobex__Header *header,
			char hostname[KPC_TOKEN_BYTES],
			Kprobex__HostFacts *facts)
{
	*facts = *header->host;
	facts->boot_id.len = 0;
	facts->kernel_build_id.len = 0;
	facts->kernel_options.len = 0;
	header->host = facts;
	header->kernel_version.len = 0;
	header->argv_omitted += header->n_argv;
	header->n_argv = 0;
	header->anonymous = true;
	if (!header->hostname.len)
		return;
	kpc_token_text(&w->veil->names, header->hostname.data,
		       header->hostname.len, hostname);
	header->hostname = kpc_head_text(hostname);
}

int kpc_writer_header(struct kpc_writer *w, const struct kpc_header *h)
{
	const uint8_t *uuid = kpc_tracefile_uuid(kpc_outlet_file(w->outlet));
	Kprobex__Header message = KPROBEX__HEADER__INIT;
	Kprobex__Part part = KPROBEX__PART__INIT;
	const struct kpc_header_host *of = h->of;
	struct kpc_header_host here;
	char hostname[KPC_TOKEN_BYTES];
	Kprobex__HostFacts facts;
	struct kpc_host host;
	struct utsname uts;
	int err = kpc_outlet_failed(w->outlet);

	if (err)
		return err;
	if (!of) {
		if (uname(&uts))
			return writer_check(w, -errno);
		kpc_host_read(&host, "");
		here = (struct kpc_header_host){ &uts, &host,
						 sysconf(_SC_PAGESIZE) };
		of = &here;
	}
	w->clock_id = h->clock_id;
	message.version = 1;
	message.uuid.data = (uint8_t *)uuid;
	message.uuid.len = 16;
	message.writer = (char *)"collect " KPC_VERSION;
	fill_uts(&message, of->uts);
	message.host = (Kprobex__HostFacts *)&of->host->facts;
	message.page_bytes = of->page_bytes;
	message.cpus_online = h->cpus_online;
	message.clock_id = h->clock_id;
	message.start_time_ns = h->start_ns;
	if (kpc_tracefile_part(kpc_outlet_file(w->outlet), &part))
		message.part = &part;
	err = set_rings(w, h->nr_rings);
	if (!err)
		err = fill_header(&message, h);
	if (!err && w->veil)
		veil_header(w, &message, hostname, &facts);
	if (!err)
		err = write_header(w, &message);
	free(message.argv);
	free(message.ring);
	return writer_check(w, err);
}

static int pack_veiled(struct kpc_writer *w, const struct kpc_event *event)
{
	struct kpc_event veiled = *event;
	char name[KPC_TOKEN_BYTES];
	int err;

	veiled.definition = NULL;
	if (event->attr) {
		veiled.attr = kpc_content_attr(event);
		if (!veiled.attr)
			return -ENOMEM;
	}
	/* A file's name may be in it. */
	if (event->source == KPC_SOURCE_UPROBE) {
		kpc_token_text(&w->veil->names, event->name,
			       strlen(event->name), name);
		veiled.name = name;
	}
	err = kpc_desc_pack(&w->packer.head, &veiled);
	free(veiled.attr);
	return err;
}

int kpc_writer_event(struct kpc_writer *w, const struct kpc_event *event)
{
	int err = kpc_outlet_failed(w->outlet);

	if (!err)
		err = w->veil ? pack_veiled(w, event) :
				kpc_desc_pack(&w->packer.head, event);
	if (!err)
		err = write_frame(w, KPROBEX__HEAD__KIND_EVENT);
	return writer_check(w, err);
}

/* ---- what comes as it comes ---------------------------------------------- */

static int encode_chunk(struct kpc_writer *w, uint32_t ring,
			struct kpc_batch *batch)
{
	Kprobex__Head head = KPROBEX__HEAD__INIT;
	Kprobex__Chunk chunk = KPROBEX__CHUNK__INIT;
	struct kpc_batch_summary summary;
	struct kpc_wire body;
	int err;

	kpc_buf_reset(&w->packer.body);
	err = kpc_batch_encode(batch, &w->packer.body, &summary);
	if (err)
		return err;
	body.at = w->packer.body.data;
	body.end = body.at + w->packer.body.used;
	err = kpc_event_set_load(&w->set, body);
	if (err)
		return err;
	chunk.ring = ring;
	chunk.sequence = w->sequence[ring];
	chunk.events = kpc_batch_events(batch);
	chunk.first_time_ns = summary.first_time_ns;
	chunk.last_time_ns = summary.last_time_ns;
	chunk.lost = summary.lost;
	chunk.raw_bytes = kpc_batch_raw_bytes(batch);
	chunk.event = w->set.event;
	chunk.n_event = w->set.nr;
	chunk.event_rows = w->set.rows;
	chunk.n_event_rows = w->set.nr;
	head.kind_case = KPROBEX__HEAD__KIND_CHUNK;
	head.required_features = summary.features;
	head.chunk = &chunk;
	err = kpc_packer_body(&w->packer, &head);
	if (err)
		return err;
	w->made = (struct kpc_packet_info){
		.kind = head.kind_case,
		.ring = ring,
		.events = chunk.events,
		.sequence = w->sequence[ring]++,
		.first_time_ns = summary.first_time_ns,
		.last_time_ns = summary.last_time_ns,
	};
	return 0;
}

int kpc_writer_encode(struct kpc_writer *w, uint32_t ring,
		      struct kpc_batch *batch)
{
	int err = kpc_outlet_failed(w->outlet);

	w->made.kind = 0;
	kpc_batch_veil(batch, w->veil);
	if (!err && !kpc_batch_empty(batch))
		err = ring < w->nr_rings ? encode_chunk(w, ring, batch) :
					   -EINVAL;
	kpc_batch_reset(batch);
	return writer_check(w, err);
}

int kpc_writer_chunk(struct kpc_writer *w, uint32_t ring,
		     struct kpc_batch *batch)
{
	int err = kpc_writer_encode(w, ring, batch);

	return err ? err : kpc_writer_put(w);
}

static void add_comm(const struct kpc_writer *w, struct kpc_buf *body,
		     const struct kpc_task_event *event)
{
	size_t bytes = strnlen(event->comm, sizeof(event->comm));
	const char *comm = event->comm;
	char token[KPC_TOKEN_BYTES];

	if (!bytes)
		return;
	if (w->veil) {
		kpc_token_text(&w->veil->names, comm, bytes, token);
		comm = token;
		bytes = strlen(token);
	}
	kpc_wire_add_bytes(body, TASK_COMM, comm, bytes);
}

static void add_task(struct kpc_writer *w, const struct kpc_task_event *event)
{
	struct kpc_buf *body = &w->packer.body;
	size_t begin = kpc_wire_begin(body, TASKS_EVENT);

	if (event->what)
		kpc_wire_add_varint(body, TASK_WHAT, event->what);
	kpc_wire_add_varint(body, TASK_TIME, event->time_ns);
	kpc_wire_add_varint(body, TASK_PID, event->pid);
	kpc_wire_add_varint(body, TASK_TID, event->tid);
	add_comm(w, body, event);
	if (event->parent_tid)
		kpc_wire_add_varint(body, TASK_PARENT, event->parent_tid);
	if (event->exec)
		kpc_wire_add_varint(body, TASK_EXEC, 1);
	if (event->parent_pid)
		kpc_wire_add_varint(body, TASK_PARENT_PID, event->parent_pid);
	kpc_wire_end(body, begin);
}

static int write_tasks(struct kpc_writer *w, const struct kpc_task_event *event,
		       uint32_t nr)
{
	Kprobex__Head head = KPROBEX__HEAD__INIT;
	Kprobex__TasksHead tasks = KPROBEX__TASKS_HEAD__INIT;

	kpc_buf_reset(&w->packer.body);
	for (uint32_t i = 0; i < nr; i++)
		add_task(w, &event[i]);
	tasks.events = nr;
	head.kind_case = KPROBEX__HEAD__KIND_TASKS;
	head.tasks = &tasks;
	return write_body(w, &head);
}

int kpc_writer_tasks(struct kpc_writer *w, const struct kpc_task_event *events,
		     uint32_t nr)
{
	int err = kpc_outlet_failed(w->outlet);

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
	int err = kpc_outlet_failed(w->outlet);

	if (!err)
		err = kpc_ledger_pack(&w->packer.head, ledger);
	if (!err)
		err = write_frame(w, KPROBEX__HEAD__KIND_LEDGER);
	return writer_check(w, err);
}

/* The kinds' heads are of one type, so any of them serves. */
int kpc_writer_context(struct kpc_writer *w, enum kpc_context_kind kind,
		       const struct kpc_context_head *context,
		       const struct kpc_buf *body)
{
	Kprobex__Head head = KPROBEX__HEAD__INIT;
	Kprobex__ContextHead message = KPROBEX__CONTEXT_HEAD__INIT;
	struct kpc_context_head entries = *context;
	int err = kpc_outlet_failed(w->outlet);

	if (err || body->error)
		return err ? err : writer_check(w, body->error);
	kpc_buf_reset(&w->packer.body);
	kpc_buf_add(&w->packer.body, body->data, body->used);
	if (w->veil) {
		err = kpc_veil_body(w->veil, kind, &entries, &w->packer.body);
		if (err)
			return writer_check(w, err);
	}
	message.entries = entries.entries;
	message.lost = entries.lost;
	message.denied = entries.denied;
	head.kind_case = (Kprobex__Head__KindCase)kind;
	head.maps = &message;
	return writer_check(w, write_body(w, &head));
}

static int write_clock(struct kpc_writer *w, bool realtime_set)
{
	Kprobex__Head head = KPROBEX__HEAD__INIT;
	Kprobex__ClockSnapshot clock = KPROBEX__CLOCK_SNAPSHOT__INIT;
	int err = kpc_outlet_failed(w->outlet);
	uint64_t before;

	if (err)
		return err;
	before = read_clock(w->clock_id);
	clock.monotonic_ns = read_clock(CLOCK_MONOTONIC);
	clock.monotonic_raw_ns = read_clock(CLOCK_MONOTONIC_RAW);
	clock.boottime_ns = read_clock(CLOCK_BOOTTIME);
	clock.realtime_ns = read_clock(CLOCK_REALTIME);
	clock.uncertainty_ns = read_clock(w->clock_id) - before;
	/* The readings lie around the middle. */
	clock.trace_ns = before + clock.uncertainty_ns / 2;
	clock.realtime_set = realtime_set;
	head.kind_case = KPROBEX__HEAD__KIND_CLOCK;
	head.clock = &clock;
	return writer_check(w, write_head(w, &head));
}

int kpc_writer_clock(struct kpc_writer *w)
{
	return write_clock(w, false);
}

int kpc_writer_clock_set(struct kpc_writer *w)
{
	return write_clock(w, true);
}

int kpc_writer_clock_read(struct kpc_writer *w,
			  const struct kpc_clock_reading *reading)
{
	Kprobex__Head head = KPROBEX__HEAD__INIT;
	Kprobex__ClockSnapshot clock = KPROBEX__CLOCK_SNAPSHOT__INIT;
	int err = kpc_outlet_failed(w->outlet);

	if (err)
		return err;
	clock.trace_ns = reading->trace_ns;
	clock.monotonic_ns = reading->monotonic_ns;
	clock.realtime_ns = reading->realtime_ns;
	head.kind_case = KPROBEX__HEAD__KIND_CLOCK;
	head.clock = &clock;
	return writer_check(w, write_head(w, &head));
}

/* ---- the rest ------------------------------------------------------------ */

int kpc_writer_finish(struct kpc_writer *w, enum kpc_exit_reason reason)
{
	return kpc_outlet_finish(w->outlet, reason);
}

void kpc_writer_give_up_when(struct kpc_writer *w, bool (*give_up)(void *ctx),
			     void *ctx)
{
	kpc_outlet_give_up_when(w->outlet, give_up, ctx);
}

uint64_t kpc_writer_bytes(const struct kpc_writer *w)
{
	return kpc_tracefile_bytes(kpc_outlet_file(w->outlet));
}

uint64_t kpc_writer_events(const struct kpc_writer *w)
{
	return kpc_tracefile_events(kpc_outlet_file(w->outlet));
}

const char *kpc_writer_error(const struct kpc_writer *w)
{
	return kpc_outlet_error(w->outlet);
}

void kpc_writer_free(struct kpc_writer *w)
{
	if (!w)
		return;
	if (!w->shares) {
		kpc_outlet_free(w->outlet);
		if (w->veil)
			explicit_bzero(w->veil, sizeof(*w->veil));
		free(w->veil);
	}
	kpc_packer_uninit(&w->packer);
	kpc_event_set_uninit(&w->set);
	free(w->sequence);
	free(w);
}
