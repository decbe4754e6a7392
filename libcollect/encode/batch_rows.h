/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * batch_rows - what is in a batch, for those who fill it (batch.c, intake.c) and
 * those who encode it (batch_encode.c)
 *
 * What all rows have is kept as it will be written: times split already, thread
 * ids as runs.
 */
#ifndef KPC_BATCH_ROWS_H
#define KPC_BATCH_ROWS_H

#include "batch.h"
#include "column.h"
#include "desc.h"
#include "diff.h"
#include "distinct.h"
#include "intern.h"
#include "record.h"

#define KPC_NO_TABLE	  UINT16_MAX
#define KPC_UNPARSED_MAX  256u	       /* records kept of a batch */
#define KPC_UNPARSED_ROOM (128u << 10) /* bytes of them */

struct kpc_batch_loss {
	uint32_t after;
	uint32_t event;
	uint64_t count;
};

/* Rows of one event, all split into fields or all kept as payload. */
struct kpc_batch_table {
	uint32_t event;
	bool payload;
	uint32_t rows;
	uint32_t start; /* in the order sorted by table */
};

/* A thread, from a row to where the next run begins. */
struct kpc_batch_run {
	uint32_t tid;
	uint32_t start;
};

/* What is kept of an event over batches. */
struct kpc_batch_event {
	uint32_t fixed_bytes; /* that its fields reach */
	uint16_t table[2];    /* its tables in this batch: split, payload */
	uint16_t pid_at;      /* common_pid's offset, if has_pid */
	bool has_pid;
	bool dynamic;	   /* has fields of variable place, among these: */
	bool stack;	   /* a row had a call chain */
	bool weighted;	   /* a row had a weight */
	bool distinct;	   /* its records are numbered */
	bool may_distinct; /* they could be */
	uint16_t dynamic_first;
	uint16_t dynamic_nr;
	uint16_t last_number;
	uint16_t nr_distinct;
	const uint8_t *last_raw; /* record that was numbered last */
	uint32_t tid_diff; /* 0: common_pid was the thread id in all rows */
	struct kpc_diff diff;
	struct kpc_column_memory *field;
	struct kpc_column_memory chains;
	struct kpc_column_memory payloads;
	struct kpc_column_memory weights;
};

struct kpc_batch {
	const struct kpc_event *events;
	uint32_t nr_events;
	struct kpc_batch_event *state;

	uint32_t nr;
	uint32_t raw_bytes;
	uint64_t first_ns;
	uint64_t last_ns;
	uint64_t hi_any;	/* of the deltas' high parts */
	uint8_t *time_lo;	/* per row */
	uint8_t *time_hi;	/* varints */
	uint8_t *hi_end;	/* of them */
	uint16_t *table_of;	/* per row */
	const uint8_t **raw;	/* per row */
	uint32_t *raw_bytes_of; /* per row, if it's a payload */
	uint64_t *weight;	/* per row, if weighted */
	uint16_t *number;	/* per row, if its event\'s are numbered */
	uint32_t *stack;	/* per row, if beside */
	uint64_t *cgroup;	/* the same */
	bool weighted;
	bool beside;  /* a row has one of these: */
	bool stacked; /* a call chain */
	bool grouped; /* a cgroup */
	bool has_payloads;
	struct kpc_batch_run *run;
	uint32_t nr_runs;
	struct kpc_batch_table *tables;
	uint32_t nr_tables;
	struct kpc_batch_loss *losses;
	uint32_t nr_losses;
	uint32_t losses_room;
	struct kpc_intern chains;
	struct kpc_distinct distinct;
	uint32_t unparsed; /* all; those that are kept: */
	struct kpc_span unparsed_record[KPC_UNPARSED_MAX];
	uint32_t nr_unparsed_records;
	uint32_t unparsed_bytes;

	/* scratch of encode */
	struct kpc_column_encoder column;
	struct kpc_column_memory table_index;
	struct kpc_column_memory tid;
	struct kpc_column_memory cgroups;
	struct kpc_column_memory frame;
	uint16_t *sorted_number; /* of numbered rows, sorted by table */
	uint32_t *order;	 /* rows, sorted by table */
	const uint8_t **sorted;	 /* their records */
	uint64_t *v;
	uint32_t v_room;
	struct kpc_addresses *addresses; /* to be noted in, or NULL */
	struct kpc_address_cache address_cache;
	const struct kpc_veil *veil; /* or NULL */
	struct kpc_veil_cache veil_cache;
	struct kpc_buf stand_ins; /* what spans point to then */
	struct kpc_span *span;
};

/* The number of the sample's call chain, or -ENOMEM. 0 is the empty one. */
int64_t kpc_batch_chain(struct kpc_batch *b, const struct kpc_sample *sample);
/* The event's table for its rows of that kind; a new one if there is none. */
uint32_t kpc_batch_table(struct kpc_batch *b, uint32_t event, bool payload);
/* Rows have cgroups: those so far have none. */
void kpc_batch_begin_groups(struct kpc_batch *b);
static inline void kpc_batch_group(struct kpc_batch *b,
				   const struct kpc_sample *s)
{
	if (s->cgroup && !b->grouped)
		kpc_batch_begin_groups(b);
}
/* The event's first weight: rows so far have none. */
void kpc_batch_weigh(struct kpc_batch *b, struct kpc_batch_event *state);

/*
 * Bytes of the field are common_pid's: what is noted of records that are the
 * same otherwise doesn't say whether they differ.
 */
static inline bool kpc_batch_has_pid(const struct kpc_batch_event *state,
				     const struct kpc_field *field)
{
	return state->has_pid &&
	       field->offset < state->pid_at + sizeof(uint32_t) &&
	       field->offset + field->bytes > state->pid_at;
}

static inline bool kpc_batch_fits(const struct kpc_batch *b,
				  const struct kpc_batch_event *state,
				  const struct kpc_sample *s)
{
	return s->raw_bytes >= state->fixed_bytes &&
	       (!state->dynamic ||
		kpc_record_dynamic_fits(
			b->events[s->event].fields + state->dynamic_first,
			state->dynamic_nr, s->raw, s->raw_bytes));
}

/* What all rows have. There is room for it. */
static inline void kpc_batch_put(struct kpc_batch *b,
				 const struct kpc_sample *s, uint32_t table)
{
	struct kpc_batch_run *run = b->run + b->nr_runs;
	uint32_t n = b->nr++;
	uint8_t *time_lo = b->time_lo, *hi_end = b->hi_end;
	uint64_t delta;

	if (!n)
		b->first_ns = b->last_ns = s->time_ns;
	delta = s->time_ns - b->last_ns;
	b->last_ns = s->time_ns;
	b->hi_any |= delta >> 7;
	if (!n || run[-1].tid != s->tid) {
		*run = (struct kpc_batch_run){ s->tid, n };
		b->nr_runs++;
	}
	b->raw[n] = s->raw;
	b->table_of[n] = table;
	b->tables[table].rows++;
	/* Last: for all the compiler knows bytes may be anything's. */
	time_lo[n] = delta & 0x7f;
	b->hi_end = kpc_wire_store_varint(hi_end, delta >> 7);
}

/* How records are looked at: known where this is inlined. */
typedef void (*kpc_batch_note)(struct kpc_diff *, const uint8_t *);
typedef bool (*kpc_batch_same)(const struct kpc_diff *, const uint8_t *,
			       const uint8_t *);

/*
 * Numbers the record, or gives up to do so for its event in this batch. True if
 * there was one that is the same.
 */
static inline __attribute__((always_inline)) bool
kpc_batch_number(struct kpc_batch *b, struct kpc_batch_event *state,
		 const uint8_t *raw, uint32_t table, kpc_batch_same same)
{
	const struct kpc_distinct_entry *entry;
	bool fresh;

	if (state->nr_distinct && same(&state->diff, state->last_raw, raw)) {
		b->number[b->nr] = state->last_number;
		return true;
	}
	entry = kpc_distinct_find(&b->distinct, &state->diff, raw, table,
				  state->nr_distinct, &fresh, same);
	if (!entry) {
		state->distinct = false;
		return false;
	}
	b->number[b->nr] = entry->number;
	state->last_number = entry->number;
	state->last_raw = entry->raw;
	state->nr_distinct += fresh;
	if (fresh && state->nr_distinct >= KPC_DISTINCT_CHECK &&
	    state->nr_distinct > b->tables[table].rows / 2)
		state->distinct = false;
	return !fresh;
}

/* Notes what @s, of a table that it is split into, has that others haven't. */
static inline __attribute__((always_inline)) void
kpc_batch_look(struct kpc_batch *b, struct kpc_batch_event *state,
	       const struct kpc_sample *s, uint32_t table, kpc_batch_note note,
	       kpc_batch_same same)
{
	if (state->has_pid) {
		uint32_t pid;

		memcpy(&pid, s->raw + state->pid_at, sizeof(pid));
		/* A column has it sign-extended. */
		state->tid_diff |= (pid ^ s->tid) | (pid & 1u << 31);
	}
	if (!state->diff.first)
		kpc_diff_begin(&state->diff, s->raw);
	if (!state->distinct ||
	    !kpc_batch_number(b, state, s->raw, table, same))
		note(&state->diff, s->raw);
}

/*
 * Appends a sample of an event that there is, to a batch that isn't full. With a cgroup
 * it takes kpc_batch_group() before, which most have no use for.
 */
static inline __attribute__((always_inline)) void
kpc_batch_append(struct kpc_batch *b, const struct kpc_sample *s,
		 kpc_batch_note note, kpc_batch_same same)
{
	struct kpc_batch_event *state = &b->state[s->event];
	bool payload = s->whole || !kpc_batch_fits(b, state, s);
	uint32_t table = state->table[payload];
	int64_t stack = 0;

	if (s->chain_depth) {
		stack = kpc_batch_chain(b, s);
		if (stack < 0) {
			b->unparsed++; /* no memory: counted, at least */
			return;
		}
		state->stack = true;
	}
	if (table == KPC_NO_TABLE)
		table = kpc_batch_table(b, s->event, payload);
	if (s->weight && !state->weighted)
		kpc_batch_weigh(b, state);
	if (state->weighted)
		b->weight[b->nr] = s->weight;
	if (b->beside) {
		b->stack[b->nr] = stack;
		b->cgroup[b->nr] = s->cgroup;
	}
	if (payload) {
		b->raw_bytes_of[b->nr] = s->raw_bytes;
		b->has_payloads = true;
	} else {
		kpc_batch_look(b, state, s, table, note, same);
	}
	kpc_batch_put(b, s, table);
}

#endif /* KPC_BATCH_ROWS_H */
