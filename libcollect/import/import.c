// SPDX-License-Identifier: GPL-2.0-only
/* import.c - makes a trace of what perf record wrote */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "addresses.h"
#include "fail.h"
#include "host.h"
#include "perfevents.h"
#include "perffile.h"
#include "perfinput.h"
#include "perfkernel.h"
#include "perfmeta.h"
#include "perfrows.h"
#include "perfsample.h"
#include "perfside.h"

/* perf's own: the samples were dropped by a filter of its BPF program. */
#define MISC_LOST_SAMPLES_BPF (1u << 15)

#define CPUS_MAX     4096u
#define CPUS_UNKNOWN 256u /* CPUs that there may be, if the file doesn't say */
#define TIDS_MAX     (1u << 22)
#define NO_CLOCK     UINT32_MAX /* perf's own, which no other can be related to */
#define TELL_RECORDS 1024u	/* how far it is, each so many */

struct import {
	struct kpc_perfinput in;
	struct kpc_perfmeta meta;
	struct kpc_perfevents events;
	struct kpc_perfrows rows;
	struct kpc_perfside side;
	struct kpc_writer *writer;
	struct kpc_addresses *addresses;
	struct kpc_idmap seen; /* threads of samples, to processes */
	struct kpc_import_result *result;
	struct kpc_headway headway;
	uint64_t records;
	uint64_t start_ns;
	uint64_t end_ns;
	uint32_t nr_rings;
	bool begun;
	bool has_lost_samples; /* of each event: what rings tell is in them */
};

/* ---- the beginning ------------------------------------------------------- */

static uint32_t count_rings(const struct kpc_perfmeta *meta)
{
	uint32_t cpus = meta->host.cpus_possible > meta->cpus_online ?
				meta->host.cpus_possible :
				meta->cpus_online;

	if (!cpus)
		cpus = CPUS_UNKNOWN;
	return (cpus < CPUS_MAX ? cpus : CPUS_MAX) + 1;
}

static void fill_host(struct kpc_host *host, const struct kpc_perfmeta *meta)
{
	const struct kpc_perfmeta_build_id *id =
		kpc_perfmeta_build_id(meta, "[kernel.kallsyms]");
	Kprobex__HostFacts *facts = &host->facts;

	kprobex__host_facts__init(facts);
	facts->cpus_possible = meta->host.cpus_possible;
	facts->memory_bytes = meta->host.memory_bytes;
	facts->cpu_model.data = (uint8_t *)meta->cpu_model;
	facts->cpu_model.len = strlen(meta->cpu_model);
	if (!id)
		return;
	memcpy(host->build_id, id->id, id->bytes);
	facts->kernel_build_id.data = host->build_id;
	facts->kernel_build_id.len = id->bytes;
}

static uint32_t clock_of(const struct kpc_perfmeta *meta)
{
	for (uint32_t i = 0; i < meta->nr_events; i++)
		if (meta->events[i].attr.use_clockid)
			return meta->events[i].attr.clockid;
	return NO_CLOCK;
}

static int write_header(struct import *m)
{
	struct kpc_host host = { 0 };
	const struct kpc_header_host of = {
		.uts = &m->meta.uts,
		.host = &host,
		.page_bytes = 4096,
	};
	struct kpc_ring_desc *rings = calloc(m->nr_rings, sizeof(*rings));
	struct kpc_header header = {
		.of = &of,
		.rings = rings,
		.nr_rings = m->nr_rings,
		.argv = m->meta.argv,
		.clock_id = clock_of(&m->meta),
		.start_ns = m->start_ns,
		.cpus_online = m->meta.cpus_online,
	};
	int err;

	if (!rings)
		return -ENOMEM;
	fill_host(&host, &m->meta);
	for (uint32_t i = 0; i < m->nr_rings; i++)
		rings[i].cpu = i + 1 < m->nr_rings ? (int32_t)i : -1;
	err = kpc_writer_header(m->writer, &header);
	free(rings);
	return err;
}

/* When it was, if perf noted that: it does for clocks that others have, too. */
static int write_clock(struct import *m)
{
	struct kpc_clock_reading reading = {
		.trace_ns = m->meta.clock_ns,
		.realtime_ns = m->meta.realtime_ns,
	};

	if (!m->meta.has_clock)
		return 0;
	if (m->meta.clock_id == CLOCK_MONOTONIC)
		reading.monotonic_ns = reading.trace_ns;
	return kpc_writer_clock_read(m->writer, &reading);
}

/* All that is said of events was said: the trace begins. */
static int begin(struct import *m)
{
	int err = kpc_perfevents_init(&m->events, &m->meta);

	m->begun = true;
	m->nr_rings = count_rings(&m->meta);
	if (m->meta.first_ns)
		m->start_ns = m->meta.first_ns;
	m->result->unknown_events = m->events.unknown;
	if (!err)
		err = write_header(m);
	for (uint32_t i = 0; !err && i < m->events.nr; i++)
		err = kpc_writer_event(m->writer, &m->events.event[i]);
	if (!err)
		err = write_clock(m);
	if (!err)
		err = kpc_perfrows_init(&m->rows, m->writer, m->events.event,
					m->events.nr, m->nr_rings);
	if (!err)
		err = kpc_addresses_new(&m->addresses);
	if (err)
		return err;
	kpc_batch_watch(m->rows.batch, m->addresses);
	kpc_perfside_init(&m->side, m->writer, &m->meta, m->start_ns);
	return 0;
}

/* ---- samples ------------------------------------------------------------- */

/* The event that a record is of, or -1. perf takes one without an id for the first's. */
static int64_t event_of(const struct import *m,
			const struct perf_event_header *record)
{
	const struct perf_event_attr *first = &m->meta.events[0].attr;
	uint64_t id = kpc_perfsample_id(record, first);

	return id ? kpc_idmap_find(&m->meta.ids, id) : 0;
}

/* What there is no place for in a trace. */
static void count_left_out(struct kpc_import_result *result,
			   const struct perf_event_attr *attr)
{
	const uint64_t values =
		PERF_SAMPLE_READ | PERF_SAMPLE_WEIGHT |
		PERF_SAMPLE_WEIGHT_STRUCT | PERF_SAMPLE_DATA_SRC |
		PERF_SAMPLE_TRANSACTION | PERF_SAMPLE_PHYS_ADDR |
		PERF_SAMPLE_DATA_PAGE_SIZE | PERF_SAMPLE_CODE_PAGE_SIZE;
	uint64_t type = attr->sample_type;

	result->branch_stacks += !!(type & PERF_SAMPLE_BRANCH_STACK);
	result->user_stacks += !!(type & PERF_SAMPLE_STACK_USER);
	result->registers +=
		!!(type & (PERF_SAMPLE_REGS_USER | PERF_SAMPLE_REGS_INTR));
	result->values += !!(type & values);
}

/* The raw record, or of others an address or two, which are put into @room. */
static void set_record(struct kpc_sample *s, const struct kpc_event *event,
		       const struct kpc_perfsample *from, uint64_t room[2])
{
	uint32_t n = 0;

	if (event->source == KPC_SOURCE_TRACEPOINT) {
		s->raw = from->raw ? from->raw : (const uint8_t *)room;
		s->raw_bytes = from->raw ? from->raw_bytes : 0;
		s->whole = !event->nr_fields || !from->raw;
		return;
	}
	for (uint32_t i = 0; i < event->nr_fields; i++)
		room[n++] = strcmp(event->fields[i].name, "ip") ? from->addr :
								  from->ip;
	s->raw = (const uint8_t *)room;
	s->raw_bytes = n * sizeof(*room);
}

/* Who it was: what the kernel wrote into the record is right at a thread's end, too. */
static uint32_t tid_of(const struct kpc_perfsample *from)
{
	const uint32_t pid_at = 4;
	uint32_t tid = from->tid;

	if (tid == UINT32_MAX && from->raw && from->raw_bytes >= 8)
		memcpy(&tid, from->raw + pid_at, sizeof(tid));
	return tid;
}

static int note_thread(struct import *m, const struct kpc_perfsample *from)
{
	if (!from->tid || from->tid == UINT32_MAX || m->seen.nr >= TIDS_MAX ||
	    kpc_idmap_find(&m->seen, from->tid) >= 0)
		return 0;
	return kpc_idmap_add(&m->seen, from->tid, from->pid);
}

/* What it stands for, unless that is the event's period anyway. */
static uint64_t weight_of(const struct kpc_perfsample *from,
			  const struct perf_event_attr *attr)
{
	if (!attr->freq && from->period == attr->sample_period)
		return 0;
	return from->period;
}

static void count_event(struct kpc_event_account *account,
			const struct kpc_perfsample *from,
			const struct perf_event_attr *attr)
{
	uint64_t period = from->period;

	if (!period)
		period = attr->freq || !attr->sample_period ?
				 1 :
				 attr->sample_period;
	account->count += period;
}

static int unreadable(struct import *m, const struct perf_event_header *record)
{
	m->result->unreadable++;
	return kpc_perfrows_add_unreadable(&m->rows, -1, record);
}

static int take_sample(struct import *m, const struct perf_event_header *record)
{
	int64_t number = event_of(m, record);
	const struct perf_event_attr *attr;
	struct kpc_perfsample from;
	struct kpc_sample s = { 0 };
	uint64_t room[2];
	int err;

	if (number < 0 || number >= m->events.nr)
		return unreadable(m, record);
	attr = &m->meta.events[number].attr;
	if (!kpc_perfsample_read(&from, record, attr))
		return unreadable(m, record);
	s.event = number;
	s.time_ns = from.has_time ? from.time_ns : m->end_ns;
	s.tid = tid_of(&from);
	s.chain = from.chain;
	s.chain_depth = from.chain_depth;
	s.cgroup = from.cgroup;
	s.weight = weight_of(&from, attr);
	set_record(&s, &m->events.event[number], &from, room);
	m->result->samples++;
	m->result->without_time += !from.has_time;
	if (m->end_ns < s.time_ns)
		m->end_ns = s.time_ns;
	count_left_out(m->result, attr);
	count_event(&m->rows.account[number], &from, attr);
	err = note_thread(m, &from);
	return err ? err : kpc_perfrows_add(&m->rows, from.cpu, record, &s);
}

/* ---- other records ------------------------------------------------------- */

struct lost_record {
	struct perf_event_header header;
	uint64_t id, lost;
};

static int take_lost(struct import *m, const struct perf_event_header *record,
		     const struct kpc_perfsample *where)
{
	const struct lost_record *r = (const void *)record;
	uint64_t time_ns = where->time_ns ? where->time_ns : m->end_ns;
	int64_t number;

	if (record->size < sizeof(*r))
		return -EBADMSG;
	if (!r->lost)
		return 0;
	number = kpc_idmap_find(&m->meta.ids, r->id);
	if (number < 0)
		number = 0;
	if (!m->has_lost_samples)
		m->rows.account[number].lost += r->lost;
	return kpc_perfrows_add_lost(&m->rows, where->cpu, time_ns, r->lost,
				     number + 1);
}

/* As the kernel counted for each event, at the end; the others may lack the last. */
static int take_lost_samples(struct import *m,
			     const struct perf_event_header *record,
			     const struct kpc_perfsample *where)
{
	int64_t number = kpc_idmap_find(&m->meta.ids, where->id);
	uint64_t lost;

	if (record->size < sizeof(*record) + sizeof(lost))
		return -EBADMSG;
	memcpy(&lost, record + 1, sizeof(lost));
	if (number < 0)
		number = 0;
	if (record->misc & MISC_LOST_SAMPLES_BPF) {
		m->rows.account[number].has_probe = true;
		m->rows.account[number].probe.filtered_bpf += lost;
		return 0;
	}
	if (!m->has_lost_samples)
		for (uint32_t i = 0; i < m->events.nr; i++)
			m->rows.account[i].lost = 0;
	m->has_lost_samples = true;
	m->rows.account[number].lost += lost;
	return 0;
}

static int take_throttle(struct import *m,
			 const struct perf_event_header *record)
{
	const uint64_t *words = (const void *)(record + 1);
	int64_t number;

	if (record->size < sizeof(*record) + 3 * sizeof(*words))
		return -EBADMSG;
	number = kpc_idmap_find(&m->meta.ids, words[1]);
	if (number >= 0 && record->type == PERF_RECORD_THROTTLE)
		m->rows.account[number].throttled++;
	return 0;
}

static int take_other(struct import *m, const struct perf_event_header *record)
{
	int64_t number = event_of(m, record);
	struct kpc_perfsample where;
	uint32_t trailer;
	int ret;

	if (number < 0 || number >= m->events.nr)
		number = 0;
	if (!kpc_perfsample_trailer(&where, record,
				    &m->meta.events[number].attr, &trailer))
		return -EBADMSG;
	switch (record->type) {
	case PERF_RECORD_LOST:
		return take_lost(m, record, &where);
	case PERF_RECORD_LOST_SAMPLES:
		return take_lost_samples(m, record, &where);
	case PERF_RECORD_THROTTLE:
	case PERF_RECORD_UNTHROTTLE:
		return take_throttle(m, record);
	}
	ret = kpc_perfside_record(&m->side, record, &where, trailer);
	m->result->other_records += !ret;
	return ret < 0 ? ret : 0;
}

/* Records of perf itself that have nothing for a trace. */
static bool is_perfs_own(const struct perf_event_header *record)
{
	return record->type >= KPC_PERF_RECORD_ATTR;
}

/* The first time that a record has, for a trace that must begin with one. */
static void find_start(struct import *m, const struct perf_event_header *record)
{
	const struct perf_event_attr *first = &m->meta.events[0].attr;
	struct kpc_perfsample s;
	uint32_t trailer;

	if (record->type == PERF_RECORD_SAMPLE ?
		    kpc_perfsample_read(&s, record, first) :
		    kpc_perfsample_trailer(&s, record, first, &trailer))
		m->start_ns = s.time_ns;
}

static int take_record(struct import *m, const struct perf_event_header *record)
{
	int ret = 0;

	if (is_perfs_own(record)) {
		/* Events that come later are in no EventDesc. */
		if (!m->begun || record->type != KPC_PERF_RECORD_ATTR)
			ret = kpc_perfmeta_record(&m->meta, &m->in, record);
		return ret < 0 ? ret : 0;
	}
	if (!m->meta.nr_events)
		return -ENODATA;
	if (!m->begun) {
		find_start(m, record);
		ret = begin(m);
	}
	if (ret)
		return ret;
	ret = record->type == PERF_RECORD_SAMPLE ? take_sample(m, record) :
						   take_other(m, record);
	if (ret != -EBADMSG)
		return ret;
	m->result->unreadable++;
	return 0;
}

/* ---- the end ------------------------------------------------------------- */

/* Threads of samples that no record tells of: at least their processes are known. */
static int write_unnamed(struct import *m)
{
	const struct kpc_idmap_table *table = m->seen.table;
	int err = 0;

	for (uint32_t i = 0; table && !err && i < table->nr_slots; i++) {
		struct kpc_task_event task = {
			.what = KPC_TASK_EXISTS,
			.pid = table->slot[i].number,
			.tid = table->slot[i].id,
		};

		if (task.tid && !kpc_perfside_knows(&m->side, task.tid))
			err = kpc_writer_tasks(m->writer, &task, 1);
	}
	return err;
}

static void fill_account(struct kpc_event_account *account,
			 const struct perf_event_attr *attr)
{
	uint64_t each =
		attr->freq || !attr->sample_period ? 1 : attr->sample_period;
	uint64_t told = account->delivered + account->lost;

	account->count += account->lost * each;
	/* What samples with a period stand for, beyond themselves. */
	account->period_skipped =
		account->count > told ? account->count - told : 0;
}

static int write_ledger(struct import *m)
{
	struct kpc_ledger ledger = {
		.time_ns = m->end_ns,
		.final = !m->result->cut,
		.events = m->rows.account,
		.nr_events = m->events.nr,
		.nr_rings = m->nr_rings,
	};
	int err;

	ledger.rings = calloc(m->nr_rings, sizeof(*ledger.rings));
	if (!ledger.rings)
		return -ENOMEM;
	for (uint32_t i = 0; i < m->nr_rings; i++) {
		struct kpc_perfring *ring = &m->rows.ring[i];

		ledger.rings[i] = ring->account;
		ledger.rings[i].losses = ring->losses.range;
		ledger.rings[i].nr_losses = ring->losses.nr;
	}
	for (uint32_t i = 0; i < m->events.nr; i++) {
		fill_account(&m->rows.account[i], &m->meta.events[i].attr);
		m->result->lost += m->rows.account[i].lost;
	}
	err = kpc_writer_ledger(m->writer, &ledger);
	free(ledger.rings);
	return err;
}

static int finish(struct import *m)
{
	int err = m->begun ? 0 : begin(m);

	if (!err)
		err = kpc_perfrows_finish(&m->rows);
	if (!err)
		err = kpc_perfside_finish(&m->side);
	if (!err)
		err = write_unnamed(m);
	if (!err && kpc_perfkernel_is_ours(&m->meta, m->side.kernel_text))
		err = kpc_perfkernel_write(m->writer, m->addresses, m->end_ns);
	if (!err)
		err = write_ledger(m);
	if (!err)
		err = kpc_writer_finish(m->writer, m->result->cut ?
							   KPC_EXIT_UNKNOWN :
							   KPC_EXIT_COMMAND);
	m->result->late = m->rows.late;
	return err;
}

/* ---- all ----------------------------------------------------------------- */

static void tell_headway(struct import *m)
{
	if (m->records++ % TELL_RECORDS)
		return;
	m->headway.so_far.rows = m->result->samples;
	kpc_headway_tell(&m->headway, m->in.at);
}

static int run(struct import *m)
{
	const struct perf_event_header *record;
	int ret = m->in.is_pipe ? 0 : kpc_perfmeta_sections(&m->meta, &m->in);

	if (!ret && !m->in.is_pipe && !m->meta.nr_events)
		ret = -ENODATA;
	kpc_headway_stage(&m->headway, KPC_STAGE_DECODE, m->in.end);
	while (!ret && (ret = kpc_perfinput_next(&m->in, &record)) > 0) {
		ret = take_record(m, record);
		tell_headway(m);
	}
	if (!ret && !m->meta.nr_events)
		ret = -ENODATA;
	m->result->aux_bytes = m->in.aux_bytes;
	m->result->bad_parts = m->meta.bad_parts + m->meta.bad_formats;
	m->result->damaged = m->in.is_damaged || m->meta.bad_parts ||
			     m->result->unreadable;
	m->result->cut = m->in.is_cut;
	return ret ? ret : finish(m);
}

/* Neither may be the other, which would be gone. */
static int check_output(const struct import *m, const char *out, char *error,
			size_t error_size)
{
	struct stat from, to;

	if (!strcmp(out, "-") || fstat(m->in.input.fd, &from) ||
	    stat(out, &to) || from.st_dev != to.st_dev ||
	    from.st_ino != to.st_ino)
		return 0;
	return kpc_fail(error, error_size, -EINVAL,
			"%s is the file that is read: name another one with -o",
			out);
}

static int failed(const struct import *m, const char *in, int err, char *error,
		  size_t error_size)
{
	const char *text = kpc_writer_error(m->writer);

	if (err == -ENODATA)
		return kpc_fail(
			error, error_size, -EBADMSG,
			"%s has no events: it is damaged, or ends before them",
			strcmp(in, "-") ? in : "standard input");
	return kpc_fail(error, error_size, err, "%s",
			*text ? text : strerror(-err));
}

static void uninit(struct import *m)
{
	kpc_perfrows_uninit(&m->rows);
	kpc_perfside_uninit(&m->side);
	kpc_perfevents_uninit(&m->events);
	kpc_perfmeta_uninit(&m->meta);
	kpc_addresses_free(m->addresses);
	kpc_idmap_uninit(&m->seen);
	kpc_writer_free(m->writer);
	kpc_perfinput_close(&m->in);
}

int kpc_import(const char *in, const char *out,
	       const struct kpc_file_opts *opts,
	       struct kpc_import_result *result, char *error, size_t error_size)
{
	struct import m = { .result = result };
	int err;

	if (result->size != sizeof(*result))
		return kpc_fail(error, error_size, -EINVAL,
				"a result of another size");
	*result = (struct kpc_import_result){ .size = sizeof(*result) };
	err = kpc_headway_init(&m.headway, opts, 1, error, error_size);
	if (err)
		return err;
	err = kpc_perfinput_open(&m.in, in, &m.headway, error, error_size);
	if (!err)
		err = check_output(&m, out, error, error_size);
	if (!err)
		err = kpc_writer_open(&m.writer, out, 0, error, error_size);
	if (!err) {
		err = run(&m);
		if (err)
			failed(&m, in, err, error, error_size);
		result->bytes = kpc_writer_bytes(m.writer);
	}
	uninit(&m);
	return err;
}
