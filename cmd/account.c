// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "account.h"

/* ---- reading ------------------------------------------------------------- */

static bool is_summed(const struct kpc_field *field)
{
	return !field->common && (field->kind == KPC_FIELD_UNSIGNED ||
				  field->kind == KPC_FIELD_SIGNED);
}

static int book_init(struct account_book *book, struct kpc_reader *reader)
{
	uint32_t nr = kpc_reader_nr_events(reader);

	*book = (struct account_book){
		.info = kpc_reader_info(reader),
		.ledger = kpc_reader_ledger(reader),
	};
	book->accounts = calloc(nr + 1, sizeof(*book->accounts));
	book->by_id = calloc(nr + 1, sizeof(*book->by_id));
	if (!book->accounts || !book->by_id)
		return -ENOMEM;
	for (uint32_t i = 0; i < nr; i++) {
		struct account *account = &book->accounts[book->nr];
		const struct kpc_event *event = kpc_reader_event(reader, i);

		if (!event)
			continue;
		account->event = event;
		account->fields =
			calloc(event->nr_fields + 1, sizeof(*account->fields));
		book->by_id[i] = book->nr++;
		if (!account->fields)
			return -ENOMEM;
		for (uint32_t f = 0; f < event->nr_fields; f++)
			account->fields[f].is_signed = event->fields[f].kind ==
						       KPC_FIELD_SIGNED;
		rate_init(&account->rate, book->info->start_ns,
			  book->info->end_ns);
	}
	return 0;
}

/* How many rows each record is; 0 or -ENOMEM. */
static int count_records(struct account_book *book,
			 const struct kpc_table *table)
{
	uint32_t *rows_of;

	if (!table->record)
		return 0;
	if (book->records_room < table->records) {
		rows_of = realloc(book->rows_of,
				  table->records * sizeof(*rows_of));
		if (!rows_of)
			return -ENOMEM;
		book->rows_of = rows_of;
		book->records_room = table->records;
	}
	memset(book->rows_of, 0, table->records * sizeof(*book->rows_of));
	for (uint32_t i = 0; i < table->rows; i++)
		book->rows_of[table->record[i]]++;
	return 0;
}

static void add_column(const struct account_book *book, struct summary *summary,
		       const struct kpc_table *table,
		       const struct kpc_table_column *column)
{
	if (!column->v)
		summary_add(summary, &column->constant, &table->rows, 1);
	else if (column->times)
		summary_add(summary, column->v, column->times, column->nr);
	else if (column->by_row || !table->record)
		summary_add(summary, column->v, NULL, table->rows);
	else
		summary_add(summary, column->v, book->rows_of, table->records);
}

/* The rows of a thread that follow each other, the last at @time_ns. */
static void add_process(const struct account_book *book,
			struct processes *processes, uint32_t tid,
			uint64_t time_ns, uint32_t rows)
{
	struct kpc_thread_info thread = { .pid = tid, .comm = "" };

	if (tid && tid != KPC_TID_UNKNOWN)
		kpc_trace_thread(book->info, tid, time_ns, &thread);
	processes_add(processes, thread.pid, thread.comm, rows);
}

static void add_rows(const struct account_book *book, struct account *account,
		     const struct kpc_table *table)
{
	uint32_t first = 0;

	account->rows += table->rows;
	/* What an account on the way didn't know yet isn't in it. */
	if (book->ledger && !book->ledger->final)
		for (uint32_t i = 0; i < table->rows; i++)
			account->rows_then += table->time_ns[i] <=
					      book->ledger->time_ns;
	rate_add(&account->rate, table->time_ns, table->rows);
	for (uint32_t i = 1; i <= table->rows; i++) {
		if (i < table->rows && table->tids[i] == table->tids[first])
			continue;
		add_process(book, &account->processes, table->tids[first],
			    table->time_ns[i - 1], i - first);
		first = i;
	}
}

static int add_table(struct account_book *book, const struct kpc_table *table)
{
	struct account *account =
		&book->accounts[book->by_id[table->event->id]];
	int err;

	add_rows(book, account, table);
	if (!table->columns)
		return 0;
	err = count_records(book, table);
	for (uint32_t f = 0; !err && f < table->event->nr_fields; f++)
		if (is_summed(&table->event->fields[f]))
			add_column(book, &account->fields[f], table,
				   &table->columns[f]);
	return err;
}

/* What isn't printed goes: books are kept until all traces were read. */
static void finish_fields(struct account_book *book)
{
	for (uint32_t i = 0; i < book->nr; i++) {
		struct account *account = &book->accounts[i];

		for (uint32_t f = 0; f < account->event->nr_fields; f++)
			summary_finish(&account->fields[f]);
		processes_finish(&account->processes);
	}
	free(book->rows_of);
	book->rows_of = NULL;
	book->records_room = 0;
}

int account_book_read(struct account_book *book, struct kpc_reader *reader)
{
	struct kpc_reader_health before = { .size = sizeof(before) };
	struct kpc_reader_health after = { .size = sizeof(after) };
	struct kpc_table table;
	int ret = book_init(book, reader);
	const unsigned int what = KPC_TABLE_SUMS | KPC_TABLE_TIMES |
				  KPC_TABLE_THREADS;

	if (ret)
		return ret;
	book->context.size = sizeof(book->context);
	kpc_trace_context(kpc_reader_info(reader), &book->context);
	kpc_reader_health(reader, &before);
	while ((ret = kpc_reader_next_table(reader, what, &table)) > 0) {
		ret = add_table(book, &table);
		if (ret)
			break;
	}
	finish_fields(book);
	kpc_reader_health(reader, &after);
	book->lost_in_chunks = after.lost_in_chunks - before.lost_in_chunks;
	book->unparsed = after.unparsed - before.unparsed;
	return ret;
}

void account_book_uninit(struct account_book *book)
{
	for (uint32_t i = 0; i < book->nr; i++) {
		struct account *account = &book->accounts[i];

		for (uint32_t f = 0;
		     account->fields && f < account->event->nr_fields; f++)
			summary_uninit(&account->fields[f]);
		free(account->fields);
		processes_uninit(&account->processes);
	}
	free(book->accounts);
	free(book->by_id);
	free(book->rows_of);
	free(book->joined_ledger.events);
	free(book->joined_ledger.cpus);
	*book = (struct account_book){ 0 };
}

uint64_t account_duration_ns(const struct kpc_trace_info *info)
{
	return info->end_ns > info->start_ns ? info->end_ns - info->start_ns :
					       0;
}

double account_seconds(const struct kpc_trace_info *info, uint64_t time_ns)
{
	return time_ns > info->start_ns ? (time_ns - info->start_ns) / 1e9 : 0;
}

/* ---- closing ------------------------------------------------------------- */

__attribute__((format(printf, 2, 3))) static void
add_reason(struct account *account, const char *format, ...)
{
	va_list args;

	if (account->nr_reasons == ACCOUNT_REASONS)
		return;
	va_start(args, format);
	vsnprintf(account->reasons[account->nr_reasons++], ACCOUNT_REASON_BYTES,
		  format, args);
	va_end(args);
}

/*
 * An account that was taken on the way counted what was still in the rings: the
 * file's later chunks have it, if it wasn't killed before.
 */
static void take_numbers(struct account *account, bool final,
			 const struct kpc_event_account *a)
{
	account->overwritten = a->overwritten;
	account->count = a->count;
	account->delivered = final ? a->delivered : account->rows_then;
	account->lost = a->lost;
	account->period_skipped = a->period_skipped;
	account->own_dropped = a->own_dropped;
	account->stopped = a->stopped;
	/* Nobody else counts it: it's the sum of these, whatever was read when. */
	if (!final && account->event->source == KPC_SOURCE_BPF)
		account->count = account->delivered + a->overwritten + a->lost +
				 a->own_dropped;
	account->unexplained = account->count - account->delivered - a->lost -
			       a->period_skipped - a->own_dropped -
			       a->overwritten - a->stopped;
	account->missed = a->probe.missed_kprobe + a->probe.missed_return;
	account->filtered = a->probe.filtered_pred + a->probe.filtered_bpf;
	account->self = a->probe.self;
	account->probe = &a->probe;
	account->lost_unknown = a->lost_unknown;
	account->ledger = a;
}

/* What may have kept hits, or a part of what they count for, from the count. */
static void reason_probe(struct account *account,
			 const struct kpc_probe_account *probe)
{
	enum kpc_unit unit = account->event->unit;

	if (probe->deaf)
		add_reason(
			account,
			"the kernel's switches (kernel.ftrace_enabled, debug/kprobes/enabled) kept the probe from being called");
	if (probe->gone)
		add_reason(
			account,
			"the module that it probes wasn't loaded all the time");
	if (probe->clamped && unit != KPC_UNIT_HITS)
		add_reason(account,
			   "%" PRIu64 " values counted for less than they are",
			   probe->clamped);
	if (probe->in_flight && unit == KPC_UNIT_NS)
		add_reason(account, "%" PRIu64 " calls hadn't returned",
			   probe->in_flight);
}

/* What the event's own numbers say. */
static void reason_numbers(struct account *account, bool final, bool part,
			   const struct kpc_event_account *a)
{
	/* Both are counted while hits come: the part may be ahead of the sum. */
	uint64_t within_perf = a->probe.recursion > a->probe.bpf_busy ?
				       a->probe.recursion - a->probe.bpf_busy :
				       0;

	if (a->lost)
		add_reason(account, "%" PRIu64 " lost in the ring", a->lost);
	if (a->lost_unknown)
		add_reason(
			account,
			"what was lost is unknown: no counter of the BPF program's says it, or records couldn't be read");
	if (a->probe.missed_kprobe)
		add_reason(account,
			   "the kernel missed the probe %" PRIu64 " times",
			   a->probe.missed_kprobe);
	if (a->probe.missed_return)
		add_reason(account, "%" PRIu64 " returns missed (maxactive)",
			   a->probe.missed_return);
	if (within_perf)
		add_reason(account,
			   "%" PRIu64 " hits within perf itself left out",
			   within_perf);
	if (a->probe.bpf_busy)
		add_reason(
			account,
			"%" PRIu64
			" hits left out, because BPF was busy on the CPU and programs couldn't run",
			a->probe.bpf_busy);
	reason_probe(account, &a->probe);
	if (a->throttled)
		add_reason(account, "throttled %" PRIu64 " times",
			   a->throttled);
	if (a->overwritten)
		add_reason(
			account,
			"%" PRIu64
			" were overwritten by later ones before they were written",
			a->overwritten);
	if (account->unexplained && part)
		add_reason(account,
			   "it is one part: %" PRId64
			   " on the way at its beginning or end are in another",
			   account->unexplained);
	else if (account->unexplained && !final)
		add_reason(
			account,
			"%" PRId64
			" not written before the end, or counted during the account",
			account->unexplained);
	else if (account->unexplained > 0 &&
		 account->event->source == KPC_SOURCE_KPROBEX)
		add_reason(
			account,
			"%" PRId64
			" unexplained (such as what a BPF program on the event itself dropped: nothing counts that)",
			account->unexplained);
	else if (account->unexplained)
		add_reason(account, "%" PRId64 " unexplained",
			   account->unexplained);
}

/* What the recorder did to it, to take less time. */
static void reason_limit(const struct account_book *book,
			 struct account *account,
			 const struct kpc_event_account *a)
{
	if (a->disarmed_ns)
		add_reason(account,
			   "the recorder disarmed it at %.3f s to stay below "
			   "%.4g %%",
			   account_seconds(book->info, a->disarmed_ns),
			   book->ledger->max_overhead_ppm / 1e4);
}

/* Its last account was taken at its end, and is of all that is in it. */
static bool is_whole_part(const struct account_book *book)
{
	return book->info->part && !book->info->cut &&
	       (book->info->part > 1 || !book->ledger || !book->ledger->final);
}

/* What happened on CPUs when they weren't recorded. */
static void reason_cpus(struct account *account,
			const struct kpc_ledger *ledger)
{
	for (uint32_t i = 0; i < ledger->nr_cpus; i++) {
		const struct kpc_cpu_account *cpu = &ledger->cpus[i];

		if (cpu->blind_ns)
			add_reason(account,
				   "CPU %u came online (%u times) and wasn't "
				   "recorded at once: for %.6f s at most",
				   cpu->cpu, cpu->came, cpu->blind_ns / 1e9);
	}
}

/* What the file says. */
static void reason_file(const struct account_book *book,
			struct account *account,
			const struct kpc_reader_health *health)
{
	const struct kpc_ledger *ledger = book->ledger;
	uint64_t damaged = health->damaged_packets + health->unknown_packets;

	if (ledger && ledger->threads_missed)
		add_reason(
			account,
			"threads that began while the events were opened may be missing");
	if (ledger)
		reason_cpus(account, ledger);
	if (ledger && (ledger->final || is_whole_part(book))) {
		/* Then it is known what should be there, damage or not. */
		if (account->rows != account->delivered)
			add_reason(account,
				   "only %" PRIu64 " of %" PRIu64
				   " delivered can be read from the file",
				   account->rows, account->delivered);
		return;
	}
	if (!ledger)
		add_reason(account, "the file has no account%s",
			   book->info->cut ? " and ends early" : "");
	else
		add_reason(
			account,
			"the file ends early: the account is of the first %.3f s",
			ledger->time_ns > book->info->start_ns ?
				(ledger->time_ns - book->info->start_ns) / 1e9 :
				0);
	if (damaged || health->missing_chunks)
		add_reason(account,
			   "packets damaged or unknown: %" PRIu64
			   ", chunks missing: %" PRIu64,
			   damaged, health->missing_chunks);
}

void account_add(struct account *totals, const struct account *account)
{
	totals->rows += account->rows;
	totals->count += account->count;
	totals->delivered += account->delivered;
	totals->lost += account->lost;
	totals->missed += account->missed;
	totals->filtered += account->filtered;
	totals->self += account->self;
	totals->period_skipped += account->period_skipped;
	totals->own_dropped += account->own_dropped;
	totals->overwritten += account->overwritten;
	totals->stopped += account->stopped;
	totals->lost_unknown |= account->lost_unknown;
	totals->unexplained += account->unexplained;
	if (!totals->event == !account->event)
		for (uint32_t i = 0; i < account->nr_reasons; i++)
			add_reason(totals, "%s", account->reasons[i]);
}

/* What can't be said of one event. */
static void close_totals(struct account_book *book)
{
	struct account *totals = &book->totals;
	uint32_t incomplete = 0;

	for (uint32_t i = 0; i < book->nr; i++) {
		account_add(totals, &book->accounts[i]);
		incomplete += book->accounts[i].nr_reasons != 0;
	}
	if (incomplete)
		add_reason(totals, "%u of %u events incomplete", incomplete,
			   book->nr);
	if (book->unparsed)
		add_reason(totals, "%" PRIu64 " records of no known event",
			   book->unparsed);
	if (book->lost_in_chunks > totals->lost)
		add_reason(totals, "%" PRIu64 " records lost in the rings",
			   book->lost_in_chunks);
}

void account_book_close(struct account_book *book,
			const struct kpc_reader_health *health)
{
	const struct kpc_ledger *ledger = book->ledger;
	bool part = is_whole_part(book);
	bool final = ledger && (ledger->final || part);

	for (uint32_t i = 0; i < book->nr; i++) {
		struct account *account = &book->accounts[i];
		uint32_t id = account->event->id;

		if (ledger && id < ledger->nr_events) {
			take_numbers(account, final, &ledger->events[id]);
			reason_numbers(account, final, part,
				       &ledger->events[id]);
			reason_limit(book, account, &ledger->events[id]);
		} else {
			/* All that is known is what is there. */
			account->count = account->rows;
			account->delivered = account->rows;
		}
		reason_file(book, account, health);
	}
	close_totals(book);
}

/* ---- parts together ------------------------------------------------------ */

bool account_books_follow(const struct account_book *books, uint32_t nr)
{
	const struct kpc_trace_info *first = books[0].info;

	for (uint32_t i = 0; i < nr; i++)
		if (!first->part || books[i].info->part != first->part + i ||
		    memcmp(books[i].info->series, first->series,
			   sizeof(first->series)) ||
		    books[i].nr != books[0].nr || !books[i].ledger)
			return false;
	return nr > 1;
}

static void join_event(struct kpc_event_account *sum,
		       const struct kpc_event_account *part)
{
	struct kpc_probe_account *probe = &sum->probe;
	const struct kpc_probe_account *add = &part->probe;

	sum->count += part->count;
	sum->delivered += part->delivered;
	sum->lost += part->lost;
	sum->period_skipped += part->period_skipped;
	sum->own_dropped += part->own_dropped;
	sum->overwritten += part->overwritten;
	sum->stopped += part->stopped;
	sum->throttled += part->throttled;
	sum->lost_unknown |= part->lost_unknown;
	/* as they are in the end */
	sum->raised_ns = part->raised_ns;
	sum->raised_to = part->raised_to;
	sum->raises = part->raises;
	sum->disarmed_ns = part->disarmed_ns;
	sum->has_probe |= part->has_probe;
	probe->entered += add->entered;
	probe->offered += add->offered;
	probe->filtered_pred += add->filtered_pred;
	probe->filtered_bpf += add->filtered_bpf;
	probe->recursion += add->recursion;
	probe->self += add->self;
	probe->missed_kprobe += add->missed_kprobe;
	probe->missed_return += add->missed_return;
	probe->clamped += add->clamped;
	probe->truncated += add->truncated;
	probe->by_int3 += add->by_int3;
	probe->bpf_runs += add->bpf_runs;
	probe->bpf_busy += add->bpf_busy;
	probe->in_flight = add->in_flight; /* as it is in the end */
	probe->deaf |= add->deaf;
	probe->gone |= add->gone;
}

static void join_cpus(struct kpc_ledger *sum, const struct kpc_ledger *part)
{
	for (uint32_t i = 0; i < part->nr_cpus; i++) {
		const struct kpc_cpu_account *add = &part->cpus[i];
		uint32_t at = 0;

		while (at < sum->nr_cpus && sum->cpus[at].cpu != add->cpu)
			at++;
		if (at == sum->nr_cpus)
			sum->cpus[sum->nr_cpus++] =
				(struct kpc_cpu_account){ .cpu = add->cpu };
		sum->cpus[at].came += add->came;
		sum->cpus[at].went += add->went;
		sum->cpus[at].blind_ns += add->blind_ns;
	}
}

static int join_init(struct account_book *book,
		     const struct account_book *parts, uint32_t nr)
{
	const struct account_book *last = &parts[nr - 1];
	struct kpc_ledger *ledger = &book->joined_ledger;
	size_t cpus = 1; /* at most */

	for (uint32_t i = 0; i < nr; i++)
		cpus += parts[i].ledger->nr_cpus;
	*book = (struct account_book){
		.info = &book->joined_info,
		.ledger = ledger,
		.joined_info = *parts[0].info,
		.first_part = parts[0].info->part,
		.last_part = last->info->part,
	};
	book->joined_info.end_ns = last->info->end_ns;
	book->joined_info.cut = last->info->cut;
	/* With all of them it is a whole recording; it went on after a dump. */
	if (book->first_part == 1 && (!last->info->dump || last->ledger->final))
		book->joined_info.part = 0;
	*ledger = (struct kpc_ledger){
		.time_ns = last->ledger->time_ns,
		.final = last->ledger->final,
		.threads_missed = last->ledger->threads_missed,
		.max_overhead_ppm = last->ledger->max_overhead_ppm,
		.events = calloc(last->ledger->nr_events + 1,
				 sizeof(*ledger->events)),
		.nr_events = last->ledger->nr_events,
		.cpus = calloc(cpus, sizeof(*ledger->cpus)),
	};
	book->accounts = calloc(last->nr + 1, sizeof(*book->accounts));
	return ledger->events && ledger->cpus && book->accounts ? 0 : -ENOMEM;
}

int account_book_join(struct account_book *book,
		      const struct account_book *parts, uint32_t nr)
{
	int err = join_init(book, parts, nr);

	for (uint32_t e = 0; !err && e < parts[0].nr; e++) {
		struct account *account = &book->accounts[e];

		account->event = parts[0].accounts[e].event;
		account->fields = calloc(account->event->nr_fields + 1,
					 sizeof(*account->fields));
		if (!account->fields)
			err = -ENOMEM;
		book->nr++;
	}
	for (uint32_t i = 0; !err && i < nr; i++) {
		const struct kpc_ledger *ledger = parts[i].ledger;

		book->lost_in_chunks += parts[i].lost_in_chunks;
		book->unparsed += parts[i].unparsed;
		book->joined_ledger.side_lost += ledger->side_lost;
		join_cpus(&book->joined_ledger, ledger);
		for (uint32_t e = 0; e < parts[i].nr; e++) {
			struct account *sum = &book->accounts[e];
			const struct account *a = &parts[i].accounts[e];

			sum->rows += a->rows;
			sum->rows_then += i + 1 < nr ? a->rows : a->rows_then;
		}
		for (uint32_t e = 0;
		     e < ledger->nr_events && e < book->joined_ledger.nr_events;
		     e++)
			join_event(&book->joined_ledger.events[e],
				   &ledger->events[e]);
	}
	return err;
}
