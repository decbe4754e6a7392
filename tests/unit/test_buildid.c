// SPDX-License-Identifier: GPL-2.0-only
/* test_buildid - ELF notes and files, whole, cut and hostile */
#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "buildid.h"
#include "fixture.h"
#include "unit.h"

static size_t add_note(uint8_t *out, uint32_t type, const char *name,
		       const void *desc, uint32_t bytes)
{
	Elf64_Nhdr note = { strlen(name) + 1, bytes, type };
	size_t at = sizeof(note);

	memcpy(out, &note, sizeof(note));
	memset(out + at, 0, (note.n_namesz + 3) & ~3u);
	memcpy(out + at, name, note.n_namesz);
	at += (note.n_namesz + 3) & ~3u;
	memset(out + at, 0, (bytes + 3) & ~3u);
	memcpy(out + at, desc, bytes);
	return at + ((bytes + 3) & ~3u);
}

static const uint8_t want[20] = "12345678901234567890";

static void finds_the_note(void **state)
{
	uint8_t notes[256], id[KPC_BUILDID_BYTES];
	size_t used = 0;

	(void)state;
	used += add_note(notes, 1, "Xen", "abcdefg", 7);
	used += add_note(notes + used, NT_GNU_BUILD_ID, "Go", "no", 2);
	used += add_note(notes + used, NT_GNU_BUILD_ID, "GNU", want, 20);
	used += add_note(notes + used, NT_GNU_BUILD_ID, "GNU", "late", 4);
	assert_int_equal(kpc_buildid_in_notes(notes, used, id), 20);
	assert_memory_equal(id, want, 20);
	/* One that is longer than a record has room for isn't cut. */
	used = add_note(notes, NT_GNU_BUILD_ID, "GNU", "123456789012345678901",
			21);
	assert_int_equal(kpc_buildid_in_notes(notes, used, id), 0);
	assert_int_equal(kpc_buildid_in_notes(NULL, 0, id), 0);
}

/* Under ASan: whatever the bytes say, only they are read. */
static void hostile_notes(void **state)
{
	uint8_t id[KPC_BUILDID_BYTES];
	uint64_t seed = 5;

	(void)state;
	for (int n = 0; n < 20000; n++) {
		size_t bytes = unit_random(&seed) % 80;
		uint8_t *notes = malloc(bytes + 1);

		for (size_t i = 0; i < bytes; i++)
			notes[i] = unit_random(&seed) % 5 ? 0 :
							    unit_random(&seed);
		if (bytes >= 16 && n % 2)
			memcpy(notes + 8, "\3\0\0\0GNU", 8);
		assert_in_range(kpc_buildid_in_notes(notes, bytes, id), 0,
				KPC_BUILDID_BYTES);
		free(notes);
	}
}

struct file { /* a small ELF file with one note */
	Elf64_Ehdr header;
	Elf64_Phdr segment[2];
	uint8_t notes[64];
};

static void fill_file(struct file *f)
{
	size_t used;

	*f = (struct file){ 0 };
	memcpy(f->header.e_ident, ELFMAG, SELFMAG);
	f->header.e_ident[EI_CLASS] = ELFCLASS64;
	f->header.e_ident[EI_DATA] = ELFDATA2LSB;
	f->header.e_phoff = offsetof(struct file, segment);
	f->header.e_phnum = 2;
	f->header.e_phentsize = sizeof(f->segment[0]);
	used = add_note(f->notes, NT_GNU_BUILD_ID, "GNU", want, 20);
	f->segment[0].p_type = PT_LOAD;
	f->segment[1].p_type = PT_NOTE;
	f->segment[1].p_offset = offsetof(struct file, notes);
	f->segment[1].p_filesz = used;
}

static void reads_files(void **state)
{
	char *path = fixture_path();
	uint8_t id[KPC_BUILDID_BYTES];
	uint64_t seed = 11;
	struct file file;

	(void)state;
	fill_file(&file);
	fixture_store(path, &file, sizeof(file));
	assert_int_equal(kpc_buildid_of_file(path, id), 20);
	assert_memory_equal(id, want, 20);
	for (size_t bytes = 0; bytes < offsetof(struct file, notes); bytes++) {
		fixture_store(path, &file, bytes);
		assert_int_equal(kpc_buildid_of_file(path, id), 0);
	}
	for (int n = 0; n < 2000; n++) {
		uint8_t *bytes = (uint8_t *)&file;

		fill_file(&file);
		for (int i = 0; i < 3; i++)
			bytes[unit_random(&seed) % sizeof(file)] =
				unit_random(&seed);
		fixture_store(path, &file, sizeof(file));
		assert_in_range(kpc_buildid_of_file(path, id), 0,
				KPC_BUILDID_BYTES);
	}
	unlink(path);
	assert_int_equal(kpc_buildid_of_file(path, id), -ENOENT);
	/* A pipe doesn't keep us. */
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(kpc_buildid_of_file(path, id), -EINVAL);
	unlink(path);
	free(path);
	assert_int_equal(kpc_buildid_of_file("/tmp", id), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_the_note),
		cmocka_unit_test(hostile_notes),
		cmocka_unit_test(reads_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
