// SPDX-License-Identifier: GPL-2.0-only
#include <linux/kernel.h>

#include "type.h"

static const struct kpx_type types[] = {
	{ "x64", 8, false, true }, /* first: the default */
	{ "x32", 4, false, true },  { "x16", 2, false, true },
	{ "x8", 1, false, true },   { "u64", 8, false, false },
	{ "u32", 4, false, false }, { "u16", 2, false, false },
	{ "u8", 1, false, false },  { "s64", 8, true, false },
	{ "s32", 4, true, false },  { "s16", 2, true, false },
	{ "s8", 1, true, false },
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
