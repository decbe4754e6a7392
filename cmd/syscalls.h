/* SPDX-License-Identifier: GPL-2.0-only */
/* syscalls - what is known of system calls beside their names */
#ifndef SYSCALLS_H
#define SYSCALLS_H

#include <stdbool.h>
#include <stdint.h>

/* It ends the thread: an entry has no return. @machine: as of kpc_syscall_text(). */
bool syscalls_never_return(const char *machine, uint64_t number);

#endif /* SYSCALLS_H */
