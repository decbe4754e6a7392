// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "buildid.h"
#include "elffile.h"
#include "fail.h"

#define DEBUG_FOLDER "/usr/lib/debug/.build-id"

/* Where the reason of a failure goes. */
struct words {
	char *error;
	size_t size;
};

static int damaged(const struct kpc_elffile *file, const struct words *w,
		   const char *what)
{
	return kpc_fail(w->error, w->size, -EBADMSG, "%s is cut or damaged: %s",
			file->path, what);
}

/* ---- headers ------------------------------------------------------------- */

static int not_elf(const struct kpc_elffile *file, const struct words *w)
{
	size_t bytes = 0;
	const char *raw = elf_rawfile(file->elf, &bytes);
	bool script = raw && bytes > 2 && !memcmp(raw, "#!", 2);

	return kpc_fail(w->error, w->size, -EINVAL, "%s isn't an ELF file%s",
			file->path,
			script ? " but a script: what runs is its interpreter" :
				 ": neither a program nor a shared library");
}

static int check_kind(struct kpc_elffile *file, const struct words *w)
{
	GElf_Ehdr header;

	if (elf_kind(file->elf) != ELF_K_ELF)
		return not_elf(file, w);
	if (!gelf_getehdr(file->elf, &header))
		return damaged(file, w, elf_errmsg(-1));
	if (header.e_ident[EI_DATA] != ELFDATA2LSB)
		return kpc_fail(w->error, w->size, -EINVAL,
				"%s is for another kind of machine",
				file->path);
	if (header.e_type != ET_EXEC && header.e_type != ET_DYN)
		return kpc_fail(
			w->error, w->size, -EINVAL,
			"%s is neither a program nor a shared library but %s",
			file->path,
			header.e_type == ET_REL	 ? "an object file" :
			header.e_type == ET_CORE ? "a core dump" :
						   "another ELF file");
	file->machine = header.e_machine;
	file->is_wide = header.e_ident[EI_CLASS] == ELFCLASS64;
	return 0;
}

static int read_segment(struct kpc_elffile *file, size_t i,
			const struct words *w)
{
	GElf_Phdr header;

	if (!gelf_getphdr(file->elf, i, &header))
		return damaged(file, w, elf_errmsg(-1));
	if (header.p_type != PT_LOAD)
		return 0;
	if (header.p_offset > file->bytes ||
	    header.p_filesz > file->bytes - header.p_offset)
		return damaged(file, w, "a segment reaches behind its end");
	if (header.p_filesz > UINT64_MAX - header.p_vaddr)
		return damaged(file, w, "a segment has no end");
	file->segment[file->nr++] = (struct kpc_elffile_segment){
		.address = header.p_vaddr,
		.offset = header.p_offset,
		.bytes = header.p_filesz,
		.is_text = header.p_flags & PF_X,
	};
	return 0;
}

static int read_segments(struct kpc_elffile *file, const struct words *w)
{
	size_t nr;
	int err = 0;

	if (elf_getphdrnum(file->elf, &nr))
		return damaged(file, w, elf_errmsg(-1));
	if (nr > file->bytes / sizeof(Elf32_Phdr))
		return damaged(file, w, "there's no room for its segments");
	file->segment = calloc(nr + 1, sizeof(*file->segment));
	if (!file->segment)
		return kpc_fail(w->error, w->size, -ENOMEM, "out of memory");
	for (size_t i = 0; !err && i < nr; i++)
		err = read_segment(file, i, w);
	if (!err && !file->nr)
		return kpc_fail(w->error, w->size, -EINVAL,
				"nothing of %s is mapped when it runs%s",
				file->path,
				nr ? "" : " (it has no program headers)");
	return err;
}

static int read_kind(struct kpc_elffile *file, const struct words *w)
{
	return file->elf ? check_kind(file, w) :
			   damaged(file, w, elf_errmsg(-1));
}

static int read_headers(struct kpc_elffile *file, const struct words *w)
{
	int err = read_kind(file, w);

	return err ? err : read_segments(file, w);
}

/* ---- open and close ------------------------------------------------------ */

static int open_path(struct kpc_elffile *file, const char *path, char *error,
		     size_t error_size)
{
	struct stat st;

	*file = (struct kpc_elffile){ .path = path };
	/* A pipe or a device must not keep us. */
	file->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (file->fd < 0 || fstat(file->fd, &st))
		return kpc_fail(error, error_size, -errno, "cannot read %s: %s",
				path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return kpc_fail(error, error_size, -EINVAL,
				"%s isn't a file but %s", path,
				S_ISDIR(st.st_mode) ? "a folder" :
						      "something special");
	file->bytes = st.st_size;
	elf_version(EV_CURRENT);
	/* Not mapped: whoever cuts it meanwhile would have us killed. */
	file->elf = elf_begin(file->fd, ELF_C_READ, NULL);
	return 0;
}

int kpc_elffile_open(struct kpc_elffile *file, const char *path, char *error,
		     size_t error_size)
{
	const struct words w = { error, error_size };
	int err = open_path(file, path, error, error_size);

	return err ? err : read_headers(file, &w);
}

int kpc_elffile_open_debug(struct kpc_elffile *debug,
			   const struct kpc_elffile *file)
{
	static const struct words no_words;
	uint8_t id[KPC_BUILDID_BYTES];
	char path[sizeof(DEBUG_FOLDER) + 2 * KPC_BUILDID_BYTES + 16];
	int bytes = file->fd < 0 ? 0 : kpc_buildid_of_fd(file->fd, id);
	int at;

	*debug = (struct kpc_elffile){ .fd = -1 };
	if (bytes < 2)
		return -ENOENT;
	at = snprintf(path, sizeof(path), DEBUG_FOLDER "/%02x/", id[0]);
	for (int i = 1; i < bytes; i++)
		at += snprintf(path + at, sizeof(path) - at, "%02x", id[i]);
	snprintf(path + at, sizeof(path) - at, ".debug");
	if (open_path(debug, path, NULL, 0) || read_kind(debug, &no_words))
		return -ENOENT;
	debug->path = file->path;
	return 0;
}

int kpc_elffile_open_memory(struct kpc_elffile *file, void *image, size_t bytes,
			    char *error, size_t error_size)
{
	const struct words w = { error, error_size };

	*file = (struct kpc_elffile){
		.path = "the image",
		.fd = -1,
		.bytes = bytes,
	};
	elf_version(EV_CURRENT);
	file->elf = elf_memory(image, bytes);
	return read_headers(file, &w);
}

void kpc_elffile_close(struct kpc_elffile *file)
{
	elf_end(file->elf);
	if (file->fd >= 0)
		close(file->fd);
	free(file->segment);
	*file = (struct kpc_elffile){ .fd = -1 };
}

/* ---- looking up ---------------------------------------------------------- */

bool kpc_elffile_offset(const struct kpc_elffile *file, uint64_t address,
			uint64_t *offset)
{
	for (size_t i = 0; i < file->nr; i++) {
		const struct kpc_elffile_segment *s = &file->segment[i];

		if (address < s->address || address - s->address >= s->bytes)
			continue;
		*offset = address - s->address + s->offset;
		return true;
	}
	return false;
}

const struct kpc_elffile_segment *
kpc_elffile_segment(const struct kpc_elffile *file, uint64_t offset)
{
	const struct kpc_elffile_segment *found = NULL;

	/* A page at a border may be in two. */
	for (size_t i = 0; i < file->nr; i++) {
		const struct kpc_elffile_segment *s = &file->segment[i];

		if (offset >= s->offset && offset - s->offset < s->bytes &&
		    (!found || s->is_text))
			found = s;
	}
	return found;
}

bool kpc_elffile_section(const struct kpc_elffile *file, const char *name,
			 Elf_Scn **section, GElf_Shdr *header)
{
	Elf_Scn *at = NULL;
	size_t names;

	if (elf_getshdrstrndx(file->elf, &names))
		return false;
	while ((at = elf_nextscn(file->elf, at))) {
		const char *own;

		if (!gelf_getshdr(at, header))
			continue;
		own = elf_strptr(file->elf, names, header->sh_name);
		if (own && !strcmp(own, name)) {
			*section = at;
			return true;
		}
	}
	return false;
}
