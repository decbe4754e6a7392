/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * token - what stands for a name or a number that nobody is to know
 *
 * A keyed hash (SipHash-2-4) with a key that is drawn at random and forgotten: who has
 * tokens can tell which are the same, and that is all.
 */
#ifndef KPC_TOKEN_H
#define KPC_TOKEN_H

#include <stddef.h>
#include <stdint.h>

struct kpc_token_key {
	uint64_t word[2];
};

/* "a" and 12 hex digits: it fits into a comm. */
#define KPC_TOKEN_BYTES 14 /* with its NUL */

/* 0 or a negative errno. */
int kpc_token_key_draw(struct kpc_token_key *key);
uint64_t kpc_token_hash(const struct kpc_token_key *key, const void *bytes,
			size_t n);
/*
 * Puts a hash of the @n @bytes in their place, as many. Zeros stay, and a byte alone
 * becomes one: how often each of 256 comes would tell which it is.
 */
void kpc_token_bytes(const struct kpc_token_key *key, uint8_t *bytes, size_t n);
void kpc_token_text(const struct kpc_token_key *key, const void *bytes,
		    size_t n, char text[KPC_TOKEN_BYTES]);

#endif /* KPC_TOKEN_H */
