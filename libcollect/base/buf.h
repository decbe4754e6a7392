/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * buf - a growing byte buffer with a sticky error
 *
 * A failed allocation sets @error and drops what is appended from then on, so
 * that a chain of appends needs one check at its end. Zeroed is empty.
 */
#ifndef KPC_BUF_H
#define KPC_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct kpc_buf {
	uint8_t *data;
	size_t used;
	size_t size;
	int error; /* 0 or -ENOMEM */
};

bool kpc_buf_grow(struct kpc_buf *buf, size_t more);
void kpc_buf_uninit(struct kpc_buf *buf);

/* Makes room for @more bytes; the pointer to them, or NULL. */
static inline uint8_t *kpc_buf_reserve(struct kpc_buf *buf, size_t more)
{
	bool room = buf->data && buf->size - buf->used >= more;

	if (buf->error || (!room && !kpc_buf_grow(buf, more)))
		return NULL;
	return buf->data + buf->used;
}

static inline void kpc_buf_reset(struct kpc_buf *buf)
{
	buf->used = 0;
	buf->error = 0;
}

static inline void kpc_buf_add(struct kpc_buf *buf, const void *data,
			       size_t bytes)
{
	uint8_t *at = kpc_buf_reserve(buf, bytes);

	if (!at || !bytes)
		return;
	memcpy(at, data, bytes);
	buf->used += bytes;
}

#endif /* KPC_BUF_H */
