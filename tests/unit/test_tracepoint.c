// SPDX-License-Identifier: GPL-2.0-only
/* test_tracepoint - format files of real kernels, and of none; tracefs walks */
#define _GNU_SOURCE /* asprintf() */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "desc.h"
#include "moduledep.h"
#include "tracepoint.h"
#include "unit.h"

#define COMMON                                                                 \
	"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n" \
	"\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;\n" \
	"\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;"      \
	"\tsigned:0;\n"                                                        \
	"\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n"

/* libtraceevent 1.7 leaks where a format is cut; ours is watched all the same. */
__attribute__((visibility("default"))) const char *
__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libtraceevent.so\n";
}

static const char sys_enter[] =
	"name: sys_enter\nID: 348\nformat:\n" COMMON
	"\tfield:long id;\toffset:8;\tsize:8;\tsigned:1;\n"
	"\tfield:unsigned long args[6];\toffset:16;\tsize:48;\tsigned:0;\n\n"
	"print fmt: \"NR %ld (%lx)\", REC->id, REC->args[0]\n";

static const char mixed[] =
	"name: mixed\nID: 77\nformat:\n" COMMON
	"\tfield:char comm[16];\toffset:8;\tsize:16;\tsigned:0;\n"
	"\tfield:__data_loc char[] path;\toffset:24;\tsize:4;\tsigned:0;\n"
	"\tfield:__rel_loc char[] rest;\toffset:28;\tsize:4;\tsigned:0;\n"
	"\tfield:void * ptr;\toffset:32;\tsize:8;\tsigned:0;\n"
	"\tfield:u8 mac[6];\toffset:40;\tsize:6;\tsigned:0;\n"
	"\tfield:bool ok;\toffset:46;\tsize:1;\tsigned:0;\n"
	"\tfield:s32 ret;\toffset:48;\tsize:4;\tsigned:1;\n"
	"\tfield:int action;\toffset:52;\tsize:4;\tsigned:1;\n"
	"\tfield:__data_loc u32[] list;\toffset:56;\tsize:4;\tsigned:0;\n\n"
	"print fmt: \"%s action=%s\", REC->comm, __print_symbolic(REC->action, "
	"{ 0, \"none\" }, { 0x10, \"some\" })\n";

static const struct kpc_field *field(const struct kpc_event *event,
				     const char *name)
{
	for (uint32_t i = 0; i < event->nr_fields; i++)
		if (!strcmp(event->fields[i].name, name))
			return &event->fields[i];
	fail_msg("no field %s", name);
	return NULL;
}

static void expect(const struct kpc_event *event, const char *name,
		   uint32_t offset, uint32_t bytes, enum kpc_field_kind kind)
{
	const struct kpc_field *f = field(event, name);

	assert_int_equal(f->offset, offset);
	assert_int_equal(f->bytes, bytes);
	assert_int_equal(f->kind, kind);
}

static void arrays_of_numbers_are_columns(void **state)
{
	struct kpc_event event = { 0 };
	uint64_t id;

	(void)state;
	assert_int_equal(kpc_tracepoint_parse(&event, &id, sys_enter,
					      strlen(sys_enter),
					      "raw_syscalls"),
			 0);
	assert_int_equal(id, 348);
	assert_string_equal(event.name, "raw_syscalls:sys_enter");
	assert_int_equal(event.record_bytes, 64);
	assert_int_equal(event.nr_fields, 4 + 1 + 6);
	assert_string_equal(event.print_fmt,
			    "\"NR %ld (%lx)\", REC->id, REC->args[0]");
	expect(&event, "common_pid", 4, 4, KPC_FIELD_SIGNED);
	assert_true(field(&event, "common_pid")->common);
	expect(&event, "id", 8, 8, KPC_FIELD_SIGNED);
	assert_false(field(&event, "id")->common);
	expect(&event, "args0", 16, 8, KPC_FIELD_HEX);
	expect(&event, "args5", 56, 8, KPC_FIELD_HEX);
	kpc_event_uninit(&event);
}

static void every_kind_of_field(void **state)
{
	struct kpc_event event = { 0 };
	uint64_t id;

	(void)state;
	assert_int_equal(kpc_tracepoint_parse(&event, &id, mixed, strlen(mixed),
					      "test"),
			 0);
	expect(&event, "comm", 8, 16, KPC_FIELD_STRING);
	expect(&event, "path", 24, 4, KPC_FIELD_STRING);
	assert_true(field(&event, "path")->dynamic);
	assert_false(field(&event, "path")->relative);
	expect(&event, "rest", 28, 4, KPC_FIELD_STRING);
	assert_true(field(&event, "rest")->relative);
	expect(&event, "ptr", 32, 8, KPC_FIELD_HEX);
	expect(&event, "mac", 40, 6, KPC_FIELD_BYTES);
	expect(&event, "ok", 46, 1, KPC_FIELD_UNSIGNED);
	expect(&event, "ret", 48, 4, KPC_FIELD_SIGNED);
	expect(&event, "list", 56, 4, KPC_FIELD_BYTES);
	assert_true(field(&event, "list")->dynamic);
	assert_int_equal(field(&event, "action")->nr_symbols, 2);
	assert_int_equal(field(&event, "action")->symbols[1].value, 16);
	assert_string_equal(field(&event, "action")->symbols[1].name, "some");
	kpc_event_uninit(&event);
}

/* A print format that can't be understood costs nothing but the symbols. */
static void odd_print_format(void **state)
{
	struct kpc_event event = { 0 };
	char *text;
	uint64_t id;

	(void)state;
	assert_true(asprintf(&text,
			     "name: odd\nID: 5\nformat:\n" COMMON
			     "\tfield:int x;\toffset:8;\tsize:4;\tsigned:1;\n\n"
			     "print fmt: \"%%d\", ({ int y = REC->x; y; })\n") >
		    0);
	assert_int_equal(kpc_tracepoint_parse(&event, &id, text, strlen(text),
					      "test"),
			 0);
	expect(&event, "x", 8, 4, KPC_FIELD_SIGNED);
	kpc_event_uninit(&event);
	free(text);
}

/* Cut at every byte: libtraceevent would crash on some, and must not see it. */
static void cut_anywhere(void **state)
{
	uint64_t id;

	(void)state;
	for (size_t n = 0; n < strlen(mixed); n++) {
		struct kpc_event event = { 0 };
		char *text = strndup(mixed, n);

		assert_int_equal(kpc_tracepoint_parse(&event, &id, text, n,
						      "test"),
				 -EBADMSG);
		kpc_event_uninit(&event);
		free(text);
	}
}

/* ---- a tracefs of our own ------------------------------------------------ */

static char root[] = "/tmp/kpc-unit-tracefs.XXXXXX";

static void make(const char *path, const char *text)
{
	char full[256];
	FILE *file;

	snprintf(full, sizeof(full), "%s/%s", root, path);
	if (!text) {
		assert_int_equal(mkdir(full, 0700), 0);
		return;
	}
	file = fopen(full, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static int make_tracefs(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(root));
	make("events", NULL);
	make("events/enable", "0\n");
	make("events/raw_syscalls", NULL);
	make("events/raw_syscalls/filter", "none\n");
	make("events/raw_syscalls/sys_enter", NULL);
	make("events/raw_syscalls/sys_enter/id", "348\n");
	make("events/raw_syscalls/sys_enter/format", sys_enter);
	make("events/raw_syscalls/sys_exit", NULL);
	make("events/raw_syscalls/sys_exit/id", "347\n");
	make("events/raw_syscalls/sys_exit/format", "nonsense\n");
	return 0;
}

static int remove_tracefs(void **state)
{
	char command[64];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", root);
	return system(command);
}

static int collect_name(void *ctx, const char *system, const char *name)
{
	strcat(strcat(strcat(ctx, system), ":"), name);
	strcat(ctx, " ");
	return 0;
}

static void walks(void **state)
{
	char found[256] = "", error[256];

	(void)state;
	assert_int_equal(kpc_tracepoint_match(root, "raw_syscalls", "*",
					      collect_name, found, error,
					      sizeof(error)),
			 2);
	assert_string_equal(found,
			    "raw_syscalls:sys_enter raw_syscalls:sys_exit ");
	found[0] = '\0';
	assert_int_equal(kpc_tracepoint_match(root, "*", "sys_ent*",
					      collect_name, found, error,
					      sizeof(error)),
			 1);
	assert_string_equal(found, "raw_syscalls:sys_enter ");
}

static void says_what_is_near(void **state)
{
	char found[256] = "", error[256];

	(void)state;
	assert_int_equal(kpc_tracepoint_match(root, "raw_syscalls", "sys_entr",
					      collect_name, found, error,
					      sizeof(error)),
			 -ENOENT);
	assert_non_null(strstr(error, "did you mean sys_enter"));
	assert_int_equal(kpc_tracepoint_match(root, "raw_syscals", "sys_enter",
					      collect_name, found, error,
					      sizeof(error)),
			 -ENOENT);
	assert_non_null(strstr(error, "did you mean raw_syscalls?"));
	assert_string_equal(found, "");
}

static void knows_modules(void **state)
{
	static const char deps[] =
		"kernel/fs/xfs/xfs.ko: kernel/lib/libcrc32c.ko\n"
		"kernel/net/my-net.ko.xz:\n"
		"kernel/lib/last.ko.zst:";
	char error[256];

	(void)state;
	assert_true(kpc_moduledep_find(deps, "xfs"));
	assert_true(kpc_moduledep_find(deps, "my_net"));
	assert_true(kpc_moduledep_find(deps, "last"));
	assert_false(kpc_moduledep_find(deps, "libcrc32c"));
	assert_false(kpc_moduledep_find(deps, "xf"));
	assert_false(kpc_moduledep_find(deps, "fs"));
	assert_false(kpc_moduledep_find("", "xfs"));
	assert_false(kpc_moduledep_has(""));
	assert_false(kpc_moduledep_has("../x"));
	assert_int_equal(kpc_tracepoint_match(root, "no_such_module", "*",
					      collect_name, error, error,
					      sizeof(error)),
			 -ENOENT);
	assert_non_null(strstr(error, "a module's are there while it is"));
}

static void loads(void **state)
{
	struct kpc_event event = { 0 };
	char error[256];
	uint64_t id;

	(void)state;
	assert_int_equal(kpc_tracepoint_load(&event, &id, root, "raw_syscalls",
					     "sys_enter", error, sizeof(error)),
			 0);
	assert_int_equal(id, 348);
	kpc_event_uninit(&event);
	assert_int_equal(kpc_tracepoint_load(&event, &id, root, "raw_syscalls",
					     "sys_exit", error, sizeof(error)),
			 -EBADMSG);
	assert_non_null(strstr(error, "sys_exit/format"));
	kpc_event_uninit(&event);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arrays_of_numbers_are_columns),
		cmocka_unit_test(every_kind_of_field),
		cmocka_unit_test(odd_print_format),
		cmocka_unit_test(cut_anywhere),
		cmocka_unit_test(walks),
		cmocka_unit_test(says_what_is_near),
		cmocka_unit_test(knows_modules),
		cmocka_unit_test(loads),
	};

	return cmocka_run_group_tests(tests, make_tracefs, remove_tracefs);
}
