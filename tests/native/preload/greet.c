// SPDX-License-Identifier: GPL-2.0-only
/* greet - a shared library with a function that each process that maps it calls */
#include <unistd.h>

__attribute__((noinline, visibility("default"))) int greet(int pid)
{
	__asm__ volatile("");
	return pid + 1;
}

__attribute__((constructor)) static void begin(void)
{
	greet(getpid());
}
