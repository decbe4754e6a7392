// SPDX-License-Identifier: GPL-2.0-only
/* test_uprobes - what is written to a tracefs, and read from it */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit.h"
#include "uprobes.h"

static char root[] = "/tmp/kpc-uprobes-XXXXXX";
static char error[1024];

static void put(const char *name, const char *text)
{
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", root, name);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static const char *content(const char *name)
{
	static char text[4096];
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", root, name);
	file = fopen(path, "r");
	assert_non_null(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	return text;
}

static int make(void **state)
{
	(void)state;
	return !mkdtemp(root);
}

static int unmake(void **state)
{
	char path[256];

	(void)state;
	snprintf(path, sizeof(path), "%s/uprobe_events", root);
	unlink(path);
	snprintf(path, sizeof(path), "%s/error_log", root);
	unlink(path);
	return rmdir(root);
}

static void knows_its_own(void **state)
{
	(void)state;
	assert_int_equal(kpc_uprobes_owner("p:collect_12/a_1 /bin/x:0x1",
					   "collect_"),
			 12);
	assert_int_equal(kpc_uprobes_owner("r:collect_12/a_1 /bin/x:0x1",
					   "collect_"),
			 12);
	assert_int_equal(
		kpc_uprobes_owner("p:collect_/a /bin/x:0x1", "collect_"), 0);
	assert_int_equal(
		kpc_uprobes_owner("p:collect_12a/a /bin/x:0x1", "collect_"), 0);
	assert_int_equal(
		kpc_uprobes_owner("p:collect_-1/a /bin/x:0x1", "collect_"), 0);
	assert_int_equal(
		kpc_uprobes_owner("p:collector/a /bin/x:0x1", "collect_"), 0);
	assert_int_equal(
		kpc_uprobes_owner("p:collect_99999999999999999999/a x:1",
				  "collect_"),
		0);
	assert_int_equal(
		kpc_uprobes_owner("p:uprobes/a /bin/x:0x1", "collect_"), 0);
	assert_int_equal(kpc_uprobes_owner("collect_12/a", "collect_"), 0);
	assert_int_equal(kpc_uprobes_owner("", "collect_"), 0);
	/* of other pid namespaces */
	assert_int_equal(
		kpc_uprobes_owner("p:collect_nf0_12/a x:1", "collect_"), 0);
	assert_int_equal(kpc_uprobes_owner("p:collect_nf0_12/a x:1",
					   "collect_nf0_"),
			 12);
	assert_int_equal(
		kpc_uprobes_owner("p:collect_12/a x:1", "collect_nf0_"), 0);
}

/* Those of processes that are gone; pids end at 2^22. */
static void removes_what_others_left(void **state)
{
	struct kpc_uprobes uprobes;
	char text[512];

	(void)state;
	snprintf(text, sizeof(text),
		 "p:collect_5000000/gone_1 /bin/x:0x1\n"
		 "p:collect_%d/mine_1 /bin/x:0x1\n"
		 "p:uprobes/other /bin/x:0x1\n",
		 getpid());
	put("uprobe_events", text);
	assert_int_equal(kpc_uprobes_open(&uprobes, root, error, sizeof(error)),
			 0);
	strcat(text, "-:collect_5000000/gone_1\n");
	assert_string_equal(content("uprobe_events"), text);
	kpc_uprobes_close(&uprobes);
	assert_string_equal(content("uprobe_events"), text);
}

/* The trace event's format isn't there; but what was defined is removed. */
static void defines(void **state)
{
	struct kpc_userplace places[] = {
		{ .offset = 0x10, .args = (char *)"a=%di" },
		{ .offset = 0x20, .semaphore = 0x30, .args = (char *)"a=%si" },
	};
	struct kpc_userprobe probe = {
		.name = (char *)"my prog:a.b-c",
		.place = places,
		.nr = 2,
	};
	struct kpc_event event = { 0 };
	struct kpc_uprobes uprobes;
	char want[512];
	uint64_t id;

	(void)state;
	put("uprobe_events", "");
	assert_int_equal(kpc_uprobes_open(&uprobes, root, error, sizeof(error)),
			 0);
	assert_int_equal(kpc_uprobes_define(&uprobes, &probe, "/bin/x", &event,
					    &id, error, sizeof(error)),
			 -ENOENT);
	snprintf(want, sizeof(want),
		 "p:collect_%d/a_b_c_1 /bin/x:0x10 a=%%di\n"
		 "p:collect_%d/a_b_c_1 /bin/x:0x20(0x30) a=%%si\n",
		 getpid(), getpid());
	assert_string_equal(content("uprobe_events"), want);
	kpc_uprobes_close(&uprobes);
	snprintf(want + strlen(want), sizeof(want) - strlen(want),
		 "-:collect_%d/a_b_c_1\n", getpid());
	assert_string_equal(content("uprobe_events"), want);
}

static void without_a_kernel(void **state)
{
	struct kpc_uprobes uprobes;

	(void)state;
	assert_int_equal(kpc_uprobes_open(&uprobes, "/nowhere", error,
					  sizeof(error)),
			 -ENOENT);
	assert_non_null(strstr(error, "CONFIG_UPROBE_EVENTS"));
}

static const char log_text[] =
	"[  1.5] trace_uprobe: error: Failed to find the given file\n"
	"  Command: p:g/a /bin/x:0x1 a=%foo\n"
	"                 ^\n"
	"[  2.5] trace_uprobe: error: Invalid register name\n"
	"  Command: p:g/a /bin/x:0x1 a=%foo\n"
	"                              ^\n"
	"[  3.5] trace_kprobe: error: Other\n"
	"  Command: p:g/a /bin/x:0x1 a=%foobar\n"
	"           ^\n";

static void reads_reasons(void **state)
{
	char text[256];

	(void)state;
	assert_true(kpc_uprobes_reason(log_text, "p:g/a /bin/x:0x1 a=%foo",
				       text, sizeof(text)));
	assert_string_equal(text, "Invalid register name\n"
				  "  p:g/a /bin/x:0x1 a=%foo\n"
				  "                     ^");
	assert_false(kpc_uprobes_reason(log_text, "p:g/a", text, sizeof(text)));
	assert_false(kpc_uprobes_reason("", "p:g/a", text, sizeof(text)));
}

static void reads_cut_reasons(void **state)
{
	char text[256];

	(void)state;
	for (size_t n = 0; n < sizeof(log_text); n++) {
		char *copy = strndup(log_text, n);

		kpc_uprobes_reason(copy, "p:g/a /bin/x:0x1 a=%foo", text,
				   sizeof(text));
		free(copy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_its_own),
		cmocka_unit_test(removes_what_others_left),
		cmocka_unit_test(defines),
		cmocka_unit_test(without_a_kernel),
		cmocka_unit_test(reads_reasons),
		cmocka_unit_test(reads_cut_reasons),
	};

	return cmocka_run_group_tests(tests, make, unmake);
}
