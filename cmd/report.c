// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "colour.h"
#include "context.h"
#include "details.h"
#include "losses.h"
#include "programs.h"
#include "report.h"

#define NS_PER_S 1000000000ll
#define COLUMNS	 8
#define ALWAYS	 3 /* the columns up to there are always shown */
#define LOST	 3
#define MISSED	 4
#define LEFT	 7 /* unexplained */
#define WIDTH	 80u
#define QUIET_EVENTS \
	8u /* that never happened have a line, up to so many events */

static const char *const headings[COLUMNS] = {
	"event",  "count",    "delivered", "lost",
	"missed", "filtered", "self",	   "unexplained",
};

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

	text_coloured(out, COLOUR_BOLD,
		      strcmp(path, "-") ? path : "standard input");
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
	text_printf(out, ", for %.3f s\n", account_duration_ns(info) / 1e9);
	text_part(out, info);
	if (info->anonymous) {
		text_printf(
			out,
			"anonymous: tokens stand for names and strings, addresses aren't the real ones; the command line's %u words are left out\n",
			info->argv_omitted);
		return;
	}
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

/* Is a number of it to be seen: not only noughts? */
static bool has_any(const struct account_book *book, int column)
{
	char cells[COLUMNS][32];

	account_cells(&book->totals, cells);
	if (strcmp(cells[column], "0"))
		return true;
	for (uint32_t i = 0; i < book->nr; i++) {
		account_cells(&book->accounts[i], cells);
		if (strcmp(cells[column], "0"))
			return true;
	}
	return false;
}

/* Nothing happened, and nothing went wrong with that. */
static bool is_quiet(const struct account *account)
{
	return account->event && !account->nr_reasons && !account->rows &&
	       !account->count && !account->filtered && !account->self;
}

/* Where there are many of them they go into a line of their own. */
static bool has_line(const struct account_book *book,
		     const struct account *account,
		     const struct report_opts *opts)
{
	if (opts->brief)
		return account->nr_reasons;
	return book->nr <= QUIET_EVENTS || !is_quiet(account);
}

static void widen(int width[COLUMNS], const struct account *account)
{
	char cells[COLUMNS][32];
	int name = strlen(account_name(account));

	account_cells(account, cells);
	if (name > width[0])
		width[0] = name;
	for (int i = 1; i < COLUMNS; i++)
		if (width[i] && (int)strlen(cells[i]) > width[i])
			width[i] = strlen(cells[i]);
}

/* A cell that isn't nought where that matters. */
static const char *alarm_of(int column, const char *cell)
{
	if (!strcmp(cell, "0"))
		return NULL;
	return column == LOST || column == LEFT ? COLOUR_RED :
	       column == MISSED			? COLOUR_YELLOW :
						  NULL;
}

static void text_cell(struct text *out, int width, const char *cell,
		      const char *colour)
{
	text_printf(out, "  %*s", width - (int)strlen(cell), "");
	text_coloured(out, colour, cell);
}

static void text_reasons(struct text *out, const struct account *account)
{
	if (!account->nr_reasons) {
		text_string(out, "complete");
		return;
	}
	text_colour(out, COLOUR_YELLOW);
	for (uint32_t i = 0; i < account->nr_reasons; i++) {
		text_string(out, i ? "; " : "lower bound, because ");
		text_string(out, account->reasons[i]);
	}
	text_colour(out, COLOUR_OFF);
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
		if (width[i])
			text_cell(out, width[i], cells[i],
				  alarm_of(i, cells[i]));
	text_string(out, "  ");
	text_reasons(out, account);
	text_char(out, '\n');
}

/* The events that have no line, by name, wrapped. */
static void text_quiet(struct text *out, const struct account_book *book,
		       const struct report_opts *opts)
{
	uint32_t nr = 0;
	size_t column;

	for (uint32_t i = 0; i < book->nr; i++)
		nr += !has_line(book, &book->accounts[i], opts);
	if (!nr)
		return;
	text_printf(out, "%u more events never happened (complete):", nr);
	column = WIDTH;
	for (uint32_t i = 0; i < book->nr; i++) {
		const char *name = account_name(&book->accounts[i]);

		if (has_line(book, &book->accounts[i], opts))
			continue;
		if (column + 1 + strlen(name) > WIDTH) {
			text_string(out, "\n ");
			column = 1;
		}
		text_char(out, ' ');
		text_word(out, name);
		column += 1 + strlen(name);
	}
	text_char(out, '\n');
}

static void text_table(struct text *out, const struct account_book *book,
		       const struct report_opts *opts)
{
	int width[COLUMNS];

	for (int i = 0; i < COLUMNS; i++)
		width[i] = i <= ALWAYS || has_any(book, i) ?
				   strlen(headings[i]) :
				   0;
	for (uint32_t i = 0; i < book->nr; i++)
		if (has_line(book, &book->accounts[i], opts))
			widen(width, &book->accounts[i]);
	widen(width, &book->totals);
	text_colour(out, COLOUR_BOLD);
	text_printf(out, "%-*s", width[0], headings[0]);
	for (int i = 1; i < COLUMNS; i++)
		if (width[i])
			text_printf(out, "  %*s", width[i], headings[i]);
	text_string(out, "  (events)");
	text_colour(out, COLOUR_OFF);
	text_char(out, '\n');
	for (uint32_t i = 0; i < book->nr; i++)
		if (has_line(book, &book->accounts[i], opts))
			text_line(out, width, &book->accounts[i]);
	text_line(out, width, &book->totals);
	if (!opts->brief)
		text_quiet(out, book, opts);
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

void report_text(struct text *out, const char *path,
		 const struct account_book *books, uint32_t nr,
		 const struct report_opts *opts)
{
	for (uint32_t i = 0; i < nr; i++) {
		if (i)
			text_char(out, '\n');
		if (books[i].first_part) {
			text_colour(out, COLOUR_BOLD);
			text_printf(out, "parts %u to %u together",
				    books[i].first_part, books[i].last_part);
			text_colour(out, COLOUR_OFF);
			text_string(out, "\n\n");
		} else {
			text_header(out, path, books[i].info);
			context_text(out, books[i].info, &books[i].context);
			text_char(out, '\n');
		}
		text_table(out, &books[i], opts);
		text_notes(out, &books[i]);
		losses_text(out, &books[i]);
		if (opts->details)
			details_text(out, &books[i], opts->details);
	}
}

void report_text_end(struct text *out, const struct kpc_reader_health *health)
{
	text_printf(out, "\n%" PRIu64 " events in %" PRIu64 " bytes",
		    health->rows, health->file_bytes);
	if (health->rows)
		text_printf(out, " (%.1f bytes an event)",
			    (double)health->file_bytes / health->rows);
	text_char(out, '\n');
}
