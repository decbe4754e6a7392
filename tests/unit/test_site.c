// SPDX-License-Identifier: GPL-2.0-only
/* test_site.c - reading a core of the kernel: what is there, and what is damaged */
#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fixture.h"
#include "site.h"
#include "unit.h"

#define BASE 0xffffffff81000000u

static struct {
	Elf64_Ehdr head;
	Elf64_Phdr segment[3];
	uint8_t text[16];
	uint8_t other[8];
} core;

static char *path;

static void reset(void)
{
	memset(&core, 0, sizeof(core));
	memcpy(core.head.e_ident, ELFMAG, SELFMAG);
	core.head.e_ident[EI_CLASS] = ELFCLASS64;
	core.head.e_phoff = sizeof(core.head);
	core.head.e_phentsize = sizeof(Elf64_Phdr);
	core.head.e_phnum = 3;
	core.segment[0].p_type = PT_NOTE;
	core.segment[0].p_vaddr = BASE;
	core.segment[0].p_memsz = 1 << 20;
	core.segment[1] =
		(Elf64_Phdr){ .p_type = PT_LOAD,
			      .p_vaddr = BASE + 4096,
			      .p_memsz = sizeof(core.other),
			      .p_offset = offsetof(typeof(core), other) };
	core.segment[2] =
		(Elf64_Phdr){ .p_type = PT_LOAD,
			      .p_vaddr = BASE,
			      .p_memsz = sizeof(core.text),
			      .p_offset = offsetof(typeof(core), text) };
	for (unsigned int i = 0; i < sizeof(core.text); i++)
		core.text[i] = i;
	memset(core.other, 0xaa, sizeof(core.other));
}

static void save(size_t bytes)
{
	FILE *file = fopen(path, "wb");

	assert_non_null(file);
	assert_int_equal(fwrite(&core, 1, bytes, file), bytes);
	fclose(file);
}

static ssize_t get(uint64_t address, uint8_t to[16])
{
	return kpc_kcore_read(path, address, to, 16);
}

static void segments(void **state)
{
	uint8_t bytes[16];

	(void)state;
	reset();
	save(sizeof(core));
	assert_int_equal(get(BASE, bytes), 16);
	assert_memory_equal(bytes, core.text, 16);
	/* to the end of the segment, and not beyond */
	assert_int_equal(get(BASE + 10, bytes), 6);
	assert_int_equal(bytes[0], 10);
	assert_int_equal(get(BASE + 4096, bytes), 8);
	assert_int_equal(bytes[7], 0xaa);
	assert_int_equal(get(BASE + 16, bytes), -EFAULT);
	assert_int_equal(get(BASE - 1, bytes), -EFAULT);
	assert_int_equal(kpc_kcore_read("/nowhere", BASE, bytes, 16), -ENOENT);
}

static void damaged(void **state)
{
	uint8_t bytes[16];

	(void)state;
	reset();
	core.head.e_ident[0] = 'x';
	save(sizeof(core));
	assert_int_equal(get(BASE, bytes), -EBADMSG);
	reset();
	core.head.e_ident[EI_CLASS] = ELFCLASS32;
	save(sizeof(core));
	assert_int_equal(get(BASE, bytes), -EBADMSG);
	reset();
	core.head.e_phentsize = 8;
	save(sizeof(core));
	assert_int_equal(get(BASE, bytes), -EBADMSG);
	reset();
	core.head.e_phoff = UINT64_MAX - 8;
	save(sizeof(core));
	assert_int_equal(get(BASE, bytes), -EBADMSG);
	reset();
	core.segment[2].p_offset = UINT64_MAX;
	save(sizeof(core));
	assert_int_equal(get(BASE, bytes), -EBADMSG);
	reset();
	core.segment[2].p_memsz = UINT64_MAX;
	save(sizeof(core));
	/* what the file has of it */
	assert_true(get(BASE + 8, bytes) > 0);
}

/* Of a file that ends anywhere: what it has, or an error. */
static void cut(void **state)
{
	uint8_t bytes[16];

	(void)state;
	reset();
	for (size_t n = 0; n < sizeof(core); n++) {
		ssize_t got;

		save(n);
		got = get(BASE, bytes);
		if (n < offsetof(typeof(core), text))
			assert_int_equal(got, -EBADMSG);
		else if (n < offsetof(typeof(core), other))
			assert_int_equal(got, n - offsetof(typeof(core), text));
		else
			assert_int_equal(got, 16);
	}
}

static int setup(void **state)
{
	(void)state;
	path = fixture_path();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	unlink(path);
	free(path);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(segments),
		cmocka_unit_test(damaged),
		cmocka_unit_test(cut),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
