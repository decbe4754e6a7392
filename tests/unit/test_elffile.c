// SPDX-License-Identifier: GPL-2.0-only
/* test_elffile - programs and shared libraries, and what is not */
#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "elffile.h"
#include "elfimage.h"
#include "elfsyms.h"
#include "unit.h"

static const struct elfimage_symbol symbols[] = {
	{ "first", ELFIMAGE_TEXT, 16, STT_FUNC },
	{ "second@@V_2", ELFIMAGE_TEXT + 16, 0, STT_FUNC },
	{ "twice", ELFIMAGE_TEXT + 64, 8, STT_FUNC },
	{ "twice", ELFIMAGE_TEXT + 32, 16, STT_FUNC },
	{ "twice", ELFIMAGE_TEXT + 64, 8, STT_FUNC },
	{ "choose", ELFIMAGE_TEXT + 80, 8, STT_GNU_IFUNC },
	{ "elsewhere", 0, 0, STT_FUNC },
	{ "counter", ELFIMAGE_DATA + 8, 8, STT_OBJECT },
	{ NULL },
};
static const struct elfimage_probe probes[] = {
	{ "my", "probe", "8@%rdi", ELFIMAGE_TEXT, 0, 0 },
	{ NULL },
};

static uint8_t image[ELFIMAGE_BYTES_MAX];
static size_t bytes;
static struct kpc_elffile file;
static char error[512];

static int make(void **state)
{
	(void)state;
	bytes = elfimage_make(image, symbols, probes);
	return 0;
}

/* A copy of its own size, so that ASan sees what is behind it. */
static int open_image(const uint8_t *data, size_t n, uint8_t **copy)
{
	*copy = malloc(n ? n : 1);
	memcpy(*copy, data, n);
	memset(error, 0, sizeof(error));
	return kpc_elffile_open_memory(&file, *copy, n, error, sizeof(error));
}

static void close_image(uint8_t *copy)
{
	kpc_elffile_close(&file);
	free(copy);
}

static void finds_its_way(void **state)
{
	uint64_t offset;
	uint8_t *copy;

	(void)state;
	assert_int_equal(open_image(image, bytes, &copy), 0);
	assert_int_equal(file.nr, 2);
	assert_true(file.is_wide);
	assert_true(kpc_elffile_offset(&file, ELFIMAGE_TEXT + 5, &offset));
	assert_int_equal(offset, 0x205);
	assert_true(kpc_elffile_segment(&file, offset)->is_text);
	assert_true(kpc_elffile_offset(&file, ELFIMAGE_DATA + 0x3f, &offset));
	assert_int_equal(offset, 0x33f);
	assert_false(kpc_elffile_segment(&file, offset)->is_text);
	/* bss isn't in the file */
	assert_false(kpc_elffile_offset(&file, ELFIMAGE_DATA + 0x40, &offset));
	assert_false(kpc_elffile_offset(&file, UINT64_MAX, &offset));
	assert_null(kpc_elffile_segment(&file, 0x1ff));
	assert_null(kpc_elffile_segment(&file, UINT64_MAX));
	close_image(copy);
}

static void functions(const char *name, uint32_t nr, uint64_t at)
{
	struct kpc_elfsym_places places;

	assert_int_equal(kpc_elfsyms_functions(&file, name, &places, error,
					       sizeof(error)),
			 0);
	assert_int_equal(places.nr, nr);
	assert_int_equal(places.address[0], at);
}

static void finds_symbols(void **state)
{
	struct kpc_elfsym_places places;
	uint64_t address;
	uint8_t *copy;

	(void)state;
	assert_int_equal(open_image(image, bytes, &copy), 0);
	functions("first", 1, ELFIMAGE_TEXT);
	functions("second", 1, ELFIMAGE_TEXT + 16); /* without its version */
	functions("twice", 2, ELFIMAGE_TEXT + 32);
	functions("choose", 1, ELFIMAGE_TEXT + 80);
	assert_int_equal(kpc_elfsyms_functions(&file, "frist", &places, error,
					       sizeof(error)),
			 -ENOENT);
	assert_non_null(strstr(error, "no function called frist"));
	/* What is only used, and what is no function, isn't meant. */
	assert_int_equal(kpc_elfsyms_functions(&file, "elsewhere", &places,
					       NULL, 0),
			 -ENOENT);
	assert_int_equal(kpc_elfsyms_functions(&file, "counter", &places, NULL,
					       0),
			 -ENOENT);
	assert_true(kpc_elfsyms_address(&file, "counter", 7, &address));
	assert_int_equal(address, ELFIMAGE_DATA + 8);
	assert_false(kpc_elfsyms_address(&file, "counte", 6, &address));
	close_image(copy);
}

static void says_what_it_is(void **state)
{
	Elf64_Ehdr *header = (Elf64_Ehdr *)image;
	uint8_t *copy;

	(void)state;
	make(NULL);
	header->e_type = ET_REL;
	assert_int_equal(open_image(image, bytes, &copy), -EINVAL);
	assert_non_null(strstr(error, "an object file"));
	close_image(copy);
	header->e_type = ET_CORE;
	assert_int_equal(open_image(image, bytes, &copy), -EINVAL);
	assert_non_null(strstr(error, "a core dump"));
	close_image(copy);
	header->e_type = ET_EXEC;
	header->e_ident[EI_DATA] = ELFDATA2MSB;
	assert_int_not_equal(open_image(image, bytes, &copy), 0);
	close_image(copy);
	make(NULL);
	header->e_phnum = 0;
	assert_int_equal(open_image(image, bytes, &copy), -EINVAL);
	assert_non_null(strstr(error, "no program headers"));
	close_image(copy);
	assert_int_equal(open_image((const uint8_t *)"#!/bin/sh\n", 10, &copy),
			 -EINVAL);
	assert_non_null(strstr(error, "a script"));
	close_image(copy);
	assert_int_equal(open_image((const uint8_t *)"\177ELF", 4, &copy),
			 -EINVAL);
	close_image(copy);
	make(NULL);
}

/* Whatever is missing at the end is said, or wasn't needed. */
static void cut_anywhere(void **state)
{
	struct kpc_elfsym_places places;
	uint8_t *copy;

	(void)state;
	for (size_t n = 0; n < bytes; n++) {
		int err = open_image(image, n, &copy);

		if (n < 0x340) /* its segments */
			assert_int_not_equal(err, 0);
		if (!err)
			kpc_elfsyms_functions(&file, "first", &places, NULL, 0);
		else
			assert_true(error[0]);
		close_image(copy);
	}
}

/* No byte of it can do harm. */
static void survives_anything(void **state)
{
	uint64_t seed = 7, address;
	struct kpc_elfsym_places places;

	(void)state;
	for (int i = 0; i < 5000; i++) {
		uint8_t *copy;

		make(NULL);
		for (int j = 0; j < 1 + i % 4; j++) {
			uint64_t at = unit_random(&seed) % bytes;

			/* Headers are where it matters. */
			if (i % 2)
				at = at % 2 ? at % 176 : bytes - 1 - at % 400;
			image[at] = unit_random(&seed);
		}
		if (!open_image(image, bytes, &copy)) {
			kpc_elfsyms_functions(&file, "first", &places, NULL, 0);
			kpc_elfsyms_address(&file, "counter", 7, &address);
		}
		close_image(copy);
	}
	make(NULL);
}

/* This program, and what there is of other kinds. */
static void real_files(void **state)
{
	struct kpc_elfsym_places places;
	uint64_t offset;

	(void)state;
	assert_int_equal(kpc_elffile_open(&file, "/proc/self/exe", error,
					  sizeof(error)),
			 0);
	assert_int_equal(kpc_elfsyms_functions(&file, "main", &places, error,
					       sizeof(error)),
			 0);
	assert_int_equal(places.nr, 1);
	assert_true(kpc_elffile_offset(&file, places.address[0], &offset));
	assert_true(kpc_elffile_segment(&file, offset)->is_text);
	kpc_elffile_close(&file);
	assert_int_equal(kpc_elffile_open(&file, "/dev/null", error,
					  sizeof(error)),
			 -EINVAL);
	assert_non_null(strstr(error, "something special"));
	kpc_elffile_close(&file);
	assert_int_equal(kpc_elffile_open(&file, "/nowhere", error,
					  sizeof(error)),
			 -ENOENT);
	kpc_elffile_close(&file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_its_way),
		cmocka_unit_test(finds_symbols),
		cmocka_unit_test(says_what_it_is),
		cmocka_unit_test(cut_anywhere),
		cmocka_unit_test(survives_anything),
		cmocka_unit_test(real_files),
	};

	return cmocka_run_group_tests(tests, make, NULL);
}
