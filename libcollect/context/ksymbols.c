// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "body_fields.h"
#include "cpulist.h"
#include "ksymbols.h"
#include "recordend.h"
#include "wire.h"
#include "trace_clock.h"

#define RING_PAGES 32
#define POKES_MAX  (4u << 20) /* bytes that wait */
#define STILL_NS   200000 /* in which the time of an event that lives goes on */
#define UNREGISTER 1	  /* PERF_RECORD_KSYMBOL_FLAGS_UNREGISTER */

/* ---- open and close ------------------------------------------------------ */

static int open_evlist(struct kpc_ksymbols *k, const struct kpc_cpulist *cpus,
		       char *error, size_t error_size)
{
	uint64_t ring_bytes = RING_PAGES * sysconf(_SC_PAGESIZE);
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.type = PERF_TYPE_SOFTWARE,
		.config = PERF_COUNT_SW_DUMMY,
		.disabled = 1,
		.ksymbol = 1,
		.text_poke = 1,
		.cgroup = k->cgroups != NULL,
		.sample_id_all = 1,
		.sample_type = PERF_SAMPLE_TIME,
		.read_format = PERF_FORMAT_ID | PERF_FORMAT_LOST |
			       PERF_FORMAT_TOTAL_TIME_ENABLED |
			       PERF_FORMAT_TOTAL_TIME_RUNNING,
		.use_clockid = 1,
		.clockid = KPC_TRACE_CLOCK,
		.watermark = 1,
		.wakeup_watermark = ring_bytes / 2,
	};
	int err = kpc_evlist_new(&k->evlist, cpus, NULL, 0);

	if (!err)
		err = kpc_evlist_add(k->evlist, &attr, "ksymbol");
	if (!err)
		err = kpc_evlist_open(k->evlist, ring_bytes, error, error_size);
	return err ? err : kpc_evlist_enable(k->evlist);
}

static int init_cpus(struct kpc_ksymbols *k)
{
	uint32_t rings = kpc_evlist_nr_rings(k->evlist);

	k->cpu = calloc(rings + 1, sizeof(*k->cpu));
	if (!k->cpu)
		return -ENOMEM;
	for (uint32_t i = 0; i < rings; i++)
		k->cpu[i].online = kpc_evlist_is_open(k->evlist, i);
	return 0;
}

int kpc_ksymbols_open(struct kpc_ksymbols *k, struct kpc_cgroups *cgroups,
		      char *error, size_t error_size)
{
	struct kpc_cpulist cpus = { 0 };
	int err = kpc_cpulist_online(&cpus, error, error_size);

	*k = (struct kpc_ksymbols){ .cgroups = cgroups };
	if (!err) {
		kpc_cpulist_add_later(&cpus);
		err = open_evlist(k, &cpus, error, error_size);
	}
	if (!err)
		err = init_cpus(k);
	kpc_cpulist_uninit(&cpus);
	if (err) {
		kpc_evlist_free(k->evlist);
		k->evlist = NULL;
	}
	return err;
}

static void free_names(struct kpc_ksymbol *symbols, uint32_t nr)
{
	for (uint32_t i = 0; i < nr; i++)
		free(symbols[i].name);
	free(symbols);
}

void kpc_ksymbols_close(struct kpc_ksymbols *k)
{
	kpc_evlist_free(k->evlist);
	free(k->cpu);
	free_names(k->pending, k->nr);
	free_names(k->live, k->nr_live);
	kpc_buf_uninit(&k->pokes);
	*k = (struct kpc_ksymbols){ 0 };
}

/* ---- CPUs that come and go ----------------------------------------------- */

/* It was away between two looks: the time of its event stands still. */
static void find_detached(struct kpc_ksymbols *k, uint32_t rings)
{
	struct timespec still = { .tv_nsec = STILL_NS };

	for (uint32_t i = 0; i < rings; i++)
		k->cpu[i].enabled_ns = kpc_evlist_enabled_ns(k->evlist, i);
	nanosleep(&still, NULL);
	for (uint32_t i = 0; i < rings; i++)
		if (k->cpu[i].enabled_ns == kpc_evlist_enabled_ns(k->evlist, i))
			k->cpu[i].online = false;
}

void kpc_ksymbols_follow_cpus(struct kpc_ksymbols *k,
			      const struct kpc_cpulist *online)
{
	uint32_t rings = k->evlist ? kpc_evlist_nr_rings(k->evlist) : 0;

	if (rings)
		find_detached(k, rings);
	for (uint32_t i = 0; i < rings; i++) {
		bool is = kpc_cpulist_has(online,
					  kpc_evlist_ring(k->evlist, i)->cpu);

		if (is && !k->cpu[i].online)
			is = !kpc_evlist_online(k->evlist, i, NULL, 0);
		k->cpu[i].online = is;
	}
}

/* ---- records ------------------------------------------------------------- */

struct ksymbol_record {
	struct perf_event_header header;
	uint64_t address;
	uint32_t bytes;
	uint16_t type;
	uint16_t flags;
	char name[]; /* padded to 8, then the time */
};

struct poke_record {
	struct perf_event_header header;
	uint64_t address;
	uint16_t old_bytes;
	uint16_t new_bytes;
	uint8_t code[]; /* old, new; padded to 8, then the time */
};

struct lost_record {
	struct perf_event_header header;
	uint64_t id;
	uint64_t lost;
};

static int append(struct kpc_ksymbol **list, uint32_t *nr, uint32_t *room,
		  const struct kpc_ksymbol *symbol)
{
	uint32_t more = *room ? *room * 2 : 64;
	struct kpc_ksymbol *grown;

	if (*nr == *room) {
		grown = realloc(*list, more * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		*list = grown;
		*room = more;
	}
	(*list)[(*nr)++] = *symbol;
	return 0;
}

static int ksymbol_record(struct kpc_ksymbols *k,
			  const struct perf_event_header *header)
{
	const struct ksymbol_record *r = (const void *)header;
	struct kpc_ksymbol symbol;
	size_t bytes;
	int err;

	if (header->size < sizeof(*r) + sizeof(symbol.time_ns))
		return -EBADMSG;
	/* No reader would take a packet with text that is nowhere. */
	if (!r->bytes || r->bytes > UINT64_MAX - r->address) {
		k->lost++;
		return 0;
	}
	bytes = kpc_recordend(header, sizeof(symbol.time_ns)) - sizeof(*r);
	symbol = (struct kpc_ksymbol){
		.address = r->address,
		.bytes = r->bytes,
		.type = r->type,
		.gone = r->flags & UNREGISTER,
		.name = strndup(r->name, bytes),
	};
	memcpy(&symbol.time_ns, r->name + bytes, sizeof(symbol.time_ns));
	if (!symbol.name)
		return -ENOMEM;
	err = append(&k->pending, &k->nr, &k->room, &symbol);
	if (err)
		free(symbol.name);
	return err;
}

static int poke_record(struct kpc_ksymbols *k,
		       const struct perf_event_header *header)
{
	const struct poke_record *r = (const void *)header;
	uint64_t time_ns;
	size_t bytes, begin;

	/* The struct itself is padded. */
	if (header->size < offsetof(struct poke_record, code) + sizeof(time_ns))
		return -EBADMSG;
	bytes = kpc_recordend(header, sizeof(time_ns)) -
		offsetof(struct poke_record, code);
	if ((size_t)r->old_bytes + r->new_bytes > bytes)
		return -EBADMSG;
	memcpy(&time_ns, r->code + bytes, sizeof(time_ns));
	if (k->pokes.used > POKES_MAX) {
		k->lost++;
		return 0;
	}
	begin = kpc_wire_begin(&k->pokes, POKES_POKE);
	kpc_wire_add_varint(&k->pokes, POKE_TIME, time_ns);
	kpc_wire_add_fixed64(&k->pokes, POKE_ADDRESS, r->address);
	if (r->old_bytes)
		kpc_wire_add_bytes(&k->pokes, POKE_OLD, r->code, r->old_bytes);
	if (r->new_bytes)
		kpc_wire_add_bytes(&k->pokes, POKE_NEW, r->code + r->old_bytes,
				   r->new_bytes);
	kpc_wire_end(&k->pokes, begin);
	k->nr_pokes++;
	return k->pokes.error;
}

int kpc_ksymbols_record(struct kpc_ksymbols *k,
			const struct perf_event_header *header)
{
	const struct lost_record *lost = (const void *)header;

	switch (header->type) {
	case PERF_RECORD_KSYMBOL:
		return ksymbol_record(k, header);
	case PERF_RECORD_TEXT_POKE:
		return poke_record(k, header);
	case PERF_RECORD_CGROUP:
		return k->cgroups ? kpc_cgroups_record(k->cgroups, header,
						       sizeof(uint64_t)) :
				    0;
	case PERF_RECORD_LOST:
		if (header->size < sizeof(*lost))
			return -EBADMSG;
		k->lost += lost->lost;
		/* Of which kind they were nobody knows. */
		return k->cgroups ? kpc_cgroups_record(k->cgroups, header, 0) :
				    0;
	default:
		return 0;
	}
}

static int drain_ring(struct kpc_ksymbols *k, struct kpc_ring *ring)
{
	const struct perf_event_header *record;
	int got, err = 0;

	if (!kpc_ring_look(ring))
		return 0;
	while (!err && (got = kpc_ring_next(ring, &record)) != 0) {
		err = got > 0 ? kpc_ksymbols_record(k, record) : got;
		if (err == -EBADMSG) {
			k->lost++; /* at least one that we can't tell */
			kpc_ring_skip(ring);
			err = 0;
		}
	}
	kpc_ring_release(ring);
	return err;
}

int kpc_ksymbols_drain(struct kpc_ksymbols *k)
{
	uint32_t rings = k->evlist ? kpc_evlist_nr_rings(k->evlist) : 0;
	int err = 0;

	for (uint32_t i = 0; !err && i < rings; i++)
		err = drain_ring(k, kpc_evlist_ring(k->evlist, i));
	return err;
}

/* ---- what is there ------------------------------------------------------- */

static int by_time(const void *left, const void *right)
{
	const struct kpc_ksymbol *a = left, *b = right;

	return a->time_ns < b->time_ns ? -1 : a->time_ns > b->time_ns;
}

/* What was at this place isn't any more. */
static void drop_live(struct kpc_ksymbols *k, const struct kpc_ksymbol *symbol)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < k->nr_live; i++) {
		if (k->live[i].address == symbol->address)
			free(k->live[i].name);
		else
			k->live[kept++] = k->live[i];
	}
	k->nr_live = kept;
}

/* Takes over the name. */
static int follow(struct kpc_ksymbols *k, struct kpc_ksymbol *symbol)
{
	int err = 0;

	drop_live(k, symbol);
	if (!symbol->gone && k->nr_live < KPC_KSYMBOLS_MAX) {
		err = append(&k->live, &k->nr_live, &k->live_room, symbol);
		if (!err)
			return 0;
	}
	free(symbol->name);
	return err;
}

/* ---- writing ------------------------------------------------------------- */

static int write_symbols(struct kpc_ksymbols *k, struct kpc_writer *writer,
			 const struct kpc_ksymbol *symbols, uint32_t nr)
{
	struct kpc_context_head head = { .entries = nr, .lost = k->lost };
	struct kpc_buf body = { 0 };
	int err;

	if (!nr)
		return 0;
	for (uint32_t i = 0; i < nr; i++) {
		const struct kpc_ksymbol *s = &symbols[i];
		size_t begin = kpc_wire_begin(&body, KSYMBOLS_SYMBOL);

		kpc_wire_add_varint(&body, KSYMBOL_TIME, s->time_ns);
		kpc_wire_add_fixed64(&body, KSYMBOL_ADDRESS, s->address);
		kpc_wire_add_varint(&body, KSYMBOL_BYTES, s->bytes);
		kpc_wire_add_bytes(&body, KSYMBOL_NAME, s->name,
				   strlen(s->name));
		kpc_wire_add_varint(&body, KSYMBOL_TYPE, s->type);
		if (s->gone)
			kpc_wire_add_varint(&body, KSYMBOL_GONE, 1);
		kpc_wire_end(&body, begin);
	}
	err = kpc_writer_context(writer, KPC_CONTEXT_KSYMBOLS, &head, &body);
	kpc_buf_uninit(&body);
	return err;
}

static int write_pokes(struct kpc_ksymbols *k, struct kpc_writer *writer)
{
	struct kpc_context_head head = {
		.entries = k->nr_pokes,
		.lost = k->lost,
	};
	int err = 0;

	if (k->nr_pokes)
		err = kpc_writer_context(writer, KPC_CONTEXT_TEXT_POKES, &head,
					 &k->pokes);
	kpc_buf_reset(&k->pokes);
	k->nr_pokes = 0;
	return err;
}

int kpc_ksymbols_write(struct kpc_ksymbols *k, struct kpc_writer *writer)
{
	int err;

	/* Rings are per CPU. */
	if (k->nr)
		qsort(k->pending, k->nr, sizeof(*k->pending), by_time);
	err = write_symbols(k, writer, k->pending, k->nr);
	for (uint32_t i = 0; i < k->nr; i++) {
		int this = follow(k, &k->pending[i]);

		err = err ? err : this;
	}
	k->nr = 0;
	return err ? err : write_pokes(k, writer);
}

int kpc_ksymbols_snapshot(struct kpc_ksymbols *k, struct kpc_writer *writer)
{
	return write_symbols(k, writer, k->live, k->nr_live);
}
