// SPDX-License-Identifier: GPL-2.0-only
/* test_usdt - the notes of USDT probes, and where their arguments are */
#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "elfimage.h"
#include "unit.h"
#include "usdt.h"
#include "usdtarg.h"

static const struct elfimage_symbol symbols[] = {
	{ "counter", ELFIMAGE_DATA + 8, 8, STT_OBJECT },
	{ NULL },
};
static const struct elfimage_probe probes[] = {
	{ "my", "one", "8@%rdi", ELFIMAGE_TEXT, 0, ELFIMAGE_DATA },
	{ "my", "two", "", ELFIMAGE_TEXT + 1, 0, 0 },
	{ "moved", "x", "", 0x100, ELFIMAGE_BASE - 0x1100, 0x2300 },
	{ NULL },
};

static uint8_t image[ELFIMAGE_BYTES_MAX];
static struct kpc_elffile file;

static int make(void **state)
{
	(void)state;
	return kpc_elffile_open_memory(
		&file, image, elfimage_make(image, symbols, probes), NULL, 0);
}

static int unmake(void **state)
{
	(void)state;
	kpc_elffile_close(&file);
	return 0;
}

/* ---- notes --------------------------------------------------------------- */

static struct kpc_usdt_note found[8];
static uint32_t nr_found;

static int take(void *ctx, const struct kpc_usdt_note *note)
{
	(void)ctx;
	assert_true(nr_found < 8);
	found[nr_found++] = *note;
	return 0;
}

static void finds_notes(void **state)
{
	(void)state;
	nr_found = 0;
	assert_int_equal(kpc_usdt_walk(&file, take, NULL), 0);
	assert_int_equal(nr_found, 3);
	assert_string_equal(found[0].provider, "my");
	assert_string_equal(found[0].name, "one");
	assert_string_equal(found[0].arguments, "8@%rdi");
	assert_int_equal(found[0].address, ELFIMAGE_TEXT);
	assert_int_equal(found[0].semaphore, ELFIMAGE_DATA);
	assert_string_equal(found[1].arguments, "");
	assert_int_equal(found[1].semaphore, 0);
	/* It was noted when all lay 0x1100 lower. */
	assert_int_equal(found[2].address, ELFIMAGE_TEXT);
	assert_int_equal(found[2].semaphore, 0x3400);
}

static int stop(void *ctx, const struct kpc_usdt_note *note)
{
	(void)ctx;
	(void)note;
	return 7;
}

/* Notes of others are passed over; a walk can be ended. */
static void of_others(void **state)
{
	static const uint8_t gnu[] = {
		4,   0,	  0,   0, 5, 0, 0, 0, 3, 0, 0, 0,
		'G', 'N', 'U', 0, 1, 2, 3, 4, 5, 0, 0, 0
	};
	uint8_t notes[256];
	uint8_t *end;

	(void)state;
	memcpy(notes, gnu, sizeof(gnu));
	end = elfimage_note(notes + sizeof(gnu), &probes[0]);
	nr_found = 0;
	assert_int_equal(kpc_usdt_parse(notes, end - notes, true, take, NULL),
			 0);
	assert_int_equal(nr_found, 1);
	assert_int_equal(kpc_usdt_parse(notes, end - notes, true, stop, NULL),
			 7);
	assert_int_equal(kpc_usdt_parse(NULL, 0, true, stop, NULL), 0);
}

/* A note has a NUL behind each text, or isn't taken. */
static void cut_notes(void **state)
{
	uint8_t notes[512];
	size_t bytes;

	(void)state;
	bytes = elfimage_note(elfimage_note(notes, &probes[0]), &probes[1]) -
		notes;
	for (size_t n = 1; n < bytes; n++) {
		uint8_t *copy = malloc(n);
		int err;

		memcpy(copy, notes, n);
		nr_found = 0;
		err = kpc_usdt_parse(copy, n, true, take, NULL);
		assert_true(err == 0 || err == -EBADMSG);
		assert_true(nr_found < 2 || bytes - n < 4);
		for (uint32_t i = 0; i < nr_found; i++)
			assert_string_equal(found[i].provider, "my");
		free(copy);
	}
}

/* A name may have 255 bytes: it becomes the event's. */
static void long_names(void **state)
{
	char name[257];
	struct elfimage_probe probe = { name, "one", "", ELFIMAGE_TEXT, 0, 0 };
	uint8_t notes[1024];

	(void)state;
	for (int i = 0; i < 2; i++) {
		memset(name, 'x', sizeof(name));
		name[255] = '\0';
		nr_found = 0;
		assert_int_equal(
			kpc_usdt_parse(notes,
				       elfimage_note(notes, &probe) - notes,
				       true, take, NULL),
			0);
		assert_int_equal(nr_found, 1);
		name[255] = 'x';
		name[256] = '\0';
		assert_int_equal(
			kpc_usdt_parse(notes,
				       elfimage_note(notes, &probe) - notes,
				       true, take, NULL),
			-EBADMSG);
		probe.provider = "my";
		probe.name = name;
	}
}

static void damaged_notes(void **state)
{
	uint64_t seed = 3;
	uint8_t notes[512];

	(void)state;
	for (int i = 0; i < 20000; i++) {
		uint8_t *end = elfimage_note(notes, &probes[0]);
		size_t bytes = elfimage_note(end, &probes[1]) - notes;
		uint8_t *copy = malloc(bytes);

		memcpy(copy, notes, bytes);
		for (int j = 0; j <= i % 3; j++)
			copy[unit_random(&seed) % bytes] = unit_random(&seed);
		nr_found = 0;
		kpc_usdt_parse(copy, bytes, i % 2, take, NULL);
		for (uint32_t j = 0; j < nr_found; j++)
			assert_true(strlen(found[j].arguments) < bytes);
		free(copy);
	}
}

/* ---- arguments ----------------------------------------------------------- */

/* What the kernel gets of each; without: why it gets none. */
static const struct expected {
	const char *text;
	const char *fetch;
	const char *type;
	const char *reason;
} expected[] = {
	{ "8@%rdi", "%di", "u64", NULL },
	{ "-8@%rax", "%ax", "s64", NULL },
	{ "-4@%esi", "%si", "s32", NULL },
	{ "2@%r8w", "%r8", "u16", NULL },
	{ "1@%r15b", "%r15", "u8", NULL },
	{ "-1@%bpl", "%bp", "s8", NULL },
	{ "1@%al", "%ax", "u8", NULL },
	{ "%rdx", "%dx", "u64", NULL },
	{ "-4@$5", "\\5", "s32", NULL },
	{ "-4@$-5", "\\-5", "s32", NULL },
	{ "8@$0x10", "\\16", "u64", NULL },
	{ "8@$18446744073709551615", "\\-1", "u64", NULL },
	{ "-4@-8(%rbp)", "-8(%bp)", "s32", NULL },
	{ "4@8(%rsp)", "+8(%sp)", "u32", NULL },
	{ "8@(%rax)", "+0(%ax)", "u64", NULL },
	{ "2@0x10(%ebx)", "+16(%bx)", "u16", NULL },
	/* 0x3308 - 0x1210 + 0x210 */
	{ "4@counter(%rip)", "@+8968", "u32", NULL },
	{ "4@counter+4(%rip)", "@+8972", "u32", NULL },
	{ "4@counter-8(%rip)", "@+8960", "u32", NULL },
	{ "8@nothing(%rip)", NULL, NULL, "no symbol" },
	{ "8@(%rax,%rbx,8)", NULL, NULL, "has an index" },
	{ "8@-16(%rax,%rbx)", NULL, NULL, "has an index" },
	{ "8@counter(,%rax,4)", NULL, NULL, "has an index" },
	{ "8@(,%rax,4)", NULL, NULL, "has an index" },
	{ "8f@%xmm0", NULL, NULL, "floating point" },
	{ "8@%xmm0", NULL, NULL, "this register" },
	{ "1@%ah", NULL, NULL, "this register" },
	{ "8@%", NULL, NULL, "this register" },
	{ "16@%rax", NULL, NULL, "1, 2, 4 or 8 bytes" },
	{ "0@%rax", NULL, NULL, "1, 2, 4 or 8 bytes" },
	{ "-9223372036854775808@%rax", NULL, NULL, "1, 2, 4 or 8 bytes" },
	{ "99999999999999999999@%rax", NULL, NULL, "isn't known" },
	{ "8@%rax+4", NULL, NULL, "isn't known" },
	{ "8@$", NULL, NULL, "isn't known" },
	{ "8@$counter", NULL, NULL, "isn't known" },
	{ "8@8(", NULL, NULL, "index" },
	{ "8@8(%rax", NULL, NULL, "isn't known" },
	{ "8@%fs:8", NULL, NULL, "this register" },
	{ "8@", NULL, NULL, "isn't known" },
	{ "@", NULL, NULL, "isn't known" },
};

static void takes_arguments(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(expected) / sizeof(*expected); i++) {
		const struct expected *e = &expected[i];
		struct kpc_buf out = { 0 };
		struct kpc_usdtarg arg;
		const char *at = e->text;
		bool got;

		assert_true(kpc_usdtarg_next(&at, &arg));
		assert_int_equal(arg.text_bytes, strlen(e->text));
		got = kpc_usdtarg_fetch(&arg, &file, ELFIMAGE_TEXT + 16, &out);
		kpc_buf_add(&out, "", 1);
		if (got != !!e->fetch ||
		    (got && (strcmp((char *)out.data, e->fetch) ||
			     strcmp(kpc_usdtarg_type(&arg), e->type))) ||
		    (!got && !strstr(arg.reason, e->reason)))
			fail_msg("%s gave '%s' %s: %s", e->text, out.data,
				 kpc_usdtarg_type(&arg), arg.reason);
		assert_false(kpc_usdtarg_next(&at, &arg));
		kpc_buf_uninit(&out);
	}
}

static void takes_several(void **state)
{
	const char *at = "  8@%rdi -4@$1\t1@%cl ";
	struct kpc_usdtarg arg;

	(void)state;
	assert_true(kpc_usdtarg_next(&at, &arg));
	assert_string_equal(arg.reg, "di");
	assert_true(kpc_usdtarg_next(&at, &arg));
	assert_int_equal(arg.number, 1);
	assert_true(kpc_usdtarg_next(&at, &arg));
	assert_string_equal(arg.reg, "cx");
	assert_false(kpc_usdtarg_next(&at, &arg));
}

/* Any text is taken to its end. */
static void survives_anything(void **state)
{
	static const char alphabet[] = "-8421@%$()raxdip,+0 fcounter";
	uint64_t seed = 42;

	(void)state;
	for (int i = 0; i < 50000; i++) {
		size_t bytes = unit_random(&seed) % 24;
		char *text = malloc(bytes + 1);
		const char *at = text;
		struct kpc_usdtarg arg;

		for (size_t j = 0; j < bytes; j++)
			text[j] = alphabet[unit_random(&seed) %
					   (sizeof(alphabet) - 1)];
		text[bytes] = '\0';
		while (kpc_usdtarg_next(&at, &arg)) {
			struct kpc_buf out = { 0 };

			if (!kpc_usdtarg_fetch(&arg, &file, ELFIMAGE_TEXT,
					       &out))
				assert_non_null(arg.reason);
			kpc_buf_uninit(&out);
		}
		assert_ptr_equal(at, text + bytes);
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_notes),
		cmocka_unit_test(of_others),
		cmocka_unit_test(cut_notes),
		cmocka_unit_test(long_names),
		cmocka_unit_test(damaged_notes),
		cmocka_unit_test(takes_arguments),
		cmocka_unit_test(takes_several),
		cmocka_unit_test(survives_anything),
	};

	return cmocka_run_group_tests(tests, make, unmake);
}
