// SPDX-License-Identifier: GPL-2.0-only
#include <stddef.h>
#include <string.h>

#include "formats.h"

/* In the order in which they are listed. */
static const struct kpc_export_format *const formats[] = {
	&kpc_format_json,	&kpc_format_csv,   &kpc_format_folded,
	&kpc_format_speedscope, &kpc_format_pprof, &kpc_format_perfdata,
	&kpc_format_perfetto,	&kpc_format_ctf,
};
#define NR_FORMATS (sizeof(formats) / sizeof(*formats))

const struct kpc_export_format *kpc_format_at(uint32_t number)
{
	return number < NR_FORMATS ? formats[number] : NULL;
}

const struct kpc_export_format *kpc_format_find(const char *name)
{
	for (size_t i = 0; i < NR_FORMATS; i++)
		if (!strcmp(formats[i]->name, name))
			return formats[i];
	return NULL;
}
