// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "htmldata.h"
#include "progress.h"

#define TEXT_KEYS 8192u

/* ---- the books ----------------------------------------------------------- */

static int read_books(struct htmldata *d, struct kpc_reader *reader)
{
	int ret;

	/* One more: of all parts of a recording together. */
	d->books =
		calloc(kpc_reader_info(reader)->traces + 1, sizeof(*d->books));
	if (!d->books)
		return -ENOMEM;
	progress_part(1, 2);
	do {
		ret = account_book_read(&d->books[d->nr_books++], reader);
		if (!ret)
			ret = kpc_reader_next_trace(reader);
	} while (ret > 0);
	d->health.size = sizeof(d->health);
	kpc_reader_health(reader, &d->health);
	if (!ret && account_books_follow(d->books, d->nr_books)) {
		ret = account_book_join(&d->books[d->nr_books], d->books,
					d->nr_books);
		d->nr_books++;
	}
	for (uint32_t i = 0; !ret && i < d->nr_books; i++)
		account_book_close(&d->books[i], &d->health);
	return ret;
}

/* Those of the traces themselves. */
static uint32_t traces(const struct htmldata *d)
{
	return d->nr_books - (d->books[d->nr_books - 1].first_part != 0);
}

/* ---- events -------------------------------------------------------------- */

static bool same_series(const struct kpc_event *a, const struct kpc_event *b)
{
	if (strcmp(a->name, b->name) || a->nr_fields != b->nr_fields)
		return false;
	for (uint32_t i = 0; i < a->nr_fields; i++)
		if (a->fields[i].kind != b->fields[i].kind ||
		    strcmp(a->fields[i].name, b->fields[i].name))
			return false;
	return true;
}

/*
 * The @at-th event's of a trace, all of whose are of different series. In parts of a
 * recording they come in the same order.
 */
static uint32_t series_of(struct htmldata *d, const struct kpc_event *event,
			  uint32_t at, uint32_t before)
{
	if (at < before && same_series(d->series[at].event, event))
		return at;
	for (uint32_t i = 0; i < before; i++)
		if (same_series(d->series[i].event, event))
			return i;
	d->series[d->nr_series].event = event;
	return d->nr_series++;
}

static int find_subjects(struct htmldata *d, const struct account_book *book)
{
	struct html_subject *subject = d->subjects + d->nr_subjects;
	const struct kpc_event **events = calloc(book->nr + 1, sizeof(*events));
	struct calls_role *roles = calloc(book->nr + 1, sizeof(*roles));
	uint32_t before = d->nr_series;
	int err = events && roles ? 0 : -ENOMEM;

	for (uint32_t i = 0; !err && i < book->nr; i++)
		events[i] = book->accounts[i].event;
	if (!err)
		err = calls_find_roles(roles, events, book->nr, d->nr_subjects);
	for (uint32_t i = 0; !err && i < book->nr; i++) {
		subject[i] = (struct html_subject){
			.event = events[i],
			.series = series_of(d, events[i], i, before),
			.role = roles[i],
		};
		d->series[subject[i].series].weight += book->accounts[i].rows;
		d->nr_subjects++;
	}
	free(events);
	free(roles);
	return err;
}

static int by_address(const void *a, const void *b)
{
	const struct html_subject *x = a, *y = b;

	return x->event < y->event ? -1 : x->event > y->event;
}

static int by_weight(const void *a, const void *b)
{
	const struct html_series *x = a, *y = b;

	if (x->weight != y->weight)
		return x->weight > y->weight ? -1 : 1;
	return strcmp(x->event->name, y->event->name);
}

/* Sorts the series; subjects find theirs again by what line keeps meanwhile. */
static int sort_series(struct htmldata *d)
{
	uint32_t *place = calloc(d->nr_series + 1, sizeof(*place));

	if (!place)
		return -ENOMEM;
	for (uint32_t i = 0; i < d->nr_series; i++)
		d->series[i].line = i;
	qsort(d->series, d->nr_series, sizeof(*d->series), by_weight);
	for (uint32_t i = 0; i < d->nr_series; i++)
		place[d->series[i].line] = i;
	for (uint32_t i = 0; i < d->nr_subjects; i++)
		d->subjects[i].series = place[d->subjects[i].series];
	free(place);
	qsort(d->subjects, d->nr_subjects, sizeof(*d->subjects), by_address);
	return 0;
}

static int find_events(struct htmldata *d)
{
	uint32_t nr = 1;
	int err = 0;

	for (uint32_t i = 0; i < traces(d); i++)
		nr += d->books[i].nr;
	d->series = calloc(nr, sizeof(*d->series));
	d->subjects = calloc(nr, sizeof(*d->subjects));
	if (!d->series || !d->subjects)
		return -ENOMEM;
	for (uint32_t i = 0; !err && i < traces(d); i++)
		err = find_subjects(d, &d->books[i]);
	if (!err)
		err = sort_series(d);
	d->lines = d->nr_series < HTML_SERIES ? d->nr_series : HTML_SERIES;
	for (uint32_t i = 0; i < d->nr_series; i++) {
		struct html_series *s = &d->series[i];

		s->line = i < d->lines ? i : d->lines;
		s->fields = calloc(s->event->nr_fields + 1, sizeof(*s->fields));
		if (!s->fields)
			return -ENOMEM;
		for (uint32_t f = 0; f < s->event->nr_fields; f++)
			s->fields[f].is_signed = s->event->fields[f].kind ==
						 KPC_FIELD_SIGNED;
	}
	return err;
}

/* ---- the axis ------------------------------------------------------------ */

static uint64_t on_axis(const struct kpc_trace_info *info, uint64_t time_ns)
{
	return time_ns +
	       (info->has_realtime ? (uint64_t)info->realtime_offset_ns : 0);
}

/* From where to where the rows may be that are selected. */
static void find_axis(struct htmldata *d, const struct selection *s)
{
	const struct kpc_trace_info *first = d->books[0].info;
	uint64_t zero = on_axis(first, first->start_ns);
	uint64_t from, to;

	d->from_ns = UINT64_MAX;
	for (uint32_t i = 0; i < traces(d); i++) {
		const struct kpc_trace_info *info = d->books[i].info;

		from = on_axis(info, info->start_ns);
		to = on_axis(info, info->end_ns);
		d->from_ns = from < d->from_ns ? from : d->from_ns;
		d->to_ns = to > d->to_ns ? to : d->to_ns;
	}
	/* Absolute times are of the clock, or of joined traces since 1970. */
	from = s->from.relative ? zero + s->from.ns :
	       first->merged	? s->from.ns :
				  on_axis(first, s->from.ns);
	to = s->to.relative ? zero + s->to.ns :
	     first->merged  ? s->to.ns :
			      on_axis(first, s->to.ns);
	if (s->from.given && from > d->from_ns && from < d->to_ns)
		d->from_ns = from;
	if (s->to.given && to > d->from_ns && to < d->to_ns)
		d->to_ns = to;
	/* The last row is in it. */
	if (d->to_ns < d->from_ns || d->to_ns == UINT64_MAX)
		d->to_ns = d->from_ns;
	d->to_ns++;
}

static int make_parts(struct htmldata *d, const struct selection *selection)
{
	uint32_t lines = d->lines + (d->nr_series > d->lines);

	find_axis(d, selection);
	d->buckets = HTML_COUNTS / (lines ? lines : 1);
	if (d->buckets > HTML_BUCKETS)
		d->buckets = HTML_BUCKETS;
	if (d->buckets > d->to_ns - d->from_ns)
		d->buckets = d->to_ns - d->from_ns;
	d->counts =
		calloc((size_t)(lines + 1) * d->buckets, sizeof(*d->counts));
	d->calls = calls_new(d->from_ns, d->to_ns, HTML_COLUMNS);
	d->flame = flame_new();
	d->processes = aggregate_new(0);
	d->texts = aggregate_new(TEXT_KEYS);
	return d->counts && d->calls && d->flame && d->processes && d->texts ?
		       0 :
		       -ENOMEM;
}

/* ---- rows ---------------------------------------------------------------- */

static const struct html_subject *subject_of(const struct htmldata *d,
					     const struct kpc_event *event)
{
	const struct html_subject key = { .event = event };

	return bsearch(&key, d->subjects, d->nr_subjects, sizeof(key),
		       by_address);
}

static void add_process(struct htmldata *d, const struct kpc_row *row)
{
	struct html_process key = { .pid = row->pid };
	const struct sample sample = { 0 };
	struct aggregate_entry *e;

	memcpy(key.boot_id, row->info->host->boot_id, sizeof(key.boot_id));
	e = aggregate_at(d->processes, (const char *)&key, sizeof(key));
	if (e->key && *row->comm)
		strncpy(e->comm, row->comm, sizeof(e->comm) - 1);
	aggregate_add(d->processes, e, &sample);
}

static void add_text(struct htmldata *d, uint32_t series, uint32_t field,
		     const struct kpc_value *value)
{
	struct html_value key = { .series = series, .field = field };
	const struct sample sample = { 0 };
	size_t n = value->blob_bytes < sizeof(key.text) ? value->blob_bytes :
							  sizeof(key.text);

	if (value->fault)
		return;
	memcpy(key.text, value->blob, n);
	/* What is cut may be several. */
	if (n < value->blob_bytes)
		memcpy(key.text + n - 3, "...", 3);
	n = strnlen(key.text, n);
	aggregate_add(d->texts,
		      aggregate_at(d->texts, (const char *)&key,
				   offsetof(struct html_value, text) + n),
		      &sample);
}

static void add_values(struct htmldata *d, uint32_t at,
		       const struct kpc_row *row)
{
	struct html_series *s = &d->series[at];

	if (row->payload)
		return; /* it couldn't be split */
	for (uint32_t f = 0; f < s->event->nr_fields; f++) {
		const struct kpc_field *field = &row->event->fields[f];
		uint64_t v = row->values[f].u;

		if (field->common)
			continue;
		if (field->kind == KPC_FIELD_STRING)
			add_text(d, at, f, &row->values[f]);
		else if (field->kind != KPC_FIELD_BYTES)
			summary_add(&s->fields[f], &v, NULL, 1);
	}
}

static void add_row(struct htmldata *d, const struct kpc_row *row)
{
	const struct html_subject *subject = subject_of(d, row->event);
	uint64_t at = row->realtime_ns ? (uint64_t)row->realtime_ns :
					 on_axis(row->info, row->time_ns);
	uint64_t since = at - d->from_ns;
	struct html_series *s;

	if (!subject)
		return;
	s = &d->series[subject->series];
	if (at < d->from_ns)
		since = 0;
	else if (at >= d->to_ns)
		since = d->to_ns - d->from_ns - 1;
	d->rows++;
	s->rows++;
	d->counts[(size_t)s->line * d->buckets +
		  (unsigned __int128)since * d->buckets /
			  (d->to_ns - d->from_ns)]++;
	add_process(d, row);
	add_values(d, subject->series, row);
	calls_row(d->calls, &subject->role, row, at);
	flame_row(d->flame, s->event->name, row);
}

static int read_rows(struct htmldata *d, struct kpc_reader *reader,
		     const struct selection *selection)
{
	struct kpc_row row;
	int ret = kpc_reader_rewind(reader);

	if (ret)
		return ret;
	progress_part(2, 2);
	do {
		ret = kpc_reader_join(reader);
		if (ret >= 0)
			ret = selection_apply(selection, reader);
		while (!ret && (ret = kpc_reader_next(reader, &row)) > 0) {
			add_row(d, &row);
			ret = 0;
		}
		if (!ret)
			ret = kpc_reader_next_trace(reader);
	} while (ret > 0);
	calls_end(d->calls);
	flame_finish(d->flame);
	return ret;
}

int htmldata_read(struct htmldata *d, struct kpc_reader *reader,
		  const struct selection *selection)
{
	int err = read_books(d, reader);

	if (!err)
		err = find_events(d);
	if (!err)
		err = make_parts(d, selection);
	if (!err)
		err = read_rows(d, reader, selection);
	return err;
}

void htmldata_uninit(struct htmldata *d)
{
	for (uint32_t i = 0; i < d->nr_series; i++) {
		struct html_series *s = &d->series[i];

		for (uint32_t f = 0; s->fields && f < s->event->nr_fields; f++)
			summary_uninit(&s->fields[f]);
		free(s->fields);
	}
	free(d->series);
	free(d->subjects);
	free(d->counts);
	calls_free(d->calls);
	flame_free(d->flame);
	aggregate_free(d->processes);
	aggregate_free(d->texts);
	while (d->nr_books)
		account_book_uninit(&d->books[--d->nr_books]);
	free(d->books);
}
