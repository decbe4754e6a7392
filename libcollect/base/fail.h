/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fail - an error's text, written where the caller wants it
 */
#ifndef KPC_FAIL_H
#define KPC_FAIL_H

#include <stddef.h>

#define KPC_ERROR_BYTES 1024

/* Formats into @text (NULL ok) and returns @err, a negative errno. */
__attribute__((format(printf, 4, 5))) int
kpc_fail(char *text, size_t size, int err, const char *format, ...);

#endif /* KPC_FAIL_H */
