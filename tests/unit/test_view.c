// SPDX-License-Identifier: GPL-2.0-only
/* test_view - what rows are added up to */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include "frame.h"
#include "unit.h"
#include "view.h"
#include "viewkey.h"

#define EVENTS_MAX 2

static struct kpc_event events[EVENTS_MAX];
static uint32_t nr_events;

static void add(const char *name, enum kpc_source source,
		struct kpc_field *fields, uint32_t nr_fields)
{
	events[nr_events] = (struct kpc_event){
		.id = nr_events,
		.name = (char *)name,
		.source = source,
		.fields = fields,
		.nr_fields = nr_fields,
	};
	nr_events++;
}

static struct view *open_view(const char *by, const char *sum,
			      const char *latency)
{
	struct view_opts opts = { .by = by, .sum = sum, .latency = latency };
	const struct kpc_event *event[EVENTS_MAX];
	const struct view_events of = { .event = event, .nr = nr_events };
	struct view *view;
	char error[256];

	for (uint32_t i = 0; i < nr_events; i++)
		event[i] = &events[i];
	view = view_new(&opts, &of, error, sizeof(error));
	assert_non_null(view);
	return view;
}

/* A call of the system's. @size: what its argument is called. */
static void add_call(const char *enter, const char *exit, const char *size)
{
	static struct kpc_field entry = { .kind = KPC_FIELD_UNSIGNED };
	static struct kpc_field result = { .name = (char *)"ret",
					   .kind = KPC_FIELD_SIGNED };

	nr_events = 0;
	entry.name = (char *)size;
	add(enter, KPC_SOURCE_TRACEPOINT, &entry, 1);
	add(exit, KPC_SOURCE_TRACEPOINT, &result, 1);
}

static void put(struct view *v, uint32_t event, uint64_t time_ns,
		const struct kpc_value *values)
{
	struct kpc_row row = {
		.event = &events[event],
		.time_ns = time_ns,
		.pid = 1,
		.tid = 1,
		.comm = "program",
		.values = (struct kpc_value *)values,
	};

	view_row(v, &row);
}

static void call(struct view *v, uint64_t at_ns, uint64_t asked, int64_t result)
{
	put(v, 0, at_ns, &(struct kpc_value){ .u = asked });
	put(v, 1, at_ns + 7, &(struct kpc_value){ .u = result });
	view_settle(v, UINT64_MAX);
}

static const struct tally *total(const struct view *v)
{
	return &aggregate_total(view_aggregate(v))->all;
}

/* Fields of a file are a stranger's, and so are the names of its probes. */
static void test_long_name(void **state)
{
	static char name[7000];
	char text[VIEW_TEXT_BYTES];
	struct view *v;

	(void)state;
	memset(name, 'x', sizeof(name) - 1);
	nr_events = 0;
	add(name, KPC_SOURCE_TRACEPOINT, NULL, 0);
	v = open_view("event,comm", NULL, NULL);
	put(v, 0, 1, NULL);
	view_text(v, aggregate_entry(view_aggregate(v), 0), 0, text);
	assert_int_equal(strlen(text), VIEWKEY_PART - 2);
	assert_string_equal(text + VIEWKEY_PART - 2 - 4, "x...");
	view_text(v, aggregate_entry(view_aggregate(v), 0), 1, text);
	assert_string_equal(text, "program");
	view_free(v);
}

/* They are told to who named another field, perhaps on a terminal. */
static void test_hostile_names(void **state)
{
	const struct view_opts opts = { .by = "nothing" };
	const struct kpc_event *event[] = { &events[0], &events[1] };
	const struct view_events of = { .event = event, .nr = 2 };
	char error[256];

	(void)state;
	add_call("\033[2Jenter", "exit\n\r\177", "\033]0;size\007");
	assert_null(view_new(&opts, &of, error, sizeof(error)));
	assert_non_null(strstr(error, "?[2Jenter has ?]0;size?"));
	for (const char *at = error; *at; at++)
		assert_in_range(*at, ' ', '~');
}

/* Of the entries that are called so, and are a program's. */
static uint64_t count_of(const struct view *v, const char *name)
{
	char text[VIEW_TEXT_BYTES];
	uint64_t count = 0;

	for (uint32_t i = 0; i < aggregate_nr(view_aggregate(v)); i++) {
		const struct aggregate_entry *e =
			aggregate_entry(view_aggregate(v), i);

		view_text(v, e, 1, text);
		assert_string_equal(text, "program");
		view_text(v, e, 0, text);
		if (!strcmp(text, name))
			count += e->all.count;
	}
	return count;
}

/* By path, whatever its length; only where rows have one. */
static void test_cgroups(void **state)
{
	static char path[5000] = "/";
	struct kpc_row row = {
		.event = &events[0],
		.pid = 1,
		.comm = "program",
		.cgroup_path = "/system.slice",
	};
	const struct kpc_event *event = &events[0];
	const struct view_events of = { .event = &event, .nr = 1 };
	const struct view_opts opts = { .by = "cgroup" };
	char error[256];
	struct view *v;

	(void)state;
	nr_events = 0;
	add("x", KPC_SOURCE_TRACEPOINT, NULL, 0);
	assert_null(view_new(&opts, &of, error, sizeof(error)));
	assert_non_null(strstr(error, "collect record --all-cgroups"));
	events[0].cgroup = true;
	v = open_view("cgroup,comm", NULL, NULL);
	view_row(v, &row);
	row.cgroup_path = "/";
	view_row(v, &row);
	view_row(v, &row);
	memset(path + 1, 'x', sizeof(path) - 2);
	row.cgroup_path = path;
	view_row(v, &row);
	row.cgroup_path = ""; /* a BPF ring buffer's */
	view_row(v, &row);
	assert_int_equal(total(v)->count, 5);
	assert_int_equal(aggregate_nr(view_aggregate(v)), 4);
	assert_int_equal(count_of(v, "/system.slice"), 1);
	assert_int_equal(count_of(v, "/"), 2);
	assert_int_equal(count_of(v, "-"), 1);
	path[VIEW_TEXT_BYTES - 5] = '\0'; /* as much as is shown of a text */
	assert_int_equal(count_of(v, path), 1);
	view_free(v);
}

static void test_bytes(void **state)
{
	struct view *v;

	(void)state;
	add_call("syscalls:sys_enter_write", "syscalls:sys_exit_write",
		 "count");
	v = open_view("event", NULL, NULL);
	call(v, 10, 100, 100);
	call(v, 20, 100, 60);
	call(v, 30, 100, -EAGAIN);
	assert_int_equal(total(v)->count, 3);
	assert_int_equal(total(v)->failed, 1);
	assert_int_equal(total(v)->sum, 160);
	assert_int_equal(total(v)->ns, 21);
	view_free(v);
	/* two buffers, and what they had */
	add_call("syscalls:sys_enter_writev", "syscalls:sys_exit_writev",
		 "vlen");
	v = open_view("event", NULL, NULL);
	call(v, 10, 2, 49);
	call(v, 20, 2, -EAGAIN);
	assert_int_equal(total(v)->sum, 49);
	assert_int_equal(total(v)->failed, 1);
	view_free(v);
}

/* An address, or a descriptor, is no number of bytes, and no error. */
static void test_no_bytes(void **state)
{
	struct view *v;

	(void)state;
	add_call("syscalls:sys_enter_mmap", "syscalls:sys_exit_mmap", "len");
	v = open_view("event", NULL, NULL);
	call(v, 10, 4096, 0x7f0000000000);
	assert_int_equal(total(v)->count, 1);
	assert_int_equal(total(v)->failed, 0);
	assert_int_equal(total(v)->sum, 0);
	view_free(v);
	add_call("syscalls:sys_enter_bpf", "syscalls:sys_exit_bpf", "size");
	v = open_view("event", NULL, NULL);
	call(v, 10, 120, 5);
	assert_int_equal(total(v)->sum, 0);
	view_free(v);
}

/* A probe with unit=1 has the register that the function returned. */
static void test_retval(void **state)
{
	static struct kpc_field fields[] = {
		{ .name = (char *)"count", .kind = KPC_FIELD_UNSIGNED },
		{ .name = (char *)"retval", .kind = KPC_FIELD_HEX },
	};
	static const struct {
		uint64_t result;
		bool failed;
		uint64_t bytes;
	} calls[] = {
		{ 60, false, 60 },
		{ 100, false, 100 },
		{ 101, false, 0 },
		{ (uint64_t)-EAGAIN, true, 0 },
		{ (uint32_t)-EAGAIN, true, 0 },
		{ (uint64_t)-4095, true, 0 },
		{ (uint64_t)-4096, false, 0 },
		{ (uint32_t)-4096, false, 0 },
		{ 0xffff888100000000, false, 0 }, /* where it is */
	};

	(void)state;
	nr_events = 0;
	add("kprobex/f,unit=1/", KPC_SOURCE_KPROBEX, fields, 2);
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++) {
		struct kpc_value values[] = { { .u = 100 },
					      { .u = calls[i].result } };
		struct view *v = open_view("event", NULL, NULL);

		put(v, 0, 1, values);
		assert_int_equal(total(v)->failed, calls[i].failed);
		assert_int_equal(total(v)->sum, calls[i].bytes);
		view_free(v);
	}
}

/* What was asked for, not how long the call took. */
static void test_field(void **state)
{
	struct view *v;

	(void)state;
	add_call("syscalls:sys_enter_write", "syscalls:sys_exit_write",
		 "count");
	v = open_view("event", NULL, "count");
	call(v, 10, 1000, 3);
	assert_int_equal(total(v)->ns, 1000);
	view_free(v);
	v = open_view("event", "ret", "ret");
	call(v, 10, 1000, 3);
	assert_int_equal(total(v)->ns, 3);
	assert_int_equal(total(v)->sum, 3);
	view_free(v);
	v = open_view("event", "count", "duration_ns");
	call(v, 10, 1000, 3);
	assert_int_equal(total(v)->ns, 7);
	assert_int_equal(total(v)->sum, 1000);
	view_free(v);
}

static void test_clear(void **state)
{
	static const struct kpc_value value = { .u = 1 };
	struct view *v;

	(void)state;
	add_call("syscalls:sys_enter_write", "syscalls:sys_exit_write",
		 "count");
	v = open_view("event", NULL, NULL);
	put(v, 0, 1, &value);
	put(v, 0, 2, &value);
	view_settle(v, UINT64_MAX);
	assert_int_equal(view_unpaired(v), 1);
	view_clear(v);
	assert_int_equal(view_unpaired(v), 0);
	view_free(v);
}

/* What was entered only is in no table, and isn't one of its rows. */
static void test_rows(void **state)
{
	static const struct kpc_value value = { .u = 1 };
	struct view *v;

	(void)state;
	add_call("syscalls:sys_enter_write", "syscalls:sys_exit_write",
		 "count");
	v = open_view("event,count", NULL, NULL);
	put(v, 0, 1, &value);
	assert_int_equal(aggregate_nr(view_aggregate(v)), 1);
	assert_int_equal(frame_rows(v), 0);
	call(v, 10, 5, 5);
	assert_int_equal(frame_rows(v), 1);
	view_free(v);
}

/* Entry and return of a function, as definitions say it. */
static void add_function(void)
{
	add_call("f", "g", "bytes");
	events[0].source = KPC_SOURCE_UPROBE;
	events[0].definition = (char *)"p:f /bin/x:0x10 bytes=%di:u64";
	events[1].source = KPC_SOURCE_UPROBE;
	events[1].definition = (char *)"r:g /bin/x:0x10 ret=$retval";
}

static void test_function(void **state)
{
	const struct kpc_value one = { .u = 1 };
	struct view *v;

	(void)state;
	add_function();
	v = open_view("event", NULL, NULL);
	put(v, 0, 10, &one);
	put(v, 0, 20, &one); /* calls itself */
	put(v, 1, 25, &one);
	put(v, 1, 40, &one);
	put(v, 1, 50, &one);
	put(v, 0, 60, &one);
	view_end(v);
	assert_int_equal(total(v)->count, 2);
	assert_int_equal(total(v)->ns, 35);
	assert_int_equal(view_unpaired(v), 1);
	assert_int_equal(view_unentered(v), 1);
	view_free(v);
	/* Whatever its arguments are called, it isn't a system call that ends a thread. */
	events[0].fields[0].name = (char *)"id";
	v = open_view("event", NULL, NULL);
	put(v, 0, 10, &(struct kpc_value){ .u = SYS_exit_group });
	put(v, 1, 25, &one);
	view_end(v);
	assert_int_equal(total(v)->count, 1);
	assert_int_equal(total(v)->ns, 15);
	view_free(v);
	/* Of another function it's nothing to each other. */
	events[1].definition = (char *)"r:g /bin/x:0x20 ret=$retval";
	v = open_view("event", NULL, NULL);
	put(v, 0, 10, &one);
	put(v, 1, 25, &one);
	assert_int_equal(total(v)->count, 2);
	assert_int_equal(total(v)->timed, 0);
	assert_false(view_has_pairs(v));
	view_free(v);
}

/* Every row counts, and pairs give the entries their times. */
static void test_by_row(void **state)
{
	const struct view_opts opts = { .by = "event", .by_row = true };
	const struct kpc_event *event[] = { &events[0], &events[1] };
	const struct view_events of = { .event = event, .nr = 2 };
	const struct aggregate_entry *e;
	char error[256];
	struct view *v;

	(void)state;
	add_call("syscalls:sys_enter_write", "syscalls:sys_exit_write",
		 "count");
	v = view_new(&opts, &of, error, sizeof(error));
	call(v, 10, 100, 100);
	call(v, 20, 100, 60);
	put(v, 1, 40, &(struct kpc_value){ .u = 1 });
	view_end(v);
	assert_int_equal(total(v)->count, 5);
	assert_int_equal(total(v)->sum, 160);
	assert_int_equal(aggregate_nr(view_aggregate(v)), 2);
	e = aggregate_entry(view_aggregate(v), 0);
	assert_int_equal(e->all.count, 2);
	assert_int_equal(e->all.timed, 2);
	assert_int_equal(e->all.ns, 14);
	assert_int_equal(view_unentered(v), 1);
	view_free(v);
}

/* Threads of two systems that have the same ids don't return for each other. */
static void test_systems(void **state)
{
	const struct view_opts opts = { .by = "event" };
	struct kpc_event more[2];
	const struct kpc_event *event[] = { &events[0], &events[1], &more[0],
					    &more[1] };
	const uint32_t system[] = { 0, 0, 1, 1 };
	const struct view_events of = { .event = event,
					.system = system,
					.nr = 4 };
	struct kpc_value none = { .u = 0 };
	struct kpc_row row = { .tid = 1, .comm = "", .values = &none };
	char error[256];
	struct view *v;

	(void)state;
	add_call("syscalls:sys_enter_write", "syscalls:sys_exit_write",
		 "count");
	memcpy(more, events, sizeof(more));
	v = view_new(&opts, &of, error, sizeof(error));
	for (int i = 0; i < 4; i++) {
		static const int order[] = { 0, 2, 1, 3 };

		row.event = event[order[i]];
		row.time_ns = i * 10;
		view_row(v, &row);
	}
	view_end(v);
	assert_int_equal(total(v)->count, 2);
	assert_int_equal(total(v)->ns, 40);
	assert_int_equal(view_unpaired(v) + view_unentered(v), 0);
	view_free(v);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_long_name),
		cmocka_unit_test(test_hostile_names),
		cmocka_unit_test(test_cgroups),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_no_bytes),
		cmocka_unit_test(test_retval),
		cmocka_unit_test(test_field),
		cmocka_unit_test(test_clear),
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_function),
		cmocka_unit_test(test_by_row),
		cmocka_unit_test(test_systems),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
