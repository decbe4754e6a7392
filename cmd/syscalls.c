// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "collect.h"
#include "syscalls.h"

bool syscalls_never_return(const char *machine, uint64_t number)
{
	const char *name = kpc_syscall_text(machine, number);

	return name && (!strcmp(name, "exit") || !strcmp(name, "exit_group"));
}
