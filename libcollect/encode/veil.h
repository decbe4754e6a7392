/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * veil - what is written into an anonymous trace in place of names and addresses
 *
 * Names become tokens. Addresses are moved, 2 MiB of them at a time: such a granule
 * keeps its order and its distances, and goes where only the key tells. So what is
 * known of a range of addresses can be said of where it went, at any time before or
 * after one of them occurs, and nothing need be known of an address to move it. None
 * goes where two do.
 *
 * All is a function of the keys, which are drawn once and forgotten at the end: any
 * thread may use it.
 */
#ifndef KPC_VEIL_H
#define KPC_VEIL_H

#include <stdbool.h>
#include <stdint.h>

#include "collect.h"
#include "content.h"
#include "intern.h"
#include "token.h"

struct kpc_veil {
	struct kpc_token_key names;
	struct kpc_token_key addresses;
};

#define KPC_VEIL_CACHE 64u /* a power of two */

/* Of one user. Zeroed is empty. */
struct kpc_veil_cache {
	struct {
		uint64_t granule; /* + 1 */
		uint64_t shift;
	} entry[KPC_VEIL_CACHE];
};

/* 0 or a negative errno. */
int kpc_veil_draw(struct kpc_veil *veil);

/*
 * Where the address went. A number below a page stays. What can't be an address on
 * any machine becomes a hash. @cache: NULL ok.
 */
uint64_t kpc_veil_address(const struct kpc_veil *veil,
			  struct kpc_veil_cache *cache, uint64_t address);
/* Of @bytes from @start on: how many, the first ones, stay together. 0 of none. */
uint64_t kpc_veil_together(uint64_t start, uint64_t bytes);
/*
 * The value of a field that isn't STRING or BYTES, nor one of an array of bytes: those
 * are hashed together.
 */
uint64_t kpc_veil_value(const struct kpc_veil *veil,
			struct kpc_veil_cache *cache, enum kpc_content content,
			uint64_t v);
/* The frames of call chains, in place; perf's marks in them stay. */
void kpc_veil_frames(const struct kpc_veil *veil, struct kpc_veil_cache *cache,
		     uint64_t *v, uint32_t n);
/*
 * What stands for @blob, in @room, of KPC_TOKEN_BYTES: a token if @content is STRING,
 * else a hash. An empty one stays, and so does an empty string's NUL.
 */
struct kpc_span kpc_veil_blob(const struct kpc_veil *veil,
			      enum kpc_content content, struct kpc_span blob,
			      uint8_t *room);

#endif /* KPC_VEIL_H */
