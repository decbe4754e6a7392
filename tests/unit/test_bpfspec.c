// SPDX-License-Identifier: GPL-2.0-only
/* test_bpfspec - what --bpf asks for */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bpf.h"
#include "bpflink.h"
#include "bpfspec.h"
#include "unit.h"

static char error[512];

static void good(const char *text, const char *path, const char *program,
		 uint64_t cookie)
{
	struct kpc_bpfspec spec;

	assert_int_equal(kpc_bpfspec_parse(&spec, text, error, sizeof(error)),
			 0);
	assert_string_equal(spec.path, path);
	if (program)
		assert_string_equal(spec.program, program);
	else
		assert_null(spec.program);
	assert_true(spec.cookie == cookie);
	kpc_bpfspec_uninit(&spec);
}

static void bad(const char *text, const char *words)
{
	struct kpc_bpfspec spec;

	error[0] = '\0';
	assert_int_equal(kpc_bpfspec_parse(&spec, text, error, sizeof(error)),
			 -EINVAL);
	assert_non_null(strstr(error, words));
	kpc_bpfspec_uninit(&spec);
}

static void taken(void **state)
{
	(void)state;
	good("a.o", "a.o", NULL, 0);
	good("./x/a.bpf.o", "./x/a.bpf.o", NULL, 0);
	good("a.o:kprobe/vfs_write", "a.o", "kprobe/vfs_write", 0);
	good("a.o:f,cookie=7", "a.o", "f", 7);
	good("a.o,cookie=0xffffffffffffffff", "a.o", NULL, UINT64_MAX);
	good("a.o,cookie=18446744073709551615", "a.o", NULL, UINT64_MAX);
	good("a.o,cookie=0X1f", "a.o", NULL, 0x1f);
	/* Names with what else has a meaning. */
	good("a:b/c.o", "a:b/c.o", NULL, 0);
	good("a:b/c.o:d", "a:b/c.o", "d", 0);
	good("a:b", "a", "b", 0);
	good("a,b.o", "a,b.o", NULL, 0);
	good("a.o:uprobe//bin/sh:f", "a.o", "uprobe//bin/sh:f", 0);
	good("a.o:x.o:y", "a.o", "x.o:y", 0);
}

static void refused(void **state)
{
	(void)state;
	bad("", "which file?");
	bad(":f", "which file?");
	bad(",cookie=1", "which file?");
	bad("a.o:", "which program?");
	bad("a.o:,cookie=1", "which program?");
	bad("a.o,cookie=", "takes a number");
	bad("a.o,cookie=-1", "takes a number");
	bad("a.o,cookie= 1", "takes a number");
	bad("a.o,cookie=0x", "takes a number");
	bad("a.o,cookie=0x-1", "takes a number");
	bad("a.o,cookie=1z", "takes a number");
	bad("a.o,cookie=18446744073709551616", "takes a number");
	bad("a.o,cookie=1:f", "comes last");
	bad("a.o,cooky=1", "no 'cooky=1'");
	bad("a.o:f,cookie=1,x=2", "no 'x=2'");
}

static void sections(void **state)
{
	(void)state;
	assert_true(kpc_bpf_is_return("kretprobe"));
	assert_true(kpc_bpf_is_return("kretprobe/f"));
	assert_true(kpc_bpf_is_return("?kretsyscall/open"));
	assert_false(kpc_bpf_is_return("kprobe/f"));
	assert_false(kpc_bpf_is_return("kretprobe.multi/f"));
	assert_true(kpc_bpf_is_for_probes("kprobe"));
	assert_true(kpc_bpf_is_for_probes("?kprobe/f"));
	assert_true(kpc_bpf_is_for_probes("ksyscall/open"));
	assert_false(kpc_bpf_is_for_probes("kprobe.multi/f*"));
	assert_false(kpc_bpf_is_for_probes("uprobe//bin/sh:f"));
	assert_false(kpc_bpf_is_for_probes("usdt"));
	assert_false(kpc_bpf_is_for_probes(""));
}

/* ---- what libbpf says ---------------------------------------------------- */

static char lines[1024];

static void on_line(void *ctx, const char *line)
{
	(void)ctx;
	strcat(strcat(lines, line), "|");
}

static void messages(void **state)
{
	struct kpc_bpflog log = { .log = on_line };
	char text[2048];

	(void)state;
	kpc_bpflog_take(&log, "libbpf: first\nand more\n");
	kpc_bpflog_take(&log, "libbpf: Error in x. Retrying without BTF.\n");
	kpc_bpflog_take(&log, "second");
	kpc_bpflog_take(&log, "\n");
	assert_string_equal(lines, "first|second|");
	assert_string_equal(log.first, "first");

	/* The tail of the verifier's log in whole lines, without what follows. */
	strcpy(text, "libbpf: prog 'f': -- BEGIN PROG LOAD LOG --\n");
	for (int i = 0; i < 60; i++)
		sprintf(text + strlen(text), "%d: (b7) r0 = 0\n", i);
	strcat(text, "R1 invalid mem access 'scalar'\n"
		     "processed 3 insns (limit 1000000)\n"
		     "-- END PROG LOAD LOG --\n");
	kpc_bpflog_take(&log, text);
	assert_non_null(strstr(log.verifier, "59: (b7) r0 = 0\n"
					     "R1 invalid mem access 'scalar'"));
	assert_null(strstr(log.verifier, "processed"));
	assert_true(log.verifier[0] >= '1' && log.verifier[0] <= '9');
	assert_int_equal(log.verifier[2], ':');
	assert_string_equal(lines, "first|second|");

	/* One line that is longer than all. */
	strcpy(text, "-- BEGIN PROG LOAD LOG --\n");
	memset(text + strlen(text), 'x', 1000);
	text[1026] = '\0';
	kpc_bpflog_take(&log, text);
	assert_int_equal(strlen(log.verifier), KPC_BPFLOG_TAIL - 1);
	kpc_bpflog_take(&log, "-- BEGIN PROG LOAD LOG --\n");
	assert_string_equal(log.verifier, "");
}

/* Without a kernel: what is said of objects that can't be read. */
static void no_object(void **state)
{
	const char *const absent[] = { "/nonexistent/a.o", NULL };
	const char *const text[] = { "/etc/passwd", NULL };
	struct kpc_bpf bpf = { 0 };

	(void)state;
	assert_int_equal(kpc_bpf_load(&bpf, absent, error, sizeof(error)),
			 -ENOENT);
	assert_string_equal(error, "cannot read the BPF object "
				   "/nonexistent/a.o: No such file or "
				   "directory");
	kpc_bpf_uninit(&bpf);
	assert_true(kpc_bpf_load(&bpf, text, error, sizeof(error)) < 0);
	assert_non_null(strstr(error, "clang -O2 -g -target bpf"));
	kpc_bpf_uninit(&bpf);
}

/* A module that is older: said before anything is loaded; it has no programs. */
static void old_module(void **state)
{
	struct kpc_kprobex k = { .fd = -1, .features = KPX_FEATURE_UNITS };
	struct kpc_program_account *programs;
	uint32_t nr = 1;

	(void)state;
	assert_int_equal(kpc_bpflink_check(&k, error, sizeof(error)),
			 -EOPNOTSUPP);
	assert_non_null(strstr(error, "older than this program"));
	assert_int_equal(kpc_bpflink_list(&k, 1, &programs, &nr), 0);
	assert_int_equal(nr, 0);
	assert_null(programs);
	k.features |= KPX_FEATURE_BPF;
	assert_int_equal(kpc_bpflink_check(&k, error, sizeof(error)), 0);
	assert_int_equal(kpc_bpflink_list(&k, 1, &programs, &nr), -EBADF);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(taken),     cmocka_unit_test(refused),
		cmocka_unit_test(sections),  cmocka_unit_test(messages),
		cmocka_unit_test(no_object), cmocka_unit_test(old_module),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
