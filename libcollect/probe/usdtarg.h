/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * usdtarg - where a USDT probe's arguments are, as the assembler wrote it, and what
 * the kernel's fetch arguments make of that
 *
 *   ARGUMENTS = ARGUMENT { " " ARGUMENT }
 *   ARGUMENT  = [["-"] BYTES ["f"] "@"] PLACE       "-": signed; f: floating point
 *   PLACE     = "%" REGISTER | "$" NUMBER
 *             | [NUMBER] "(" "%" REGISTER ")"
 *             | SYMBOL ["+" NUMBER | "-" NUMBER] "(%rip)"
 *
 * The kernel can't take what has an index, (%rax,%rbx,8), nor floating point.
 */
#ifndef KPC_USDTARG_H
#define KPC_USDTARG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "elffile.h"

enum kpc_usdtarg_place {
	KPC_USDTARG_REGISTER,
	KPC_USDTARG_CONSTANT,
	KPC_USDTARG_MEMORY,   /* at a register and number */
	KPC_USDTARG_VARIABLE, /* at a symbol and number */
	KPC_USDTARG_OTHER,    /* the kernel can't take it */
};

struct kpc_usdtarg {
	enum kpc_usdtarg_place place;
	uint32_t bytes; /* 1, 2, 4 or 8 */
	bool is_signed;
	const char *reg; /* the kernel's name */
	int64_t number;
	const char *symbol; /* within the text */
	size_t symbol_bytes;
	const char *reason; /* of OTHER */
	const char *text;   /* as it was written */
	size_t text_bytes;
};

/* Takes the next one off *@text. False at the end. */
bool kpc_usdtarg_next(const char **text, struct kpc_usdtarg *arg);
/* "s32"; static. */
const char *kpc_usdtarg_type(const struct kpc_usdtarg *arg);
/*
 * Appends its fetch argument without the type, such as "-8(%bp)", of a probe at
 * @address of @file, or says in @arg why there's none.
 */
bool kpc_usdtarg_fetch(struct kpc_usdtarg *arg, const struct kpc_elffile *file,
		       uint64_t address, struct kpc_buf *out);

#endif /* KPC_USDTARG_H */
