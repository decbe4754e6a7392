// SPDX-License-Identifier: GPL-2.0-only
/* test_html - what a page is made of: hostile names, cells, calls */
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include "htmlcalls.h"
#include "cells.h"
#include "unit.h"
#include "webtext.h"

/* ---- names --------------------------------------------------------------- */

static void check(struct text *text, const char *name, const char *want)
{
	text->used = 0;
	webtext(text, name);
	text_char(text, '\0');
	assert_string_equal(text->buf, want);
}

static void test_names(void **state)
{
	struct text *text = text_new(-1);

	(void)state;
	check(text, "", "\"\"");
	check(text, "cat -n", "\"cat -n\"");
	check(text, "a\"b\\", "\"a\\u0022b\\u005c\"");
	check(text, "</script><!--&",
	      "\"\\u003c/script\\u003e\\u003c!--\\u0026\"");
	/* Good UTF-8 stays. */
	check(text, "gr\xc3\xbc\xc3\x9f \xe6\x97\xa5 \xf0\x9f\x90\xa7",
	      "\"gr\xc3\xbc\xc3\x9f \xe6\x97\xa5 \xf0\x9f\x90\xa7\"");
	/* Cut, overlong, a surrogate, beyond the last, and no UTF-8 at all. */
	check(text, "\xc3", "\"\\\\xc3\"");
	check(text, "\xc0\xbc", "\"\\\\xc0\\\\xbc\"");
	check(text, "\xe0\x80\xbc", "\"\\\\xe0\\\\x80\\\\xbc\"");
	check(text, "\xed\xa0\x80", "\"\\\\xed\\\\xa0\\\\x80\"");
	check(text, "\xf4\x90\x80\x80", "\"\\\\xf4\\\\x90\\\\x80\\\\x80\"");
	check(text, "\xff<", "\"\\\\xff\\u003c\"");
	/* What can't be seen, or turns the text around. */
	check(text, "a\nb\x7f\x1b", "\"a\\\\nb\\\\u007f\\\\u001b\"");
	check(text, "\xe2\x80\xa8\xe2\x80\xae\xef\xbb\xbf",
	      "\"\\\\u2028\\\\u202e\\\\ufeff\"");
	check(text, "\xf3\xa0\x81\x81", "\"\\\\U000e0041\"");
	text_free(text);
}

static void test_long_names(void **state)
{
	struct text *text = text_new(-1);
	char name[1000];

	(void)state;
	memset(name, 'x', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	webtext(text, name);
	assert_int_equal(text->used, WEBTEXT_BYTES + 5);
	assert_memory_equal(text->buf + text->used - 4, "...\"", 4);
	/* A character is never cut; nothing behind the bytes is looked at. */
	text->used = 0;
	memset(name, 'x', WEBTEXT_BYTES - 1);
	memcpy(name + WEBTEXT_BYTES - 1, "\xc3\xbc", 2);
	webtext_bytes(text, name, WEBTEXT_BYTES + 1);
	assert_memory_equal(text->buf + text->used - 3, "\xc3\xbc\"", 3);
	text->used = 0;
	webtext_bytes(text, "abc\xe2\x80", 4);
	assert_int_equal(text->used, 10); /* "abc\\xe2" */
	text_free(text);
}

/* ---- cells --------------------------------------------------------------- */

static void test_cells(void **state)
{
	struct cells *cells = cells_new();
	const struct cell *cell;
	uint32_t nr;

	(void)state;
	for (uint32_t i = 0; i < 3 * 21000; i++) {
		uint32_t r = i * 7919 % 21000; /* each of them three times */

		cells_add(cells, r % 7, r / 7 % 100, r / 700);
	}
	nr = cells_sorted(cells, &cell);
	assert_int_equal(nr, 7 * 100 * 30);
	for (uint32_t i = 0; i < nr; i++) {
		assert_int_equal(cell[i].series, i / 3000);
		assert_int_equal(cell[i].column, i / 30 % 100);
		assert_int_equal(cell[i].row, i % 30);
		assert_int_equal(cell[i].count, 3);
	}
	assert_int_equal(cells_left_out(cells), 0);
	cells_free(cells);
}

static void test_cells_full(void **state)
{
	struct cells *cells = cells_new();
	const struct cell *cell;
	uint64_t sum = 0;
	uint32_t nr;

	(void)state;
	for (uint32_t i = 0; i < 1000000; i++)
		cells_add(cells, i >> 16, i & 0xffff, 1);
	nr = cells_sorted(cells, &cell);
	for (uint32_t i = 0; i < nr; i++)
		sum += cell[i].count;
	assert_true(cells_left_out(cells) > 0);
	assert_int_equal(sum + cells_left_out(cells), 1000000);
	cells_free(cells);
}

/* ---- calls --------------------------------------------------------------- */

static struct kpc_field id_field = {
	.name = (char *)"id",
	.kind = KPC_FIELD_SIGNED,
};
static struct kpc_field duration_field = {
	.name = (char *)"duration_ns",
	.kind = KPC_FIELD_UNSIGNED,
};

static const struct kpc_event enter = {
	.name = (char *)"raw_syscalls:sys_enter",
	.source = KPC_SOURCE_TRACEPOINT,
	.fields = &id_field,
	.nr_fields = 1,
};
static const struct kpc_event leave = {
	.name = (char *)"raw_syscalls:sys_exit",
	.source = KPC_SOURCE_TRACEPOINT,
	.fields = &id_field,
	.nr_fields = 1,
};
static const struct kpc_event timed = {
	.name = (char *)"read",
	.source = KPC_SOURCE_KPROBEX,
	.definition = (char *)"r:read vfs_read",
	.fields = &duration_field,
	.nr_fields = 1,
};
static const struct kpc_event probe = {
	.name = (char *)"in",
	.source = KPC_SOURCE_KPROBEX,
	.definition = (char *)"p:in vfs_write count=$arg3:u64",
};
static const struct kpc_event probe_return = {
	.name = (char *)"out",
	.source = KPC_SOURCE_KPROBEX,
	.definition = (char *)"r16:out vfs_write",
};
static const struct kpc_event program = {
	.name = (char *)"u:libc:malloc",
	.source = KPC_SOURCE_UPROBE,
};
static const struct kpc_event alone = {
	.name = (char *)"syscalls:sys_exit_read",
	.source = KPC_SOURCE_TRACEPOINT,
};

static void test_roles(void **state)
{
	const struct kpc_event *events[] = { &leave,	   &probe, &timed,
					     &alone,	   &enter, &program,
					     &probe_return };
	struct calls_role roles[7];

	(void)state;
	assert_int_equal(calls_find_roles(roles, events, 7, 100), 0);
	assert_int_equal(roles[0].part, CALLS_RETURN);
	assert_int_equal(roles[0].group, 104);
	assert_int_equal(roles[4].part, CALLS_ENTRY);
	assert_int_equal(roles[4].group, 104);
	assert_int_equal(roles[1].part, CALLS_ENTRY);
	assert_int_equal(roles[6].part, CALLS_RETURN);
	assert_int_equal(roles[6].group, roles[1].group);
	assert_int_equal(roles[2].part, CALLS_WHOLE);
	assert_int_equal(roles[3].part, CALLS_NOT);
	assert_int_equal(roles[5].part, CALLS_NOT);
}

static struct kpc_trace_info info; /* of this machine */

static void put(struct calls *calls, const struct calls_role *role,
		uint32_t tid, uint64_t time_ns, uint64_t value)
{
	struct kpc_value v = { .u = value };
	struct kpc_row row = {
		.info = &info,
		.tid = tid,
		.time_ns = time_ns,
		.values = &v,
	};

	calls_row(calls, role, &row, time_ns);
}

static void test_calls(void **state)
{
	const struct kpc_event *events[] = { &enter, &leave, &timed };
	struct calls *calls = calls_new(1000, 2000, 10);
	struct calls_role roles[3];
	const struct cell *cell;

	(void)state;
	assert_int_equal(calls_find_roles(roles, events, 3, 0), 0);
	put(calls, &roles[0], 1, 1000, SYS_read);
	put(calls, &roles[0], 2, 1010, SYS_write);
	put(calls, &roles[1], 1, 1100, SYS_read);
	put(calls, &roles[2], 3, 1150, 40);
	put(calls, &roles[1], 2, 1999, SYS_write);
	put(calls, &roles[0], 1, 1200, SYS_read); /* never comes back */
	put(calls, &roles[0], 9, 1300, SYS_exit_group);
	put(calls, &roles[0], KPC_TID_UNKNOWN, 1300, SYS_read);
	calls_end(calls);
	assert_int_equal(calls_nr(calls), 3);
	assert_string_equal(calls_at(calls, 0)->name, "read");
	assert_int_equal(calls_at(calls, 0)->count, 1);
	assert_int_equal(calls_at(calls, 0)->ns, 100);
	assert_int_equal(calls_at(calls, 0)->unpaired, 1);
	assert_string_equal(calls_at(calls, 1)->name, "write");
	assert_int_equal(calls_at(calls, 1)->ns_max, 989);
	assert_int_equal(calls_at(calls, 2)->ns, 40);
	assert_int_equal(cells_sorted(calls_cells(calls), &cell), 3);
	assert_int_equal(cell[0].column, 1);
	assert_int_equal(cell[1].column, 9);
	assert_int_equal(cell[1].row, histogram_bucket(989));
	assert_int_equal(calls_series(calls, calls_at(calls, 1)), 1);
	calls_free(calls);
}

/* Another machine has other numbers: they stay what they are. */
static void test_machine(void **state)
{
	const struct kpc_event *events[] = { &enter, &leave };
	struct calls *calls = calls_new(0, 1000, 10);
	struct calls_role roles[2];

	(void)state;
	info.machine = "pdp11";
	assert_int_equal(calls_find_roles(roles, events, 2, 0), 0);
	put(calls, &roles[0], 1, 10, SYS_exit_group);
	put(calls, &roles[1], 1, 15, SYS_exit_group);
	calls_end(calls);
	info.machine = NULL;
	assert_int_equal(calls_nr(calls), 1);
	assert_memory_equal(calls_at(calls, 0)->name, "system call ", 12);
	assert_int_equal(calls_at(calls, 0)->ns, 5);
	calls_free(calls);
}

/* A function calls itself, and has an argument that is called as a call's number. */
static void test_function(void **state)
{
	struct kpc_event in = probe, out = probe_return;
	const struct kpc_event *events[] = { &in, &out };
	struct calls *calls = calls_new(0, 1000, 10);
	struct calls_role roles[2];

	(void)state;
	in.fields = out.fields = &id_field;
	in.nr_fields = out.nr_fields = 1;
	assert_int_equal(calls_find_roles(roles, events, 2, 0), 0);
	put(calls, &roles[0], 1, 100, SYS_exit_group);
	put(calls, &roles[0], 1, 110, SYS_read);
	put(calls, &roles[1], 1, 120, 0);
	put(calls, &roles[1], 1, 200, 0);
	calls_end(calls);
	assert_int_equal(calls_nr(calls), 1);
	assert_string_equal(calls_at(calls, 0)->name, "in");
	assert_int_equal(calls_at(calls, 0)->count, 2);
	assert_int_equal(calls_at(calls, 0)->ns, 10 + 100);
	assert_int_equal(calls_at(calls, 0)->unpaired, 0);
	calls_free(calls);
}

/* More kinds of calls than are told apart. */
static void test_many_calls(void **state)
{
	const struct kpc_event *events[] = { &enter, &leave };
	struct calls *calls = calls_new(0, 1000000, 10);
	struct calls_role roles[2];
	uint64_t all = 0;

	(void)state;
	assert_int_equal(calls_find_roles(roles, events, 2, 0), 0);
	for (uint64_t i = 0; i < 1000; i++) {
		put(calls, &roles[0], 1, i * 1000, i + 100000);
		put(calls, &roles[1], 1, i * 1000 + 7, i + 100000);
	}
	calls_end(calls);
	assert_int_equal(calls_nr(calls), CALLS_MAX + 1);
	for (uint32_t i = 0; i < calls_nr(calls); i++)
		all += calls_at(calls, i)->count;
	assert_int_equal(all, 1000);
	assert_string_equal(calls_at(calls, CALLS_MAX)->name, "(others)");
	assert_int_equal(calls_series(calls, calls_at(calls, CALLS_MAX)),
			 CALLS_MAX);
	calls_free(calls);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_long_names),
		cmocka_unit_test(test_cells),
		cmocka_unit_test(test_cells_full),
		cmocka_unit_test(test_roles),
		cmocka_unit_test(test_calls),
		cmocka_unit_test(test_machine),
		cmocka_unit_test(test_function),
		cmocka_unit_test(test_many_calls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
