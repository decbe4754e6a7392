// SPDX-License-Identifier: GPL-2.0-only
#include <stddef.h>
#include <string.h>

#include "collect.h"

/* Each machine has its own numbers: those of the one that this was made for. */
#if defined(__x86_64__)
#define MACHINE "x86_64"
#elif defined(__aarch64__)
#define MACHINE "aarch64"
#else
#define MACHINE ""
#endif

static const char *const names[] = {
#include "syscall_names.h" /* made of asm/unistd.h */
};

const char *kpc_syscall_text(const char *machine, uint64_t number)
{
	if ((machine && strcmp(machine, MACHINE)) ||
	    number >= sizeof(names) / sizeof(*names))
		return NULL;
	return names[number];
}
