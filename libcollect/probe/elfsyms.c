// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "elfsyms.h"
#include "fail.h"
#include "nearmiss.h"

/* ---- walking ------------------------------------------------------------- */

/* False: it isn't one of this file, or has no name. */
static bool take(const struct kpc_elffile *file, const GElf_Sym *from,
		 size_t names, struct kpc_elfsym *to)
{
	unsigned int type = GELF_ST_TYPE(from->st_info);

	if (from->st_shndx == SHN_UNDEF || !from->st_value ||
	    type == STT_SECTION || type == STT_FILE || type == STT_TLS)
		return false;
	*to = (struct kpc_elfsym){
		.name = elf_strptr(file->elf, names, from->st_name),
		.address = from->st_value,
		.bytes = from->st_size,
		.is_function = type == STT_FUNC || type == STT_GNU_IFUNC,
		.is_chooser = type == STT_GNU_IFUNC,
	};
	if (!to->name || !*to->name)
		return false;
	to->name_bytes = strcspn(to->name, "@");
	return true;
}

static int walk_table(const struct kpc_elffile *file, Elf_Scn *section,
		      const GElf_Shdr *header, kpc_elfsym_fn fn, void *ctx)
{
	Elf_Data *data = elf_getdata(section, NULL);
	size_t one = gelf_fsize(file->elf, ELF_T_SYM, 1, EV_CURRENT);
	struct kpc_elfsym symbol;
	GElf_Sym from;
	int ret = 0;

	if (!data || !data->d_buf || !one)
		return 0;
	for (size_t i = 0; !ret && i < data->d_size / one; i++)
		if (gelf_getsym(data, i, &from) &&
		    take(file, &from, header->sh_link, &symbol))
			ret = fn(ctx, &symbol);
	return ret;
}

/* @whole: it has a table of all symbols, not only of those for others. */
static int walk_file(const struct kpc_elffile *file, kpc_elfsym_fn fn,
		     void *ctx, bool *whole)
{
	Elf_Scn *section = NULL;
	GElf_Shdr header;
	int ret = 0;

	while (!ret && (section = elf_nextscn(file->elf, section))) {
		if (!gelf_getshdr(section, &header) ||
		    (header.sh_type != SHT_SYMTAB &&
		     header.sh_type != SHT_DYNSYM))
			continue;
		*whole |= header.sh_type == SHT_SYMTAB;
		ret = walk_table(file, section, &header, fn, ctx);
	}
	return ret;
}

int kpc_elfsyms_walk(const struct kpc_elffile *file, kpc_elfsym_fn fn,
		     void *ctx)
{
	struct kpc_elffile debug;
	bool whole = false;
	int ret = walk_file(file, fn, ctx, &whole);

	if (ret || whole)
		return ret;
	if (!kpc_elffile_open_debug(&debug, file))
		ret = walk_file(&debug, fn, ctx, &whole);
	kpc_elffile_close(&debug);
	return ret;
}

/* ---- looking for --------------------------------------------------------- */

struct search {
	const char *name;
	size_t name_bytes;
	struct kpc_elfsym_places *places; /* or NULL: the first will do */
	uint64_t address;
	uint32_t functions;
	struct kpc_nearmiss near;
};

static bool is_wanted(const struct search *s, const struct kpc_elfsym *symbol)
{
	return symbol->name_bytes == s->name_bytes &&
	       !memcmp(symbol->name, s->name, s->name_bytes);
}

/* Keeps them in order. -E2BIG */
static int add_place(struct kpc_elfsym_places *p, uint64_t address)
{
	uint32_t at = p->nr;

	while (at && p->address[at - 1] >= address)
		at--;
	if (at < p->nr && p->address[at] == address)
		return 0;
	if (p->nr == KPC_ELFSYMS_PLACES)
		return -E2BIG;
	memmove(&p->address[at + 1], &p->address[at],
		(p->nr - at) * sizeof(p->address[0]));
	p->address[at] = address;
	p->nr++;
	return 0;
}

/* What is offered is printed. */
static void offer(struct search *s, const struct kpc_elfsym *symbol)
{
	char name[KPC_NEARMISS_BYTES];

	if (symbol->name_bytes >= sizeof(name))
		return;
	for (size_t i = 0; i < symbol->name_bytes; i++) {
		name[i] = symbol->name[i];
		if (name[i] <= ' ' || name[i] > '~')
			return;
	}
	name[symbol->name_bytes] = '\0';
	kpc_nearmiss_offer(&s->near, name);
}

static int take_function(void *ctx, const struct kpc_elfsym *symbol)
{
	struct search *s = ctx;
	struct kpc_elfsym_places *p = s->places;

	if (!symbol->is_function)
		return 0;
	s->functions++;
	if (!is_wanted(s, symbol)) {
		offer(s, symbol);
		return 0;
	}
	p->is_chooser |= symbol->is_chooser;
	if (!p->nr || symbol->bytes < p->bytes)
		p->bytes = symbol->bytes;
	return add_place(p, symbol->address);
}

int kpc_elfsyms_functions(const struct kpc_elffile *file, const char *name,
			  struct kpc_elfsym_places *places, char *error,
			  size_t error_size)
{
	struct search s = {
		.name = name,
		.name_bytes = strlen(name),
		.places = places,
	};
	char text[KPC_NEARMISS_TEXT];
	int err;

	*places = (struct kpc_elfsym_places){ 0 };
	kpc_nearmiss_init(&s.near, name);
	err = kpc_elfsyms_walk(file, take_function, &s);
	if (err)
		return kpc_fail(error, error_size, err,
				"%s has more than %d functions called %s",
				file->path, KPC_ELFSYMS_PLACES, name);
	if (places->nr)
		return 0;
	if (!s.functions)
		return kpc_fail(error, error_size, -ENOENT,
				"%s has no symbols of functions, so it can't "
				"be told where %s is (it is stripped; an "
				"offset works: %s:0xOFFSET)",
				file->path, name, file->path);
	return kpc_fail(error, error_size, -ENOENT,
			"%s has no function called %s%s", file->path, name,
			kpc_nearmiss_text(&s.near, text, sizeof(text)));
}

static int take_any(void *ctx, const struct kpc_elfsym *symbol)
{
	struct search *s = ctx;

	if (!is_wanted(s, symbol))
		return 0;
	s->address = symbol->address;
	return 1;
}

bool kpc_elfsyms_address(const struct kpc_elffile *file, const char *name,
			 size_t name_bytes, uint64_t *address)
{
	struct search s = { .name = name, .name_bytes = name_bytes };

	if (!kpc_elfsyms_walk(file, take_any, &s))
		return false;
	*address = s.address;
	return true;
}
