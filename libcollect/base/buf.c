// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>

#include "buf.h"

#define BUF_LEAST 256

bool kpc_buf_grow(struct kpc_buf *buf, size_t more)
{
	size_t size = buf->size ? buf->size : BUF_LEAST;
	uint8_t *data;

	if (buf->error)
		return false;
	if (more > SIZE_MAX / 4 || buf->used > SIZE_MAX / 4) {
		buf->error = -ENOMEM;
		return false;
	}
	while (size - buf->used < more)
		size *= 2;
	data = realloc(buf->data, size);
	if (!data) {
		buf->error = -ENOMEM;
		return false;
	}
	buf->data = data;
	buf->size = size;
	return true;
}

void kpc_buf_uninit(struct kpc_buf *buf)
{
	free(buf->data);
	*buf = (struct kpc_buf){ 0 };
}
