// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "fieldtext.h"

static char *put_ip4(char *p, uint32_t address)
{
	for (int shift = 24; shift >= 0; shift -= 8) {
		p = kpc_put_u64(p, address >> shift & 0xff);
		if (shift)
			*p++ = '.';
	}
	return p;
}

char *kpc_put_number(char *p, const struct kpc_field *field, uint64_t v)
{
	switch (field->kind) {
	case KPC_FIELD_SIGNED:
		return kpc_put_s64(p, v);
	case KPC_FIELD_HEX:
		return kpc_field_is_ip4(field) ? put_ip4(p, v) :
						 kpc_put_hex(p, v);
	default:
		return kpc_put_u64(p, v);
	}
}
