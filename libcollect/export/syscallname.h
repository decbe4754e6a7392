/* SPDX-License-Identifier: GPL-2.0-only */
/* syscallname - what system calls are called that a trace has by number */
#ifndef KPC_SYSCALLNAME_H
#define KPC_SYSCALLNAME_H

#include <stdint.h>

/* Of a machine as uname(2) has it; NULL: not known. */
const char *kpc_syscall_text(const char *machine, uint64_t number);

#endif /* KPC_SYSCALLNAME_H */
