/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * memory - what a definition's fetch arguments read; never faults
 *
 * Any context, with preemption off. Not inlined: a read is rare beside a
 * register, and the functions that it calls can be probed themselves, which is
 * what the guard in hit.c is for.
 */
#ifndef KPX_MEMORY_H
#define KPX_MEMORY_H

#include <linux/types.h>

/*
 * @n bytes; 0 or -EFAULT. Where user and kernel addresses can't be mistaken
 * for each other, kpx_read_kernel() takes both, as kprobe_events does.
 */
int kpx_read_kernel(void *to, unsigned long from, size_t n);
int kpx_read_user(void *to, unsigned long from, size_t n);

/*
 * A string of at most @max > 0 bytes with its NUL, cut if it is longer. Its
 * length with the NUL, or -EFAULT.
 */
int kpx_read_kernel_string(char *to, unsigned long from, size_t max);
int kpx_read_user_string(char *to, unsigned long from, size_t max);

/*
 * "symbol+0x1/0x2 [module]" of a kernel address, or the address in hex; lengths
 * as above.
 */
int kpx_read_symbol(char *to, unsigned long address, size_t max);

/* The current task's name, TASK_COMM_LEN bytes, NUL-terminated. */
void kpx_read_comm(char to[16]);

#endif /* KPX_MEMORY_H */
