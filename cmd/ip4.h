/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ip4 - IPv4 addresses: fields of the type ip4, as 127.0.0.1
 */
#ifndef IP4_H
#define IP4_H

#include <stdbool.h>
#include <stdint.h>

#include "collect.h"

#define IP4_BYTES 15 /* of an address, at most */

bool ip4_applies(const struct kpc_field *field);
/* Without a NUL. Returns what is behind it. */
char *ip4_put(char *p, uint32_t address);

#endif /* IP4_H */
