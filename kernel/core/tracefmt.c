// SPDX-License-Identifier: GPL-2.0-only
#include <linux/kernel.h>
#include <linux/stdarg.h>
#include <linux/string.h>

#include "tracefmt.h"

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

enum kpx_tracefmt_kind kpx_tracefmt_kind(const struct kpx_spec_field *field)
{
	/* "char" or "char[N]": no other type begins like this */
	if (!strncmp(field->type, "char", 4))
		return KPX_TRACEFMT_CHAR;
	if (field->flags & KPX_FIELD_STRING)
		return KPX_TRACEFMT_STRING;
	if (field->flags & KPX_FIELD_SYMBOL)
		return KPX_TRACEFMT_SYMBOL;
	if (field->flags & KPX_FIELD_HEX)
		return KPX_TRACEFMT_HEX;
	return field->flags & KPX_FIELD_SIGNED ? KPX_TRACEFMT_SIGNED :
						 KPX_TRACEFMT_UNSIGNED;
}

void kpx_tracefmt_type(const struct kpx_spec_field *field,
		       char type[KPX_TRACEFMT_TYPE_SIZE])
{
	struct printer pr = { type, KPX_TRACEFMT_TYPE_SIZE, 0 };

	if (field->flags & KPX_FIELD_STRING)
		print(&pr, "__data_loc char[]");
	else
		print(&pr, "%c%u", field->flags & KPX_FIELD_SIGNED ? 's' : 'u',
		      kpx_tracefmt_bytes(field) * 8);
	if (field->count)
		print(&pr, "[%u]", field->count);
}

/* User space reads a field as unsigned: what is short and signed wants an h. */
static const char *signed_conversion(unsigned int bytes)
{
	switch (bytes) {
	case 1:
		return "%hhd";
	case 2:
		return "%hd";
	case 4:
		return "%d";
	default:
		return "%Ld";
	}
}

static const char *conversion(const struct kpx_spec_field *field)
{
	unsigned int bytes = kpx_tracefmt_bytes(field);

	switch (kpx_tracefmt_kind(field)) {
	case KPX_TRACEFMT_SIGNED:
		return signed_conversion(bytes);
	case KPX_TRACEFMT_HEX:
		return bytes == 8 ? "0x%Lx" : "0x%x";
	case KPX_TRACEFMT_CHAR:
		return "'%c'";
	case KPX_TRACEFMT_SYMBOL:
		return "%pS";
	case KPX_TRACEFMT_STRING:
		return "\\\"%s\\\"";
	default:
		return bytes == 8 ? "%Lu" : "%u";
	}
}

static void print_conversions(struct printer *pr,
			      const struct kpx_spec_field *field)
{
	const char *one = conversion(field);
	unsigned int i;

	print(pr, " %s=%s%s", field->name, field->count ? "{" : "", one);
	for (i = 1; i < field->count; i++)
		print(pr, ",%s", one);
	if (field->count)
		print(pr, "}");
}

static void print_values(struct printer *pr, const struct kpx_spec_field *field)
{
	bool is_string = field->flags & KPX_FIELD_STRING;
	unsigned int i;

	for (i = 0; i < kpx_tracefmt_elements(field); i++) {
		print(pr, is_string ? ", __get_str(%s" : ", REC->%s",
		      field->name);
		if (field->count)
			print(pr, "[%u]", i);
		if (is_string)
			print(pr, ")");
	}
}

size_t kpx_tracefmt_print(const struct kpx_spec *spec, char *buf, size_t size)
{
	unsigned int i, nr = kpx_spec_nr_fields(spec, KPX_SPEC_UNIT_HITS);
	struct printer pr = { buf, size, 0 };
	struct kpx_spec_field field;

	print(&pr, "\"(%%lx)");
	for (i = KPX_COMMON_FIELDS; i < nr; i++) {
		field = kpx_spec_field(spec, KPX_SPEC_UNIT_HITS, i);
		print_conversions(&pr, &field);
	}
	print(&pr, "\", REC->__probe_ip");
	for (i = KPX_COMMON_FIELDS; i < nr; i++) {
		field = kpx_spec_field(spec, KPX_SPEC_UNIT_HITS, i);
		print_values(&pr, &field);
	}
	return pr.len;
}
