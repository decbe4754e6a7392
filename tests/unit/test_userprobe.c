// SPDX-License-Identifier: GPL-2.0-only
/* test_userprobe - what the kernel is told for what -e asks of a program */
#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "elfimage.h"
#include "unit.h"
#include "userprobe.h"

#define TEXT ELFIMAGE_TEXT
#define DATA ELFIMAGE_DATA

static const struct elfimage_symbol symbols[] = {
	{ "first", TEXT, 16, STT_FUNC },
	{ "twice", TEXT + 32, 16, STT_FUNC },
	{ "twice", TEXT + 64, 16, STT_FUNC },
	{ "choose", TEXT + 80, 8, STT_GNU_IFUNC },
	{ "astray", 0x9000, 8, STT_FUNC },
	{ NULL },
};
/* An argument of 600 characters. */
#define X60  "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define X300 X60 X60 X60 X60 X60
#define LONG "-8@" X300 X300

static const struct elfimage_probe probes[] = {
	{ "my", "long", LONG, TEXT + 8, 0, 0 },
	{ "my", "plain", "8@%rdi -4@$7", TEXT, 0, 0 },
	{ "my", "many", "-4@%edi", TEXT + 1, 0, DATA + 2 },
	{ "my", "many", "-4@-8(%rbp)", TEXT + 2, 0, DATA + 2 },
	{ "my", "many", "8@%rdi", TEXT + 3, 0, DATA + 2 },
	{ "my", "many", "-4@%edi", TEXT + 1, 0, DATA + 2 },
	{ "my", "left", "8@(%rax,%rbx,8) 4@%ecx", TEXT + 4, 0, 0 },
	{ "my", "left", "8@(%rax,%rbx,8) 4@%edx", TEXT + 5, 0, 0 },
	{ "my", "nosem", "", TEXT + 6, 0, DATA + 0x50 },
	{ "my", "nowhere", "", 0x9000, 0, 0 },
	{ "my", "indata", "", DATA, 0, 0 },
	{ "other", "plain", "", TEXT + 7, 0, 0 },
	{ NULL },
};

static uint8_t image[ELFIMAGE_BYTES_MAX];
static struct kpc_elffile file;
static struct kpc_userprobes got;
static char error[512];

static int make(void **state)
{
	(void)state;
	return kpc_elffile_open_memory(
		&file, image, elfimage_make(image, symbols, probes), NULL, 0);
}

static int unmake(void **state)
{
	(void)state;
	kpc_userprobes_uninit(&got);
	kpc_elffile_close(&file);
	return 0;
}

/* @text: an event, or a definition's target behind "=NAME ". */
static int find(const char *text)
{
	struct kpc_eventmistake mistake;
	struct kpc_userspec spec = { 0 };
	const char *name = NULL;
	int err;

	kpc_userprobes_uninit(&got);
	got.path = strdup("/lib/my.so");
	memset(error, 0, sizeof(error));
	if (*text == '=') {
		name = "given";
		text++;
		err = kpc_userspec_parse_target(&spec, text,
						text + strlen(text), &mistake);
	} else {
		err = kpc_userspec_parse(&spec, text, text + strlen(text),
					 &mistake);
	}
	assert_int_equal(err, 0);
	err = kpc_userprobes_of_file(&got, &spec, name, &file, error,
				     sizeof(error));
	kpc_userspec_uninit(&spec);
	return err;
}

static void line(uint32_t probe, uint32_t place, const char *name,
		 const char *want)
{
	struct kpc_buf text = { 0 };

	assert_true(probe < got.nr && place < got.probe[probe].nr);
	assert_string_equal(got.probe[probe].name, name);
	kpc_userprobe_line(&got.probe[probe], got.path, place, "g/e", &text);
	kpc_buf_add(&text, "", 1);
	assert_string_equal((char *)text.data, want);
	kpc_buf_uninit(&text);
}

static void note(const char *want)
{
	kpc_buf_add(&got.notes, "", 1);
	if (want ? !strstr((char *)got.notes.data, want) : got.notes.used > 1)
		fail_msg("no '%s' in: %s", want, got.notes.data);
}

static void refused(const char *text, int want, const char *words)
{
	int err = find(text);

	if (err != want || !strstr(error, words))
		fail_msg("%s gave %d: %s", text, err, error);
}

static void functions(void **state)
{
	(void)state;
	assert_int_equal(find("u:/lib/my.so:first"), 0);
	assert_int_equal(got.nr, 1);
	line(0, 0, "my.so:first", "p:g/e /lib/my.so:0x200");
	note(NULL);
	assert_int_equal(find("ur:my:first ret=$retval  x=%di"), 0);
	line(0, 0, "my:first__return",
	     "r:g/e /lib/my.so:0x200 ret=$retval  x=%di");
	assert_int_equal(find("u:my:first+0x4"), 0);
	line(0, 0, "my:first+0x4", "p:g/e /lib/my.so:0x204");
	assert_int_equal(find("u:my:first%return"), 0);
	line(0, 0, "my:first__return", "r:g/e /lib/my.so:0x200");
	assert_int_equal(find("u:my:0x210(0x302) a=%di"), 0);
	line(0, 0, "my:0x210", "p:g/e /lib/my.so:0x210(0x302) a=%di");
	assert_int_equal(find("=/lib/my.so:0x210 a=%di"), 0);
	line(0, 0, "given", "p:g/e /lib/my.so:0x210 a=%di");
	assert_int_equal(find("u:my:twice"), 0);
	assert_int_equal(got.nr, 1);
	assert_int_equal(got.probe[0].nr, 2);
	line(0, 1, "my:twice", "p:g/e /lib/my.so:0x240");
	note("2 functions called twice");
	assert_int_equal(find("u:my:choose"), 0);
	note("only chooses");
}

static void what_functions_lack(void **state)
{
	(void)state;
	refused("u:my:frst", -ENOENT, "did you mean first?");
	refused("u:my:first+16", -EINVAL, "there is no first+0x10");
	refused("ur:my:first+4", -EINVAL, "is caught at the function's entry");
	refused("u:my:astray", -EBADMSG, "where it has nothing");
	refused("u:my:0x100000", -EINVAL, "is behind the end");
	refused("u:my:0x300", -EINVAL, "is no code");
	refused("u:my:0x1210", -EINVAL, "its offset in the file is 0x210");
	refused("u:my:0x210(0x100000)", -EINVAL, "semaphore's offset");
}

static void usdt(void **state)
{
	(void)state;
	assert_int_equal(find("usdt:x:my:plain"), 0);
	assert_int_equal(got.nr, 1);
	line(0, 0, "my:plain",
	     "p:g/e /lib/my.so:0x200 arg1=%di:u64 arg2=\\7:s32");
	/* Places with the same types are one event, and a place is one once. */
	assert_int_equal(find("usdt:x:many"), 0);
	assert_int_equal(got.nr, 2);
	assert_int_equal(got.probe[0].nr, 2);
	line(0, 0, "my:many", "p:g/e /lib/my.so:0x201(0x302) arg1=%di:s32");
	line(0, 1, "my:many", "p:g/e /lib/my.so:0x202(0x302) arg1=-8(%bp):s32");
	line(1, 0, "my:many", "p:g/e /lib/my.so:0x203(0x302) arg1=%di:u64");
	/* Said once, and what is left keeps its number. */
	assert_int_equal(find("usdt:x:my:left"), 0);
	line(0, 0, "my:left", "p:g/e /lib/my.so:0x204 arg2=%cx:u32");
	note("arg1 of my:left is left out: it is in 8@(%rax,%rbx,8), and the kernel can't take what has an index\n");
	assert_null(strstr(strstr((char *)got.notes.data, "arg1") + 1, "arg1"));
	/* However long it is, it is a line. */
	assert_int_equal(find("usdt:x:my:long"), 0);
	assert_true(got.notes.used < 512);
	assert_int_equal(got.notes.data[got.notes.used - 1], '\n');
	note("arg1 of my:long is left out: it is in -8@xxx");
	/* Patterns. */
	assert_int_equal(find("usdt:x:*:plai?"), 0);
	assert_int_equal(got.nr, 2);
	assert_string_equal(got.probe[1].name, "other:plain");
}

static void what_usdt_lacks(void **state)
{
	(void)state;
	refused("usdt:x:plain", -EINVAL,
		"say usdt:x:my:plain or usdt:x:other:plain");
	refused("usdt:x:my:nosem", -EBADMSG,
		"the semaphore of the probe my:nosem is missing");
	refused("usdt:x:nowhere", -EBADMSG, "has no code");
	refused("usdt:x:indata", -EBADMSG, "has no code");
	refused("usdt:x:plian", -ENOENT, "no USDT probe plian");
	refused("usdt:x:my:plan", -ENOENT, "did you mean plain?");
}

static void without_any(void **state)
{
	static const struct elfimage_symbol no_symbols[] = { { NULL } };
	static const struct elfimage_probe no_probes[] = { { NULL } };

	unmake(state);
	assert_int_equal(kpc_elffile_open_memory(
				 &file, image,
				 elfimage_make(image, no_symbols, no_probes),
				 NULL, 0),
			 0);
	refused("usdt:x:plain", -ENOENT, "has no USDT probes");
	refused("u:my:first", -ENOENT, "it is stripped");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(functions),
		cmocka_unit_test(what_functions_lack),
		cmocka_unit_test(usdt),
		cmocka_unit_test(what_usdt_lacks),
		cmocka_unit_test(without_any),
	};

	return cmocka_run_group_tests(tests, make, unmake);
}
