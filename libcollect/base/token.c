// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "token.h"
#include "wire.h"

#define TOKEN_MASK ((1ull << 48) - 1)

int kpc_token_key_draw(struct kpc_token_key *key)
{
	ssize_t n = getrandom(key, sizeof(*key), 0);

	return n == sizeof(*key) ? 0 : n < 0 ? -errno : -EIO;
}

static uint64_t rotate(uint64_t v, int bits)
{
	return v << bits | v >> (64 - bits);
}

static void sip_rounds(uint64_t v[4], int rounds)
{
	while (rounds--) {
		v[0] += v[1];
		v[2] += v[3];
		v[1] = rotate(v[1], 13) ^ v[0];
		v[3] = rotate(v[3], 16) ^ v[2];
		v[0] = rotate(v[0], 32);
		v[2] += v[1];
		v[0] += v[3];
		v[1] = rotate(v[1], 17) ^ v[2];
		v[3] = rotate(v[3], 21) ^ v[0];
		v[2] = rotate(v[2], 32);
	}
}

uint64_t kpc_token_hash(const struct kpc_token_key *key, const void *bytes,
			size_t n)
{
	uint64_t v[4] = {
		key->word[0] ^ 0x736f6d6570736575ull,
		key->word[1] ^ 0x646f72616e646f6dull,
		key->word[0] ^ 0x6c7967656e657261ull,
		key->word[1] ^ 0x7465646279746573ull,
	};
	const uint8_t *at = bytes;
	uint64_t word, last = (uint64_t)n << 56;

	for (; n >= sizeof(word); n -= sizeof(word), at += sizeof(word)) {
		word = kpc_load64(at);
		v[3] ^= word;
		sip_rounds(v, 2);
		v[0] ^= word;
	}
	for (size_t i = 0; i < n; i++)
		last |= (uint64_t)at[i] << 8 * i;
	v[3] ^= last;
	sip_rounds(v, 2);
	v[0] ^= last;
	v[2] ^= 0xff;
	sip_rounds(v, 4);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

void kpc_token_text(const struct kpc_token_key *key, const void *bytes,
		    size_t n, char text[KPC_TOKEN_BYTES])
{
	static const char digits[] = "0123456789abcdef";
	uint64_t hash = kpc_token_hash(key, bytes, n) & TOKEN_MASK;

	*text = 'a';
	for (int i = 12; i; i--, hash >>= 4)
		text[i] = digits[hash & 15];
	text[13] = '\0';
}

static bool are_zeros(const uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (bytes[i])
			return false;
	return true;
}

void kpc_token_bytes(const struct kpc_token_key *key, uint8_t *bytes, size_t n)
{
	uint64_t input[2], hash;

	if (are_zeros(bytes, n))
		return;
	if (n == 1) {
		*bytes = 0;
		return;
	}
	input[0] = kpc_token_hash(key, bytes, n);
	for (size_t i = 0; i < n; i += sizeof(hash)) {
		input[1] = i;
		hash = kpc_token_hash(key, input, sizeof(input));
		memcpy(bytes + i, &hash,
		       n - i < sizeof(hash) ? n - i : sizeof(hash));
	}
}
