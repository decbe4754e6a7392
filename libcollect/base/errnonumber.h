/* SPDX-License-Identifier: GPL-2.0-only */
/* errnonumber - the numbers of errors by name; kpc_errno_name() is the reverse */
#ifndef KPC_ERRNONUMBER_H
#define KPC_ERRNONUMBER_H

#include <stddef.h>

/* 2 for "ENOENT" of so many bytes; 0: there is no such error. */
int kpc_errno_number(const char *name, size_t bytes);

#endif /* KPC_ERRNONUMBER_H */
