// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "context.h"
#include "errnoname.h"
#include "json.h"
#include "programs.h"
#include "losses.h"
#include "report.h"

#define NS_PER_S 1000000000ll
#define COLUMNS	 8

#define NAME_BYTES 128 /* of a field and its place in an array */

static const char *const headings[COLUMNS] = {
	"event",  "count",    "delivered", "lost",
	"missed", "filtered", "self",	   "unexplained",
};

static uint64_t duration_ns(const struct kpc_trace_info *info)
{
	return info->end_ns > info->start_ns ? info->end_ns - info->start_ns :
					       0;
}

/* Local time of the trace's start; false if it isn't known. */
static bool start_text(const struct kpc_trace_info *info, char *text,
		       size_t size)
{
	int64_t ns = info->start_ns + (uint64_t)info->realtime_offset_ns;
	time_t seconds = ns / NS_PER_S;
	struct tm tm;

	return info->has_realtime && localtime_r(&seconds, &tm) &&
	       strftime(text, size, "%Y-%m-%d %H:%M:%S %z", &tm);
}

/* The name of field @f, an array's element with its index, perhaps in @text. */
static const char *field_name(const struct kpc_event *event, uint32_t f,
			      char text[NAME_BYTES])
{
	uint32_t first = f;

	while (first && !event->fields[first].elements)
		first--;
	if (f - first >= event->fields[first].elements)
		return event->fields[f].name;
	snprintf(text, NAME_BYTES, "%s[%u]", event->fields[f].name, f - first);
	return text;
}

/* ---- text ---------------------------------------------------------------- */

/* As a shell would take it, if it has no quotes or control characters. */
static void text_argument(struct text *out, const char *argument)
{
	static const char plain[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"0123456789_@%+=:,./-";
	size_t n = strlen(argument);
	bool quote = !n || strspn(argument, plain) != n;

	text_string(out, quote ? "'" : "");
	text_escaped(out, (const uint8_t *)argument, n, "'");
	text_string(out, quote ? "'" : "");
}

static void text_part(struct text *out, const struct kpc_trace_info *info)
{
	if (!info->part)
		return;
	text_printf(out, "%s %u of recording ", info->dump ? "dump" : "part",
		    info->part);
	for (int i = 0; i < 8; i++)
		text_printf(out, "%02x", info->series[i]);
	if (info->parts_removed)
		text_printf(out, "; %u before it removed", info->parts_removed);
	text_char(out, '\n');
}

static void text_header(struct text *out, const char *path,
			const struct kpc_trace_info *info)
{
	char when[64];

	text_string(out, strcmp(path, "-") ? path : "standard input");
	text_string(out, ": recorded");
	if (*info->hostname) {
		text_string(out, " on ");
		text_word(out, info->hostname);
		text_string(out, ", Linux ");
		text_word(out, info->kernel_release);
		text_char(out, ' ');
		text_word(out, info->machine);
	}
	if (start_text(info, when, sizeof(when)))
		text_printf(out, ", %s", when);
	text_printf(out, ", for %.3f s\n", duration_ns(info) / 1e9);
	text_part(out, info);
	for (uint32_t i = 0; info->argv[i]; i++) {
		text_string(out, i ? " " : "command line: ");
		text_argument(out, info->argv[i]);
	}
	if (info->argv_omitted)
		text_printf(out, " ... and %u words more", info->argv_omitted);
	if (info->argv[0])
		text_char(out, '\n');
}

static void account_cells(const struct account *account,
			  char cells[COLUMNS][32])
{
	const uint64_t v[] = { account->count,	  account->delivered,
			       account->lost,	  account->missed,
			       account->filtered, account->self };
	size_t n = sizeof(v) / sizeof(*v);

	for (size_t i = 0; i < n; i++)
		snprintf(cells[i + 1], 32, "%" PRIu64, v[i]);
	if (account->lost_unknown && account->event && account->lost)
		snprintf(cells[3], 32, ">=%" PRIu64, account->lost);
	else if (account->lost_unknown && account->event)
		snprintf(cells[3], 32, "unknown");
	snprintf(cells[n + 1], 32, "%" PRId64, account->unexplained);
}

static const char *account_name(const struct account *account)
{
	return account->event ? account->event->name : "total";
}

static void widen(int width[COLUMNS], const struct account *account)
{
	char cells[COLUMNS][32];
	int name = strlen(account_name(account));

	account_cells(account, cells);
	if (name > width[0])
		width[0] = name;
	for (int i = 1; i < COLUMNS; i++)
		if ((int)strlen(cells[i]) > width[i])
			width[i] = strlen(cells[i]);
}

static void text_reasons(struct text *out, const struct account *account)
{
	if (!account->nr_reasons)
		text_string(out, "complete");
	for (uint32_t i = 0; i < account->nr_reasons; i++) {
		text_string(out, i ? "; " : "lower bound, because ");
		text_string(out, account->reasons[i]);
	}
}

static void text_line(struct text *out, const int width[COLUMNS],
		      const struct account *account)
{
	const char *name = account_name(account);
	char cells[COLUMNS][32];

	account_cells(account, cells);
	text_word(out, name);
	for (int n = strlen(name); n < width[0]; n++)
		text_char(out, ' ');
	for (int i = 1; i < COLUMNS; i++)
		text_printf(out, "  %*s", width[i], cells[i]);
	text_string(out, "  ");
	text_reasons(out, account);
	text_char(out, '\n');
}

static void text_table(struct text *out, const struct account_book *book)
{
	int width[COLUMNS];

	for (int i = 0; i < COLUMNS; i++)
		width[i] = strlen(headings[i]);
	for (uint32_t i = 0; i < book->nr; i++)
		widen(width, &book->accounts[i]);
	widen(width, &book->totals);
	text_printf(out, "%-*s", width[0], headings[0]);
	for (int i = 1; i < COLUMNS; i++)
		text_printf(out, "  %*s", width[i], headings[i]);
	text_string(out, "  (events)\n");
	for (uint32_t i = 0; i < book->nr; i++)
		text_line(out, width, &book->accounts[i]);
	text_line(out, width, &book->totals);
}

/* "EVENT: N WORDS", if there are any. */
static void text_note(struct text *out, const struct account *account,
		      uint64_t n, const char *words)
{
	if (!n)
		return;
	text_word(out, account->event->name);
	text_printf(out, ": %" PRIu64 " %s\n", n, words);
}

static void text_unit(struct text *out, const struct account *account)
{
	enum kpc_unit unit = account->event->unit;

	if (unit == KPC_UNIT_HITS)
		return;
	text_word(out, account->event->name);
	text_string(out,
		    unit == KPC_UNIT_NS ?
			    ": the count is of nanoseconds\n" :
			    ": the count is the sum of a field's values\n");
}

/* Is it sampled so many times a second? Of a clock the kernel makes a period of it. */
static bool has_frequency(const struct kpc_event *event)
{
	struct perf_event_attr attr = { 0 };

	if (event->source == KPC_SOURCE_SOFTWARE && event->unit == KPC_UNIT_NS)
		return false;
	if (event->attr)
		memcpy(&attr, event->attr,
		       event->attr_bytes < sizeof(attr) ? event->attr_bytes :
							  sizeof(attr));
	return attr.freq;
}

static void text_time(struct text *out, const struct account *account)
{
	if (account->event->time != KPC_TIME_READ)
		return;
	text_word(out, account->event->name);
	text_string(out, ": times are when the collector first saw a record\n");
}

/* Its count is right, but there are fewer samples. */
static void text_raised(struct text *out, const struct account_book *book,
			const struct account *account)
{
	const struct kpc_event_account *a = account->ledger;
	const struct kpc_event *event = account->event;

	if (!a || !a->raised_ns)
		return;
	text_word(out, event->name);
	text_printf(out, ": from %.3f s on ",
		    account_seconds(book->info, a->raised_ns));
	if (has_frequency(event))
		text_printf(out, "%" PRIu64 " samples a second", a->raised_to);
	else
		text_printf(out, "a sample every %" PRIu64 "%s", a->raised_to,
			    event->unit == KPC_UNIT_HITS ? " hits" :
			    event->unit == KPC_UNIT_NS	 ? " ns" :
							   " of the field's sum");
	text_printf(out, ", because the recorder was to stay below %.4g %%",
		    book->ledger->max_overhead_ppm / 1e4);
	if (a->raises > 1)
		text_printf(out, " (changed %u times)", a->raises);
	text_char(out, '\n');
}

/* What the count means, what left it on purpose, and what else there was. */
static void text_notes(struct text *out, const struct account_book *book)
{
	static const struct kpc_probe_account none;

	for (uint32_t i = 0; i < book->nr; i++) {
		const struct account *account = &book->accounts[i];
		const struct kpc_probe_account *probe =
			account->probe ? account->probe : &none;

		text_unit(out, account);
		text_time(out, account);
		text_raised(out, book, account);
		text_note(out, account, account->period_skipped,
			  account->event->unit == KPC_UNIT_HITS ?
				  "counted between two samples" :
				  "counted beyond one a sample");
		text_note(out, account, account->own_dropped,
			  "of the collector itself left out");
		text_note(
			out, account, account->stopped,
			"counted just as it was switched off, and not sampled");
		text_note(out, account, probe->truncated,
			  "records with a string that is cut");
		text_note(
			out, account, probe->by_int3,
			"hits by int3, because the kernel took its jump away");
		programs_text(out, account);
		if (account->event->unit != KPC_UNIT_NS)
			text_note(out, account, probe->in_flight,
				  "calls hadn't returned at the end");
	}
}

static void text_value(struct text *out, const struct summary *summary,
		       uint64_t value)
{
	if (summary->is_signed)
		text_s64(out, value);
	else
		text_u64(out, value);
}

/* What the kernel means by it, if @f is what it returned. */
static const char *errno_name(const struct kpc_event *event, uint32_t f,
			      uint64_t value)
{
	return errnoname_applies(event, f) ? errnoname_of(value) : NULL;
}

static void text_field(struct text *out, const struct kpc_event *event,
		       uint32_t f, const struct summary *summary)
{
	struct summary_value top[SUMMARY_TOP];
	uint32_t nr = summary_top(summary, top);
	char name[NAME_BYTES];

	text_string(out, "  ");
	text_word(out, field_name(event, f, name));
	text_string(out, ": min ");
	text_value(out, summary, summary->min);
	text_printf(out, ", avg %.1Lf, max ",
		    (long double)summary->sum / summary->n);
	text_value(out, summary, summary->max);
	text_printf(out,
		    ", sum %.0Lf; %u%s distinct: ", (long double)summary->sum,
		    summary->distinct, summary->more ? "+" : "");
	for (uint32_t i = 0; i < nr; i++) {
		const char *name = errno_name(event, f, top[i].value);

		text_string(out, i ? ", " : "");
		text_value(out, summary, top[i].value);
		text_printf(out, "%s%s", name ? " " : "", name ? name : "");
		text_printf(out, " (%" PRIu64 " times)", top[i].count);
	}
	text_string(out, summary->distinct > nr ? ", ...\n" : "\n");
}

/*
 * Values of an unsigned long that all lie in the upper half are addresses of
 * the kernel: their sum says nothing.
 */
static bool is_shown(const struct summary *summary)
{
	return summary->n && (summary->is_signed || summary->min <= INT64_MAX);
}

static void text_fields(struct text *out, const struct account_book *book)
{
	for (uint32_t i = 0; i < book->nr; i++) {
		const struct account *account = &book->accounts[i];
		bool first = true;

		for (uint32_t f = 0; f < account->event->nr_fields; f++) {
			if (!is_shown(&account->fields[f]))
				continue;
			if (first) {
				text_char(out, '\n');
				text_word(out, account->event->name);
				text_printf(out,
					    ", values in %" PRIu64 " events:\n",
					    account->rows);
			}
			first = false;
			text_field(out, account->event, f, &account->fields[f]);
		}
	}
}

void report_text(struct text *out, const char *path,
		 const struct account_book *books, uint32_t nr,
		 const struct kpc_reader_health *health)
{
	for (uint32_t i = 0; i < nr; i++) {
		if (i)
			text_char(out, '\n');
		if (books[i].first_part) {
			text_printf(out, "parts %u to %u together\n\n",
				    books[i].first_part, books[i].last_part);
		} else {
			text_header(out, path, books[i].info);
			context_text(out, books[i].info, &books[i].context);
			text_char(out, '\n');
		}
		text_table(out, &books[i]);
		text_notes(out, &books[i]);
		losses_text(out, &books[i]);
		text_fields(out, &books[i]);
	}
	text_printf(out, "\n%" PRIu64 " events in %" PRIu64 " bytes",
		    health->rows, health->file_bytes);
	if (health->rows)
		text_printf(out, " (%.1f bytes an event)",
			    (double)health->file_bytes / health->rows);
	text_char(out, '\n');
}

/* ---- JSON ---------------------------------------------------------------- */

static void json_account(struct text *out, bool *first,
			 const struct account *account)
{
	json_u64(out, first, "count", account->count);
	json_u64(out, first, "delivered", account->delivered);
	if (account->lost_unknown && account->event) {
		json_key(out, first, "lost");
		text_string(out, "null");
		json_u64(out, first, "lost_at_least", account->lost);
	} else {
		json_u64(out, first, "lost", account->lost);
	}
	json_u64(out, first, "missed", account->missed);
	json_u64(out, first, "filtered", account->filtered);
	json_u64(out, first, "self", account->self);
	json_key(out, first, "unexplained");
	text_s64(out, account->unexplained);
	json_u64(out, first, "period_skipped", account->period_skipped);
	json_u64(out, first, "own_dropped", account->own_dropped);
	json_u64(out, first, "overwritten", account->overwritten);
	json_u64(out, first, "stopped", account->stopped);
	if (account->ledger && account->ledger->raised_ns) {
		json_u64(out, first, "raised_ns", account->ledger->raised_ns);
		json_u64(out, first, "raised_to", account->ledger->raised_to);
		json_u64(out, first, "raises", account->ledger->raises);
	}
	if (account->ledger && account->ledger->disarmed_ns)
		json_u64(out, first, "disarmed_ns",
			 account->ledger->disarmed_ns);
	json_u64(out, first, "rows", account->rows);
	json_bool(out, first, "complete", !account->nr_reasons);
	json_key(out, first, "reasons");
	text_char(out, '[');
	for (uint32_t i = 0; i < account->nr_reasons; i++) {
		text_string(out, i ? "," : "");
		text_json(out, account->reasons[i]);
	}
	text_char(out, ']');
}

static void json_field(struct text *out, const struct kpc_event *event,
		       uint32_t f, const struct summary *summary)
{
	struct summary_value top[SUMMARY_TOP];
	uint32_t nr = summary_top(summary, top);
	char name[NAME_BYTES];
	bool first = true;

	text_char(out, '{');
	json_text(out, &first, "name", field_name(event, f, name));
	json_key(out, &first, "min");
	text_value(out, summary, summary->min);
	json_key(out, &first, "max");
	text_value(out, summary, summary->max);
	json_key(out, &first, "sum");
	text_printf(out, "%.0Lf", (long double)summary->sum);
	json_key(out, &first, "avg");
	text_printf(out, "%.6Lf", (long double)summary->sum / summary->n);
	json_u64(out, &first, "distinct", summary->distinct);
	json_bool(out, &first, "distinct_is_exact", !summary->more);
	json_key(out, &first, "top");
	for (uint32_t i = 0; i < nr; i++) {
		const char *name = errno_name(event, f, top[i].value);

		text_string(out, i ? ",{\"value\":" : "[{\"value\":");
		text_value(out, summary, top[i].value);
		if (name)
			text_printf(out, ",\"errno\":\"%s\"", name);
		text_printf(out, ",\"count\":%" PRIu64 "}", top[i].count);
	}
	text_string(out, "]}");
}

static const char *time_text(enum kpc_time time)
{
	switch (time) {
	case KPC_TIME_EVENT:
		return "event";
	case KPC_TIME_READ:
		return "read";
	case KPC_TIME_FIELD:
		return "field";
	}
	return "unknown";
}

static void json_event(struct text *out, const struct account *account,
		       uint32_t trace)
{
	bool first = true;
	bool first_field = true;

	text_char(out, '{');
	json_text(out, &first, "name", account->event->name);
	json_u64(out, &first, "trace", trace);
	json_account(out, &first, account);
	json_text(out, &first, "time", time_text(account->event->time));
	programs_json(out, &first, account);
	json_key(out, &first, "fields");
	text_char(out, '[');
	for (uint32_t f = 0; f < account->event->nr_fields; f++) {
		if (!account->fields[f].n)
			continue;
		text_string(out, first_field ? "" : ",");
		first_field = false;
		json_field(out, account->event, f, &account->fields[f]);
	}
	text_string(out, "]}");
}

static void json_trace(struct text *out, const struct account_book *book)
{
	const struct kpc_trace_info *info = book->info;
	bool first = true;

	text_char(out, '{');
	json_text(out, &first, "writer", info->writer);
	json_text(out, &first, "hostname", info->hostname);
	json_text(out, &first, "kernel", info->kernel_release);
	json_text(out, &first, "machine", info->machine);
	json_key(out, &first, "command_line");
	text_char(out, '[');
	for (uint32_t i = 0; info->argv[i]; i++) {
		text_string(out, i ? "," : "");
		text_json(out, info->argv[i]);
	}
	text_char(out, ']');
	if (info->argv_omitted)
		json_u64(out, &first, "command_line_omitted",
			 info->argv_omitted);
	json_u64(out, &first, "rings", info->nr_rings);
	json_u64(out, &first, "start_ns", info->start_ns);
	json_u64(out, &first, "duration_ns", duration_ns(info));
	if (info->has_realtime) {
		json_key(out, &first, "start_realtime_ns");
		text_s64(out,
			 info->start_ns + (uint64_t)info->realtime_offset_ns);
	}
	context_json(out, &first, info, &book->context);
	if (info->part) {
		json_u64(out, &first, "part", info->part);
		json_u64(out, &first, "parts_removed", info->parts_removed);
		json_bool(out, &first, "dump", info->dump);
	}
	json_bool(out, &first, "cut", info->cut);
	json_u64(out, &first, "unparsed", book->unparsed);
	if (book->ledger) {
		json_bool(out, &first, "ledger_is_final", book->ledger->final);
		json_u64(out, &first, "side_lost", book->ledger->side_lost);
		json_u64(out, &first, "full_waits", book->ledger->full_waits);
		json_u64(out, &first, "full_wait_ns",
			 book->ledger->full_wait_ns);
	}
	json_key(out, &first, "losses");
	losses_json(out, book);
	text_char(out, '}');
}

/* The sum of all traces' totals, with their reasons. */
static void json_totals(struct text *out, const struct account_book *books,
			uint32_t nr)
{
	static struct account sum;
	bool first = true;

	/* The last is of all together, if they are parts. */
	if (books[nr - 1].first_part)
		books += nr - 1, nr = 1;
	sum = books[0].totals;
	for (uint32_t i = 1; i < nr; i++)
		account_add(&sum, &books[i].totals);
	text_char(out, '{');
	json_account(out, &first, &sum);
	text_char(out, '}');
}

void report_json(struct text *out, const char *path,
		 const struct account_book *books, uint32_t nr,
		 const struct kpc_reader_health *health)
{
	bool first = true;
	bool first_event = true;

	text_char(out, '{');
	json_text(out, &first, "file", path);
	json_u64(out, &first, "file_bytes", health->file_bytes);
	json_u64(out, &first, "rows", health->rows);
	json_bool(out, &first, "cut", health->cut);
	json_u64(out, &first, "damaged_packets", health->damaged_packets);
	json_u64(out, &first, "missing_chunks", health->missing_chunks);
	json_u64(out, &first, "unknown_packets", health->unknown_packets);
	json_key(out, &first, "totals");
	json_totals(out, books, nr);
	json_key(out, &first, "events");
	text_char(out, '[');
	for (uint32_t i = 0; i < nr; i++)
		for (uint32_t e = 0; e < books[i].nr; e++) {
			text_string(out, first_event ? "" : ",");
			first_event = false;
			json_event(out, &books[i].accounts[e], i);
		}
	text_char(out, ']');
	json_key(out, &first, "traces");
	for (uint32_t i = 0; i < nr && !books[i].first_part; i++) {
		text_char(out, i ? ',' : '[');
		json_trace(out, &books[i]);
	}
	text_string(out, "]}\n");
}
