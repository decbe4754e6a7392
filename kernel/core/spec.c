// SPDX-License-Identifier: GPL-2.0-only
/* The command, the target, and all of it together. */
#include <linux/build_bug.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "name.h"
#include "parser.h"

static int check_bytes(struct kpx_parser *p)
{
	size_t i;

	if (p->text.len >= KPX_DEFINITION_SIZE)
		return kpx_parser_fail(p, KPX_ERR_TOO_LONG,
				       kpx_slice_sub(p->text,
						     KPX_DEFINITION_SIZE - 1,
						     KPX_DEFINITION_SIZE - 1));
	for (i = 0; i < p->text.len; i++) {
		char c = p->text.s[i];

		if ((c < 0x20 || c > 0x7e) && !kpx_is_space(c))
			return kpx_parser_fail(p, KPX_ERR_BAD_BYTE,
					       kpx_slice_sub(p->text, i,
							     i + 1));
	}
	return 0;
}

char *kpx_parser_copy(struct kpx_parser *p, struct kpx_slice from)
{
	char *to = p->chars;

	memcpy(to, from.s, from.len);
	to[from.len] = '\0';
	p->chars += from.len + 1;
	return to;
}

/* ---- command ------------------------------------------------------------- */

static int parse_maxactive(struct kpx_parser *p, struct kpx_slice number)
{
	u64 n;

	if (!number.len)
		return 0;
	if (!p->spec->is_return)
		return kpx_parser_fail(p, KPX_ERR_MAXACTIVE, number);
	if (kpx_slice_number(number, KPX_MAXACTIVE_MAX, &n) || !n)
		return kpx_parser_fail(p, KPX_ERR_BAD_MAXACTIVE, number);
	p->spec->maxactive = n;
	return 0;
}

/* p[:NAME], r[MAXACTIVE][:NAME] */
static int parse_command(struct kpx_parser *p, struct kpx_slice command)
{
	size_t colon = kpx_slice_find(command, ':');
	struct kpx_slice number = kpx_slice_sub(command, 1, colon);
	struct kpx_slice name = kpx_slice_sub(command, colon + 1, command.len);
	int ret;

	if (!command.len)
		return kpx_parser_fail(p, KPX_ERR_NO_COMMAND, command);
	if (command.s[0] == '-')
		return kpx_parser_fail(p, KPX_ERR_ONE_COMMAND, command);
	if ((command.s[0] != 'p' && command.s[0] != 'r') ||
	    (number.len && !kpx_is_digit(number.s[0])))
		return kpx_parser_fail(p, KPX_ERR_BAD_COMMAND, command);
	p->spec->is_return = command.s[0] == 'r';
	ret = parse_maxactive(p, number);
	if (ret || colon == command.len)
		return ret;
	p->spec->name_at = name.s - p->text.s;
	p->spec->name_len = name.len;
	return kpx_name_parse(p->text, name, p->spec->name, p->err);
}

/* ---- target -------------------------------------------------------------- */

bool kpx_parser_is_symbol(struct kpx_slice symbol)
{
	size_t i;

	if (!symbol.len || kpx_is_digit(symbol.s[0]))
		return false;
	for (i = 0; i < symbol.len; i++) {
		char c = symbol.s[i];

		if (c != '.' && c != '$' && !kpx_is_digit(c) &&
		    !kpx_slice_is_identifier(kpx_slice(&c, 1)))
			return false;
	}
	return true;
}

/* A module's name: dashes are underscores in the kernel, so no dash here. */
static bool is_module(struct kpx_slice module)
{
	size_t i;

	for (i = 0; i < module.len; i++)
		if (!kpx_is_digit(module.s[i]) &&
		    !kpx_slice_is_identifier(kpx_slice(module.s + i, 1)))
			return false;
	return module.len;
}

/* [MOD:]SYMBOL */
static int check_symbol(struct kpx_parser *p, struct kpx_slice name)
{
	size_t colon = kpx_slice_find(name, ':');
	struct kpx_slice module = kpx_slice_sub(name, 0, colon);
	struct kpx_slice symbol = name;

	if (colon < name.len) {
		if (!is_module(module))
			return kpx_parser_fail(p, KPX_ERR_BAD_SYMBOL, name);
		if (module.len > KPX_MODULE_MAX)
			return kpx_parser_fail(p, KPX_ERR_SYMBOL_TOO_LONG,
					       module);
		symbol = kpx_slice_sub(name, colon + 1, name.len);
	}
	if (!kpx_parser_is_symbol(symbol))
		return kpx_parser_fail(p, KPX_ERR_BAD_SYMBOL, name);
	if (symbol.len > KPX_SYMBOL_MAX)
		return kpx_parser_fail(p, KPX_ERR_SYMBOL_TOO_LONG, symbol);
	return 0;
}

/* Takes %return off *@target. */
static int parse_suffix(struct kpx_parser *p, struct kpx_slice *target)
{
	size_t percent = kpx_slice_find(*target, '%');
	struct kpx_slice suffix = kpx_slice_sub(*target, percent, target->len);

	if (percent == target->len)
		return 0;
	if (!kpx_slice_eq(suffix, "%return"))
		return kpx_parser_fail(p, KPX_ERR_BAD_SUFFIX, suffix);
	p->spec->is_return = true;
	*target = kpx_slice_sub(*target, 0, percent);
	return 0;
}

/* The stub that a system call's name stands for. */
static void set_symbol(struct kpx_parser *p, struct kpx_slice name)
{
	struct kpx_spec *spec = p->spec;

	spec->shown_symbol = kpx_parser_copy(p, name);
	spec->symbol = spec->shown_symbol;
	spec->at_entry = !spec->symbol_offset;
	if (!(p->flags & KPX_SPEC_SYSCALL) || !spec->at_entry)
		return;
	p->syscall = kpx_reg_syscall(name);
	if (!p->syscall)
		return;
	spec->is_syscall = true;
	spec->symbol = p->chars;
	p->chars += sprintf(p->chars, "%s%s", p->syscall->stub,
			    spec->shown_symbol + strlen(p->syscall->given)) +
		    1;
}

static int parse_symbol(struct kpx_parser *p, struct kpx_slice target)
{
	size_t plus, minus;
	struct kpx_slice name;
	u64 offset;
	int ret;

	ret = parse_suffix(p, &target);
	if (ret)
		return ret;
	plus = kpx_slice_find(target, '+');
	minus = kpx_slice_find(target, '-');
	name = kpx_slice_sub(target, 0, plus);
	if (minus < plus)
		return kpx_parser_fail(p, KPX_ERR_BAD_OFFSET, target);
	ret = check_symbol(p, name);
	if (ret)
		return ret;
	if (plus < target.len) {
		if (kpx_slice_number(kpx_slice_sub(target, plus + 1,
						   target.len),
				     U32_MAX, &offset))
			return kpx_parser_fail(p, KPX_ERR_BAD_OFFSET, target);
		p->spec->symbol_offset = offset;
	}
	if (p->spec->is_return && p->spec->symbol_offset)
		return kpx_parser_fail(p, KPX_ERR_NOT_ENTRY, target);
	set_symbol(p, name);
	return 0;
}

static int parse_target(struct kpx_parser *p, struct kpx_slice target)
{
	if (!target.len)
		return kpx_parser_fail(p, KPX_ERR_NO_TARGET, target);
	p->spec->target_at = target.s - p->text.s;
	p->spec->target_len = target.len;
	if (!kpx_is_digit(target.s[0]))
		return parse_symbol(p, target);
	if (kpx_slice_number(target, U64_MAX, &p->spec->address) ||
	    !p->spec->address)
		return kpx_parser_fail(p, KPX_ERR_BAD_ADDRESS, target);
	return 0;
}

/* ---- arguments and condition --------------------------------------------- */

static int parse_rest(struct kpx_parser *p, size_t pos)
{
	struct kpx_slice token;
	int ret;

	for (;;) {
		token = kpx_slice_token(p->text, &pos);
		if (!token.len)
			return 0;
		if (kpx_slice_eq(token, "if"))
			return kpx_expr_parse(p, kpx_slice_sub(p->text, pos,
							       p->text.len));
		ret = kpx_arg_parse(p, token);
		if (ret)
			return ret;
	}
}

static bool is_plain(const struct kpx_fetch_arg *arg)
{
	return arg->base == KPX_BASE_REG && arg->store == KPX_STORE_VALUE &&
	       !arg->nr_derefs && !arg->right && !arg->is_big;
}

/* The largest record, for the caller's buffer and for what users are told. */
static unsigned int max_bytes(const struct kpx_fetch *fetch)
{
	unsigned int bytes = fetch->static_bytes, i;

	for (i = 0; i < fetch->nr_args; i++)
		if (fetch->args[i].store >= KPX_STORE_STRING)
			bytes += KPX_STRING_MAX * (fetch->args[i].count ?: 1);
	if (bytes > KPX_RECORD_MAX - 4)
		return KPX_RECORD_MAX - 4;
	return ALIGN(bytes + 4, 8) - 4;
}

/* From the arguments to what the hot path needs. */
static void compile(struct kpx_parser *p)
{
	struct kpx_fetch *fetch = &p->spec->fetch;
	unsigned int i, end = KPX_RECORD_ARGS;

	BUILD_BUG_ON(KPX_RECORD_ARGS + KPX_STATIC_MAX + 64 > KPX_RECORD_MAX);
	fetch->args = p->fetch;
	fetch->ops = p->ops;
	fetch->nr_args = p->spec->nr_args;
	fetch->static_bytes = ALIGN(p->end, 8);
	fetch->is_plain = true;
	fetch->is_words = true;
	for (i = 0; i < fetch->nr_args; i++) {
		const struct kpx_fetch_arg *arg = &p->fetch[i];

		p->ops[i].reg = arg->index;
		p->ops[i].offset = arg->offset;
		p->ops[i].bytes = arg->bytes;
		fetch->is_plain &= is_plain(arg);
		fetch->is_words &= is_plain(arg) && arg->bytes == sizeof(u64);
		fetch->has_gaps |= arg->offset != end;
		end = arg->offset + arg->bytes;
	}
	if (!fetch->is_plain) {
		fetch->max_bytes = max_bytes(fetch);
		return;
	}
	fetch->max_bytes = ALIGN(p->end + 4, 8) - 4;
	/* the padding may begin before the last 8 bytes */
	fetch->has_gaps |= fetch->max_bytes - 4 > p->end;
}

/* ---- all of it ----------------------------------------------------------- */

/* How much of everything a text can make, at most. */
struct counts {
	size_t args, derefs, symbols, expr_ops, chars;
};

static size_t count_char(struct kpx_slice text, char c)
{
	size_t i, n = 0;

	for (i = 0; i < text.len; i++)
		n += text.s[i] == c;
	return n;
}

static struct counts count(struct kpx_slice text)
{
	struct kpx_slice token;
	struct counts n = {};
	bool has_if = false;
	size_t pos = 0;

	while ((token = kpx_slice_token(text, &pos)).len) {
		n.args += kpx_arg_count(token);
		has_if |= kpx_slice_eq(token, "if");
	}
	if (n.args > KPX_ARGS_MAX)
		n.args = KPX_ARGS_MAX;
	n.symbols = count_char(text, '@');
	/* and a hidden one for each argument of a system call */
	n.derefs = n.symbols + count_char(text, '(') + n.args;
	if (has_if)
		n.expr_ops = text.len < KPX_EXPR_OPS_MAX ? text.len :
							   KPX_EXPR_OPS_MAX;
	/*
	 * Each byte goes at most twice into a copy, and each NUL is in place
	 * of a byte, but for the target's, the stub's and the condition's; a
	 * stub's name is longer than the call's.
	 */
	n.chars = 2 * text.len + 64;
	return n;
}

/* One allocation, largest alignment first. */
static int parser_alloc(struct kpx_parser *p)
{
	struct counts n = count(p->text);
	struct kpx_spec *spec;

	spec = kzalloc(
		sizeof(*spec) + sizeof(*p->expr) +
			n.args * (sizeof(*spec->args) + sizeof(*p->fetch)) +
			n.derefs * sizeof(*p->deref) +
			n.symbols * sizeof(*spec->symbols) +
			n.expr_ops * sizeof(*p->expr_ops) +
			n.args * (sizeof(*p->ops) + sizeof(*p->entry)) +
			n.chars,
		GFP_KERNEL);
	if (!spec)
		return -ENOMEM;
	p->spec = spec;
	p->expr = (struct kpx_expr *)(spec + 1);
	spec->args = (struct kpx_spec_arg *)(p->expr + 1);
	p->fetch = (struct kpx_fetch_arg *)(spec->args + n.args);
	p->deref = (struct kpx_fetch_deref *)(p->fetch + n.args);
	spec->symbols = (struct kpx_spec_symbol *)(p->deref + n.derefs);
	p->expr_ops = (struct kpx_expr_op *)(spec->symbols + n.symbols);
	p->max_expr_ops = n.expr_ops;
	p->ops = (struct kpx_fetch_op *)(p->expr_ops + n.expr_ops);
	p->entry = (u16 *)(p->ops + n.args);
	p->chars = (char *)(p->entry + n.args);
	spec->entry_regs = p->entry;
	spec->stack_reg = kpx_reg_stack()->offset;
	p->end = KPX_RECORD_ARGS;
	return 0;
}

static int finish(struct kpx_parser *p)
{
	struct kpx_spec *spec = p->spec;

	if ((p->flags & KPX_SPEC_AUTO_NAME) && !spec->name[0])
		kpx_name_auto(spec->is_return, spec->shown_symbol,
			      spec->symbol ? spec->symbol_offset :
					     spec->address,
			      spec->name);
	compile(p);
	/* what a read of the device gives must be good for a write */
	if (kpx_spec_print(spec, NULL, 0) >= KPX_DEFINITION_SIZE)
		return kpx_parser_fail(p, KPX_ERR_TOO_LONG,
				       kpx_slice_sub(p->text, p->text.len,
						     p->text.len));
	return 0;
}

int kpx_spec_parse(struct kpx_slice text, unsigned int flags,
		   struct kpx_spec **out, struct kpx_error *err)
{
	struct kpx_parser p = { .text = text, .err = err, .flags = flags };
	size_t pos = 0;
	int ret;

	ret = check_bytes(&p);
	if (!ret)
		ret = parser_alloc(&p);
	if (ret)
		return ret;

	ret = parse_command(&p, kpx_slice_token(text, &pos));
	if (!ret)
		ret = parse_target(&p, kpx_slice_token(text, &pos));
	if (!ret)
		ret = parse_rest(&p, pos);
	if (!ret)
		ret = finish(&p);
	if (ret) {
		kpx_spec_free(p.spec);
		return ret;
	}
	*out = p.spec;
	return 0;
}

void kpx_spec_free(const struct kpx_spec *spec)
{
	kfree(spec);
}

bool kpx_spec_may_be_syscall(const struct kpx_spec *spec)
{
	return spec->at_entry && !spec->is_syscall &&
	       kpx_reg_syscall(kpx_slice(spec->symbol, strlen(spec->symbol)));
}

void kpx_spec_set_symbol(struct kpx_spec *spec, unsigned int index, u64 address)
{
	const struct kpx_spec_symbol *symbol = &spec->symbols[index];
	/* the spec's own; const is for the hot path */
	struct kpx_fetch_arg *arg =
		(struct kpx_fetch_arg *)&spec->fetch.args[symbol->arg];

	arg->value = address + symbol->offset;
}
