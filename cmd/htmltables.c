// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "errnoname.h"
#include "htmltables.h"
#include "json.h"
#include "webtext.h"

#define ROWS_MAX      1000u /* rows of tables, those with most */
#define FUNCTIONS_MAX 1500u
#define FIELDS_MAX    400u
#define TEXTS_MAX     600u
#define NODES_MAX     8000u

/* ---- call chains --------------------------------------------------------- */

static int downward(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x > y ? -1 : x < y;
}

/* The total that a node needs to be among the largest NODES_MAX. 0: no memory. */
static uint64_t least_total(const struct flame_node *node, uint32_t nr)
{
	uint64_t *totals = calloc(nr, sizeof(*totals));
	uint64_t least = 1;

	if (!totals)
		return 0;
	for (uint32_t i = 0; i < nr; i++)
		totals[i] = node[i].total;
	qsort(totals, nr, sizeof(*totals), downward);
	if (nr > NODES_MAX)
		least = totals[NODES_MAX] + 1;
	free(totals);
	return least ? least : 1;
}

/*
 * Nodes as [parent, name, total, ...], a parent before its children, the root
 * first. @place and @used have room for all: what they became, and which names
 * they have.
 */
static void put_nodes(struct text *out, const struct flame_node *node,
		      uint32_t nr, uint64_t least, uint32_t *place,
		      uint32_t *used, uint32_t *nr_used)
{
	uint32_t nodes = 0;

	text_char(out, '[');
	for (uint32_t i = 0; i < nr; i++) {
		uint32_t name = 0;

		if (i && node[i].total < least)
			continue;
		if (i && !used[node[i].name])
			used[node[i].name] = ++*nr_used;
		if (i)
			name = used[node[i].name];
		text_printf(out, "%s%u,%u,", i ? "," : "",
			    place[node[i].parent], name);
		webtext_u64(out, node[i].total);
		place[i] = nodes++;
	}
	text_char(out, ']');
}

/* The names in the order in which they were used first: [name, kind, ...] */
static int put_names(struct text *out, const struct flame_name *name,
		     uint32_t nr, const uint32_t *used, uint32_t nr_used)
{
	uint32_t *order = calloc(nr_used + 1, sizeof(*order));

	if (!order)
		return -ENOMEM;
	for (uint32_t i = 0; i < nr; i++)
		if (used[i])
			order[used[i]] = i;
	text_string(out, "[\"all\",0");
	for (uint32_t i = 1; i <= nr_used; i++) {
		text_char(out, ',');
		webtext(out, name[order[i]].text);
		text_printf(out, ",%d", name[order[i]].kind);
	}
	text_char(out, ']');
	free(order);
	return 0;
}

int htmltables_flame(struct text *out, const struct htmldata *d)
{
	const struct flame_node *node;
	const struct flame_name *name;
	uint32_t nr = flame_nodes(d->flame, &node);
	uint32_t nr_names = flame_names(d->flame, &name);
	uint32_t *place = calloc(nr, sizeof(*place));
	uint32_t *used = calloc(nr_names + 1, sizeof(*used));
	uint64_t least = least_total(node, nr);
	uint32_t nr_used = 0;
	int err = place && used && least ? 0 : -ENOMEM;

	if (!err) {
		text_printf(out,
			    "{\"chains\":%" PRIu64 ",\"cut\":%" PRIu64
			    ",\"least\":%" PRIu64 ",\"nodes\":",
			    flame_chains(d->flame), flame_cut(d->flame), least);
		put_nodes(out, node, nr, least, place, used, &nr_used);
		text_string(out, ",\"names\":");
		err = put_names(out, name, nr_names, used, nr_used);
		text_char(out, '}');
	}
	free(place);
	free(used);
	return err;
}

static int by_total(const void *a, const void *b)
{
	const struct flame_name *x = *(const struct flame_name *const *)a;
	const struct flame_name *y = *(const struct flame_name *const *)b;

	if (x->self != y->self)
		return x->self > y->self ? -1 : 1;
	if (x->total != y->total)
		return x->total > y->total ? -1 : 1;
	return strcmp(x->text, y->text);
}

/* [name, kind, self, total] each, those first in which most chains end. */
int htmltables_functions(struct text *out, bool *outer,
			 const struct htmldata *d)
{
	const struct flame_name *name, **sorted;
	uint32_t nr_names = flame_names(d->flame, &name), nr = 0;

	sorted = calloc(nr_names + 1, sizeof(*sorted));
	if (!sorted)
		return -ENOMEM;
	for (uint32_t i = 0; i < nr_names; i++)
		if (name[i].kind != FLAME_EVENT)
			sorted[nr++] = &name[i];
	qsort(sorted, nr, sizeof(*sorted), by_total);
	json_u64(out, outer, "functions_all", nr);
	json_key(out, outer, "functions");
	text_char(out, '[');
	for (uint32_t i = 0; i < nr && i < FUNCTIONS_MAX; i++) {
		text_string(out, i ? ",[" : "[");
		webtext(out, sorted[i]->text);
		text_printf(out, ",%d,%" PRIu64 ",%" PRIu64 "]",
			    sorted[i]->kind, sorted[i]->self, sorted[i]->total);
	}
	text_char(out, ']');
	free(sorted);
	return 0;
}

/* ---- processes and values ------------------------------------------------ */

static int by_count(const void *a, const void *b)
{
	const struct aggregate_entry *x = *(struct aggregate_entry *const *)a;
	const struct aggregate_entry *y = *(struct aggregate_entry *const *)b;
	size_t n = x->key_bytes < y->key_bytes ? x->key_bytes : y->key_bytes;
	int order;

	if (x->all.count != y->all.count)
		return x->all.count > y->all.count ? -1 : 1;
	order = memcmp(x->key, y->key, n);
	if (order || x->key_bytes == y->key_bytes)
		return order;
	return x->key_bytes < y->key_bytes ? -1 : 1;
}

/* To be freed; NULL without memory. */
static struct aggregate_entry **sorted_entries(const struct aggregate *a)
{
	uint32_t nr = aggregate_nr(a);
	struct aggregate_entry **sorted = calloc(nr + 1, sizeof(*sorted));

	if (!sorted)
		return NULL;
	for (uint32_t i = 0; i < nr; i++)
		sorted[i] = aggregate_entry(a, i);
	qsort(sorted, nr, sizeof(*sorted), by_count);
	return sorted;
}

/* [pid, name, events] each, most first; the last one's pid is null: others. */
int htmltables_processes(struct text *out, const struct htmldata *d)
{
	struct aggregate_entry **sorted = sorted_entries(d->processes);
	uint64_t others = aggregate_others(d->processes)->all.count;
	uint32_t nr = aggregate_nr(d->processes);
	bool first = true;

	if (!sorted)
		return -ENOMEM;
	text_char(out, '[');
	for (uint32_t i = 0; i < nr; i++) {
		struct html_process key;

		if (i >= ROWS_MAX) {
			others += sorted[i]->all.count;
			continue;
		}
		memcpy(&key, sorted[i]->key, sizeof(key));
		webtext_comma(out, &first);
		text_printf(out, "[%" PRId64 ",",
			    key.pid == KPC_TID_UNKNOWN ? (int64_t)-1 :
							 (int64_t)key.pid);
		webtext(out, !key.pid ? "<idle>" : sorted[i]->comm);
		text_printf(out, ",%" PRIu64 "]", sorted[i]->all.count);
	}
	if (others) {
		webtext_comma(out, &first);
		text_printf(out, "[null,\"(others)\",%" PRIu64 "]", others);
	}
	text_char(out, ']');
	free(sorted);
	return 0;
}

static void put_value(struct text *out, const struct kpc_event *event,
		      uint32_t field, const struct summary *summary, uint64_t v)
{
	text_char(out, '"');
	if (event->fields[field].kind == KPC_FIELD_HEX)
		text_hex(out, v);
	else if (summary->is_signed)
		text_s64(out, v);
	else
		text_u64(out, v);
	text_char(out, '"');
}

/* The commonest: [value, count, what it is called] each. */
static void put_top(struct text *out, const struct kpc_event *event,
		    uint32_t field, const struct summary *summary)
{
	struct summary_value top[SUMMARY_TOP];
	uint32_t nr = summary_top(summary, top);

	text_char(out, '[');
	for (uint32_t i = 0; i < nr; i++) {
		const char *name = errnoname_applies(event, field) ?
					   errnoname_of(top[i].value) :
					   NULL;

		text_string(out, i ? ",[" : "[");
		put_value(out, event, field, summary, top[i].value);
		text_printf(out, ",%" PRIu64 ",\"%s\"]", top[i].count,
			    name ? name : "");
	}
	text_char(out, ']');
}

/* What numbers a field had. Addresses and the like have no mean and no sum. */
static void put_field(struct text *out, const struct html_series *s,
		      uint32_t field)
{
	const struct kpc_field *f = &s->event->fields[field];
	const struct summary *summary = &s->fields[field];
	bool first = true;

	text_char(out, '{');
	webtext_member(out, &first, "event", s->event->name);
	webtext_member(out, &first, "field", f->name);
	json_u64(out, &first, "count", summary->n);
	json_u64(out, &first, "distinct", summary->distinct);
	json_bool(out, &first, "more", summary->more);
	json_key(out, &first, "min");
	put_value(out, s->event, field, summary, summary->min);
	json_key(out, &first, "max");
	put_value(out, s->event, field, summary, summary->max);
	if (f->kind != KPC_FIELD_HEX) {
		json_key(out, &first, "sum");
		text_printf(out, "\"%.0Lf\"", (long double)summary->sum);
		json_key(out, &first, "mean");
		text_printf(out, "%.6Lg",
			    (long double)summary->sum / summary->n);
	}
	json_key(out, &first, "top");
	put_top(out, s->event, field, summary);
	text_char(out, '}');
}

void htmltables_fields(struct text *out, bool *outer, const struct htmldata *d)
{
	uint32_t nr = 0;
	bool first = true;

	json_key(out, outer, "fields");
	text_char(out, '[');
	for (uint32_t i = 0; i < d->nr_series; i++) {
		const struct html_series *s = &d->series[i];

		for (uint32_t f = 0; f < s->event->nr_fields; f++) {
			if (!s->fields[f].n || nr++ >= FIELDS_MAX)
				continue;
			webtext_comma(out, &first);
			put_field(out, s, f);
		}
	}
	text_char(out, ']');
	json_u64(out, outer, "fields_all", nr);
}

/* [event, field, text, count] each, and how many others came. */
int htmltables_texts(struct text *out, bool *outer, const struct htmldata *d)
{
	uint64_t others = aggregate_others(d->texts)->all.count;
	struct aggregate_entry **sorted = sorted_entries(d->texts);
	uint32_t nr = aggregate_nr(d->texts);

	if (!sorted)
		return -ENOMEM;
	for (uint32_t i = TEXTS_MAX; i < nr; i++)
		others += sorted[i]->all.count;
	json_u64(out, outer, "texts_others", others);
	json_key(out, outer, "texts");
	text_char(out, '[');
	for (uint32_t i = 0; i < nr && i < TEXTS_MAX; i++) {
		const struct kpc_event *event;
		struct html_value key;

		memcpy(&key, sorted[i]->key, offsetof(struct html_value, text));
		event = d->series[key.series].event;
		text_string(out, i ? ",[" : "[");
		webtext(out, event->name);
		text_char(out, ',');
		webtext(out, event->fields[key.field].name);
		text_char(out, ',');
		webtext(out,
			sorted[i]->key + offsetof(struct html_value, text));
		text_printf(out, ",%" PRIu64 "]", sorted[i]->all.count);
	}
	text_char(out, ']');
	free(sorted);
	return 0;
}
