// SPDX-License-Identifier: GPL-2.0-only
#include "utf8.h"

size_t kpc_utf8_bytes(const uint8_t *at, size_t n)
{
	size_t bytes = *at < 0x80 ? 1 :
		       *at < 0xc2 ? 0 :
		       *at < 0xe0 ? 2 :
		       *at < 0xf0 ? 3 :
		       *at < 0xf5 ? 4 :
				    0;

	if (bytes > n)
		return 0;
	for (size_t i = 1; i < bytes; i++)
		if ((at[i] & 0xc0) != 0x80)
			return 0;
	/* Longer than it need be, half a pair, or beyond the last one. */
	if ((at[0] == 0xe0 && at[1] < 0xa0) ||
	    (at[0] == 0xed && at[1] > 0x9f) ||
	    (at[0] == 0xf0 && at[1] < 0x90) || (at[0] == 0xf4 && at[1] > 0x8f))
		return 0;
	return bytes;
}

void kpc_utf8_add(struct kpc_buf *buf, const void *data, size_t n)
{
	const uint8_t *at = data;

	while (n) {
		size_t bytes = kpc_utf8_bytes(at, n);
		const uint8_t two[] = { 0xc0 | *at >> 6, 0x80 | (*at & 0x3f) };

		if (bytes)
			kpc_buf_add(buf, at, bytes);
		else
			kpc_buf_add(buf, two, sizeof(two));
		bytes += !bytes;
		at += bytes;
		n -= bytes;
	}
}
