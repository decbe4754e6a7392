// SPDX-License-Identifier: GPL-2.0-only
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "buildid.h"
#include "pseudofile.h"

#define SEGMENTS_MAX 256u

int kpc_buildid_in_notes(const void *notes, size_t bytes,
			 uint8_t id[KPC_BUILDID_BYTES])
{
	const uint8_t *at = notes;
	Elf64_Nhdr note; /* the same in 32 bits */

	while (bytes >= sizeof(note)) {
		uint64_t name, desc;

		memcpy(&note, at, sizeof(note));
		at += sizeof(note);
		bytes -= sizeof(note);
		name = (note.n_namesz + 3ull) & ~3ull;
		desc = (note.n_descsz + 3ull) & ~3ull;
		if (name > bytes || note.n_descsz > bytes - name)
			return 0;
		if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 &&
		    !memcmp(at, "GNU", 4)) {
			if (note.n_descsz > KPC_BUILDID_BYTES)
				return 0;
			memcpy(id, at + name, note.n_descsz);
			return note.n_descsz;
		}
		if (desc > bytes - name)
			return 0;
		at += name + desc;
		bytes -= name + desc;
	}
	return 0;
}

int kpc_buildid_of_notes(const char *path, uint8_t id[KPC_BUILDID_BYTES])
{
	char notes[4096];
	int bytes = kpc_pseudofile_read(path, notes, sizeof(notes));

	return bytes < 0 ? bytes : kpc_buildid_in_notes(notes, bytes, id);
}

/* ---- ELF files ----------------------------------------------------------- */

/* A program header, of either class. */
struct segment {
	uint32_t type;
	uint64_t offset;
	uint64_t bytes;
};

struct elf {
	int fd;
	bool wide; /* 64 bits */
	uint64_t offset;
	uint32_t nr;
	uint32_t entry_bytes;
};

static bool read_at(int fd, void *out, size_t bytes, uint64_t offset)
{
	return offset <= INT64_MAX - bytes &&
	       pread(fd, out, bytes, offset) == (ssize_t)bytes;
}

static bool read_header(struct elf *elf)
{
	union {
		unsigned char ident[EI_NIDENT];
		Elf32_Ehdr narrow;
		Elf64_Ehdr wide;
	} h;

	/* The narrow one is the shorter. */
	if (!read_at(elf->fd, &h, sizeof(h.narrow), 0) ||
	    memcmp(h.ident, ELFMAG, SELFMAG) || h.ident[EI_DATA] != ELFDATA2LSB)
		return false;
	elf->wide = h.ident[EI_CLASS] == ELFCLASS64;
	if (elf->wide && !read_at(elf->fd, &h, sizeof(h.wide), 0))
		return false;
	elf->offset = elf->wide ? h.wide.e_phoff : h.narrow.e_phoff;
	elf->nr = elf->wide ? h.wide.e_phnum : h.narrow.e_phnum;
	elf->entry_bytes = elf->wide ? h.wide.e_phentsize :
				       h.narrow.e_phentsize;
	return elf->entry_bytes >=
	       (elf->wide ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr));
}

static bool read_segment(const struct elf *elf, uint32_t i, struct segment *s)
{
	uint64_t offset = elf->offset + (uint64_t)i * elf->entry_bytes;
	Elf64_Phdr wide;
	Elf32_Phdr narrow;

	if (offset < elf->offset)
		return false;
	if (elf->wide) {
		if (!read_at(elf->fd, &wide, sizeof(wide), offset))
			return false;
		*s = (struct segment){ wide.p_type, wide.p_offset,
				       wide.p_filesz };
		return true;
	}
	if (!read_at(elf->fd, &narrow, sizeof(narrow), offset))
		return false;
	*s = (struct segment){ narrow.p_type, narrow.p_offset,
			       narrow.p_filesz };
	return true;
}

static int of_segment(const struct elf *elf, const struct segment *s,
		      uint8_t id[KPC_BUILDID_BYTES])
{
	uint8_t notes[4096];
	size_t bytes = s->bytes < sizeof(notes) ? s->bytes : sizeof(notes);

	if (!read_at(elf->fd, notes, bytes, s->offset))
		return 0;
	return kpc_buildid_in_notes(notes, bytes, id);
}

int kpc_buildid_of_fd(int fd, uint8_t id[KPC_BUILDID_BYTES])
{
	struct elf elf = { .fd = fd };
	struct segment segment;
	int bytes = 0;

	if (!read_header(&elf))
		return 0;
	for (uint32_t i = 0; !bytes && i < elf.nr && i < SEGMENTS_MAX; i++) {
		if (!read_segment(&elf, i, &segment))
			return 0;
		if (segment.type == PT_NOTE)
			bytes = of_segment(&elf, &segment, id);
	}
	return bytes;
}

int kpc_buildid_of_file(const char *path, uint8_t id[KPC_BUILDID_BYTES])
{
	/* A pipe or a device must not keep us. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	int bytes;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st))
		bytes = -errno;
	else if (!S_ISREG(st.st_mode))
		bytes = -EINVAL;
	else
		bytes = kpc_buildid_of_fd(fd, id);
	close(fd);
	return bytes;
}
