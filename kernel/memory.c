// SPDX-License-Identifier: GPL-2.0-only
#include <linux/errno.h>
#include <linux/kallsyms.h>
#include <linux/kprobes.h>
#include <linux/minmax.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "memory.h"

int kpx_read_user(void *to, unsigned long from, size_t n)
{
	return copy_from_user_nofault(to, (const void __user *)from, n) ?
		       -EFAULT :
		       0;
}
NOKPROBE_SYMBOL(kpx_read_user);

int kpx_read_kernel(void *to, unsigned long from, size_t n)
{
#ifdef CONFIG_ARCH_HAS_NON_OVERLAPPING_ADDRESS_SPACE
	if (from < TASK_SIZE)
		return kpx_read_user(to, from, n);
#endif
	return copy_from_kernel_nofault(to, (const void *)from, n) ? -EFAULT :
								     0;
}
NOKPROBE_SYMBOL(kpx_read_kernel);

/*
 * strncpy_from_kernel_nofault() isn't exported. Aligned pieces never cross a
 * page, so what follows the string's page isn't touched.
 */
#define PIECE 32

typedef int read_fn(void *to, unsigned long from, size_t n);

static __always_inline int read_string(char *to, unsigned long from, size_t max,
				       read_fn *read)
{
	size_t done = 0;

	while (done < max) {
		size_t n = min_t(size_t, max - done,
				 PIECE - (from + done) % PIECE);
		const char *nul;

		if (read(to + done, from + done, n))
			return -EFAULT;
		nul = memchr(to + done, '\0', n);
		if (nul)
			return nul - to + 1;
		done += n;
	}
	to[max - 1] = '\0';
	return max;
}

int kpx_read_user_string(char *to, unsigned long from, size_t max)
{
	return read_string(to, from, max, kpx_read_user);
}
NOKPROBE_SYMBOL(kpx_read_user_string);

int kpx_read_kernel_string(char *to, unsigned long from, size_t max)
{
	return read_string(to, from, max, kpx_read_kernel);
}
NOKPROBE_SYMBOL(kpx_read_kernel_string);

int kpx_read_symbol(char *to, unsigned long address, size_t max)
{
	char name[KSYM_SYMBOL_LEN];
	size_t len = sprint_symbol(name, address) + 1;

	len = min(len, max);
	memcpy(to, name, len);
	to[len - 1] = '\0';
	return len;
}
NOKPROBE_SYMBOL(kpx_read_symbol);

void kpx_read_comm(char to[16])
{
	BUILD_BUG_ON(TASK_COMM_LEN != 16);
	/* no lock: at worst a name that is just being changed */
	memcpy(to, current->comm, TASK_COMM_LEN);
	to[TASK_COMM_LEN - 1] = '\0';
}
NOKPROBE_SYMBOL(kpx_read_comm);
