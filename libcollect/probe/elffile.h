/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * elffile - a program or a shared library: where in it lies what is where in
 * memory
 */
#ifndef KPC_ELFFILE_H
#define KPC_ELFFILE_H

#include <gelf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is mapped of it. */
struct kpc_elffile_segment {
	uint64_t address; /* virtual, as the file has it */
	uint64_t offset;  /* in the file */
	uint64_t bytes;	  /* in the file */
	bool is_text;	  /* executable */
};

struct kpc_elffile {
	const char *path; /* for errors, borrowed */
	int fd;
	Elf *elf;
	uint64_t bytes;
	bool is_wide; /* 64 bits */
	uint16_t machine;
	struct kpc_elffile_segment *segment;
	size_t nr;
};

/*
 * @path is borrowed. -EINVAL it isn't an ELF file, or of another kind than those;
 * -EBADMSG it is cut or damaged; or what open(2) gives; with the reason.
 */
int kpc_elffile_open(struct kpc_elffile *file, const char *path, char *error,
		     size_t error_size);
/* The same of an image, borrowed. */
int kpc_elffile_open_memory(struct kpc_elffile *file, void *image, size_t bytes,
			    char *error, size_t error_size);
/*
 * The file that a distribution keeps what it has stripped @file of in, by its build-id:
 * it has symbols, but nothing is mapped of it. 0 or -ENOENT.
 */
int kpc_elffile_open_debug(struct kpc_elffile *debug,
			   const struct kpc_elffile *file);
/* After open, whatever it returned. */
void kpc_elffile_close(struct kpc_elffile *file);

/* Where in the file the byte of an address is; false: nowhere in it. */
bool kpc_elffile_offset(const struct kpc_elffile *file, uint64_t address,
			uint64_t *offset);
/* The segment that an offset is in; NULL: it isn't mapped. */
const struct kpc_elffile_segment *
kpc_elffile_segment(const struct kpc_elffile *file, uint64_t offset);

/* The section called @name; false: there is none. */
bool kpc_elffile_section(const struct kpc_elffile *file, const char *name,
			 Elf_Scn **section, GElf_Shdr *header);

#endif /* KPC_ELFFILE_H */
