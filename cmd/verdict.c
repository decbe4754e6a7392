// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>

#include "json.h"
#include "verdict.h"

const char *verdict_word(enum kpc_verdict verdict)
{
	switch (verdict) {
	case KPC_WHOLE:
		return "whole";
	case KPC_CUT:
		return "cut";
	case KPC_DAMAGED:
		return "damaged";
	}
	return "unknown";
}

/* A line of what is wrong, if there are any. */
static void count(struct text *out, uint64_t n, const char *one,
		  const char *many)
{
	if (!n)
		return;
	text_string(out, "  ");
	text_u64(out, n);
	text_char(out, ' ');
	text_string(out, n == 1 ? one : many);
	text_char(out, '\n');
}

static void places(struct text *out, const struct kpc_verify_result *r)
{
	uint64_t all = r->health.damaged_packets + r->bad_chunks;

	for (uint32_t i = 0; i < r->nr_places; i++)
		text_printf(out,
			    "  damaged: %" PRIu64 " bytes at byte %" PRIu64
			    "\n",
			    r->places[i].bytes, r->places[i].offset);
	if (all > r->nr_places)
		text_printf(out, "  ... and %" PRIu64 " places more\n",
			    all - r->nr_places);
}

void verdict_text(struct text *out, const char *path,
		  const struct kpc_verify_result *r)
{
	const struct kpc_reader_health *health = &r->health;

	text_string(out, path);
	text_string(out, ": ");
	text_string(out, verdict_word(r->verdict));
	if (health->cut_end)
		text_printf(out,
			    "%s at byte %" PRIu64 " of %" PRIu64
			    ", where the last good packet ends",
			    r->verdict == KPC_CUT ? "" : ", and cut",
			    health->cut_at, health->file_bytes);
	text_printf(out,
		    ": %u trace%s, %" PRIu64 " packets, %" PRIu64
		    " chunks, %" PRIu64 " events\n",
		    r->traces, r->traces == 1 ? "" : "s", health->packets,
		    r->chunks - r->bad_chunks, r->rows);
	if (health->cut_end)
		text_string(
			out,
			"  missing: what came after, the footer, and an account of all\n");
	count(out, health->cut_traces - health->cut_end,
	      "trace ends early, before the next one begins",
	      "traces end early, before the next one begins");
	count(out, health->damaged_packets, "packet is damaged",
	      "packets are damaged");
	count(out, health->damaged_bytes, "byte is in no good packet",
	      "bytes are in no good packet");
	count(out, r->bad_chunks, "chunk can't be decoded",
	      "chunks can't be decoded");
	if (r->verdict == KPC_DAMAGED)
		places(out, r);
	count(out, health->missing_chunks, "chunk is missing",
	      "chunks are missing");
	count(out, r->missing_rows, "event of the final account is missing",
	      "events of the final account are missing");
	count(out, r->ledger_errors,
	      "kind of event isn't there as often as the final account says",
	      "kinds of event aren't there as often as the final account says");
	count(out, r->index_errors, "chunk isn't as the index or its head say",
	      "chunks aren't as the index or their heads say");
	count(out, r->footer_errors, "footer doesn't fit its trace",
	      "footers don't fit their traces");
	count(out, health->unknown_packets, "packet is for a newer collect",
	      "packets are for a newer collect");
}

void verdict_json(struct text *out, const char *path,
		  const struct kpc_verify_result *r)
{
	const struct kpc_reader_health *health = &r->health;
	bool first = true;

	text_char(out, '{');
	json_text(out, &first, "file", path);
	json_text(out, &first, "verdict", verdict_word(r->verdict));
	json_u64(out, &first, "file_bytes", health->file_bytes);
	json_u64(out, &first, "traces", r->traces);
	json_u64(out, &first, "packets", health->packets);
	json_u64(out, &first, "chunks", r->chunks);
	json_u64(out, &first, "events", r->rows);
	json_bool(out, &first, "cut", health->cut);
	json_u64(out, &first, "cut_at", health->cut_at);
	json_u64(out, &first, "cut_traces", health->cut_traces);
	json_u64(out, &first, "damaged_packets", health->damaged_packets);
	json_u64(out, &first, "damaged_bytes", health->damaged_bytes);
	json_u64(out, &first, "bad_chunks", r->bad_chunks);
	json_u64(out, &first, "missing_chunks", health->missing_chunks);
	json_u64(out, &first, "missing_events", r->missing_rows);
	json_u64(out, &first, "unknown_packets", health->unknown_packets);
	json_u64(out, &first, "index_errors", r->index_errors);
	json_u64(out, &first, "footer_errors", r->footer_errors);
	json_u64(out, &first, "ledger_errors", r->ledger_errors);
	json_u64(out, &first, "final_accounts", r->ledgers);
	json_key(out, &first, "places");
	for (uint32_t i = 0; i < r->nr_places; i++)
		text_printf(out,
			    "%s{\"offset\":%" PRIu64 ",\"bytes\":%" PRIu64 "}",
			    i ? "," : "[", r->places[i].offset,
			    r->places[i].bytes);
	text_string(out, r->nr_places ? "]}" : "[]}");
}
