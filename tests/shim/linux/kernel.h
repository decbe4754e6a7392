/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHIM_LINUX_KERNEL_H
#define SHIM_LINUX_KERNEL_H

#include_next <linux/kernel.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <linux/build_bug.h>
#include <linux/compiler.h>
#include <linux/string.h>
#include <linux/types.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define ALIGN(x, a)   (((x) + (a)-1) & ~((typeof(x))(a)-1))
#define U32_MAX	      ((u32)~0U)
#define U64_MAX	      ((u64)~0ULL)

/* kstrtoull() without its '+' and its newline, which no test gives it. */
static inline __maybe_unused int kstrtoull(const char *s, unsigned int base,
					   unsigned long long *to)
{
	char *end;

	errno = 0;
	*to = strtoull(s, &end, base);
	if (end == s || *end)
		return -EINVAL;
	return errno ? -ERANGE : 0;
}

#endif /* SHIM_LINUX_KERNEL_H */
