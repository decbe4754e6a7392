// SPDX-License-Identifier: GPL-2.0-only
#include <stddef.h>

#include "syscalls.h"

static const char *const names[] = {
#include "syscall_names.h" /* made of asm/unistd.h */
};

const char *syscall_name(long number)
{
	if (number < 0 || number >= (long)(sizeof(names) / sizeof(*names)))
		return NULL;
	return names[number];
}
