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
	{ "a:b:u", 3, "modifiers" },
	{ ":b", 0, "system" },
	{ "a:", 2, "name is missing" },
	{ "a:b c", 3, "can't be" },
	{ "page-fauts", 0, "did you mean page-faults" },
	{ "cycles", 0, "no such event" },
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
	static const char alphabet[] = "kprobex//:,+*a0x cs-\xff";
	uint64_t seed = 42;
	char text[32];

	(void)state;
	for (int i = 0; i < 20000; i++) {
		size_t n = unit_random(&seed) % (sizeof(text) - 1);
		size_t at = 0;
		int err;

		if (i % 2)
			at = sprintf(text, i % 4 == 1 ? "kprobex/" :
							"kprobex/a,unit=");
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
