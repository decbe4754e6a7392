// SPDX-License-Identifier: GPL-2.0-only
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "type.h"

static const struct kpx_type types[] = {
	{ "x64", 8, false, true, KPX_TYPE_NUMBER }, /* first: the default */
	{ "x32", 4, false, true, KPX_TYPE_NUMBER },
	{ "x16", 2, false, true, KPX_TYPE_NUMBER },
	{ "x8", 1, false, true, KPX_TYPE_NUMBER },
	{ "u64", 8, false, false, KPX_TYPE_NUMBER },
	{ "u32", 4, false, false, KPX_TYPE_NUMBER },
	{ "u16", 2, false, false, KPX_TYPE_NUMBER },
	{ "u8", 1, false, false, KPX_TYPE_NUMBER },
	{ "s64", 8, true, false, KPX_TYPE_NUMBER },
	{ "s32", 4, true, false, KPX_TYPE_NUMBER },
	{ "s16", 2, true, false, KPX_TYPE_NUMBER },
	{ "s8", 1, true, false, KPX_TYPE_NUMBER },
	{ "be16", 2, false, false, KPX_TYPE_BIG },
	{ "be32", 4, false, false, KPX_TYPE_BIG },
	{ "ip4", 4, false, true, KPX_TYPE_BIG }, /* an IPv4 address */
	{ "char", 1, false, false, KPX_TYPE_CHAR },
	{ "symbol", 8, false, true, KPX_TYPE_SYMBOL },
	{ "string", 4, false, false, KPX_TYPE_STRING },
	{ "ustring", 4, false, false, KPX_TYPE_USTRING },
	{ "symstr", 4, false, false, KPX_TYPE_SYMSTR },
};

const struct kpx_type *kpx_type_by_name(struct kpx_slice name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(types); i++)
		if (kpx_slice_eq(name, types[i].name))
			return &types[i];
	return NULL;
}

const struct kpx_type *kpx_type_default(void)
{
	return &types[0];
}

/* Takes [N] off *@type. */
static int parse_array(struct kpx_slice text, struct kpx_slice *type,
		       struct kpx_type_use *use, struct kpx_error *err)
{
	size_t open = kpx_slice_find(*type, '[');
	struct kpx_slice rest = kpx_slice_sub(*type, open + 1, type->len);
	size_t close = kpx_slice_find(rest, ']');
	struct kpx_slice number = kpx_slice_sub(rest, 0, close);
	u64 n;

	if (open == type->len)
		return 0;
	*type = kpx_slice_sub(*type, 0, open);
	if (close == rest.len)
		return kpx_error_at(err, KPX_ERR_ARRAY_OPEN, text,
				    kpx_slice_sub(rest, rest.len, rest.len));
	if (close + 1 < rest.len)
		return kpx_error_at(err, KPX_ERR_ARRAY_SUFFIX, text,
				    kpx_slice_sub(rest, close + 1, rest.len));
	if (kpx_slice_number(number, U32_MAX, &n) || !n)
		return kpx_error_at(err, KPX_ERR_BAD_ARRAY_NUM, text, number);
	if (n > KPX_TYPE_COUNT_MAX)
		return kpx_error_at(err, KPX_ERR_ARRAY_TOO_BIG, text, number);
	use->count = n;
	return 0;
}

/* The type of bWIDTH@OFFSET/SIZE's container, or NULL. */
static const struct kpx_type *container(struct kpx_slice type)
{
	size_t slash = kpx_slice_find(type, '/');
	u64 bits;

	if (kpx_slice_number(kpx_slice_sub(type, slash + 1, type.len), 64,
			     &bits))
		return NULL;
	switch (bits) {
	case 8:
		return kpx_type_by_name(kpx_slice("u8", 2));
	case 16:
		return kpx_type_by_name(kpx_slice("u16", 3));
	case 32:
		return kpx_type_by_name(kpx_slice("u32", 3));
	case 64:
		return kpx_type_by_name(kpx_slice("u64", 3));
	default:
		return NULL;
	}
}

int kpx_type_parse(struct kpx_slice text, struct kpx_slice at,
		   struct kpx_type_use *use, struct kpx_error *err)
{
	int ret;

	ret = parse_array(text, &at, use, err);
	if (ret)
		return ret;
	use->is_bits = kpx_slice_starts(at, "b") && !kpx_slice_starts(at, "be");
	use->base = use->is_bits ? container(at) : kpx_type_by_name(at);
	return use->base ? 0 : kpx_error_at(err, KPX_ERR_BAD_TYPE, text, at);
}

int kpx_type_parse_bits(struct kpx_slice text, struct kpx_slice at,
			struct kpx_type_use *use, struct kpx_error *err)
{
	unsigned int bits = 8 * use->base->bytes;
	size_t sign = kpx_slice_find(at, '@');
	size_t slash = kpx_slice_find(at, '/');
	u64 width, shift;

	/* without an '@', or with one behind the slash, there's no number */
	if (kpx_slice_number(kpx_slice_sub(at, 1, sign), bits, &width) ||
	    !width ||
	    kpx_slice_number(kpx_slice_sub(at, sign + 1, slash), bits,
			     &shift) ||
	    width + shift > bits)
		return kpx_error_at(err, KPX_ERR_BAD_BITFIELD, text, at);
	use->width = width;
	use->shift = shift;
	return 0;
}

void kpx_type_print(const struct kpx_type_use *use, char to[KPX_TYPE_SIZE])
{
	char text[3 * KPX_TYPE_SIZE]; /* whatever the numbers are */
	int len;

	if (use->is_bits)
		len = snprintf(text, sizeof(text), "b%u@%u/%u", use->width,
			       use->shift, 8 * use->base->bytes);
	else
		len = snprintf(text, sizeof(text), "%s", use->base->name);
	if (use->count)
		snprintf(text + len, sizeof(text) - len, "[%u]", use->count);
	memcpy(to, text, KPX_TYPE_SIZE - 1);
	to[KPX_TYPE_SIZE - 1] = '\0';
}
