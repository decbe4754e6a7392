// SPDX-License-Identifier: GPL-2.0-only
#include <linux/kernel.h>

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
