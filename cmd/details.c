// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "colour.h"
#include "details.h"
#include "errnoname.h"
#include "json.h"
#include "losses.h"
#include "quantity.h"

#define NAME_BYTES    128 /* of a field and its place in an array */
#define PROCESS_BYTES 96
#define COLUMNS	      80
#define VALUE_BYTES   96

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

/* What the kernel means by it, if @f is what it returned. */
static const char *errno_name(const struct kpc_event *event, uint32_t f,
			      uint64_t value)
{
	return errnoname_applies(event, f) ? errnoname_of(value) : NULL;
}

static const char *rate_text(uint64_t n, uint64_t ns, char text[QUANTITY_TEXT])
{
	return quantity_rate(ns ? n * 1e9 / ns : 0, text);
}

/* A system call's number: what it adds up to says nothing. */
static bool is_syscall(const struct kpc_event *event, uint32_t f)
{
	return !strncmp(event->name, "raw_syscalls:", 13) &&
	       !strcmp(event->fields[f].name, "id");
}

const char *details_value_name(const char *machine,
			       const struct kpc_event *event, uint32_t f,
			       uint64_t value)
{
	if (is_syscall(event, f))
		return kpc_syscall_text(machine, value);
	return errno_name(event, f, value);
}

/* ---- fields -------------------------------------------------------------- */

static void put_value(char *text, size_t size, const struct summary *summary,
		      uint64_t value)
{
	if (summary->is_signed)
		snprintf(text, size, "%" PRId64, (int64_t)value);
	else
		snprintf(text, size, "%" PRIu64, value);
}

/*
 * "19 distinct: 512 (5000 times), ...", as many values as there is room for, but
 * one at least.
 */
static void text_values(struct text *out, const char *machine,
			const struct kpc_event *event, uint32_t f,
			const struct summary *summary, int room)
{
	struct summary_value top[SUMMARY_TOP];
	uint32_t nr = summary_top(summary, top), i = 0;

	room -= 16; /* what is before them, and ", ..." */
	text_printf(out, "%u%s distinct: ", summary->distinct,
		    summary->more ? "+" : "");
	for (; i < nr; i++) {
		const char *name =
			details_value_name(machine, event, f, top[i].value);
		char value[32], text[VALUE_BYTES];

		put_value(value, sizeof(value), summary, top[i].value);
		room -= snprintf(text, sizeof(text),
				 "%s%s%s%s (%" PRIu64 " times)", i ? ", " : "",
				 value, name ? " " : "", name ? name : "",
				 top[i].count);
		if (i && room < 0)
			break;
		text_string(out, text);
	}
	text_string(out, summary->distinct > i ? ", ...\n" : "\n");
}

static void text_field(struct text *out, const char *machine,
		       const struct kpc_event *event, uint32_t f,
		       const struct summary *summary)
{
	char min[32], max[32], numbers[256], name[NAME_BYTES];
	const char *shown = field_name(event, f, name);
	int used;

	text_string(out, "  ");
	text_word(out, shown);
	if (is_syscall(event, f)) {
		text_string(out, ": ");
		text_values(out, machine, event, f, summary, COLUMNS - 6);
		return;
	}
	put_value(min, sizeof(min), summary, summary->min);
	put_value(max, sizeof(max), summary, summary->max);
	used = snprintf(numbers, sizeof(numbers),
			": min %s, avg %.1Lf, max %s, sum %.0Lf", min,
			(long double)summary->sum / summary->n, max,
			(long double)summary->sum);
	text_string(out, numbers);
	used += 2 + strlen(shown);
	if (used < COLUMNS / 2) {
		text_string(out, "; ");
		text_values(out, machine, event, f, summary,
			    COLUMNS - 2 - used);
	} else {
		text_string(out, ";\n    ");
		text_values(out, machine, event, f, summary, COLUMNS - 4);
	}
}

/*
 * Values of an unsigned long that all lie in the upper half are addresses of
 * the kernel: their sum says nothing.
 */
static bool is_shown(const struct summary *summary)
{
	return summary->n && (summary->is_signed || summary->min <= INT64_MAX);
}

/* ---- when, and of whom --------------------------------------------------- */

static void text_rate(struct text *out, const struct account_book *book,
		      const struct account *account)
{
	char most[QUANTITY_TEXT];

	text_string(out, "  rate: ");
	rate_spark(out, &account->rate);
	text_printf(out, " to %s/s\n",
		    rate_text(rate_most(&account->rate),
			      account->rate.bucket_ns, most));
	if (account->lost)
		losses_marks(out, book, &account->rate, "  lost: ");
}

/* "  in: tar (17) 45.1%, ls (18) 30.0%, 12 more" */
static void text_processes(struct text *out, const struct account *account)
{
	const struct processes *p = &account->processes;
	int room = COLUMNS - 6 - 12;
	uint32_t i = 0;

	text_string(out, "  in: ");
	for (; i < p->nr_top; i++) {
		char name[PROCESS_BYTES], text[PROCESS_BYTES + 16];

		process_text(&p->top[i], name, sizeof(name));
		room -= snprintf(text, sizeof(text), "%s%s %.1f%%",
				 i ? ", " : "", name,
				 100.0 * p->top[i].count / account->rows);
		if (i && room < 0)
			break;
		text_string(out, text);
	}
	if (p->nr > i || p->others)
		text_printf(out, ", %u%s more", p->nr - i,
			    p->others ? "+" : "");
	text_char(out, '\n');
}

static void text_event(struct text *out, const struct account_book *book,
		       const struct account *account)
{
	char count[QUANTITY_TEXT], rate[QUANTITY_TEXT];

	text_char(out, '\n');
	text_colour(out, COLOUR_BOLD);
	text_word(out, account->event->name);
	text_colour(out, COLOUR_OFF);
	text_printf(out, ": %s in the file, %s/s\n",
		    quantity_count(account->rows, count),
		    rate_text(account->rows, account_duration_ns(book->info),
			      rate));
	text_rate(out, book, account);
	text_processes(out, account);
	for (uint32_t f = 0; f < account->event->nr_fields; f++)
		if (is_shown(&account->fields[f]))
			text_field(out, book->info->machine, account->event, f,
				   &account->fields[f]);
}

static void text_brief(struct text *out, const struct account *account)
{
	char count[QUANTITY_TEXT];

	text_string(out, "  ");
	rate_spark(out, &account->rate);
	text_printf(out, " %9s  ", quantity_count(account->rows, count));
	text_word(out, account->event->name);
	text_char(out, '\n');
}

static int by_rows(const void *left, const void *right)
{
	const struct account *const *a = left;
	const struct account *const *b = right;

	if ((*a)->rows != (*b)->rows)
		return (*a)->rows > (*b)->rows ? -1 : 1;
	return *a < *b ? -1 : *a > *b;
}

void details_text(struct text *out, const struct account_book *book,
		  uint32_t most)
{
	const struct account **sorted = calloc(book->nr + 1, sizeof(*sorted));
	uint32_t nr = 0;

	for (uint32_t i = 0; sorted && i < book->nr; i++)
		if (book->accounts[i].rows && book->accounts[i].rate.bucket_ns)
			sorted[nr++] = &book->accounts[i];
	if (nr)
		qsort(sorted, nr, sizeof(*sorted), by_rows);
	for (uint32_t i = 0; i < nr && i < most; i++)
		text_event(out, book, sorted[i]);
	if (nr > most)
		text_printf(out, "\n%u events more (in full: --rows 0):\n",
			    nr - most);
	for (uint32_t i = most; i < nr; i++)
		text_brief(out, sorted[i]);
	free(sorted);
}

/* ---- JSON ---------------------------------------------------------------- */

static void json_value(struct text *out, const struct summary *summary,
		       uint64_t value)
{
	if (summary->is_signed)
		text_s64(out, value);
	else
		text_u64(out, value);
}

static void json_top(struct text *out, const struct kpc_event *event,
		     uint32_t f, const struct summary *summary)
{
	struct summary_value top[SUMMARY_TOP];
	uint32_t nr = summary_top(summary, top);

	text_char(out, '[');
	for (uint32_t i = 0; i < nr; i++) {
		const char *name = errno_name(event, f, top[i].value);

		text_string(out, i ? ",{\"value\":" : "{\"value\":");
		json_value(out, summary, top[i].value);
		if (name)
			text_printf(out, ",\"errno\":\"%s\"", name);
		text_printf(out, ",\"count\":%" PRIu64 "}", top[i].count);
	}
	text_char(out, ']');
}

static void json_field(struct text *out, const struct kpc_event *event,
		       uint32_t f, const struct summary *summary)
{
	char name[NAME_BYTES];
	bool first = true;

	text_char(out, '{');
	json_text(out, &first, "name", field_name(event, f, name));
	json_key(out, &first, "min");
	json_value(out, summary, summary->min);
	json_key(out, &first, "max");
	json_value(out, summary, summary->max);
	json_key(out, &first, "sum");
	text_printf(out, "%.0Lf", (long double)summary->sum);
	json_key(out, &first, "avg");
	text_printf(out, "%.6Lf", (long double)summary->sum / summary->n);
	json_u64(out, &first, "distinct", summary->distinct);
	json_bool(out, &first, "distinct_is_exact", !summary->more);
	json_key(out, &first, "top");
	json_top(out, event, f, summary);
	text_char(out, '}');
}

static void json_process(struct text *out, const struct process *process)
{
	bool first = true;

	text_char(out, '{');
	json_key(out, &first, "pid");
	if (process->pid == UINT32_MAX)
		text_string(out, "null");
	else
		text_u64(out, process->pid);
	json_text(out, &first, "comm", process->comm);
	json_u64(out, &first, "count", process->count);
	text_char(out, '}');
}

static void json_processes(struct text *out, const struct processes *p)
{
	bool first = true;

	text_char(out, '{');
	json_u64(out, &first, "distinct", p->nr);
	json_u64(out, &first, "others", p->others);
	json_key(out, &first, "top");
	text_char(out, '[');
	for (uint32_t i = 0; i < p->nr_top; i++) {
		text_string(out, i ? "," : "");
		json_process(out, &p->top[i]);
	}
	text_string(out, "]}");
}

void details_json(struct text *out, bool *first, const struct account *account)
{
	bool first_field = true;

	if (account->rate.bucket_ns) {
		json_key(out, first, "rate");
		rate_json(out, &account->rate);
		json_key(out, first, "processes");
		json_processes(out, &account->processes);
	}
	json_key(out, first, "fields");
	text_char(out, '[');
	for (uint32_t f = 0; f < account->event->nr_fields; f++) {
		if (!account->fields[f].n)
			continue;
		text_string(out, first_field ? "" : ",");
		first_field = false;
		json_field(out, account->event, f, &account->fields[f]);
	}
	text_char(out, ']');
}
