// SPDX-License-Identifier: GPL-2.0-only
/* test_account - what the report says of a ledger, in words */
#include <string.h>

#include "account.h"
#include "losses.h"
#include "report.h"
#include "unit.h"
#include "fixture.h"
#include "head.h"
#include "ledger.h"

static struct kpc_event event = { .name = (char *)"e" };
static struct account account;

/* The account of one event whose ledger is @e. */
static const struct account *closed(enum kpc_unit unit,
				    const struct kpc_event_account *e)
{
	static struct kpc_trace_info info;
	struct kpc_event_account events[1] = { *e };
	struct kpc_ledger ledger = { .final = true,
				     .events = events,
				     .nr_events = 1 };
	struct kpc_reader_health health = { .size = sizeof(health) };
	struct account_book book = { .info = &info,
				     .ledger = &ledger,
				     .accounts = &account,
				     .nr = 1 };

	event.unit = unit;
	account = (struct account){ .event = &event, .rows = e->delivered };
	account_book_close(&book, &health);
	account.probe = NULL; /* it was on the stack */
	return &account;
}

static bool says(const struct account *a, const char *words)
{
	for (uint32_t i = 0; i < a->nr_reasons; i++)
		if (strstr(a->reasons[i], words))
			return true;
	return false;
}

/* Filtered hits and the collector's own are no loss. */
static void complete(void **state)
{
	const struct kpc_event_account e = {
		.count = 5,
		.delivered = 5,
		.has_probe = true,
		.probe = { .entered = 30,
			   .offered = 5,
			   .filtered_pred = 20,
			   .self = 5,
			   .in_flight = 3,
			   .clamped = 2,
			   .truncated = 1,
			   .by_int3 = 4 },
	};

	(void)state;
	assert_int_equal(closed(KPC_UNIT_HITS, &e)->nr_reasons, 0);
	assert_int_equal(account.filtered, 20);
	assert_int_equal(account.self, 5);
	assert_int_equal(account.unexplained, 0);
}

/* A hit while the event was switched off is no gap. */
static void stopped(void **state)
{
	const struct kpc_event_account e = { .count = 8,
					     .delivered = 7,
					     .stopped = 1 };

	(void)state;
	assert_int_equal(closed(KPC_UNIT_HITS, &e)->nr_reasons, 0);
	assert_int_equal(account.stopped, 1);
	assert_int_equal(account.unexplained, 0);
}

/* For a time or a sum, what was cut or isn't over makes it a lower bound. */
static void values(void **state)
{
	const struct kpc_event_account e = {
		.count = 1000,
		.delivered = 5,
		.period_skipped = 995,
		.has_probe = true,
		.probe = { .in_flight = 3, .clamped = 2 },
	};

	(void)state;
	closed(KPC_UNIT_NS, &e);
	assert_int_equal(account.nr_reasons, 2);
	assert_true(says(&account, "3 calls hadn't returned"));
	assert_true(says(&account, "2 values counted for less"));
	closed(KPC_UNIT_FIELD, &e);
	assert_int_equal(account.nr_reasons, 1);
	assert_true(says(&account, "2 values counted for less"));
}

static void missed(void **state)
{
	struct kpc_event_account e = {
		.has_probe = true,
		.probe = { .missed_return = 6,
			   .missed_kprobe = 7,
			   .deaf = true },
	};

	(void)state;
	closed(KPC_UNIT_HITS, &e);
	assert_int_equal(account.nr_reasons, 3);
	assert_int_equal(account.missed, 13);
	assert_true(says(&account, "6 returns missed"));
	assert_true(says(&account, "missed the probe 7 times"));
	assert_true(says(&account, "ftrace_enabled"));
	e.probe = (struct kpc_probe_account){ .gone = true };
	closed(KPC_UNIT_HITS, &e);
	assert_int_equal(account.nr_reasons, 1);
	assert_true(says(&account, "wasn't loaded"));
}

/* Every member of the probe's book is in the file. */
static void packed(void **state)
{
	struct kpc_event_account e = { .has_probe = true };
	struct kpc_ledger got, ledger = { .events = &e, .nr_events = 1 };
	uint64_t *members = (uint64_t *)&e.probe;
	size_t nr = offsetof(struct kpc_probe_account, deaf) / sizeof(*members);
	struct kpc_buf buf = { 0 };
	Kprobex__Head *head;

	(void)state;
	for (size_t i = 0; i < nr; i++)
		members[i] = 1000 + i;
	e.probe.deaf = true;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(kpc_ledger_pack(&buf, &ledger), 0);
		head = kpc_head_unpack(
			(struct kpc_wire){ buf.data, buf.data + buf.used });
		assert_non_null(head);
		assert_int_equal(kpc_ledger_unpack(&got, head->ledger, 1, 0),
				 0);
		assert_memory_equal(&got.events[0].probe, &e.probe,
				    offsetof(struct kpc_probe_account, deaf));
		assert_int_equal(got.events[0].probe.deaf, e.probe.deaf);
		assert_int_equal(got.events[0].probe.gone, e.probe.gone);
		kpc_ledger_uninit(&got);
		kpc_head_free(head);
		e.probe.deaf = false;
		e.probe.gone = true;
	}
	kpc_buf_uninit(&buf);
}

/* BPF: what couldn't run is told apart from the rest of what perf left out. */
static void programs_busy(void **state)
{
	const struct kpc_event_account e = {
		.count = 5,
		.delivered = 5,
		.has_probe = true,
		.probe = { .entered = 30,
			   .offered = 5,
			   .filtered_pred = 11,
			   .filtered_bpf = 7,
			   .recursion = 7,
			   .bpf_runs = 12,
			   .bpf_busy = 4 },
	};

	(void)state;
	closed(KPC_UNIT_HITS, &e);
	assert_int_equal(account.filtered, 18);
	assert_int_equal(account.nr_reasons, 2);
	assert_true(says(&account, "3 hits within perf itself"));
	assert_true(says(&account, "4 hits left out, because BPF was busy"));
}

/* Of a trace that was cut: what an account counted may be in later chunks. */
static void outputs_on_the_way(void **state)
{
	static struct kpc_trace_info info;
	struct kpc_event_account events[1] = {
		{ .count = 10, .delivered = 6, .lost = 3, .own_dropped = 1 },
	};
	struct kpc_ledger ledger = { .events = events, .nr_events = 1 };
	struct kpc_reader_health health = { .size = sizeof(health) };
	struct account_book book = { .info = &info,
				     .ledger = &ledger,
				     .accounts = &account,
				     .nr = 1 };

	(void)state;
	event.source = KPC_SOURCE_BPF;
	account = (struct account){ .event = &event, .rows_then = 8 };
	account_book_close(&book, &health);
	assert_int_equal(account.count, 12);
	assert_int_equal(account.unexplained, 0);
	assert_true(says(&account, "the file ends early"));
	assert_false(says(&account, "not written before the end"));
	event.source = KPC_SOURCE_UNKNOWN;
	account = (struct account){ .event = &event, .rows_then = 8 };
	account_book_close(&book, &health);
	assert_int_equal(account.count, 10);
	assert_int_equal(account.unexplained, -2);
}

/* Nobody counted: that isn't 0. */
static void unknown_loss(void **state)
{
	const struct kpc_event_account e = {
		.count = 5,
		.delivered = 5,
		.lost_unknown = true,
	};

	(void)state;
	closed(KPC_UNIT_HITS, &e);
	assert_true(account.lost_unknown);
	assert_int_equal(account.nr_reasons, 1);
	assert_true(says(&account, "unknown"));
}

/* A program on the event's descriptor leaves no trace: in words, where it may. */
static void dropped_by_event(void **state)
{
	const struct kpc_event_account e = { .count = 9, .delivered = 5 };

	(void)state;
	event.source = KPC_SOURCE_KPROBEX;
	closed(KPC_UNIT_HITS, &e);
	assert_int_equal(account.unexplained, 4);
	assert_true(says(&account, "4 unexplained (such as what a BPF program "
				   "on the event itself dropped"));
	event.source = KPC_SOURCE_TRACEPOINT;
	closed(KPC_UNIT_HITS, &e);
	assert_true(says(&account, "4 unexplained"));
	assert_false(says(&account, "BPF"));
	event.source = KPC_SOURCE_UNKNOWN;
}

static void packed_programs(void **state)
{
	struct kpc_program_account programs[] = {
		{ 7, (char *)"first", UINT64_MAX, 1ull << 40 },
		{ 8, (char *)"", 0, 0 },
	};
	struct kpc_event_account e[] = {
		{ .has_probe = true, .programs = programs, .nr_programs = 2 },
		{ .lost_unknown = true },
	};
	struct kpc_ledger got, ledger = { .events = e, .nr_events = 2 };
	struct kpc_buf buf = { 0 };
	Kprobex__Head *head;

	(void)state;
	assert_int_equal(kpc_ledger_pack(&buf, &ledger), 0);
	head = kpc_head_unpack(
		(struct kpc_wire){ buf.data, buf.data + buf.used });
	assert_non_null(head);
	/* Twice the same: the later holds, and nothing is left of the other. */
	head->ledger->event[1]->event = 0;
	head->ledger->event[1]->has_probe = true;
	head->ledger->event[1]->probe = head->ledger->event[0]->probe;
	assert_int_equal(kpc_ledger_unpack(&got, head->ledger, 2, 0), 0);
	assert_int_equal(got.events[0].nr_programs, 0);
	kpc_ledger_uninit(&got);
	head->ledger->event[1]->event = 1;
	head->ledger->event[1]->has_probe = false;
	head->ledger->event[1]->probe = NULL;
	assert_int_equal(kpc_ledger_unpack(&got, head->ledger, 2, 0), 0);
	assert_int_equal(got.events[0].nr_programs, 2);
	for (int i = 0; i < 2; i++) {
		const struct kpc_program_account *p =
			&got.events[0].programs[i];

		assert_int_equal(p->id, programs[i].id);
		assert_string_equal(p->name, programs[i].name);
		assert_true(p->cookie == programs[i].cookie);
		assert_true(p->runs == programs[i].runs);
	}
	assert_true(got.events[1].lost_unknown && !got.events[0].lost_unknown);
	kpc_ledger_uninit(&got);
	kpc_head_free(head);
	kpc_buf_uninit(&buf);
}

/* A CPU that wasn't recorded at once in one part, and what all parts lack then. */
static void blind_in_a_part(void **state)
{
	static struct kpc_cpu_account before[] = { { 1, 1, 1, 5000000 } };
	static struct kpc_cpu_account after[] = { { 1, 1, 1, 5000000 },
						  { 2, 3, 2, 7000000 } };
	struct kpc_ledger begin = { .cpus = before, .nr_cpus = 1 };
	struct kpc_ledger ledgers[2] = {
		{ .cpus = before, .nr_cpus = 1 },
		{ .cpus = after, .nr_cpus = 2, .final = true },
	};
	struct kpc_trace_info infos[2] = { { .part = 1 }, { .part = 2 } };
	struct kpc_reader_health health = { .size = sizeof(health) };
	struct account accounts[2] = { { .event = &event },
				       { .event = &event } };
	struct kpc_event_account events[2] = { { .count = 0 } };
	struct account_book books[2], sum;

	(void)state;
	/* What was before a part's beginning isn't the part's. */
	kpc_ledger_subtract(&ledgers[1], &begin);
	assert_int_equal(ledgers[1].nr_cpus, 1);
	assert_int_equal(ledgers[1].cpus[0].cpu, 2);
	for (int i = 0; i < 2; i++) {
		ledgers[i].events = &events[i];
		ledgers[i].nr_events = 1;
		books[i] = (struct account_book){ .info = &infos[i],
						  .ledger = &ledgers[i],
						  .accounts = &accounts[i],
						  .nr = 1 };
	}
	assert_true(account_books_follow(books, 2));
	assert_int_equal(account_book_join(&sum, books, 2), 0);
	account_book_close(&sum, &health);
	assert_true(says(&sum.accounts[0], "CPU 1 came online (1 times)"));
	assert_true(says(&sum.accounts[0], "CPU 2 came online (3 times)"));
	account_book_uninit(&sum);
}

/* No event is missing, but who did what may be wrong: that is said. */
static void side_lost(void **state)
{
	static const char *const no_argv[] = { NULL };
	static struct kpc_host_info host;
	struct kpc_trace_info info = { .writer = "",
				       .hostname = "",
				       .kernel_release = "",
				       .kernel_version = "",
				       .machine = "",
				       .argv = no_argv,
				       .host = &host };
	struct kpc_ledger ledgers[2] = { { .final = true, .side_lost = 30 },
					 { .final = true, .side_lost = 4 } };
	struct account_book books[3] = {
		{ .info = &info, .ledger = &ledgers[0] },
		{ .info = &info, .ledger = &ledgers[1] },
	};
	struct kpc_reader_health health = { .size = sizeof(health) };
	struct text *text = text_new(-1);

	(void)state;
	host.os_release = host.kernel_options = host.cpu_model = "";
	host.clocksource = host.hypervisor = "";
	assert_non_null(text);
	losses_text(text, &books[0]);
	text_char(text, '\0');
	assert_non_null(strstr(text->buf, "30 records of what threads did"));
	text->used = 0;
	report_json(text, "f", books, 1, &health);
	text_string(text, "}\n");
	text_char(text, '\0');
	assert_non_null(strstr(text->buf, "\"side_lost\":30,"));

	assert_int_equal(account_book_join(&books[2], books, 2), 0);
	assert_int_equal(books[2].ledger->side_lost, 34);
	account_book_uninit(&books[2]);

	ledgers[0].side_lost = 0;
	text->used = 0;
	losses_text(text, &books[0]);
	text_char(text, '\0');
	assert_null(strstr(text->buf, "threads"));
	text_free(text);
}

static void limited_json(const struct account_book *book, struct text *text)
{
	struct kpc_reader_health health = { .size = sizeof(health) };

	text->used = 0;
	report_json(text, "f", book, 1, &health);
	text_string(text, "}\n");
	text_char(text, '\0');
	assert_non_null(strstr(text->buf, "\"raised_ns\":3000000000,"));
	assert_non_null(strstr(text->buf, "\"raised_to\":64,"));
	assert_non_null(strstr(text->buf, "\"raises\":2,"));
	assert_non_null(strstr(text->buf, "\"disarmed_ns\":4500000000,"));
}

/* What the recorder did to take less time: in the file, and in words. */
static void limited(void **state)
{
	static const char *const no_argv[] = { NULL };
	static struct kpc_host_info host;
	struct kpc_trace_info info = { .writer = "",
				       .hostname = "",
				       .kernel_release = "",
				       .kernel_version = "",
				       .machine = "",
				       .argv = no_argv,
				       .host = &host,
				       .start_ns = 1000000000 };
	struct kpc_event_account e = { .count = 7,
				       .delivered = 7,
				       .raised_ns = 3000000000,
				       .raised_to = 64,
				       .raises = 2,
				       .disarmed_ns = 4500000000 };
	struct kpc_ledger got, ledger = { .final = true,
					  .max_overhead_ppm = 25000,
					  .events = &e,
					  .nr_events = 1 };
	struct kpc_reader_health health = { .size = sizeof(health) };
	struct account_book book = { .info = &info,
				     .ledger = &got,
				     .accounts = &account,
				     .nr = 1 };
	struct text *text = text_new(-1);
	struct kpc_buf buf = { 0 };
	Kprobex__Head *head;

	(void)state;
	host.os_release = host.kernel_options = host.cpu_model = "";
	host.clocksource = host.hypervisor = "";
	assert_int_equal(kpc_ledger_pack(&buf, &ledger), 0);
	head = kpc_head_unpack(
		(struct kpc_wire){ buf.data, buf.data + buf.used });
	assert_int_equal(kpc_ledger_unpack(&got, head->ledger, 1, 0), 0);
	event.unit = KPC_UNIT_HITS;
	account = (struct account){ .event = &event, .rows = 7 };
	account_book_close(&book, &health);
	assert_true(says(&account, "disarmed it at 3.500 s to stay below "
				   "2.5 %"));
	report_text(text, "f", &book, 1, &(struct report_opts){ .details = 1 });
	report_text_end(text, &health);
	text_char(text, '\0');
	assert_non_null(strstr(text->buf,
			       "e: from 2.000 s on a sample every 64 hits, "
			       "because the recorder was to stay below 2.5 % "
			       "(changed 2 times)\n"));
	limited_json(&book, text);
	kpc_ledger_uninit(&got);
	kpc_head_free(head);
	kpc_buf_uninit(&buf);
	text_free(text);
}

/* Without its escape sequences. */
static void strip(char *text)
{
	char *to = text;

	for (const char *at = text; *at; at++) {
		if (*at == '\033')
			at += strcspn(at, "m");
		else
			*to++ = *at;
	}
	*to = '\0';
}

static char *report_of(const struct account_book *book, bool colour)
{
	struct text *text = text_new(-1);
	char *copy;

	assert_non_null(text);
	text->colour = colour;
	report_text(text, "f", book, 1, &(struct report_opts){ .details = 1 });
	text_char(text, '\0');
	copy = strdup(text->buf);
	text_free(text);
	return copy;
}

/* What was lost is red, in words that are the same without. */
static void colours(void **state)
{
	static const char *const no_argv[] = { NULL };
	static struct kpc_host_info host;
	struct kpc_trace_info info = { .writer = "",
				       .hostname = "",
				       .kernel_release = "",
				       .kernel_version = "",
				       .machine = "",
				       .argv = no_argv,
				       .host = &host,
				       .start_ns = 1000000000,
				       .nr_rings = 1 };
	struct kpc_event_account e = { .count = 12, .delivered = 7, .lost = 5 };
	struct kpc_loss_range range = { .from_ns = 1500000000,
					.to_ns = 1600000000,
					.count = 5,
					.losses = 1 };
	struct kpc_ring_account ring = { .lost = 5,
					 .losses = &range,
					 .nr_losses = 1 };
	struct kpc_ledger ledger = { .final = true,
				     .events = &e,
				     .nr_events = 1,
				     .rings = &ring,
				     .nr_rings = 1 };
	struct kpc_reader_health health = { .size = sizeof(health) };
	struct account_book book = { .info = &info,
				     .ledger = &ledger,
				     .accounts = &account,
				     .nr = 1 };
	char *plain, *coloured;

	(void)state;
	host.os_release = host.kernel_options = host.cpu_model = "";
	host.clocksource = host.hypervisor = "";
	event.unit = KPC_UNIT_HITS;
	account = (struct account){ .event = &event, .rows = 7 };
	account_book_close(&book, &health);
	plain = report_of(&book, false);
	assert_null(strchr(plain, '\033'));
	assert_non_null(strstr(plain, "ring 0: 5 lost between 1.500000000"));
	coloured = report_of(&book, true);
	assert_non_null(strstr(coloured, "\033[1mf\033[0m: recorded"));
	assert_non_null(strstr(coloured, "     \033[31m5\033[0m  \033[33mlower "
					 "bound, because 5 lost in the ring"
					 "\033[0m\n"));
	assert_non_null(strstr(coloured, "ring 0: \033[31m5 lost\033[0m bet"));
	assert_non_null(strstr(coloured, "\nthe ledger closes: "));
	strip(coloured);
	assert_string_equal(coloured, plain);
	free(coloured);
	free(plain);
	ledger.final = false;
	coloured = report_of(&book, true);
	assert_non_null(strstr(coloured, "\033[33mthe last ledger is from"));
	free(coloured);
	book.ledger = NULL;
	coloured = report_of(&book, true);
	assert_non_null(strstr(coloured, "\033[31mno ledger was written"));
	free(coloured);
}

/* Of many traces in a file there are many books: each keeps what is printed. */
static void read_book(void **state)
{
	char *name = fixture_path();
	struct kpc_reader *reader;
	struct account_book book;
	uint32_t summed = 0;

	(void)state;
	fixture_write(name, 3, 100);
	assert_int_equal(kpc_reader_open(&reader, name, NULL, 0), 0);
	assert_int_equal(account_book_read(&book, reader), 0);
	assert_null(book.rows_of);
	for (uint32_t i = 0; i < book.nr; i++)
		for (uint32_t f = 0; f < book.accounts[i].event->nr_fields;
		     f++) {
			const struct summary *s = &book.accounts[i].fields[f];
			struct summary_value top[SUMMARY_TOP];

			assert_null(s->values);
			assert_null(s->slots);
			summed += s->n != 0;
			assert_int_equal(s->n != 0, summary_top(s, top) != 0);
		}
	assert_true(summed > 0);
	account_book_uninit(&book);
	kpc_reader_close(reader);
	unlink(name);
	free(name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(complete),
		cmocka_unit_test(stopped),
		cmocka_unit_test(values),
		cmocka_unit_test(missed),
		cmocka_unit_test(packed),
		cmocka_unit_test(programs_busy),
		cmocka_unit_test(outputs_on_the_way),
		cmocka_unit_test(unknown_loss),
		cmocka_unit_test(dropped_by_event),
		cmocka_unit_test(packed_programs),
		cmocka_unit_test(blind_in_a_part),
		cmocka_unit_test(side_lost),
		cmocka_unit_test(limited),
		cmocka_unit_test(colours),
		cmocka_unit_test(read_book),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
