// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <string.h>

#include "colour.h"
#include "losses.h"

#define NS_PER_S UINT64_C(1000000000)

static void text_when(struct text *out, uint64_t ns)
{
	text_printf(out, "%" PRIu64 ".%09" PRIu64, ns / NS_PER_S,
		    ns % NS_PER_S);
}

static void text_name(struct text *out, const struct kpc_trace_info *info,
		      uint32_t ring)
{
	text_printf(out, "ring %u", ring);
	if (info->ring_cpus && ring < info->nr_rings &&
	    info->ring_cpus[ring] >= 0)
		text_printf(out, " (CPU %d)", info->ring_cpus[ring]);
	text_string(out, ": ");
}

/* "1234 lost between 5.000000001 and 5.100000000" */
static void text_range(struct text *out, const struct kpc_loss_range *range)
{
	text_colour(out, COLOUR_RED);
	text_printf(out, "%" PRIu64 " lost", range->count);
	text_colour(out, COLOUR_OFF);
	text_char(out, ' ');
	if (range->from_ns) {
		text_string(out, "between ");
		text_when(out, range->from_ns);
		text_string(out, " and ");
	} else {
		text_string(out, "before ");
	}
	text_when(out, range->to_ns);
	if (range->losses > 1)
		text_printf(out, ", %u times", range->losses);
	text_char(out, '\n');
}

static void text_ring(struct text *out, const struct account_book *book,
		      uint32_t i)
{
	const struct kpc_ring_account *ring = &book->ledger->rings[i];

	for (uint32_t j = 0; j < ring->nr_losses; j++) {
		text_name(out, book->info, i);
		text_range(out, &ring->losses[j]);
	}
	if (!ring->unreadable)
		return;
	text_name(out, book->info, i);
	text_colour(out, COLOUR_RED);
	text_printf(out, "%" PRIu64 " records couldn't be read",
		    ring->unreadable);
	text_colour(out, COLOUR_OFF);
	text_char(out, '\n');
}

/* Does it come out even, whatever was lost? */
static bool closes(const struct account_book *book)
{
	for (uint32_t i = 0; i < book->nr; i++)
		if (book->accounts[i].unexplained ||
		    book->accounts[i].lost_unknown)
			return false;
	return true;
}

const char *losses_verdict(const struct account_book *book)
{
	const struct kpc_ledger *ledger = book->ledger;

	if (!ledger)
		return "no ledger was written: what was lost isn't known";
	if (!closes(book))
		return "the ledger doesn't close: see unexplained";
	if (!ledger->final)
		return "the last ledger is from before the end: it closes up to then";
	return "the ledger closes: what is not in the file is counted";
}

/* It is said plainly where all is well. */
static void text_verdict(struct text *out, const struct account_book *book)
{
	const char *colour = !book->ledger || !closes(book) ? COLOUR_RED :
			     !book->ledger->final	    ? COLOUR_YELLOW :
							      NULL;

	text_coloured(out, colour, losses_verdict(book));
	text_char(out, '\n');
}

static void text_side_lost(struct text *out, uint64_t lost)
{
	text_colour(out, COLOUR_RED);
	text_printf(
		out,
		"%" PRIu64
		" records of what threads did (fork, exec, exit, name, mappings) were lost",
		lost);
	text_colour(out, COLOUR_OFF);
	text_string(out,
		    ": names, processes and user addresses may be wrong\n");
}

void losses_text(struct text *out, const struct account_book *book)
{
	const struct kpc_ledger *ledger = book->ledger;

	for (uint32_t i = 0; ledger && i < ledger->nr_rings; i++)
		text_ring(out, book, i);
	if (ledger && ledger->side_lost)
		text_side_lost(out, ledger->side_lost);
	if (ledger && ledger->full_waits)
		text_printf(
			out,
			"the memory for what waits to be written was full %" PRIu64
			" times, for %.3f s in all (see --memory)\n",
			ledger->full_waits,
			(double)ledger->full_wait_ns / NS_PER_S);
	text_verdict(out, book);
}

/* Does it mark any? */
static bool mark(const struct kpc_ring_account *ring, const struct rate *rate,
		 char marks[RATE_BUCKETS + 1])
{
	for (uint32_t i = 0; i < ring->nr_losses; i++) {
		uint32_t from = rate_bucket(rate, ring->losses[i].from_ns);
		uint32_t to = rate_bucket(rate, ring->losses[i].to_ns);

		for (; from <= to; from++)
			marks[from] = '!';
	}
	return ring->nr_losses;
}

void losses_marks(struct text *out, const struct account_book *book,
		  const struct rate *rate, const char *name)
{
	char marks[RATE_BUCKETS + 1];
	uint32_t end = RATE_BUCKETS;
	bool any = false;

	memset(marks, ' ', RATE_BUCKETS);
	for (uint32_t i = 0; book->ledger && i < book->ledger->nr_rings; i++)
		any |= mark(&book->ledger->rings[i], rate, marks);
	if (!any)
		return;
	while (end && marks[end - 1] == ' ')
		end--;
	marks[end] = '\0';
	text_string(out, name);
	text_coloured(out, COLOUR_RED, marks);
	text_char(out, '\n');
}

static void json_range(struct text *out, uint32_t ring,
		       const struct kpc_loss_range *range)
{
	text_printf(out,
		    "{\"ring\":%u,\"from_ns\":%" PRIu64 ",\"to_ns\":%" PRIu64
		    ",\"count\":%" PRIu64 ",\"losses\":%u}",
		    ring, range->from_ns, range->to_ns, range->count,
		    range->losses);
}

void losses_json(struct text *out, const struct account_book *book)
{
	const struct kpc_ledger *ledger = book->ledger;
	bool first = true;

	text_char(out, '[');
	for (uint32_t i = 0; ledger && i < ledger->nr_rings; i++) {
		const struct kpc_ring_account *ring = &ledger->rings[i];

		for (uint32_t j = 0; j < ring->nr_losses; j++) {
			text_string(out, first ? "" : ",");
			first = false;
			json_range(out, i, &ring->losses[j]);
		}
	}
	text_char(out, ']');
}
