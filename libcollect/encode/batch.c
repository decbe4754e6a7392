// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>

#include "batch_rows.h"

static bool is_pid(const struct kpc_field *field)
{
	return field->common && field->bytes == sizeof(uint32_t) &&
	       !field->bits && field->offset < UINT16_MAX &&
	       !strcmp(field->name, "common_pid");
}

static int state_init(struct kpc_batch_event *state,
		      const struct kpc_event *event)
{
	state->table[0] = KPC_NO_TABLE;
	state->table[1] = KPC_NO_TABLE;
	for (uint32_t i = 0; i < event->nr_fields; i++) {
		const struct kpc_field *field = &event->fields[i];

		if (field->dynamic && !state->dynamic) {
			state->dynamic = true;
			state->dynamic_first = i;
		}
		if (field->dynamic)
			state->dynamic_nr = i + 1 - state->dynamic_first;
		if (is_pid(field)) {
			state->has_pid = true;
			state->pid_at = field->offset;
		}
	}
	state->fixed_bytes = kpc_record_fixed_bytes(event);
	kpc_diff_init(&state->diff, state->fixed_bytes,
		      state->has_pid && state->pid_at == sizeof(uint32_t));
	state->may_distinct = !state->dynamic && state->fixed_bytes >= 16 &&
			      state->fixed_bytes <= KPC_DIFF_BYTES;
	/* The thread id is the row's; nothing else may be there. */
	for (uint32_t i = 0; i < event->nr_fields; i++)
		if (kpc_batch_has_pid(state, &event->fields[i]) &&
		    !is_pid(&event->fields[i]))
			state->may_distinct = false;
	state->distinct = state->may_distinct;
	state->field = calloc(event->nr_fields + 1, sizeof(*state->field));
	return state->field ? 0 : -ENOMEM;
}

static int rows_init(struct kpc_batch *b)
{
	size_t n = KPC_BATCH_EVENTS;

	b->time_lo = malloc(n);
	b->time_hi = malloc(n * KPC_WIRE_VARINT_BYTES);
	b->hi_end = b->time_hi;
	b->table_of = calloc(n, sizeof(*b->table_of));
	b->raw = calloc(n, sizeof(*b->raw));
	b->raw_bytes_of = calloc(n, sizeof(*b->raw_bytes_of));
	b->weight = calloc(n, sizeof(*b->weight));
	b->stack = calloc(n, sizeof(*b->stack));
	b->cgroup = calloc(n, sizeof(*b->cgroup));
	b->number = calloc(n, sizeof(*b->number));
	b->sorted_number = calloc(n, sizeof(*b->sorted_number));
	b->run = calloc(n, sizeof(*b->run));
	b->order = calloc(n, sizeof(*b->order));
	b->sorted = calloc(n, sizeof(*b->sorted));
	b->v = calloc(n, sizeof(*b->v));
	b->v_room = n;
	b->span = calloc(n, sizeof(*b->span));
	return b->time_lo && b->time_hi && b->table_of && b->raw &&
			       b->raw_bytes_of && b->weight && b->stack &&
			       b->cgroup && b->run && b->number &&
			       b->sorted_number && b->order && b->sorted &&
			       b->v && b->span ?
		       0 :
		       -ENOMEM;
}

/* The events' state is in whole cache lines. */
static struct kpc_batch_event *states_alloc(uint32_t nr)
{
	size_t bytes = (nr + 1ull) * sizeof(struct kpc_batch_event);
	struct kpc_batch_event *state =
		aligned_alloc(_Alignof(struct kpc_batch_event), bytes);

	if (state)
		memset(state, 0, bytes);
	return state;
}

int kpc_batch_new(struct kpc_batch **batch, const struct kpc_event *events,
		  uint32_t nr_events)
{
	struct kpc_batch *b;
	int err = -ENOMEM;

	if (nr_events >= KPC_NO_TABLE / 2)
		return -EINVAL;
	b = calloc(1, sizeof(*b));
	if (!b)
		return -ENOMEM;
	b->events = events;
	b->nr_events = nr_events;
	b->state = states_alloc(nr_events);
	b->tables = calloc(nr_events * 2 + 1, sizeof(*b->tables));
	if (!b->state || !b->tables || rows_init(b))
		goto err_free;
	for (uint32_t i = 0; i < nr_events; i++) {
		err = kpc_event_check(&events[i]);
		if (!err)
			err = state_init(&b->state[i], &events[i]);
		if (err)
			goto err_free;
	}
	*batch = b;
	return 0;

err_free:
	kpc_batch_free(b);
	return err;
}

void kpc_batch_free(struct kpc_batch *b)
{
	if (!b)
		return;
	for (uint32_t i = 0; b->state && i < b->nr_events; i++)
		free(b->state[i].field);
	free(b->state);
	free(b->tables);
	free(b->time_lo);
	free(b->time_hi);
	free(b->table_of);
	free(b->raw);
	free(b->raw_bytes_of);
	free(b->weight);
	free(b->stack);
	free(b->cgroup);
	free(b->number);
	free(b->sorted_number);
	free(b->run);
	free(b->order);
	free(b->sorted);
	free(b->v);
	free(b->span);
	free(b->losses);
	kpc_intern_uninit(&b->chains);
	kpc_column_encoder_uninit(&b->column);
	kpc_buf_uninit(&b->stand_ins);
	free(b);
}

void kpc_batch_watch(struct kpc_batch *b, struct kpc_addresses *addresses)
{
	b->addresses = addresses;
}

void kpc_batch_veil(struct kpc_batch *b, const struct kpc_veil *veil)
{
	b->veil = veil;
}

void kpc_batch_reset(struct kpc_batch *b)
{
	for (uint32_t i = 0; i < b->nr_tables; i++) {
		struct kpc_batch_event *state = &b->state[b->tables[i].event];

		state->table[b->tables[i].payload] = KPC_NO_TABLE;
		state->stack = false;
		state->weighted = false;
		/* To find out that it doesn't pay costs little. */
		state->distinct = state->may_distinct;
	}
	b->nr_tables = 0;
	b->nr_losses = 0;
	b->nr = 0;
	b->nr_runs = 0;
	b->hi_end = b->time_hi;
	b->hi_any = 0;
	b->raw_bytes = 0;
	b->unparsed = 0;
	b->nr_unparsed_records = 0;
	b->unparsed_bytes = 0;
	b->weighted = false;
	b->beside = false;
	b->stacked = false;
	b->grouped = false;
	b->has_payloads = false;
	kpc_intern_reset(&b->chains);
	kpc_distinct_reset(&b->distinct);
}

/* ---- gathering ----------------------------------------------------------- */

uint32_t kpc_batch_table(struct kpc_batch *b, uint32_t event, bool payload)
{
	struct kpc_batch_event *state = &b->state[event];

	state->table[payload] = b->nr_tables;
	b->tables[b->nr_tables] = (struct kpc_batch_table){
		.event = event,
		.payload = payload,
	};
	if (!payload) {
		state->diff.first = NULL;
		state->tid_diff = 0;
		state->nr_distinct = 0;
	}
	return b->nr_tables++;
}

/* Rows so far have neither a call chain nor a cgroup. */
static void begin_beside(struct kpc_batch *b)
{
	if (b->beside)
		return;
	memset(b->stack, 0, b->nr * sizeof(*b->stack));
	memset(b->cgroup, 0, b->nr * sizeof(*b->cgroup));
	b->beside = true;
}

void kpc_batch_begin_groups(struct kpc_batch *b)
{
	begin_beside(b);
	b->grouped = true;
}

int64_t kpc_batch_chain(struct kpc_batch *b, const struct kpc_sample *sample)
{
	struct kpc_span chain = {
		.at = (const uint8_t *)sample->chain,
		.bytes = sample->chain_depth * sizeof(uint64_t),
	};

	if (!b->stacked) {
		int64_t empty =
			kpc_intern_add(&b->chains, (struct kpc_span){ 0 });

		if (empty < 0)
			return empty;
		begin_beside(b);
		b->stacked = true;
	}
	return kpc_intern_add(&b->chains, chain);
}

void kpc_batch_weigh(struct kpc_batch *b, struct kpc_batch_event *state)
{
	uint32_t before = 0;

	for (int payload = 0; payload < 2; payload++)
		if (state->table[payload] != KPC_NO_TABLE)
			before |= b->tables[state->table[payload]].rows;
	for (uint32_t i = 0; before && i < b->nr; i++)
		if (&b->state[b->tables[b->table_of[i]].event] == state)
			b->weight[i] = 0;
	state->weighted = true;
	b->weighted = true;
}

bool kpc_batch_add(struct kpc_batch *b, const struct kpc_sample *sample)
{
	if (b->nr == KPC_BATCH_EVENTS || b->raw_bytes >= KPC_BATCH_RAW_BYTES)
		return false;
	if (sample->event >= b->nr_events) {
		b->unparsed++;
		return true;
	}
	kpc_batch_group(b, sample);
	kpc_batch_append(b, sample, kpc_diff_note, kpc_diff_same);
	return true;
}

int kpc_batch_add_loss(struct kpc_batch *b, uint64_t count, uint32_t event)
{
	struct kpc_batch_loss *losses;

	if (b->nr_losses == b->losses_room) {
		uint32_t room = b->losses_room ? b->losses_room * 2 : 16;

		losses = realloc(b->losses, room * sizeof(*losses));
		if (!losses)
			return -ENOMEM;
		b->losses = losses;
		b->losses_room = room;
	}
	b->losses[b->nr_losses++] = (struct kpc_batch_loss){
		.after = b->nr,
		.event = event,
		.count = count,
	};
	return 0;
}

void kpc_batch_add_unparsed(struct kpc_batch *b, const void *record,
			    uint32_t bytes)
{
	b->unparsed++;
	if (!bytes || b->nr_unparsed_records == KPC_UNPARSED_MAX ||
	    bytes > KPC_UNPARSED_ROOM - b->unparsed_bytes)
		return;
	b->unparsed_record[b->nr_unparsed_records++] =
		(struct kpc_span){ record, bytes };
	b->unparsed_bytes += bytes;
}

void kpc_batch_add_bytes(struct kpc_batch *b, uint32_t ring_bytes)
{
	b->raw_bytes += ring_bytes;
}

uint32_t kpc_batch_events(const struct kpc_batch *b)
{
	return b->nr;
}

uint32_t kpc_batch_raw_bytes(const struct kpc_batch *b)
{
	return b->raw_bytes;
}

bool kpc_batch_empty(const struct kpc_batch *b)
{
	return !b->nr && !b->nr_losses && !b->unparsed;
}
