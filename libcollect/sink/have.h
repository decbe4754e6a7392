/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * have - what a receiver answers: so much of that trace it has; see "Over a
 * connection" in the schema
 */
#ifndef KPC_HAVE_H
#define KPC_HAVE_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "wire.h"

#define KPC_HAVE_MAGIC "KPXHAVE1"
#define KPC_HAVE_BYTES 32

struct kpc_have {
	uint8_t uuid[16]; /* zeros: the greeting */
	uint64_t bytes;
};

static inline void kpc_have_pack(uint8_t out[KPC_HAVE_BYTES],
				 const struct kpc_have *have)
{
	memcpy(out, KPC_HAVE_MAGIC, 8);
	memcpy(out + 8, have->uuid, 16);
	memcpy(out + 24, &have->bytes, 8);
}

/* False: it's something else, whatever follows the first @bytes of it. */
static inline bool kpc_have_begins(const uint8_t *in, size_t bytes)
{
	return !memcmp(in, KPC_HAVE_MAGIC, bytes < 8 ? bytes : 8);
}

static inline void kpc_have_unpack(struct kpc_have *have,
				   const uint8_t in[KPC_HAVE_BYTES])
{
	memcpy(have->uuid, in + 8, 16);
	have->bytes = kpc_load64(in + 24);
}

static inline bool kpc_have_is_greeting(const struct kpc_have *have)
{
	static const uint8_t zeros[16];

	return !memcmp(have->uuid, zeros, sizeof(zeros));
}

#endif /* KPC_HAVE_H */
