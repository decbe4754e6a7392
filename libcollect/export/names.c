// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "names.h"

int64_t kpc_names_add(struct kpc_names *names, const char *text)
{
	struct kpc_span span = { (const uint8_t *)text, strlen(text) };
	uint32_t nr = names->intern.nr;
	int64_t number = kpc_intern_add(&names->intern, span);
	char *copy;

	if (number != nr)
		return number;
	/* A text that can't be kept is none that is found again. */
	copy = strdup(text);
	names->intern.entries[number].span.at = (const uint8_t *)copy;
	if (copy)
		return number;
	names->intern.entries[number].span.bytes = 0;
	return -ENOMEM;
}

void kpc_names_uninit(struct kpc_names *names)
{
	for (uint32_t i = 0; i < names->intern.nr; i++)
		free((char *)names->intern.entries[i].span.at);
	kpc_intern_uninit(&names->intern);
}
