/* SPDX-License-Identifier: GPL-2.0-only */
/* fieldtext - numbers of fields as text, and what the elements of arrays are called */
#ifndef KPC_FIELDTEXT_H
#define KPC_FIELDTEXT_H

#include "collect.h"
#include "content.h"
#include "outfile.h"

/* u and s decimal, x 0x-hex, an ip4 1.2.3.4. @p has room for 20 bytes. */
char *kpc_put_number(char *p, const struct kpc_field *field, uint64_t v);

static inline bool kpc_field_is_blob(const struct kpc_field *field)
{
	return field->kind == KPC_FIELD_STRING ||
	       field->kind == KPC_FIELD_BYTES;
}

#endif /* KPC_FIELDTEXT_H */
