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
		print(pr, "%s+0x%x", spec->symbol, spec->symbol_offset);
	else
		print(pr, "%s", spec->symbol);
}

size_t kpx_spec_print_target(const struct kpx_spec *spec, char *buf,
			     size_t size)
{
	struct printer pr = { buf, size, 0 };

	print_target(&pr, spec);
	return pr.len;
}

size_t kpx_spec_print(const struct kpx_spec *spec, char *buf, size_t size)
{
	struct printer pr = { buf, size, 0 };
	unsigned int i;

	print(&pr, "p%s%s ", spec->name[0] ? ":" : "", spec->name);
	print_target(&pr, spec);
	for (i = 0; i < spec->nr_args; i++) {
		const struct kpx_spec_arg *arg = &spec->args[i];

		if (arg->number)
			print(&pr, " %s=$arg%u:%s", arg->name, arg->number,
			      arg->type->name);
		else
			print(&pr, " %s=%%%s:%s", arg->name, arg->reg->name,
			      arg->type->name);
	}
	return pr.len;
}

struct kpx_spec_field kpx_spec_field(const struct kpx_spec *spec,
				     unsigned int unit, unsigned int index)
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
	const struct kpx_spec_arg *arg;
	struct kpx_spec_field field = {};

	if (index < KPX_COMMON_FIELDS)
		return common[index];
	arg = &spec->args[index - KPX_COMMON_FIELDS];
	field.name = arg->name;
	field.type = arg->type->name;
	field.offset = spec->fetch.args[index - KPX_COMMON_FIELDS].offset;
	field.bytes = arg->type->bytes;
	field.flags = (arg->type->is_signed ? KPX_FIELD_SIGNED : 0) |
		      (arg->type->is_hex ? KPX_FIELD_HEX : 0);
	return field;
}
