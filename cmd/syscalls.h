/* SPDX-License-Identifier: GPL-2.0-only */
/* syscalls - the names of this architecture's system calls */
#ifndef SYSCALLS_H
#define SYSCALLS_H

/* NULL: the kernel's headers, with which this was built, have none of that number. */
const char *syscall_name(long number);

#endif /* SYSCALLS_H */
