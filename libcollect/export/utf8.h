/* SPDX-License-Identifier: GPL-2.0-only */
/* utf8 - names of kernels and users, which may be any bytes, as text for others */
#ifndef KPC_UTF8_H
#define KPC_UTF8_H

#include "buf.h"

/* How many bytes of one character are at @at, of @n that follow; 0: it is none. */
size_t kpc_utf8_bytes(const uint8_t *at, size_t n);
/* Appends them; a byte that isn't UTF-8 becomes the character of its number. */
void kpc_utf8_add(struct kpc_buf *buf, const void *bytes, size_t n);

#endif /* KPC_UTF8_H */
