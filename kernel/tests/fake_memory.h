/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The readers of core/fetch.h over a made-up memory of a few pages; to be
 * included before it. What lies outside faults, as does a kernel read of
 * "user" pages and the other way round.
 */
#ifndef KPX_TESTS_FAKE_MEMORY_H
#define KPX_TESTS_FAKE_MEMORY_H

#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <linux/types.h>

#define FAKE_BYTES  16384
#define FAKE_KERNEL 0xffff888000004000UL
#define FAKE_USER   0x00007f0000001000UL

static struct {
	char kernel[FAKE_BYTES], user[FAKE_BYTES];
	char comm[16];
	unsigned int reads;
} fake;

/* The bytes at @from in @area, which begins at @start; *@left of them. */
static char *fake_find(char *area, unsigned long start, unsigned long from,
		       size_t *left)
{
	if (from < start || from - start >= FAKE_BYTES)
		return NULL;
	*left = FAKE_BYTES - (from - start);
	return area + (from - start);
}

static int fake_read(char *at, size_t left, void *to, size_t n)
{
	fake.reads++;
	if (!at || left < n)
		return -EFAULT;
	memcpy(to, at, n);
	return 0;
}

static int fake_read_string(const char *at, size_t left, char *to, size_t max)
{
	size_t i;

	fake.reads++;
	for (i = 0; at && i < left; i++) {
		if (i == max) {
			to[max - 1] = '\0';
			return (int)max;
		}
		to[i] = at[i];
		if (!at[i])
			return (int)i + 1;
	}
	return -EFAULT;
}

static inline int kpx_read_kernel(void *to, unsigned long from, size_t n)
{
	size_t left = 0;
	char *at = fake_find(fake.kernel, FAKE_KERNEL, from, &left);

	return fake_read(at, left, to, n);
}

static inline int kpx_read_user(void *to, unsigned long from, size_t n)
{
	size_t left = 0;
	char *at = fake_find(fake.user, FAKE_USER, from, &left);

	return fake_read(at, left, to, n);
}

static inline int kpx_read_kernel_string(char *to, unsigned long from,
					 size_t max)
{
	size_t left = 0;
	char *at = fake_find(fake.kernel, FAKE_KERNEL, from, &left);

	return fake_read_string(at, left, to, max);
}

static inline int kpx_read_user_string(char *to, unsigned long from, size_t max)
{
	size_t left = 0;
	char *at = fake_find(fake.user, FAKE_USER, from, &left);

	return fake_read_string(at, left, to, max);
}

static inline int kpx_read_symbol(char *to, unsigned long address, size_t max)
{
	size_t n = snprintf(to, max, "sym+0x%lx/0x100", address & 0xff);

	return (int)(n < max ? n + 1 : max);
}

static inline void kpx_read_comm(char to[16])
{
	memcpy(to, fake.comm, sizeof(fake.comm));
}

#endif /* KPX_TESTS_FAKE_MEMORY_H */
