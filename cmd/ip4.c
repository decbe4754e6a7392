// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "ip4.h"
#include "text.h"

bool ip4_applies(const struct kpc_field *field)
{
	const char *type = field->type;

	/* Of an array it is the elements' type. */
	return field->kind == KPC_FIELD_HEX && field->bytes == 4 &&
	       !strncmp(type, "ip4", 3) && (!type[3] || type[3] == '[');
}

char *ip4_put(char *p, uint32_t address)
{
	for (int shift = 24; shift >= 0; shift -= 8) {
		p = text_put_u64(p, address >> shift & 0xff);
		if (shift)
			*p++ = '.';
	}
	return p;
}
