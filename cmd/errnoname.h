/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * errnoname - names of the errors that the kernel's functions and system calls
 * return as numbers below 0
 */
#ifndef ERRNONAME_H
#define ERRNONAME_H

#include <stdbool.h>
#include <stdint.h>

#include "collect.h"

#define ERRNONAME_BYTES 24 /* of a name and two characters around it, at most */

/* Is field @f what a function of the kernel or a system call returned? */
bool errnoname_applies(const struct kpc_event *event, uint32_t f);
/* "ENOENT" of -2; NULL if it's no error, or one without a name. */
const char *errnoname_of(int64_t value);

#endif /* ERRNONAME_H */
