// SPDX-License-Identifier: GPL-2.0-only
#include <elf.h>
#include <string.h>

#include "elfimage.h"

enum section {
	NONE,
	SYMBOLS,
	STRINGS,
	NOTES,
	BASE,
	NAMES,
	NR_SECTIONS
};

static const char names[] =
	"\0.symtab\0.strtab\0.note.stapsdt\0.stapsdt.base\0.shstrtab";

/* Where in the image, from 0x400 on, the next section begins. */
struct builder {
	uint8_t *image;
	uint64_t used;
	Elf64_Shdr section[NR_SECTIONS];
};

static uint32_t name_at(const char *name)
{
	for (size_t at = 1; at < sizeof(names); at += strlen(names + at) + 1)
		if (!strcmp(names + at, name))
			return at;
	return 0;
}

static void begin(struct builder *b, enum section which, const char *name,
		  uint32_t type)
{
	b->used = (b->used + 7) & ~7ull;
	b->section[which].sh_name = name_at(name);
	b->section[which].sh_type = type;
	b->section[which].sh_offset = b->used;
	b->section[which].sh_addralign = 4;
}

static void add(struct builder *b, const void *data, size_t bytes)
{
	memcpy(b->image + b->used, data, bytes);
	b->used += bytes;
}

static void end(struct builder *b, enum section which)
{
	b->section[which].sh_size = b->used - b->section[which].sh_offset;
}

static void add_symbols(struct builder *b,
			const struct elfimage_symbol *symbols)
{
	Elf64_Sym symbol = { 0 };
	uint32_t at = 1;

	begin(b, SYMBOLS, ".symtab", SHT_SYMTAB);
	b->section[SYMBOLS].sh_link = STRINGS;
	b->section[SYMBOLS].sh_entsize = sizeof(symbol);
	b->section[SYMBOLS].sh_info = 1;
	add(b, &symbol, sizeof(symbol));
	for (const struct elfimage_symbol *s = symbols; s->name; s++) {
		symbol = (Elf64_Sym){
			.st_name = at,
			.st_info = ELF64_ST_INFO(STB_GLOBAL, s->type),
			.st_shndx = s->address ? 1 : SHN_UNDEF,
			.st_value = s->address,
			.st_size = s->bytes,
		};
		at += strlen(s->name) + 1;
		add(b, &symbol, sizeof(symbol));
	}
	end(b, SYMBOLS);
	begin(b, STRINGS, ".strtab", SHT_STRTAB);
	add(b, "", 1);
	for (const struct elfimage_symbol *s = symbols; s->name; s++)
		add(b, s->name, strlen(s->name) + 1);
	end(b, STRINGS);
}

static uint8_t *put(uint8_t *at, const void *data, size_t bytes)
{
	memcpy(at, data, bytes);
	return at + bytes;
}

uint8_t *elfimage_note(uint8_t *at, const struct elfimage_probe *probe)
{
	uint64_t address[3] = {
		probe->address,
		probe->base ? probe->base : ELFIMAGE_BASE,
		probe->semaphore,
	};
	size_t bytes = sizeof(address) + strlen(probe->provider) +
		       strlen(probe->name) + strlen(probe->arguments) + 3;
	Elf64_Nhdr header = { .n_namesz = 8, .n_descsz = bytes, .n_type = 3 };
	uint8_t *begin;

	at = put(at, &header, sizeof(header));
	at = put(at, "stapsdt", 8);
	begin = at;
	at = put(at, address, sizeof(address));
	at = put(at, probe->provider, strlen(probe->provider) + 1);
	at = put(at, probe->name, strlen(probe->name) + 1);
	at = put(at, probe->arguments, strlen(probe->arguments) + 1);
	while ((at - begin) % 4)
		*at++ = 0;
	return at;
}

static void add_notes(struct builder *b, const struct elfimage_probe *probes)
{
	begin(b, NOTES, ".note.stapsdt", SHT_NOTE);
	for (; probes->provider; probes++)
		b->used = elfimage_note(b->image + b->used, probes) - b->image;
	end(b, NOTES);
	begin(b, BASE, ".stapsdt.base", SHT_PROGBITS);
	b->section[BASE].sh_addr = ELFIMAGE_BASE;
	end(b, BASE);
}

static void add_segments(uint8_t *image)
{
	const Elf64_Phdr segments[] = {
		{ .p_type = PT_LOAD,
		  .p_flags = PF_R | PF_X,
		  .p_offset = ELFIMAGE_TEXT - ELFIMAGE_MOVE,
		  .p_vaddr = ELFIMAGE_TEXT,
		  .p_filesz = 0x100,
		  .p_memsz = 0x100 },
		{ .p_type = PT_LOAD,
		  .p_flags = PF_R | PF_W,
		  .p_offset = 0x300,
		  .p_vaddr = ELFIMAGE_DATA,
		  .p_filesz = 0x40,
		  .p_memsz = 0x80 },
	};

	memcpy(image + sizeof(Elf64_Ehdr), segments, sizeof(segments));
}

size_t elfimage_make(uint8_t image[ELFIMAGE_BYTES_MAX],
		     const struct elfimage_symbol *symbols,
		     const struct elfimage_probe *probes)
{
	struct builder b = { .image = image, .used = 0x400 };
	Elf64_Ehdr header = {
		.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64,
			     ELFDATA2LSB, EV_CURRENT },
		.e_type = ET_DYN,
		.e_machine = EM_X86_64,
		.e_version = EV_CURRENT,
		.e_phoff = sizeof(header),
		.e_ehsize = sizeof(header),
		.e_phentsize = sizeof(Elf64_Phdr),
		.e_phnum = 2,
		.e_shentsize = sizeof(Elf64_Shdr),
		.e_shnum = NR_SECTIONS,
		.e_shstrndx = NAMES,
	};

	memset(image, 0, ELFIMAGE_BYTES_MAX);
	add_segments(image);
	add_symbols(&b, symbols);
	add_notes(&b, probes);
	begin(&b, NAMES, ".shstrtab", SHT_STRTAB);
	add(&b, names, sizeof(names));
	end(&b, NAMES);
	b.used = (b.used + 7) & ~7ull;
	header.e_shoff = b.used;
	add(&b, b.section, sizeof(b.section));
	memcpy(image, &header, sizeof(header));
	return b.used;
}
