// SPDX-License-Identifier: GPL-2.0-only
/* test_eventspec - what -e takes, and where it points when it doesn't */
#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <string.h>

#include "eventspec.h"
#include "unit.h"

static struct kpc_eventspecs specs;
static char error[512];

static int parse(const char *text)
{
	kpc_eventspecs_uninit(&specs);
	memset(error, 0, sizeof(error));
	return kpc_eventspecs_add(&specs, text, error, sizeof(error));
}

static void takes_each_kind(void **state)
{
	(void)state;
	assert_int_equal(parse("kprobex/vfs_write/"), 0);
	assert_int_equal(specs.nr, 1);
	assert_int_equal(specs.spec[0].kind, KPC_EVENTSPEC_PROBE);
	assert_string_equal(specs.spec[0].name, "vfs_write");
	assert_false(specs.spec[0].has_offset);

	assert_int_equal(parse("kprobex/vfs_write+0x1f/"), 0);
	assert_true(specs.spec[0].has_offset);
	assert_int_equal(specs.spec[0].offset, 0x1f);

	/* an alias that the module gave a named probe */
	assert_int_equal(parse("kprobex/vfs_write-ns/"), 0);
	assert_string_equal(specs.spec[0].name, "vfs_write-ns");
	assert_null(specs.spec[0].terms.text);

	assert_int_equal(parse("sched:sched_switch"), 0);
	assert_int_equal(specs.spec[0].kind, KPC_EVENTSPEC_TRACEPOINT);
	assert_string_equal(specs.spec[0].system, "sched");
	assert_string_equal(specs.spec[0].name, "sched_switch");

	assert_int_equal(parse("raw_syscalls:*"), 0);
	assert_string_equal(specs.spec[0].name, "*");

	assert_int_equal(parse("cs"), 0);
	assert_int_equal(specs.spec[0].kind, KPC_EVENTSPEC_SOFTWARE);
	assert_string_equal(specs.spec[0].name, "context-switches");
	assert_int_equal(specs.spec[0].config, PERF_COUNT_SW_CONTEXT_SWITCHES);
	assert_false(kpc_eventspec_is_clock(&specs.spec[0]));

	assert_int_equal(parse("task-clock"), 0);
	assert_true(kpc_eventspec_is_clock(&specs.spec[0]));
}

static void definition(const char *text, const char *name,
		       const char *without_name)
{
	assert_int_equal(parse(text), 0);
	assert_int_equal(specs.nr, 1);
	assert_int_equal(specs.spec[0].kind, KPC_EVENTSPEC_DEFINITION);
	assert_string_equal(specs.spec[0].name, name);
	assert_string_equal(specs.spec[0].definition, without_name);
	assert_string_equal(specs.spec[0].text, text);
}

static void takes_definitions(void **state)
{
	(void)state;
	definition("p vfs_write", "vfs_write", "p vfs_write");
	definition("p:w vfs_write count", "w", "p vfs_write count");
	definition("p:kprobex/w  vfs_write a,b", "w", "p vfs_write a,b");
	definition("p:tcp_v4_connect", "tcp_v4_connect", "p tcp_v4_connect");
	definition("r:ext4:ext4_map", "ext4:ext4_map__return",
		   "r ext4:ext4_map");
	definition("r20:back vfs_read ret=$retval if ret < 0", "back",
		   "r20 vfs_read ret=$retval if ret < 0");
	definition("p vfs_*", "vfs_*", "p vfs_*");
	assert_int_equal(parse("kprobex/vfs_*/"), 0);
	assert_string_equal(specs.spec[0].name, "vfs_*");
	/* Nothing that has been taken for something else so far. */
	assert_int_equal(parse("page-faults"), 0);
	assert_int_equal(specs.spec[0].kind, KPC_EVENTSPEC_SOFTWARE);
	assert_int_equal(parse("power:cpu_idle"), 0);
	assert_int_equal(specs.spec[0].kind, KPC_EVENTSPEC_TRACEPOINT);
	assert_int_equal(parse("p "), -EINVAL);
	assert_non_null(strstr(error, "that is to be probed is missing"));
	assert_int_equal(parse("cs,p vfs_write"), -EINVAL);
}

static void user(const char *text, const char *file, const char *name,
		 uint64_t offset, bool is_return, const char *args)
{
	const struct kpc_userspec *u;

	assert_int_equal(parse(text), 0);
	assert_int_equal(specs.nr, 1);
	assert_int_equal(specs.spec[0].kind, KPC_EVENTSPEC_USER);
	u = &specs.spec[0].user;
	assert_false(u->is_usdt);
	assert_string_equal(u->file, file);
	assert_string_equal(u->name ? u->name : "", name);
	assert_int_equal(u->offset, offset);
	assert_int_equal(u->has_offset, !*name || offset);
	assert_int_equal(u->is_return, is_return);
	assert_string_equal(u->args ? u->args : "", args);
}

static void takes_programs(void **state)
{
	(void)state;
	user("u:/bin/bash:readline", "/bin/bash", "readline", 0, false, "");
	user("uprobe:bash:readline", "bash", "readline", 0, false, "");
	user("ur:./x:f", "./x", "f", 0, true, "");
	user("uretprobe:x:f r=$retval", "x", "f", 0, true, "r=$retval");
	user("u:x:f%return", "x", "f", 0, true, "");
	user("u:x:f+4 a=+0(%di):string b=%si", "x", "f", 4, false,
	     "a=+0(%di):string b=%si");
	user("u:x:0x4245c0", "x", "", 0x4245c0, false, "");
	user("u:/x (deleted):f a=%di", "/x (deleted)", "f", 0, false, "a=%di");
	user("u:x:0x10(0x20)", "x", "", 0x10, false, "");
	assert_int_equal(specs.spec[0].user.semaphore, 0x20);

	user("p:myapp /bin/bash:0x4245c0", "/bin/bash", "", 0x4245c0, false,
	     "");
	assert_true(specs.spec[0].is_named && !specs.spec[0].user.group);
	assert_string_equal(specs.spec[0].name, "myapp");
	user("r:grp/name  /x:16 $retval", "/x", "", 16, true, "$retval");
	assert_string_equal(specs.spec[0].name, "name");
	assert_string_equal(specs.spec[0].user.group, "grp");
	user("p /x:f a=%di", "/x", "f", 0, false, "a=%di");
	assert_false(specs.spec[0].is_named);
	user("p:/x:0x10", "/x", "", 0x10, false, "");
	assert_false(specs.spec[0].is_named);
	user("p ./x:f", "./x", "f", 0, false, "");
	/* But a function of a module isn't one of a file. */
	assert_int_equal(parse("p ext4:ext4_map"), 0);
	assert_int_equal(specs.spec[0].kind, KPC_EVENTSPEC_DEFINITION);

	assert_int_equal(parse("u:a:b x=%di,cs,usdt:a:b"), 0);
	assert_int_equal(specs.nr, 3);
	assert_string_equal(specs.spec[0].text, "u:a:b x=%di");
}

static void takes_usdt(void **state)
{
	const struct kpc_userspec *u;

	(void)state;
	assert_int_equal(parse("usdt:/usr/lib/x y.so:libstdcxx:catch"), 0);
	u = &specs.spec[0].user;
	assert_true(u->is_usdt);
	assert_string_equal(u->file, "/usr/lib/x y.so");
	assert_string_equal(u->provider, "libstdcxx");
	assert_string_equal(u->name, "catch");
	assert_int_equal(parse("usdt:x:catch"), 0);
	u = &specs.spec[0].user;
	assert_null(u->provider);
	assert_string_equal(u->file, "x");
}

static void counter(const char *text, const char *name, uint32_t type,
		    uint64_t config)
{
	assert_int_equal(parse(text), 0);
	assert_int_equal(specs.nr, 1);
	assert_string_equal(specs.spec[0].name, name);
	assert_int_equal(specs.spec[0].type, type);
	assert_int_equal(specs.spec[0].config, config);
	assert_int_equal(specs.spec[0].kind, type == PERF_TYPE_SOFTWARE ?
						     KPC_EVENTSPEC_SOFTWARE :
						     KPC_EVENTSPEC_HARDWARE);
}

static void takes_counters(void **state)
{
	(void)state;
	counter("cycles", "cycles", PERF_TYPE_HARDWARE,
		PERF_COUNT_HW_CPU_CYCLES);
	counter("cpu-cycles", "cycles", PERF_TYPE_HARDWARE,
		PERF_COUNT_HW_CPU_CYCLES);
	counter("branch-misses", "branch-misses", PERF_TYPE_HARDWARE,
		PERF_COUNT_HW_BRANCH_MISSES);
	/* perf_event_open(2): cache | operation << 8 | result << 16 */
	counter("LLC-store-misses", "LLC-store-misses", PERF_TYPE_HW_CACHE,
		2 | 1 << 8 | 1 << 16);
	counter("L1-dcache-loads", "L1-dcache-loads", PERF_TYPE_HW_CACHE, 0);
	counter("r1a8", "r1a8", PERF_TYPE_RAW, 0x1a8);
	counter("rffffffffffffffff", "rffffffffffffffff", PERF_TYPE_RAW,
		UINT64_MAX);
	counter("cycles/period=100000/", "cycles/period=100000/",
		PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES);
	assert_int_equal(specs.spec[0].terms.period, 100000);
	counter("cs/freq=99/", "context-switches/freq=99/", PERF_TYPE_SOFTWARE,
		PERF_COUNT_SW_CONTEXT_SWITCHES);
	assert_int_equal(specs.spec[0].terms.frequency, 99);
	assert_int_equal(parse("cpu-clock/period=1000/,r1/period=0x10/,cs"), 0);
	assert_int_equal(specs.nr, 3);
	assert_true(kpc_eventspec_is_clock(&specs.spec[0]));
	assert_int_equal(specs.spec[1].terms.period, 16);
}

static void takes_terms(void **state)
{
	const struct kpc_eventterms *t;

	(void)state;
	assert_int_equal(parse("kprobex/a,unit=2,field=3,mode=0x1/,cs"), 0);
	assert_int_equal(specs.nr, 2);
	t = &specs.spec[0].terms;
	assert_string_equal(specs.spec[0].name, "a");
	assert_string_equal(t->text, ",unit=2,field=3,mode=0x1");
	assert_true(t->has_unit && t->has_field && t->has_mode);
	assert_int_equal(t->unit, 2);
	assert_int_equal(t->field, 3);
	assert_int_equal(t->mode, 1);
	assert_null(t->field_name);
	assert_false(t->skip_self);
	assert_int_equal(t->period, 0);

	assert_int_equal(parse("kprobex/a+8,skip_self=1,unit=2,"
			       "field=the_count,period=1048576/"),
			 0);
	t = &specs.spec[0].terms;
	assert_int_equal(specs.spec[0].offset, 8);
	assert_string_equal(t->field_name, "the_count");
	assert_true(t->skip_self);
	assert_int_equal(t->period, 1048576);
	assert_false(t->has_mode);

	/* The last one says it. */
	assert_int_equal(parse("kprobex/a,unit=2,field=x,field=1,unit=1,"
			       "unit=2,field=y/"),
			 0);
	assert_string_equal(specs.spec[0].terms.field_name, "y");
	/* Which arguments and units there are is found out later. */
	assert_int_equal(parse("kprobex/a,unit=4/"), 0);
	assert_int_equal(parse("kprobex/a,unit=2/"), 0);
	assert_false(specs.spec[0].terms.has_field);
}

static void takes_lists(void **state)
{
	(void)state;
	assert_int_equal(parse("cs,kprobex/a/,b:c"), 0);
	assert_int_equal(specs.nr, 3);
	assert_string_equal(specs.spec[0].text, "cs");
	assert_string_equal(specs.spec[1].text, "kprobex/a/");
	assert_string_equal(specs.spec[2].text, "b:c");
	/* A second string is added to the first. */
	assert_int_equal(kpc_eventspecs_add(&specs, "faults", NULL, 0), 0);
	assert_int_equal(specs.nr, 4);
	assert_string_equal(specs.spec[3].name, "page-faults");
}

/* What is refused, where the caret is, and a word of the reason. */
static const struct refusal {
	const char *text;
	int caret;
	const char *word;
} refusals[] = {
	{ "", 0, "missing" },
	{ "cs,", 3, "missing" },
	{ ",cs", 0, "missing" },
	{ "cs,,faults", 3, "missing" },
	{ "kprobex/", 8, "missing" },
	{ "kprobex//", 8, "missing" },
	{ "kprobex/vfs_write", 17, "closing /" },
	{ "kprobex/vfs write/", 11, "can't be here" },
	{ "kprobex/a+/", 10, "number" },
	{ "kprobex/a+0x/", 11, "" },
	{ "kprobex/a+99999999999999999999/", 10, "too large" },
	{ "kprobex/a,/", 10, "no such term" },
	{ "kprobex/a,freq=1/", 10, "no such term" },
	{ "kprobex/a,unit/", 14, "= is missing" },
	{ "kprobex/a,unit=1", 16, "closing /" },
	{ "kprobex/a,unit=/", 15, "number" },
	{ "kprobex/a,unit=-1/", 15, "number" },
	{ "kprobex/a,unit=5/", 15, "too large" },
	{ "kprobex/a,unit=1x/", 16, "can't be here" },
	{ "kprobex/a,mode=4/", 15, "too large" },
	{ "kprobex/a,unit=2,field=/", 23, "argument" },
	{ "kprobex/a,unit=2,field=256/", 23, "too large" },
	{ "kprobex/a,unit=1,field=1/", 10, "goes with unit=2" },
	{ "kprobex/a,field=1/", 10, "goes with unit=2" },
	{ "kprobex/a,skip_self=2/", 20, "too large" },
	{ "kprobex/a,period=0/", 17, "1 or more" },
	{ "kprobex/a,period=9223372036854775808/", 17, "too large" },
	{ "kprobex/a/u", 10, "modifiers" },
	{ "kprobex/a/:u", 10, "modifiers" },
	{ "cpu/cycles/", 0, "PMU" },
	{ "cs:u", 2, "modifiers" },
	{ "cs,raw_tracepoint:sched_switch", 3, "for BPF programs" },
	{ "rawtracepoint:sched_switch", 0, "for BPF programs" },
	{ "a:b:u", 3, "modifiers" },
	{ ":b", 0, "system" },
	{ "a:", 2, "name is missing" },
	{ "a:b c", 3, "can't be" },
	{ "page-fauts", 0, "did you mean page-faults" },
	{ "cycls", 0, "did you mean cycles" },
	{ "cycles/", 7, "no such term" },
	{ "cycles/period=/", 14, "number" },
	{ "cycles/period=0/", 14, "1 or more" },
	{ "cycles/freq=0/", 12, "1 or more" },
	{ "cycles/freq=4294967296/", 12, "too large" },
	{ "cycles/period=1", 15, "closes the event" },
	{ "cycles/period=1,freq=1/", 7, "exclude each other" },
	{ "cycles/period=1/u", 16, "modifiers" },
	{ "cycles:u", 6, "modifiers" },
	{ "rxyz", 0, "no such event" },
	{ "u:", 2, "a function is missing" },
	{ "u:/bin/x", 8, "a function is missing" },
	{ "u::f", 2, "a file is missing" },
	{ "u:x:", 4, "is missing" },
	{ "u:x:f+", 6, "number" },
	{ "u:x:f+y", 6, "number" },
	{ "u:x:f+99999999999999999999", 6, "too large" },
	{ "u:x:0x10y", 8, "can't be here" },
	{ "u:x:f%retrun", 5, "can't be here" },
	{ "u:x:f(", 6, "number" },
	{ "u:x:f(1", 7, ") is missing" },
	{ "u:x:f(1)x", 8, "can't be here" },
	{ "u:x:read*", 8, "collect list -u" },
	{ "u:x:f a=%di if a > 1", 12, "conditions" },
	{ "usdt:x", 6, "usdt:FILE:PROVIDER:NAME" },
	{ "usdt:x:", 7, "usdt:FILE:PROVIDER:NAME" },
	{ "usdt:x::n", 7, "provider is missing" },
	{ "cs,u:x", 6, "a function is missing" },
	{ "p:n /bin/x", 10, "a function is missing" },
	{ "r9:n /bin/x:f", 1, "kernel's functions only" },
	{ "cs,nonsense", 3, "no such event" },
};

static void points_at_mistakes(void **state)
{
	char caret[128];

	(void)state;
	for (size_t i = 0; i < sizeof(refusals) / sizeof(*refusals); i++) {
		const struct refusal *r = &refusals[i];

		assert_int_equal(parse(r->text), -EINVAL);
		snprintf(caret, sizeof(caret), "\n  %s\n  %*s^", r->text,
			 r->caret, "");
		if (!strstr(error, caret) || !strstr(error, r->word))
			fail_msg("'%s' gave: %s", r->text, error);
	}
}

/* Any text ends in 0 or -EINVAL, and is only read. */
static void survives_anything(void **state)
{
	static const char alphabet[] = "kprobex//:,+*a0x cs-u%(=)\xff";
	static const char *const begins[] = {
		"kprobex/", "kprobex/a,unit=", "u:/x:", "usdt:x:", "cs/period=",
	};
	uint64_t seed = 42;
	char text[32];

	(void)state;
	for (int i = 0; i < 50000; i++) {
		size_t n = unit_random(&seed) % (sizeof(text) - 1);
		size_t at = 0;
		int err;

		if (i % 2)
			at = sprintf(text, "%s", begins[i / 2 % 5]);
		for (; at < n; at++)
			text[at] = alphabet[unit_random(&seed) %
					    (sizeof(alphabet) - 1)];
		text[at] = '\0';
		err = parse(text);
		assert_true(err == 0 || err == -EINVAL);
	}
}

static void errors_are_optional(void **state)
{
	(void)state;
	kpc_eventspecs_uninit(&specs);
	assert_int_equal(kpc_eventspecs_add(&specs, "x", NULL, 0), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_each_kind),
		cmocka_unit_test(takes_definitions),
		cmocka_unit_test(takes_programs),
		cmocka_unit_test(takes_usdt),
		cmocka_unit_test(takes_counters),
		cmocka_unit_test(takes_terms),
		cmocka_unit_test(takes_lists),
		cmocka_unit_test(points_at_mistakes),
		cmocka_unit_test(survives_anything),
		cmocka_unit_test(errors_are_optional),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	kpc_eventspecs_uninit(&specs);
	return failed;
}
