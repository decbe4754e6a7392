/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * keyhash - hashes of what programs and files choose
 *
 * With a key that they don't know they can't make a table's entries collide. A
 * multiplication whose halves are folded takes part in that: without the fold, two
 * words that differ in their highest bits alone would collide with any key.
 */
#ifndef KPC_KEYHASH_H
#define KPC_KEYHASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* This process's, odd; the same at each call. From any thread. */
uint64_t kpc_keyhash_key(void);

static inline uint64_t kpc_keyhash_mix(uint64_t key, uint64_t hash,
				       uint64_t word)
{
	unsigned __int128 product = (unsigned __int128)(hash ^ word) * key;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Two words at once: it is the other factor that has the key in it. */
static inline uint64_t kpc_keyhash_mix2(uint64_t key, uint64_t hash,
					const uint8_t *words)
{
	uint64_t word[2];

	memcpy(word, words, sizeof(word));
	return kpc_keyhash_mix(key ^ word[1], hash, word[0]);
}

static inline uint64_t kpc_keyhash_bytes(uint64_t key, const void *data,
					 size_t bytes)
{
	uint64_t hash = bytes ^ key >> 7, other = ~key << 9, word;
	const uint8_t *at = data;

	/* A multiplication waits for the one before it: two rows of them. */
	if (bytes >= 4 * sizeof(word)) {
		for (; bytes >= 4 * sizeof(word); bytes -= 4 * sizeof(word)) {
			hash = kpc_keyhash_mix2(key, hash, at);
			other = kpc_keyhash_mix2(key, other, at + 16);
			at += 4 * sizeof(word);
		}
		hash = kpc_keyhash_mix(key, hash, other << 23 | other >> 41);
	}
	for (; bytes >= sizeof(word); bytes -= sizeof(word)) {
		memcpy(&word, at, sizeof(word));
		hash = kpc_keyhash_mix(key, hash, word);
		at += sizeof(word);
	}
	if (bytes) {
		word = 0;
		memcpy(&word, at, bytes);
		hash = kpc_keyhash_mix(key, hash, word);
	}
	return hash ^ hash >> 32;
}

#endif /* KPC_KEYHASH_H */
