/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHIM_LINUX_COMPILER_H
#define SHIM_LINUX_COMPILER_H

#include <linux/types.h>

#ifdef __always_inline
#undef __always_inline
#endif
#define __always_inline inline __attribute__((__always_inline__))
#define __printf(a, b)	__attribute__((__format__(printf, a, b)))
#define __maybe_unused	__attribute__((__unused__))
#define noinline	__attribute__((__noinline__))
#define notrace		__attribute__((__no_instrument_function__))

#endif /* SHIM_LINUX_COMPILER_H */
