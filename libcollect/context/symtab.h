/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * symtab - what the kernel's addresses were, from a trace's KernelSymbols,
 * KernelModules and Ksymbols; see "What an address was" in the schema
 */
#ifndef KPC_SYMTAB_H
#define KPC_SYMTAB_H

#include <stdbool.h>
#include <stdint.h>

#include "buf.h"
#include "collect.h"
#include "ranges.h"
#include "wire.h"

struct kpc_symtab_entry { /* texts are offsets; 0: "" */
	uint32_t name;
	uint32_t module;
	bool gone;
};

struct kpc_symtab_module {
	uint32_t name;
	bool gone;
	uint8_t build_id_bytes;
	uint8_t build_id[20];
};

/* Zeroed is empty. */
struct kpc_symtab {
	struct kpc_ranges symbols;
	struct kpc_ranges modules;
	struct kpc_ranges ksymbols;
	struct kpc_symtab_entry *entry; /* of symbols and ksymbols */
	uint32_t nr;
	uint32_t room;
	struct kpc_symtab_module *module;
	uint32_t nr_modules;
	uint32_t modules_room;
	struct kpc_buf texts;
	uint64_t text_pokes;
	bool denied;
	uint64_t lost;
};

/*
 * Add the entries of a serialised body. -EBADMSG if it is damaged (nothing that
 * could mislead is added then), -ENOMEM, -E2BIG if it would be too many.
 */
int kpc_symtab_add_symbols(struct kpc_symtab *symtab, struct kpc_wire body);
int kpc_symtab_add_modules(struct kpc_symtab *symtab, struct kpc_wire body);
int kpc_symtab_add_ksymbols(struct kpc_symtab *symtab, struct kpc_wire body);
/* After the last add and before the first find. */
void kpc_symtab_finish(struct kpc_symtab *symtab);
void kpc_symtab_uninit(struct kpc_symtab *symtab);
/* False: nothing is known of it. Texts are the symtab's. */
bool kpc_symtab_find(const struct kpc_symtab *symtab, uint64_t address,
		     uint64_t time_ns, struct kpc_kernel_symbol *symbol);

#endif /* KPC_SYMTAB_H */
