/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dict - numbers distinct values in the order of their coming
 *
 * Small enough for a first-level cache: slots have numbers, not values. Values that
 * are made to collide are refused as too many would be, before they cost time.
 */
#ifndef KPC_DICT_H
#define KPC_DICT_H

#include <stdint.h>
#include <string.h>

#define KPC_DICT_MAX   4096u
#define KPC_DICT_SLOTS (2 * KPC_DICT_MAX)
#define KPC_DICT_STEPS 256u /* for a value: by chance it's never so many */

struct kpc_dict {
	uint16_t slot[KPC_DICT_SLOTS]; /* number + 1, or 0 */
	uint64_t value[KPC_DICT_MAX];
	uint32_t nr;
};

static inline void kpc_dict_reset(struct kpc_dict *dict)
{
	memset(dict->slot, 0, sizeof(dict->slot));
	dict->nr = 0;
}

/* The number of @value: a new one if it is dict->nr as that was. -1: no room. */
static inline int32_t kpc_dict_find(struct kpc_dict *dict, uint64_t value)
{
	uint32_t at = (value * 0x9e3779b97f4a7c15ull) >> 51;
	uint32_t steps = 0;

	_Static_assert(KPC_DICT_SLOTS == 1u << (64 - 51), "the hash's bits");
	while (dict->slot[at]) {
		uint32_t number = dict->slot[at] - 1;

		if (dict->value[number] == value)
			return number;
		if (++steps == KPC_DICT_STEPS)
			return -1;
		at = (at + 1) % KPC_DICT_SLOTS;
	}
	if (dict->nr == KPC_DICT_MAX)
		return -1;
	dict->value[dict->nr] = value;
	dict->slot[at] = ++dict->nr;
	return dict->nr - 1;
}

#endif /* KPC_DICT_H */
