// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "elfsyms.h"
#include "usdtarg.h"

/* ---- registers ----------------------------------------------------------- */

/* The kernel's name of each, and those of its parts. */
static const struct reg {
	const char *name;
	const char *parts[4]; /* of 8, 4, 2 and 1 bytes */
} regs[] = {
	{ "ax", { "rax", "eax", "ax", "al" } },
	{ "bx", { "rbx", "ebx", "bx", "bl" } },
	{ "cx", { "rcx", "ecx", "cx", "cl" } },
	{ "dx", { "rdx", "edx", "dx", "dl" } },
	{ "si", { "rsi", "esi", "si", "sil" } },
	{ "di", { "rdi", "edi", "di", "dil" } },
	{ "bp", { "rbp", "ebp", "bp", "bpl" } },
	{ "sp", { "rsp", "esp", "sp", "spl" } },
	{ "r8", { "r8", "r8d", "r8w", "r8b" } },
	{ "r9", { "r9", "r9d", "r9w", "r9b" } },
	{ "r10", { "r10", "r10d", "r10w", "r10b" } },
	{ "r11", { "r11", "r11d", "r11w", "r11b" } },
	{ "r12", { "r12", "r12d", "r12w", "r12b" } },
	{ "r13", { "r13", "r13d", "r13w", "r13b" } },
	{ "r14", { "r14", "r14d", "r14w", "r14b" } },
	{ "r15", { "r15", "r15d", "r15w", "r15b" } },
};

#define NR_REGS (sizeof(regs) / sizeof(regs[0]))

/* Within an argument. */
struct cursor {
	const char *at;
	const char *end;
};

static bool is_word(const char *word, const char *at, size_t bytes)
{
	return strlen(word) == bytes && !memcmp(word, at, bytes);
}

static const char *find_reg(const char *at, size_t bytes)
{
	for (size_t i = 0; i < NR_REGS; i++)
		for (size_t part = 0; part < 4; part++)
			if (is_word(regs[i].parts[part], at, bytes))
				return regs[i].name;
	return NULL;
}

/* Behind a %; NULL: it is none of those. */
static const char *take_reg(struct cursor *c, const char **reason)
{
	const char *begin = c->at;
	const char *name;

	while (c->at < c->end && isalnum((unsigned char)*c->at))
		c->at++;
	name = find_reg(begin, c->at - begin);
	if (!name)
		*reason = "the kernel can't take this register";
	return name;
}

/* ---- pieces -------------------------------------------------------------- */

static bool take_char(struct cursor *c, char wanted)
{
	if (c->at == c->end || *c->at != wanted)
		return false;
	c->at++;
	return true;
}

/* [+-]NUMBER, decimal or 0x. */
static bool take_number(struct cursor *c, int64_t *number)
{
	const char *digits = c->at;
	char *end;

	if (digits < c->end && (*digits == '-' || *digits == '+'))
		digits++;
	if (digits == c->end || !isdigit((unsigned char)*digits))
		return false;
	errno = 0;
	if (*c->at == '-')
		*number = strtoll(c->at, &end, 0);
	else /* 2^64 - 1 is written so, too */
		*number = strtoull(digits, &end, 0);
	if (errno)
		return false;
	c->at = end;
	return true;
}

static void set_other(struct kpc_usdtarg *arg, const char *reason)
{
	arg->place = KPC_USDTARG_OTHER;
	arg->reason = reason;
}

/* ---- places -------------------------------------------------------------- */

/* From behind the parenthesis of NUMBER(%REG) on. */
static void parse_memory(struct cursor *c, struct kpc_usdtarg *arg)
{
	const char *reason = "this isn't known here";

	if (!take_char(c, '%')) {
		set_other(arg, "the kernel can't take what has an index");
		return;
	}
	arg->reg = take_reg(c, &reason);
	if (arg->reg && take_char(c, ')') && c->at == c->end) {
		arg->place = KPC_USDTARG_MEMORY;
		return;
	}
	if (c->at < c->end && *c->at == ',')
		reason = "the kernel can't take what has an index";
	set_other(arg, reason);
}

static bool is_symbol_char(char c)
{
	return isalnum((unsigned char)c) || strchr("_.$@", c);
}

/* SYMBOL[+NUMBER](%rip) */
static void parse_variable(struct cursor *c, struct kpc_usdtarg *arg)
{
	static const char rip[] = "(%rip)";

	arg->symbol = c->at;
	while (c->at < c->end && *c->at && is_symbol_char(*c->at))
		c->at++;
	arg->symbol_bytes = c->at - arg->symbol;
	if (c->at < c->end && (*c->at == '+' || *c->at == '-') &&
	    !take_number(c, &arg->number)) {
		set_other(arg, "this isn't known here");
		return;
	}
	if (arg->symbol_bytes && is_word(rip, c->at, c->end - c->at))
		arg->place = KPC_USDTARG_VARIABLE;
	else if (c->at < c->end && *c->at == '(')
		set_other(arg, "the kernel can't take what has an index");
	else
		set_other(arg, "this isn't known here");
}

static void parse_place(struct cursor *c, struct kpc_usdtarg *arg)
{
	const char *reason = "this isn't known here";

	if (take_char(c, '%')) {
		arg->place = KPC_USDTARG_REGISTER;
		arg->reg = take_reg(c, &reason);
		if (!arg->reg || c->at != c->end)
			set_other(arg, reason);
	} else if (take_char(c, '$')) {
		arg->place = KPC_USDTARG_CONSTANT;
		if (!take_number(c, &arg->number) || c->at != c->end)
			set_other(arg, reason);
	} else if (take_char(c, '(')) {
		parse_memory(c, arg);
	} else if (take_number(c, &arg->number)) {
		if (take_char(c, '('))
			parse_memory(c, arg);
		else
			set_other(arg, reason);
	} else {
		parse_variable(c, arg);
	}
}

/* "-4@"; without it is as large as a register. */
static void parse_size(struct cursor *c, struct kpc_usdtarg *arg)
{
	const char *at = memchr(c->at, '@', c->end - c->at);
	struct cursor size = { c->at, at };
	int64_t bytes;

	arg->bytes = 8;
	/* SYMBOL@PLT has one, too. */
	if (!at || (!isdigit((unsigned char)*c->at) && *c->at != '-'))
		return;
	if (!take_number(&size, &bytes))
		return;
	c->at = at + 1;
	arg->is_signed = bytes < 0;
	if (arg->is_signed && bytes > -9)
		bytes = -bytes;
	if (size.at != at)
		set_other(arg, *size.at == 'f' ?
				       "the kernel can't take floating point" :
				       "this isn't known here");
	else if (bytes != 1 && bytes != 2 && bytes != 4 && bytes != 8)
		set_other(arg, "the kernel takes 1, 2, 4 or 8 bytes");
	else
		arg->bytes = bytes;
}

bool kpc_usdtarg_next(const char **text, struct kpc_usdtarg *arg)
{
	struct cursor c;

	c.at = *text + strspn(*text, " \t");
	c.end = c.at + strcspn(c.at, " \t");
	*text = c.end;
	*arg = (struct kpc_usdtarg){
		.text = c.at,
		.text_bytes = c.end - c.at,
	};
	if (c.at == c.end)
		return false;
	parse_size(&c, arg);
	if (!arg->reason)
		parse_place(&c, arg);
	return true;
}

/* ---- fetch arguments ----------------------------------------------------- */

const char *kpc_usdtarg_type(const struct kpc_usdtarg *arg)
{
	switch (arg->bytes) {
	case 1:
		return arg->is_signed ? "s8" : "u8";
	case 2:
		return arg->is_signed ? "s16" : "u16";
	case 4:
		return arg->is_signed ? "s32" : "u32";
	default:
		return arg->is_signed ? "s64" : "u64";
	}
}

/*
 * "@+N" is N bytes from where the file would begin if it lay in memory as it lies
 * around the probe: of what is mapped elsewhere the distance in memory counts.
 */
static bool variable_at(struct kpc_usdtarg *arg, const struct kpc_elffile *file,
			uint64_t address, int64_t *at)
{
	uint64_t variable, offset;

	if (!kpc_elfsyms_address(file, arg->symbol, arg->symbol_bytes,
				 &variable) ||
	    !kpc_elffile_offset(file, address, &offset)) {
		set_other(arg, "the file has no symbol of this name");
		return false;
	}
	*at = variable + arg->number - address + offset;
	return true;
}

bool kpc_usdtarg_fetch(struct kpc_usdtarg *arg, const struct kpc_elffile *file,
		       uint64_t address, struct kpc_buf *out)
{
	char text[64];
	int64_t at;
	int bytes;

	if (arg->place != KPC_USDTARG_OTHER && file->machine != EM_X86_64 &&
	    file->machine != EM_386)
		set_other(arg, "this machine's arguments aren't known here");
	switch (arg->place) {
	case KPC_USDTARG_REGISTER:
		bytes = snprintf(text, sizeof(text), "%%%s", arg->reg);
		break;
	case KPC_USDTARG_CONSTANT:
		bytes = snprintf(text, sizeof(text), "\\%" PRId64, arg->number);
		break;
	case KPC_USDTARG_MEMORY:
		bytes = snprintf(text, sizeof(text), "%+" PRId64 "(%%%s)",
				 arg->number, arg->reg);
		break;
	case KPC_USDTARG_VARIABLE:
		if (!variable_at(arg, file, address, &at))
			return false;
		bytes = snprintf(text, sizeof(text), "@+%" PRId64, at);
		break;
	default:
		return false;
	}
	kpc_buf_add(out, text, bytes);
	return true;
}
