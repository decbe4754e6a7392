// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "places.h"

#define PAGE_BYTES 4096u

/* Symbols that are known, then tokens. */
#define KERNEL_FIRST 0xffffe00000000000ull
#define KERNEL_TOKEN 0xffffe80000000000ull
#define KERNEL_MASK  0x000007ffffffffffull
#define USER_FIRST   0x0000100000000000ull
#define USER_TOKEN   0x0000600000000000ull
#define USER_MASK    0x00000fffffffffffull

#define SYMBOLS_MAX (1u << 20)
/* A symbol that has no size, or a module that has no symbols. */
#define SYMBOL_BYTES_MAX (16ull << 20)
#define FILE_BITS	 32	    /* a file has 4 GiB of addresses, */
#define FILES_MAX	 (1u << 14) /* and there are so many places for them */

struct symbol {
	uint32_t name;
	uint32_t module;
	uint64_t bytes; /* the key ends here */
	uint64_t start;
};

#define KEY_BYTES 16
_Static_assert(offsetof(struct symbol, start) == KEY_BYTES, "");

void kpc_places_init(struct kpc_places *places, const struct kpc_token_key *key)
{
	*places = (struct kpc_places){
		.key = key,
		.symbols = { sizeof(struct symbol), KEY_BYTES, SYMBOLS_MAX },
		.next = KERNEL_FIRST,
	};
}

void kpc_places_uninit(struct kpc_places *places)
{
	kpc_names_uninit(&places->names);
	kpc_records_uninit(&places->symbols);
	kpc_names_uninit(&places->files);
}

static uint64_t token(const struct kpc_places *places, uint64_t address,
		      uint64_t first, uint64_t mask)
{
	return first |
	       (kpc_token_hash(places->key, &address, sizeof(address)) & mask);
}

/* ---- kernel -------------------------------------------------------------- */

static uint64_t room_of(const struct kpc_kernel_symbol *symbol)
{
	return symbol->bytes && symbol->bytes < SYMBOL_BYTES_MAX ?
		       symbol->bytes :
		       SYMBOL_BYTES_MAX;
}

/* Its number, -E2BIG or -ENOMEM. */
static int64_t add_symbol(struct kpc_places *places,
			  const struct kpc_kernel_symbol *from)
{
	int64_t name = kpc_names_add(&places->names, from->name);
	int64_t module = kpc_names_add(&places->names, from->module);
	const struct symbol symbol = {
		.name = name,
		.module = module,
		.bytes = room_of(from),
		.start = places->next,
	};
	uint32_t nr = places->symbols.nr;
	int64_t number;

	if (name < 0 || module < 0)
		return -ENOMEM;
	if (places->next + 2 * SYMBOL_BYTES_MAX > KERNEL_TOKEN)
		return -E2BIG;
	number = kpc_records_add(&places->symbols, &symbol);
	/* Beginnings of functions are aligned; one behind its end is another's. */
	if (number == nr)
		places->next += (symbol.bytes + 32) & ~15ull;
	return number;
}

int kpc_places_kernel(struct kpc_places *places,
		      const struct kpc_trace_info *info, uint64_t address,
		      uint64_t time_ns, uint64_t *place)
{
	struct kpc_kernel_symbol symbol;
	int64_t number;

	*place = address < PAGE_BYTES ?
			 address :
			 token(places, address, KERNEL_TOKEN, KERNEL_MASK);
	if (address < PAGE_BYTES ||
	    kpc_trace_symbol(info, address, time_ns, &symbol) ||
	    symbol.offset >= room_of(&symbol))
		return 0;
	number = add_symbol(places, &symbol);
	if (number >= 0) {
		const struct symbol *known =
			kpc_records_at(&places->symbols, number);

		*place = known->start + symbol.offset;
	}
	return number == -ENOMEM ? -ENOMEM : 0;
}

int kpc_places_symbol(const struct kpc_places *places, uint64_t place,
		      struct kpc_kernel_symbol *symbol)
{
	uint32_t low = 0, high = places->symbols.nr;
	const struct symbol *known;

	/* They ascend. */
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		known = kpc_records_at(&places->symbols, middle);
		if (known->start <= place)
			low = middle + 1;
		else
			high = middle;
	}
	known = low ? kpc_records_at(&places->symbols, low - 1) : NULL;
	if (!known || place - known->start >= known->bytes)
		return -ENOENT;
	*symbol = (struct kpc_kernel_symbol){
		.name = kpc_names_text(&places->names, known->name),
		.module = kpc_names_text(&places->names, known->module),
		.start = known->start,
		.bytes = known->bytes,
		.offset = place - known->start,
	};
	return 0;
}

/* ---- programs ------------------------------------------------------------ */

/* What is mapped without a file has addresses for offsets. */
static bool is_file(const struct kpc_mapping *mapping)
{
	return (*mapping->path == '/' &&
		strncmp(mapping->path, "//anon", 6) != 0) ||
	       !strcmp(mapping->path, "[vdso]");
}

int kpc_places_user(struct kpc_places *places,
		    const struct kpc_trace_info *info, uint32_t pid,
		    uint64_t address, uint64_t time_ns, uint64_t *place)
{
	char path[KPC_TOKEN_BYTES];
	struct kpc_mapping mapping;
	int64_t file;

	*place = address < PAGE_BYTES ?
			 address :
			 token(places, address, USER_TOKEN, USER_MASK);
	if (address < PAGE_BYTES ||
	    kpc_trace_map(info, pid, address, time_ns, &mapping) ||
	    !is_file(&mapping) || mapping.offset >> FILE_BITS)
		return 0;
	kpc_token_text(places->key, mapping.path, strlen(mapping.path), path);
	file = kpc_names_add(&places->files, path);
	if (file >= 0 && file < FILES_MAX)
		*place = USER_FIRST + ((uint64_t)file << FILE_BITS) +
			 mapping.offset;
	return file < 0 ? file : 0;
}

int kpc_places_map(const struct kpc_places *places, uint64_t place,
		   struct kpc_mapping *mapping)
{
	uint64_t file = (place - USER_FIRST) >> FILE_BITS;

	if (place < USER_FIRST || file >= FILES_MAX ||
	    file >= kpc_names_nr(&places->files))
		return -ENOENT;
	*mapping = (struct kpc_mapping){
		.path = kpc_names_text(&places->files, file),
		.start = USER_FIRST + (file << FILE_BITS),
		.bytes = 1ull << FILE_BITS,
		.offset = place & ((1ull << FILE_BITS) - 1),
	};
	return 0;
}
