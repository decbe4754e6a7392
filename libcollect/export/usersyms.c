// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "buildid.h"
#include "elfsyms.h"
#include "usersyms.h"

#define FILES_MAX   4096u
#define SYMBOLS_MAX (1u << 22) /* of all files */

struct kpc_usersyms_file {
	struct kpc_usersym *symbol; /* by start */
	uint32_t nr;
	uint32_t room;
	struct kpc_buf texts;
};

void kpc_usersyms_uninit(struct kpc_usersyms *symbols)
{
	for (uint32_t i = 0; i < kpc_names_nr(&symbols->paths); i++) {
		free(symbols->file[i].symbol);
		kpc_buf_uninit(&symbols->file[i].texts);
	}
	free(symbols->file);
	kpc_names_uninit(&symbols->paths);
	*symbols = (struct kpc_usersyms){ 0 };
}

/* ---- reading ------------------------------------------------------------- */

struct reading {
	struct kpc_usersyms *symbols;
	struct kpc_usersyms_file *file;
	const struct kpc_elffile *elf;
};

static int take_symbol(void *ctx, const struct kpc_elfsym *symbol)
{
	struct reading *r = ctx;
	struct kpc_usersyms_file *file = r->file;
	struct kpc_usersym new = { .bytes = symbol->bytes,
				   .name = file->texts.used };

	if (!symbol->is_function ||
	    !kpc_elffile_offset(r->elf, symbol->address, &new.start))
		return 0;
	if (++r->symbols->symbols > SYMBOLS_MAX)
		return -E2BIG;
	if (file->nr == file->room) {
		uint32_t room = file->room ? file->room * 2 : 256;
		struct kpc_usersym *grown =
			reallocarray(file->symbol, room, sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		file->symbol = grown;
		file->room = room;
	}
	kpc_buf_add(&file->texts, symbol->name, symbol->name_bytes);
	kpc_buf_add(&file->texts, "", 1);
	if (file->texts.error)
		return -ENOMEM;
	file->symbol[file->nr++] = new;
	return 0;
}

static int by_start(const void *a, const void *b)
{
	const struct kpc_usersym *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	if (x->bytes != y->bytes)
		return x->bytes > y->bytes ? -1 : 1;
	return x->name < y->name ? -1 : x->name > y->name;
}

static bool is_the_file(const struct kpc_mapping *mapping)
{
	uint8_t id[KPC_BUILDID_BYTES];
	int bytes = mapping->build_id_bytes && *mapping->path == '/' ?
			    kpc_buildid_of_file(mapping->path, id) :
			    0;

	return bytes > 0 && (uint32_t)bytes == mapping->build_id_bytes &&
	       !memcmp(id, mapping->build_id, bytes);
}

/* What can't be read has no symbols. */
static void read_file(struct kpc_usersyms *symbols,
		      struct kpc_usersyms_file *file,
		      const struct kpc_mapping *mapping)
{
	struct kpc_elffile elf;
	struct reading r = { symbols, file, &elf };

	if (!is_the_file(mapping))
		return;
	if (!kpc_elffile_open(&elf, mapping->path, NULL, 0))
		kpc_elfsyms_walk(&elf, take_symbol, &r);
	kpc_elffile_close(&elf);
	if (file->nr)
		qsort(file->symbol, file->nr, sizeof(*file->symbol), by_start);
}

/* ---- finding ------------------------------------------------------------- */

/* NULL: there's no room. */
static struct kpc_usersyms_file *file_of(struct kpc_usersyms *symbols,
					 const struct kpc_mapping *mapping)
{
	char key[4096 + 2 * KPC_BUILDID_BYTES + 1];
	uint32_t nr = kpc_names_nr(&symbols->paths);
	int at = 0;
	int64_t number;

	for (uint32_t i = 0;
	     i < mapping->build_id_bytes && i < KPC_BUILDID_BYTES; i++)
		at += snprintf(key + at, sizeof(key) - at, "%02x",
			       mapping->build_id[i]);
	snprintf(key + at, sizeof(key) - at, "%s", mapping->path);
	if (nr == symbols->room) {
		uint32_t room = nr ? nr * 2 : 64;
		struct kpc_usersyms_file *grown =
			reallocarray(symbols->file, room, sizeof(*grown));

		if (!grown)
			return NULL;
		memset(grown + nr, 0, (room - nr) * sizeof(*grown));
		symbols->file = grown;
		symbols->room = room;
	}
	number = kpc_names_add(&symbols->paths, key);
	if (number < 0)
		return NULL;
	if (number == nr && nr < FILES_MAX)
		read_file(symbols, &symbols->file[nr], mapping);
	return &symbols->file[number];
}

static const char *name_of(const struct kpc_usersyms_file *file,
			   const struct kpc_usersym *symbol)
{
	return (const char *)file->texts.data + symbol->name;
}

/* Of the names of a place one that is for people: read rather than __read. */
static const struct kpc_usersym *best_name(const struct kpc_usersyms_file *file,
					   const struct kpc_usersym *last)
{
	const struct kpc_usersym *best = last, *at = last;

	while (at-- > file->symbol && at->start == last->start)
		if (*name_of(file, at) != '_' || *name_of(file, best) == '_')
			best = at;
	return best;
}

const char *kpc_usersyms_find(struct kpc_usersyms *symbols,
			      const struct kpc_mapping *mapping,
			      uint64_t *offset)
{
	const struct kpc_usersym *symbol;
	struct kpc_usersyms_file *file = symbols->last;
	uint32_t low = 0, high;

	if (!file || mapping->path != symbols->last_path ||
	    mapping->build_id != symbols->last_build_id) {
		file = file_of(symbols, mapping);
		symbols->last = file;
		symbols->last_path = mapping->path;
		symbols->last_build_id = mapping->build_id;
	}
	if (!file)
		return NULL;
	/* The last one that begins at or before it. */
	for (high = file->nr; low < high;) {
		uint32_t middle = low + (high - low) / 2;

		if (file->symbol[middle].start <= mapping->offset)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low)
		return NULL;
	symbol = best_name(file, &file->symbol[low - 1]);
	*offset = mapping->offset - symbol->start;
	if (*offset && *offset >= symbol->bytes)
		return NULL;
	return name_of(file, symbol);
}
