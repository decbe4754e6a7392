/* SPDX-License-Identifier: GPL-2.0-only */
/* The UAPI header's types and the kernel's short names for them. */
#ifndef SHIM_LINUX_TYPES_H
#define SHIM_LINUX_TYPES_H

#include_next <linux/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
/* as the kernel: long long, so that %llu fits on every architecture */
typedef unsigned long long u64;
typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef long long s64;

#endif /* SHIM_LINUX_TYPES_H */
