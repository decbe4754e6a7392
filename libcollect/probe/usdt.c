// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "usdt.h"

#define SECTION	     ".note.stapsdt"
#define BASE_SECTION ".stapsdt.base"
#define OWNER	     "stapsdt"
#define NT_STAPSDT   3
#define NAME_BYTES   255 /* of a provider or a probe */

/* ---- the section's bytes ------------------------------------------------- */

/* A compiler writes nothing else, and it is to be printed. */
static bool is_plain(const char *text)
{
	for (; *text; text++)
		if (*text < ' ' || *text > '~')
			return false;
	return true;
}

static bool is_name(const char *text)
{
	return *text && strlen(text) <= NAME_BYTES;
}

/* Takes a text off the front; NULL: it has no end, or it's none. */
static const char *take_text(const uint8_t **at, size_t *bytes)
{
	const uint8_t *end = memchr(*at, '\0', *bytes);
	const char *text = (const char *)*at;

	if (!end || !is_plain(text))
		return NULL;
	*bytes -= end + 1 - *at;
	*at = end + 1;
	return text;
}

static uint64_t take_address(const uint8_t **at, size_t *bytes, size_t one)
{
	uint64_t address = 0; /* of little endian */

	memcpy(&address, *at, one);
	*at += one;
	*bytes -= one;
	return address;
}

static bool read_note(const uint8_t *at, size_t bytes, bool is_wide,
		      struct kpc_usdt_note *note)
{
	size_t one = is_wide ? 8 : 4;

	if (bytes < 3 * one)
		return false;
	note->address = take_address(&at, &bytes, one);
	note->base = take_address(&at, &bytes, one);
	note->semaphore = take_address(&at, &bytes, one);
	note->provider = take_text(&at, &bytes);
	note->name = note->provider ? take_text(&at, &bytes) : NULL;
	note->arguments = note->name ? take_text(&at, &bytes) : NULL;
	return note->arguments && is_name(note->provider) &&
	       is_name(note->name);
}

int kpc_usdt_parse(const void *notes, size_t bytes, bool is_wide,
		   kpc_usdt_note_fn fn, void *ctx)
{
	const uint8_t *at = notes;
	struct kpc_usdt_note note;
	Elf64_Nhdr header; /* the same in 32 bits */
	int ret = 0;

	while (!ret && bytes >= sizeof(header)) {
		uint64_t owner, desc;

		memcpy(&header, at, sizeof(header));
		at += sizeof(header);
		bytes -= sizeof(header);
		owner = (header.n_namesz + 3ull) & ~3ull;
		desc = (header.n_descsz + 3ull) & ~3ull;
		if (owner > bytes || header.n_descsz > bytes - owner)
			return -EBADMSG;
		if (header.n_type == NT_STAPSDT &&
		    header.n_namesz == sizeof(OWNER) &&
		    !memcmp(at, OWNER, sizeof(OWNER))) {
			if (!read_note(at + owner, header.n_descsz, is_wide,
				       &note))
				return -EBADMSG;
			ret = fn(ctx, &note);
		}
		/* The last one's padding may not be there. */
		if (desc > bytes - owner)
			desc = bytes - owner;
		at += owner + desc;
		bytes -= owner + desc;
	}
	return ret ? ret : bytes ? -EBADMSG : 0;
}

/* ---- the file's ---------------------------------------------------------- */

/*
 * What moved addresses in the file after they were noted (prelink) moved the base,
 * too.
 */
struct mover {
	kpc_usdt_note_fn fn;
	void *ctx;
	uint64_t base; /* where it is; 0: not known */
};

static int move(void *ctx, const struct kpc_usdt_note *note)
{
	const struct mover *m = ctx;
	struct kpc_usdt_note moved = *note;

	if (m->base && note->base) {
		moved.address += m->base - note->base;
		if (moved.semaphore)
			moved.semaphore += m->base - note->base;
	}
	return m->fn(m->ctx, &moved);
}

int kpc_usdt_walk(const struct kpc_elffile *file, kpc_usdt_note_fn fn,
		  void *ctx)
{
	struct mover m = { .fn = fn, .ctx = ctx };
	Elf_Scn *section;
	Elf_Data *data;
	GElf_Shdr header;

	if (kpc_elffile_section(file, BASE_SECTION, &section, &header))
		m.base = header.sh_addr;
	if (!kpc_elffile_section(file, SECTION, &section, &header))
		return 0;
	data = elf_rawdata(section, NULL);
	if (!data || (data->d_size && !data->d_buf))
		return -EBADMSG;
	return kpc_usdt_parse(data->d_buf, data->d_size, file->is_wide, move,
			      &m);
}
