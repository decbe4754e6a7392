// SPDX-License-Identifier: GPL-2.0-only
#include <stdatomic.h>
#include <sys/auxv.h>
#include <sys/random.h>

#include "keyhash.h"

/* Early in a boot there may be no randomness, but what the kernel gave us. */
static uint64_t draw(void)
{
	const void *given = (const void *)getauxval(AT_RANDOM);
	uint64_t key = 0x9e3779b97f4a7c15ull;

	if (getrandom(&key, sizeof(key), GRND_NONBLOCK) != sizeof(key) && given)
		memcpy(&key, given, sizeof(key));
	return key | 1;
}

uint64_t kpc_keyhash_key(void)
{
	static _Atomic uint64_t key;
	uint64_t none = 0, drawn;

	if (key)
		return key;
	drawn = draw();
	/* Of several threads the first one's is everybody's. */
	return atomic_compare_exchange_strong(&key, &none, drawn) ? drawn :
								    none;
}
