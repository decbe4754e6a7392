/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * stepping - how the kernel gets on behind a probe in a program
 *
 * Some instructions that a breakpoint replaces it does itself. Others it has the
 * program do elsewhere, in a single step: a second exception for each hit, which is
 * many times as slow in a virtual machine.
 */
#ifndef KPC_STEPPING_H
#define KPC_STEPPING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of the instruction that @code begins with. */
bool kpc_stepping_code(const uint8_t *code, size_t bytes);
/* Of that at @offset in the file; true if it can't be read. */
bool kpc_stepping_file(const char *path, uint64_t offset);

#endif /* KPC_STEPPING_H */
