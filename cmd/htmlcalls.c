// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "htmlcalls.h"
#include "pairs.h"
#include "syscalls.h"

#define SLOTS	     (4 * CALLS_MAX)
#define SETTLE_EVERY 1024 /* rows */

struct calls {
	uint64_t from_ns;
	uint64_t span_ns;
	uint16_t columns;
	struct cells *cells;
	struct pairs *pairs;
	uint32_t since_settled;
	struct call *call[CALLS_MAX + 1]; /* the last is of the others */
	uint32_t nr;
	uint16_t slot[SLOTS]; /* position + 1, or 0 */
};

/* ---- which events are what ----------------------------------------------- */

/* One half of a call; @call isn't terminated. */
struct part {
	const char *call;
	size_t bytes;
	enum calls_part part;
	uint32_t event;
};

static const char *after(const char *text, const char *begin)
{
	size_t n = strlen(begin);

	return strncmp(text, begin, n) ? NULL : text + n;
}

static int field_of(const struct kpc_event *event, const char *name)
{
	for (uint32_t i = 0; i < event->nr_fields; i++) {
		const struct kpc_field *field = &event->fields[i];

		if (!field->common && field->kind <= KPC_FIELD_HEX &&
		    !strcmp(field->name, name))
			return i;
	}
	return -1;
}

static bool part_of_tracepoint(struct part *part, const struct kpc_event *event)
{
	const char *colon = strchr(event->name, ':');
	const char *call = colon ? after(colon + 1, "sys_enter") : NULL;

	part->part = CALLS_ENTRY;
	if (colon && !call) {
		call = after(colon + 1, "sys_exit");
		part->part = CALLS_RETURN;
	}
	part->call = call;
	part->bytes = call ? strlen(call) : 0;
	return call;
}

/* "p:NAME TARGET ...", "r16:NAME TARGET ..." */
static bool part_of_probe(struct part *part, const struct kpc_event *event)
{
	const char *text = event->definition;

	if (!text || (*text != 'p' && *text != 'r'))
		return false;
	part->part = *text == 'p' ? CALLS_ENTRY : CALLS_RETURN;
	text += strcspn(text, " ");
	part->call = text + strspn(text, " ");
	part->bytes = strcspn(part->call, " ");
	return part->bytes;
}

/* "u:FILE:FUNCTION", "ur:FILE:FUNCTION" */
static bool part_of_program(struct part *part, const struct kpc_event *event)
{
	part->part = CALLS_ENTRY;
	part->call = after(event->name, "u:");
	if (!part->call) {
		part->part = CALLS_RETURN;
		part->call = after(event->name, "ur:");
	}
	part->bytes = part->call ? strlen(part->call) : 0;
	return part->bytes;
}

static bool part_find(struct part *part, const struct kpc_event *event)
{
	switch (event->source) {
	case KPC_SOURCE_TRACEPOINT:
		return part_of_tracepoint(part, event);
	case KPC_SOURCE_KPROBEX:
		return part_of_probe(part, event);
	case KPC_SOURCE_UPROBE:
		return part_of_probe(part, event) ||
		       part_of_program(part, event);
	default:
		return false;
	}
}

static int by_call(const void *a, const void *b)
{
	const struct part *x = a, *y = b;
	size_t n = x->bytes < y->bytes ? x->bytes : y->bytes;
	int order = memcmp(x->call, y->call, n);

	if (order)
		return order;
	if (x->bytes != y->bytes)
		return x->bytes < y->bytes ? -1 : 1;
	if (x->part != y->part)
		return x->part < y->part ? -1 : 1;
	return x->event < y->event ? -1 : x->event > y->event;
}

static bool is_same(const struct part *a, const struct part *b)
{
	return a->bytes == b->bytes && !memcmp(a->call, b->call, a->bytes);
}

/* The entry is the first of its call, the return the first after the entries. */
static void join(struct calls_role *roles, const struct part *parts,
		 uint32_t nr)
{
	for (uint32_t i = 0, end; i < nr; i = end) {
		struct calls_role *entry = &roles[parts[i].event];

		for (end = i + 1; end < nr && is_same(&parts[i], &parts[end]);
		     end++) {
			struct calls_role *exit = &roles[parts[end].event];

			if (parts[i].part != CALLS_ENTRY ||
			    parts[end].part != CALLS_RETURN ||
			    entry->part != CALLS_NOT || exit->part != CALLS_NOT)
				continue;
			entry->part = CALLS_ENTRY;
			exit->part = CALLS_RETURN;
			exit->group = entry->group;
		}
	}
}

int calls_find_roles(struct calls_role *roles,
		     const struct kpc_event *const *events, uint32_t nr,
		     uint32_t first_group)
{
	struct part *parts = calloc(nr + 1, sizeof(*parts));
	uint32_t nr_parts = 0;

	if (!parts)
		return -ENOMEM;
	for (uint32_t i = 0; i < nr; i++) {
		const char *call;

		roles[i] = (struct calls_role){
			.group = first_group + i,
			.duration = field_of(events[i], "duration_ns"),
			.id = -1,
			.name = events[i]->name,
		};
		if (roles[i].duration >= 0) {
			roles[i].part = CALLS_WHOLE;
			continue;
		}
		if (!part_find(&parts[nr_parts], events[i]))
			continue;
		call = parts[nr_parts].call;
		roles[i].nests = events[i]->source != KPC_SOURCE_TRACEPOINT;
		if (!roles[i].nests && *call == '_')
			roles[i].name = call + 1;
		/* Of all system calls; of one, id is an argument. */
		if (!roles[i].nests && !*call)
			roles[i].id = field_of(events[i], "id");
		parts[nr_parts++].event = i;
	}
	qsort(parts, nr_parts, sizeof(*parts), by_call);
	join(roles, parts, nr_parts);
	free(parts);
	return 0;
}

/* ---- calls --------------------------------------------------------------- */

static struct call *call_new(const struct calls_role *role, const char *machine,
			     uint64_t id)
{
	struct call *call = calloc(1, sizeof(*call));
	const char *name = NULL;

	if (!call)
		return NULL;
	call->key[0] = role->group;
	call->key[1] = id;
	if (id != CALLS_NO_ID)
		name = kpc_syscall_text(machine, id);
	if (name)
		snprintf(call->name, CALLS_NAME, "%s", name);
	else if (id != CALLS_NO_ID)
		snprintf(call->name, CALLS_NAME, "system call %lld",
			 (long long)id);
	else
		snprintf(call->name, CALLS_NAME, "%s", role->name);
	return call;
}

/* Its position; of the others where there is no room for it, or memory. */
static uint32_t call_at(struct calls *calls, const struct calls_role *role,
			const char *machine, uint64_t id)
{
	uint64_t hash = (role->group ^ id << 32 ^ id >> 32) *
			UINT64_C(0x9e3779b97f4a7c15);
	uint32_t i = hash >> 40;
	uint16_t *slot;

	for (;; i++) {
		const struct call *call;

		slot = &calls->slot[i % SLOTS];
		if (!*slot)
			break;
		call = calls->call[*slot - 1];
		if (call->key[0] == role->group && call->key[1] == id)
			return *slot - 1;
	}
	if (calls->nr == CALLS_MAX)
		return CALLS_MAX;
	calls->call[calls->nr] = call_new(role, machine, id);
	if (!calls->call[calls->nr])
		return CALLS_MAX;
	*slot = ++calls->nr;
	return calls->nr - 1;
}

static void add(struct calls *calls, uint32_t at, uint64_t end_ns, uint64_t ns)
{
	struct call *call = calls->call[at];
	uint64_t since = end_ns - calls->from_ns;

	call->count++;
	if (__builtin_add_overflow(call->ns, ns, &call->ns))
		call->ns = UINT64_MAX;
	if (ns > call->ns_max)
		call->ns_max = ns;
	histogram_add(&call->times, ns);
	if (end_ns < calls->from_ns || since >= calls->span_ns)
		since = end_ns < calls->from_ns ? 0 : calls->span_ns - 1;
	cells_add(calls->cells, at,
		  (unsigned __int128)since * calls->columns / calls->span_ns,
		  histogram_bucket(ns));
}

static void on_pair(void *ctx, const struct half *entry,
		    const struct half *exit)
{
	struct calls *calls = ctx;

	if (!entry)
		return; /* it entered before the recording began, or was lost */
	if (exit)
		add(calls, entry->value, exit->time_ns,
		    exit->time_ns - entry->time_ns);
	else
		calls->call[entry->value]->unpaired++;
}

struct calls *calls_new(uint64_t from_ns, uint64_t to_ns, uint16_t columns)
{
	struct calls *calls = calloc(1, sizeof(*calls));

	if (!calls)
		return NULL;
	calls->from_ns = from_ns;
	calls->span_ns = to_ns > from_ns ? to_ns - from_ns : 1;
	calls->columns = columns;
	calls->cells = cells_new();
	calls->pairs = pairs_new(on_pair, calls);
	calls->call[CALLS_MAX] = calloc(1, sizeof(struct call));
	if (calls->cells && calls->pairs && calls->call[CALLS_MAX]) {
		strcpy(calls->call[CALLS_MAX]->name, "(others)");
		return calls;
	}
	calls_free(calls);
	return NULL;
}

void calls_free(struct calls *calls)
{
	if (!calls)
		return;
	pairs_free(calls->pairs);
	cells_free(calls->cells);
	for (uint32_t i = 0; i <= CALLS_MAX; i++)
		free(calls->call[i]);
	free(calls);
}

static void put_half(struct calls *calls, const struct calls_role *role,
		     const struct kpc_row *row, uint64_t at_ns)
{
	uint64_t id = role->id >= 0 ? row->values[role->id].u : CALLS_NO_ID;
	const char *machine = row->info->machine;
	struct half half = {
		.time_ns = at_ns,
		.tid = row->tid,
		.group = role->group,
		.lane = role->group,
		.nests = role->nests,
		.is_return = role->part == CALLS_RETURN,
	};

	if (row->tid == KPC_TID_UNKNOWN ||
	    (!half.is_return && syscalls_never_return(machine, id)))
		return;
	if (!half.is_return)
		half.value = call_at(calls, role, machine, id);
	pairs_put(calls->pairs, &half);
}

void calls_row(struct calls *calls, const struct calls_role *role,
	       const struct kpc_row *row, uint64_t at_ns)
{
	if (++calls->since_settled == SETTLE_EVERY) {
		pairs_settle(calls->pairs, at_ns);
		calls->since_settled = 0;
	}
	if (role->part == CALLS_NOT || row->payload)
		return;
	if (role->part == CALLS_WHOLE)
		add(calls, call_at(calls, role, NULL, CALLS_NO_ID), at_ns,
		    row->values[role->duration].u);
	else
		put_half(calls, role, row, at_ns);
}

void calls_end(struct calls *calls)
{
	/* Entries that are left have no return: pairs_free() says so. */
	pairs_settle(calls->pairs, UINT64_MAX);
	pairs_free(calls->pairs);
	calls->pairs = NULL;
}

uint32_t calls_nr(const struct calls *calls)
{
	return calls->nr + (calls->call[CALLS_MAX]->count != 0);
}

const struct call *calls_at(const struct calls *calls, uint32_t i)
{
	return calls->call[i < calls->nr ? i : CALLS_MAX];
}

uint16_t calls_series(const struct calls *calls, const struct call *call)
{
	uint16_t i = 0;

	while (calls->call[i] != call)
		i = i + 1 < calls->nr ? i + 1 : CALLS_MAX;
	return i;
}

struct cells *calls_cells(const struct calls *calls)
{
	return calls->cells;
}
