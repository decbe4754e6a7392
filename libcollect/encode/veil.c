// SPDX-License-Identifier: GPL-2.0-only
#include <linux/perf_event.h>
#include <string.h>

#include "veil.h"

#define PAGE_BYTES 4096u

/*
 * A half of the address space has 2^28 granules: programs the first, the kernel the
 * last 2^49 bytes. Where they go they have twice the room: a granule of pages behind
 * at least one, so that not even the first address in it is where two could be, and
 * no address of the kernel's is one of perf's marks.
 */
#define GRANULE_BITS  21
#define GRANULE_BYTES (1ull << GRANULE_BITS)
#define HALF_BITS     14
#define HALF_MASK     ((1u << HALF_BITS) - 1)
#define NUMBER_MASK   ((1u << 2 * HALF_BITS) - 1)
#define ROUNDS	      8u
#define USER_END      (1ull << (GRANULE_BITS + 2 * HALF_BITS))
#define KERNEL_FIRST  (0 - USER_END)
#define ROOM_BITS     (GRANULE_BITS + 1)
#define KERNEL_ROOM   (0 - 2 * USER_END)
/* What is in neither half: there it is in neither, too. */
#define HASH_FIRST (1ull << 62)

/* What is hashed: never twice the same for two purposes. */
struct input {
	uint64_t granule; /* or an address, for a hash of its own */
	uint32_t purpose;
	uint32_t half;
};

enum purpose {
	PURPOSE_ROUND, /* and those that follow it */
	PURPOSE_SHIFT = ROUNDS,
	PURPOSE_HASH,
};

int kpc_veil_draw(struct kpc_veil *veil)
{
	int err = kpc_token_key_draw(&veil->names);

	return err ? err : kpc_token_key_draw(&veil->addresses);
}

/* ---- addresses ----------------------------------------------------------- */

static bool is_kernel(uint64_t address)
{
	return address >= KERNEL_FIRST;
}

static uint64_t hash(const struct kpc_veil *veil, uint64_t granule,
		     uint32_t purpose, uint32_t half)
{
	const struct input input = { granule, purpose, half };

	return kpc_token_hash(&veil->addresses, &input, sizeof(input));
}

/* A Feistel network: another number for each, of the same half. */
static uint32_t permute(const struct kpc_veil *veil, bool kernel,
			uint32_t number)
{
	uint32_t left = number >> HALF_BITS, right = number & HALF_MASK;

	for (uint32_t round = 0; round < ROUNDS; round++) {
		uint32_t mixed = left ^ (hash(veil, kernel,
					      PURPOSE_ROUND + round, right) &
					 HALF_MASK);

		left = right;
		right = mixed;
	}
	return left << HALF_BITS | right;
}

/* What is to be added to the addresses of a granule. */
static uint64_t shift_of(const struct kpc_veil *veil, uint64_t granule)
{
	bool kernel = is_kernel(granule << GRANULE_BITS);
	uint64_t number = permute(veil, kernel, granule & NUMBER_MASK);
	uint64_t pages = 1 + hash(veil, granule, PURPOSE_SHIFT, 0) %
				     (GRANULE_BYTES / PAGE_BYTES - 1);
	uint64_t to = (kernel ? KERNEL_ROOM : 0) + (number << ROOM_BITS) +
		      pages * PAGE_BYTES;

	return to - (granule << GRANULE_BITS);
}

uint64_t kpc_veil_address(const struct kpc_veil *veil,
			  struct kpc_veil_cache *cache, uint64_t address)
{
	uint64_t granule = address >> GRANULE_BITS, shift;
	uint32_t at = granule % KPC_VEIL_CACHE;

	if (address < PAGE_BYTES)
		return address;
	if (address >= USER_END && !is_kernel(address))
		return HASH_FIRST | hash(veil, address, PURPOSE_HASH, 0) >> 2;
	if (cache && cache->entry[at].granule == granule + 1)
		return address + cache->entry[at].shift;
	shift = shift_of(veil, granule);
	if (cache) {
		cache->entry[at].granule = granule + 1;
		cache->entry[at].shift = shift;
	}
	return address + shift;
}

uint64_t kpc_veil_together(uint64_t start, uint64_t bytes)
{
	uint64_t left = GRANULE_BYTES - start % GRANULE_BYTES;

	return bytes < left ? bytes : left;
}

void kpc_veil_frames(const struct kpc_veil *veil, struct kpc_veil_cache *cache,
		     uint64_t *v, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (v[i] < (uint64_t)PERF_CONTEXT_MAX)
			v[i] = kpc_veil_address(veil, cache, v[i]);
}

/* ---- fields -------------------------------------------------------------- */

uint64_t kpc_veil_value(const struct kpc_veil *veil,
			struct kpc_veil_cache *cache, enum kpc_content content,
			uint64_t v)
{
	if (content == KPC_CONTENT_BYTE)
		return 0;
	if (content == KPC_CONTENT_IP4)
		return (uint32_t)kpc_token_hash(&veil->names, &v, sizeof(v));
	if (kpc_content_is_address(content, v))
		return kpc_veil_address(veil, cache, v);
	return v;
}

struct kpc_span kpc_veil_blob(const struct kpc_veil *veil,
			      enum kpc_content content, struct kpc_span blob,
			      uint8_t *room)
{
	bool text = content == KPC_CONTENT_STRING;
	uint64_t hash;

	if (!blob.bytes || (text && !*blob.at))
		return blob;
	if (text) {
		kpc_token_text(&veil->names, blob.at, blob.bytes, (char *)room);
		return (struct kpc_span){ room, KPC_TOKEN_BYTES - 1 };
	}
	hash = kpc_token_hash(&veil->names, blob.at, blob.bytes);
	memcpy(room, &hash, sizeof(hash));
	return (struct kpc_span){ room, sizeof(hash) };
}
