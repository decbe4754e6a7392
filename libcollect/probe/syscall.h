/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * syscall - the arguments of a system call, by their names
 *
 * The kernel's stub of a system call has one argument, the caller's registers, and
 * the functions behind it are inlined: what they are called is known to tracefs
 * alone (events/syscalls/).
 */
#ifndef KPC_SYSCALL_H
#define KPC_SYSCALL_H

#include <stddef.h>

#include <bpf/btf.h>

#include "buf.h"

/*
 * The name of the call if @symbol is sys_NAME and no function is called that, as the
 * file @kallsyms has them; or NULL.
 */
const char *kpc_syscall_name(const char *symbol, const char *kallsyms);
/* What the stub is called, in @stub. */
void kpc_syscall_stub(const char *name, char *stub, size_t size);

/*
 * Appends what a definition has for all arguments of the call, as " dfd=$arg1:s32
 * filename=+0($arg2):ustring": names of files are strings. @tracefs: where that is;
 * NULL: it's looked for. @btf is the kernel's, for the sizes of types; NULL: they
 * are x64. -ENOENT tracefs doesn't know the call, with the reason.
 */
int kpc_syscall_args(const char *name, const char *tracefs,
		     const struct btf *btf, struct kpc_buf *text, char *error,
		     size_t error_size);

#endif /* KPC_SYSCALL_H */
