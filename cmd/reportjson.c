// SPDX-License-Identifier: GPL-2.0-only
/* reportjson.c - a report for programs */
#include <inttypes.h>

#include "context.h"
#include "details.h"
#include "json.h"
#include "losses.h"
#include "programs.h"
#include "report.h"

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

	text_char(out, '{');
	json_text(out, &first, "name", account->event->name);
	json_u64(out, &first, "trace", trace);
	json_account(out, &first, account);
	json_text(out, &first, "time", time_text(account->event->time));
	programs_json(out, &first, account);
	details_json(out, &first, account);
	text_char(out, '}');
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
	if (info->anonymous) {
		json_key(out, &first, "anonymous");
		text_string(out, "true");
	}
	json_u64(out, &first, "rings", info->nr_rings);
	json_u64(out, &first, "start_ns", info->start_ns);
	json_u64(out, &first, "duration_ns", account_duration_ns(info));
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
	text_char(out, ']');
}
