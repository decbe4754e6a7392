// SPDX-License-Identifier: GPL-2.0-only
#include <linux/build_bug.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "name.h"
#include "spec.h"

/* What a parse carries along. */
struct parser {
	struct kpx_slice text;
	struct kpx_error *err;
	struct kpx_spec *spec;
	struct kpx_fetch_op *ops;
	struct kpx_fetch_arg *args;
	bool at_entry;
};

static int fail(struct parser *p, enum kpx_error_code code, struct kpx_slice at)
{
	return kpx_error_at(p->err, code, p->text, at);
}

static int check_bytes(struct parser *p)
{
	size_t i;

	if (p->text.len >= KPX_DEFINITION_SIZE)
		return fail(p, KPX_ERR_TOO_LONG,
			    kpx_slice_sub(p->text, KPX_DEFINITION_SIZE - 1,
					  KPX_DEFINITION_SIZE - 1));
	for (i = 0; i < p->text.len; i++) {
		char c = p->text.s[i];

		if ((c < 0x20 || c > 0x7e) && !kpx_is_space(c))
			return fail(p, KPX_ERR_BAD_BYTE,
				    kpx_slice_sub(p->text, i, i + 1));
	}
	return 0;
}

/* p[:NAME] */
static int parse_command(struct parser *p, struct kpx_slice command)
{
	struct kpx_slice name;

	if (!command.len)
		return fail(p, KPX_ERR_NO_COMMAND, command);
	if (command.s[0] == 'r' && (command.len == 1 || command.s[1] == ':' ||
				    kpx_is_digit(command.s[1])))
		return fail(p, KPX_ERR_NO_RETURN, command);
	if (command.s[0] == '-')
		return fail(p, KPX_ERR_ONE_COMMAND, command);
	if (command.s[0] != 'p')
		return fail(p, KPX_ERR_BAD_COMMAND, command);
	if (command.len == 1)
		return 0;
	if (kpx_is_digit(command.s[1]))
		return fail(p, KPX_ERR_MAXACTIVE,
			    kpx_slice_sub(command, 1, command.len));
	if (command.s[1] != ':')
		return fail(p, KPX_ERR_BAD_COMMAND, command);
	name = kpx_slice_sub(command, 2, command.len);
	p->spec->name_at = name.s - p->text.s;
	p->spec->name_len = name.len;
	return kpx_name_parse(p->text, name, p->spec->name, p->err);
}

static int parse_address(struct parser *p, struct kpx_slice target)
{
	if (!kpx_slice_starts(target, "0x") ||
	    kpx_slice_number(target, U64_MAX, &p->spec->address) ||
	    !p->spec->address)
		return fail(p, KPX_ERR_BAD_ADDRESS, target);
	return 0;
}

/* What symbols are made of; the compiler adds dots ("foo.isra.0"). */
static bool is_symbol(struct kpx_slice symbol)
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

/* @symbol has room for target.len + 1 bytes */
static int parse_symbol(struct parser *p, struct kpx_slice target, char *symbol)
{
	size_t plus = kpx_slice_find(target, '+');
	struct kpx_slice name = kpx_slice_sub(target, 0, plus);
	size_t colon = kpx_slice_find(name, ':');
	struct kpx_slice sym = name;
	u64 offset;

	if (kpx_slice_find(target, '%') < target.len &&
	    kpx_slice_eq(kpx_slice_sub(target, kpx_slice_find(target, '%'),
				       target.len),
			 "%return"))
		return fail(p, KPX_ERR_NO_RETURN, target);
	if (colon < name.len) {
		struct kpx_slice module = kpx_slice_sub(name, 0, colon);

		if (!is_module(module))
			return fail(p, KPX_ERR_BAD_SYMBOL, name);
		if (module.len > KPX_MODULE_MAX)
			return fail(p, KPX_ERR_SYMBOL_TOO_LONG, module);
		sym = kpx_slice_sub(name, colon + 1, name.len);
	}
	if (!is_symbol(sym))
		return fail(p, KPX_ERR_BAD_SYMBOL, name);
	if (sym.len > KPX_SYMBOL_MAX)
		return fail(p, KPX_ERR_SYMBOL_TOO_LONG, sym);
	if (plus < target.len) {
		struct kpx_slice number =
			kpx_slice_sub(target, plus + 1, target.len);

		if (kpx_slice_number(number, U32_MAX, &offset))
			return fail(p, KPX_ERR_BAD_OFFSET, number);
		p->spec->symbol_offset = offset;
	}
	memcpy(symbol, name.s, name.len);
	symbol[name.len] = '\0';
	p->spec->symbol = symbol;
	p->at_entry = !p->spec->symbol_offset;
	return 0;
}

static int parse_target(struct parser *p, struct kpx_slice target, char *symbol)
{
	if (!target.len)
		return fail(p, KPX_ERR_NO_TARGET, target);
	p->spec->target_at = target.s - p->text.s;
	p->spec->target_len = target.len;
	if (kpx_is_digit(target.s[0]))
		return parse_address(p, target);
	return parse_symbol(p, target, symbol);
}

static bool is_reserved_arg(struct kpx_slice name)
{
	static const char *const names[] = {
		"common_type", "common_flags", "common_preempt_count",
		"common_pid",  "__probe_ip",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (kpx_slice_eq(name, names[i]))
			return true;
	return false;
}

static int set_arg_name(struct parser *p, struct kpx_spec_arg *arg,
			struct kpx_slice name, struct kpx_slice at)
{
	const struct kpx_spec_arg *other;

	if (name.len >= KPX_NAME_SIZE)
		return fail(p, KPX_ERR_ARG_NAME_TOO_LONG, at);
	if (is_reserved_arg(name))
		return fail(p, KPX_ERR_RESERVED_ARG, at);
	for (other = p->spec->args; other < arg; other++)
		if (kpx_slice_eq(name, other->name))
			return fail(p, KPX_ERR_USED_ARG, at);
	memcpy(arg->name, name.s, name.len);
	arg->name[name.len] = '\0';
	return 0;
}

/* $variables of kprobe_events that this version doesn't have */
static bool is_known_variable(struct kpx_slice fetch)
{
	return kpx_slice_eq(fetch, "$retval") || kpx_slice_eq(fetch, "$comm") ||
	       kpx_slice_eq(fetch, "$COMM") || kpx_slice_eq(fetch, "$args") ||
	       kpx_slice_eq(fetch, "$arg*") ||
	       kpx_slice_starts(fetch, "$stack");
}

static int parse_variable(struct parser *p, struct kpx_spec_arg *arg,
			  struct kpx_slice fetch)
{
	u64 n;

	if (is_known_variable(fetch))
		return fail(p, KPX_ERR_FETCH_UNSUPPORTED, fetch);
	if (!kpx_slice_starts(fetch, "$arg"))
		return fail(p, KPX_ERR_BAD_FETCH, fetch);
	if (kpx_slice_number(kpx_slice_sub(fetch, 4, fetch.len), KPX_REG_ARGS,
			     &n) ||
	    !n)
		return fail(p, KPX_ERR_BAD_ARG_NUM, fetch);
	if (!p->at_entry)
		return fail(p, KPX_ERR_ARG_NOT_ENTRY, fetch);
	arg->number = n;
	arg->reg = kpx_reg_by_arg(n);
	return 0;
}

static int parse_fetch(struct parser *p, struct kpx_spec_arg *arg,
		       struct kpx_slice fetch)
{
	if (!fetch.len)
		return fail(p, KPX_ERR_NO_FETCH, fetch);
	switch (fetch.s[0]) {
	case '$':
		return parse_variable(p, arg, fetch);
	case '%':
		arg->reg = kpx_reg_by_name(kpx_slice_sub(fetch, 1, fetch.len));
		return arg->reg ? 0 : fail(p, KPX_ERR_BAD_REG, fetch);
	case '@':
	case '+':
	case '-':
	case '\\':
		return fail(p, KPX_ERR_FETCH_UNSUPPORTED, fetch);
	default:
		return fail(p, KPX_ERR_BAD_FETCH, fetch);
	}
}

static int parse_type(struct parser *p, struct kpx_spec_arg *arg,
		      struct kpx_slice type)
{
	arg->type = kpx_type_by_name(type);
	if (arg->type)
		return 0;
	return fail(p, KPX_ERR_BAD_TYPE, type);
}

/* [NAME=]FETCH[:TYPE] */
static int parse_arg(struct parser *p, struct kpx_spec_arg *arg,
		     struct kpx_slice token)
{
	size_t equals = kpx_slice_find(token, '=');
	struct kpx_slice body = token;
	char automatic[KPX_NAME_SIZE];
	size_t colon;
	int ret;

	if (equals < token.len) {
		struct kpx_slice name = kpx_slice_sub(token, 0, equals);

		if (!name.len)
			return fail(p, KPX_ERR_NO_ARG_NAME, token);
		if (!kpx_slice_is_identifier(name))
			return fail(p, KPX_ERR_BAD_ARG_NAME, name);
		ret = set_arg_name(p, arg, name, name);
		body = kpx_slice_sub(token, equals + 1, token.len);
	} else {
		/* as kprobe_events: its position, from 1 */
		snprintf(automatic, sizeof(automatic), "arg%d",
			 (int)(arg - p->spec->args) + 1);
		ret = set_arg_name(
			p, arg, kpx_slice(automatic, strlen(automatic)), token);
	}
	if (ret)
		return ret;

	arg->type = kpx_type_default();
	colon = kpx_slice_find(body, ':');
	if (colon < body.len) {
		ret = parse_type(p, arg,
				 kpx_slice_sub(body, colon + 1, body.len));
		if (ret)
			return ret;
	}
	return parse_fetch(p, arg, kpx_slice_sub(body, 0, colon));
}

static int parse_args(struct parser *p, size_t pos)
{
	struct kpx_spec *spec = p->spec;
	int ret;

	for (;;) {
		struct kpx_slice token = kpx_slice_token(p->text, &pos);

		if (!token.len)
			return 0;
		if (kpx_slice_eq(token, "if"))
			return fail(p, KPX_ERR_IF_UNSUPPORTED, token);
		if (spec->nr_args == KPX_ARGS_MAX)
			return fail(p, KPX_ERR_TOO_MANY_ARGS, token);
		ret = parse_arg(p, &spec->args[spec->nr_args], token);
		if (ret)
			return ret;
		spec->nr_args++;
	}
}

/* Lays the record out and fills the ops. At most KPX_ARGS_MAX * 8 bytes. */
static void compile(struct parser *p)
{
	struct kpx_spec *spec = p->spec;
	unsigned int i, end = KPX_RECORD_ARGS;

	BUILD_BUG_ON(KPX_RECORD_ARGS + KPX_ARGS_MAX * 8 + 8 > KPX_RECORD_MAX);
	for (i = 0; i < spec->nr_args; i++) {
		struct kpx_spec_arg *arg = &spec->args[i];
		unsigned int start = ALIGN(end, arg->type->bytes);

		if (start != end)
			spec->fetch.has_gaps = true;
		p->args[i].offset = start;
		p->args[i].bytes = arg->type->bytes;
		p->args[i].index = arg->reg->offset;
		p->args[i].is_signed = arg->type->is_signed;
		snprintf(arg->type_text, sizeof(arg->type_text), "%s",
			 arg->type->name);
		p->ops[i].reg = arg->reg->offset;
		p->ops[i].offset = start;
		p->ops[i].bytes = arg->type->bytes;
		end = start + arg->type->bytes;
	}
	spec->fetch.ops = p->ops;
	spec->fetch.args = p->args;
	spec->fetch.nr_args = spec->nr_args;
	spec->fetch.is_plain = true;
	spec->fetch.static_bytes = ALIGN(end, sizeof(u64));
	spec->fetch.max_bytes =
		ALIGN(end + sizeof(u32), sizeof(u64)) - sizeof(u32);
	/* the tail's padding may begin before the tail's word */
	if (spec->fetch.max_bytes - sizeof(u32) > end)
		spec->fetch.has_gaps = true;
}

static size_t count_tokens(struct kpx_slice text)
{
	size_t pos = 0, n = 0;

	while (kpx_slice_token(text, &pos).len)
		n++;
	return n;
}

/*
 * One allocation: spec, args, ops, symbol. @tokens bounds the arguments and
 * the text's length bounds the symbol.
 */
static struct kpx_spec *spec_alloc(size_t tokens, size_t text_len,
				   struct kpx_fetch_op **ops,
				   struct kpx_fetch_arg **fetch, char **symbol)
{
	size_t args = tokens < KPX_ARGS_MAX ? tokens : KPX_ARGS_MAX;
	size_t symbol_max = KPX_MODULE_MAX + 1 + KPX_SYMBOL_MAX + 1;
	struct kpx_spec *spec;

	if (symbol_max > text_len + 1)
		symbol_max = text_len + 1;
	spec = kzalloc(sizeof(*spec) +
			       args * (sizeof(spec->args[0]) + sizeof(**ops) +
				       sizeof(**fetch)) +
			       symbol_max,
		       GFP_KERNEL);
	if (!spec)
		return NULL;
	spec->args = (struct kpx_spec_arg *)(spec + 1);
	*fetch = (struct kpx_fetch_arg *)(spec->args + args);
	*ops = (struct kpx_fetch_op *)(*fetch + args);
	*symbol = (char *)(*ops + args);
	return spec;
}

static int finish(struct parser *p, unsigned int flags)
{
	struct kpx_spec *spec = p->spec;

	if ((flags & KPX_SPEC_AUTO_NAME) && !spec->name[0])
		kpx_name_auto(spec->symbol,
			      spec->symbol ? spec->symbol_offset :
					     spec->address,
			      spec->name);
	compile(p);
	/* what a read of the device gives must be good for a write */
	if (kpx_spec_print(spec, NULL, 0) >= KPX_DEFINITION_SIZE)
		return fail(p, KPX_ERR_TOO_LONG,
			    kpx_slice_sub(p->text, p->text.len, p->text.len));
	return 0;
}

int kpx_spec_parse(struct kpx_slice text, unsigned int flags,
		   struct kpx_spec **out, struct kpx_error *err)
{
	struct parser p = { .text = text, .err = err };
	size_t pos = 0;
	char *symbol;
	int ret;

	ret = check_bytes(&p);
	if (ret)
		return ret;
	p.spec = spec_alloc(count_tokens(text), text.len, &p.ops, &p.args,
			    &symbol);
	if (!p.spec)
		return -ENOMEM;

	ret = parse_command(&p, kpx_slice_token(text, &pos));
	if (!ret)
		ret = parse_target(&p, kpx_slice_token(text, &pos), symbol);
	if (!ret)
		ret = parse_args(&p, pos);
	if (!ret)
		ret = finish(&p, flags);
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
