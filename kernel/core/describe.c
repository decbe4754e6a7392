// SPDX-License-Identifier: GPL-2.0-only
/* The way back: from a spec to its text and its fields. */
#include <linux/kernel.h>
#include <linux/stdarg.h>
#include <linux/string.h>

#include "name.h"
#include "spec.h"

/* snprintf at the end of what is there; counts on when the buffer is full. */
struct printer {
	char *buf;
	size_t size, len;
};

static __printf(2, 3) void print(struct printer *pr, const char *format, ...)
{
	bool room = pr->len < pr->size;
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(room ? pr->buf + pr->len : NULL,
		      room ? pr->size - pr->len : 0, format, args);
	va_end(args);
	pr->len += n;
}

static void print_target(struct printer *pr, const struct kpx_spec *spec)
{
	if (!spec->symbol)
		print(pr, "0x%llx", (unsigned long long)spec->address);
	else if (spec->symbol_offset)
		print(pr, "%s+0x%x", spec->shown_symbol, spec->symbol_offset);
	else
		print(pr, "%s", spec->shown_symbol);
}

size_t kpx_spec_print_target(const struct kpx_spec *spec, char *buf,
			     size_t size)
{
	struct printer pr = { buf, size, 0 };

	print_target(&pr, spec);
	return pr.len;
}

/* "+8", "-0x10", "+u0": small ones in decimal, where both look the same */
static void print_offset(struct printer *pr, s64 offset, bool is_user)
{
	u64 size = offset < 0 ? 0 - (u64)offset : (u64)offset;

	print(pr, "%s%s", offset < 0 ? "-" : "+", is_user ? "u" : "");
	if (size < 10)
		print(pr, "%llu", (unsigned long long)size);
	else
		print(pr, "0x%llx", (unsigned long long)size);
}

static void print_source(struct printer *pr, const struct kpx_spec *spec,
			 const struct kpx_spec_arg *arg,
			 const struct kpx_fetch_arg *fetch)
{
	const struct kpx_spec_symbol *symbol;

	switch (arg->source) {
	case KPX_SOURCE_REG:
		print(pr, "%%%s", arg->reg->name);
		break;
	case KPX_SOURCE_ARG:
		print(pr, "$arg%u", arg->number);
		break;
	case KPX_SOURCE_RETVAL:
		print(pr, "$retval");
		break;
	case KPX_SOURCE_STACK:
		print(pr, "$stack");
		break;
	case KPX_SOURCE_STACK_WORD:
		print(pr, "$stack%u", arg->number);
		break;
	case KPX_SOURCE_COMM:
		print(pr, "$comm");
		break;
	case KPX_SOURCE_DURATION:
		print(pr, "$duration");
		break;
	case KPX_SOURCE_ADDRESS:
		print(pr, "@0x%llx", (unsigned long long)fetch->value);
		break;
	case KPX_SOURCE_SYMBOL:
		symbol = &spec->symbols[arg->number];
		print(pr, "@%s", symbol->name);
		if (symbol->offset)
			print_offset(pr, symbol->offset, false);
		break;
	case KPX_SOURCE_VALUE:
		print(pr, "\\0x%llx", (unsigned long long)fetch->value);
		break;
	case KPX_SOURCE_TEXT:
		print(pr, "\\\"%s\"", fetch->text);
		break;
	}
}

/* The dereferences that the text shows, outermost first, and their braces. */
static void print_fetch(struct printer *pr, const struct kpx_spec *spec,
			unsigned int index)
{
	const struct kpx_spec_arg *arg = &spec->args[index];
	const struct kpx_fetch_arg *fetch = &spec->fetch.args[index];
	unsigned int i, hidden = arg->hidden_derefs;
	unsigned int all = fetch->nr_derefs + arg->is_memory;

	/* @ADDRESS and @SYMBOL bring one */
	if (arg->source == KPX_SOURCE_ADDRESS ||
	    arg->source == KPX_SOURCE_SYMBOL)
		hidden++;
	for (i = all; i > hidden; i--) {
		const struct kpx_fetch_deref *deref = &fetch->derefs[i - 1];

		print_offset(pr, deref->offset, deref->is_user);
		print(pr, "(");
	}
	print_source(pr, spec, arg, fetch);
	for (i = all; i > hidden; i--)
		print(pr, ")");
}

size_t kpx_spec_print(const struct kpx_spec *spec, char *buf, size_t size)
{
	struct printer pr = { buf, size, 0 };
	unsigned int i;

	print(&pr, spec->is_return ? "r" : "p");
	if (spec->maxactive)
		print(&pr, "%u", spec->maxactive);
	print(&pr, "%s%s ", spec->name[0] ? ":" : "", spec->name);
	print_target(&pr, spec);
	for (i = 0; i < spec->nr_args; i++) {
		print(&pr, " %s=", spec->args[i].name);
		print_fetch(&pr, spec, i);
		print(&pr, ":%s", spec->args[i].type_text);
	}
	if (spec->condition)
		print(&pr, " if %s", spec->condition_text);
	return pr.len;
}

static struct kpx_spec_field common_field(unsigned int index)
{
	/* struct trace_entry, then the address */
	static const struct kpx_spec_field common[KPX_COMMON_FIELDS] = {
		{ "common_type", "u16", 0, 2, 0, KPX_FIELD_COMMON },
		{ "common_flags", "u8", 2, 1, 0, KPX_FIELD_COMMON },
		{ "common_preempt_count", "u8", 3, 1, 0, KPX_FIELD_COMMON },
		{ "common_pid", "s32", 4, 4, 0,
		  KPX_FIELD_COMMON | KPX_FIELD_SIGNED },
		{ "__probe_ip", "x64", KPX_RECORD_IP, 8, 0,
		  KPX_FIELD_COMMON | KPX_FIELD_HEX },
	};

	return common[index];
}

static struct kpx_spec_field arg_field(const struct kpx_spec *spec,
				       unsigned int index)
{
	const struct kpx_fetch_arg *fetch = &spec->fetch.args[index];
	const struct kpx_spec_arg *arg = &spec->args[index];
	struct kpx_spec_field field = {
		.name = arg->name,
		.type = arg->type_text,
		.offset = fetch->offset,
		.bytes = fetch->bytes * (fetch->count ?: 1),
		.count = fetch->count,
	};

	if (arg->type.base->is_signed)
		field.flags |= KPX_FIELD_SIGNED;
	if (arg->type.base->is_hex)
		field.flags |= KPX_FIELD_HEX;
	if (kpx_type_is_string(arg->type.base))
		field.flags |= KPX_FIELD_STRING;
	if (arg->type.base->kind == KPX_TYPE_SYMBOL)
		field.flags |= KPX_FIELD_SYMBOL;
	return field;
}

/* Behind two underscores stands the name that no argument may have. */
static struct kpx_spec_field tail_field(const struct kpx_spec *spec,
					unsigned int index)
{
	static const struct kpx_spec_field tail[KPX_TAIL_FIELDS] = {
		{ "__weight", "u64", 0, 8, 0, KPX_FIELD_TAIL },
		{ "__duration_ns", "u64", 8, 8, 0, KPX_FIELD_TAIL },
		{ "__retval", "x64", 16, 8, 0, KPX_FIELD_TAIL | KPX_FIELD_HEX },
	};
	struct kpx_spec_field field = tail[index];
	unsigned int i;

	field.offset += spec->fetch.static_bytes;
	for (i = 0; i < spec->nr_args; i++)
		if (!strcmp(spec->args[i].name, field.name + 2))
			return field;
	field.name += 2;
	return field;
}

struct kpx_spec_field kpx_spec_field(const struct kpx_spec *spec,
				     unsigned int unit, unsigned int index)
{
	unsigned int args = KPX_COMMON_FIELDS + spec->nr_args;

	/* @unit says how many there are, and they begin alike */
	(void)unit;
	if (index < KPX_COMMON_FIELDS)
		return common_field(index);
	if (index < args)
		return arg_field(spec, index - KPX_COMMON_FIELDS);
	return tail_field(spec, index - args);
}
