/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kallsyms - is there such a function, and only one?
 */
#ifndef KPC_KALLSYMS_H
#define KPC_KALLSYMS_H

#include <stddef.h>

#include "nearmiss.h"

#define KPC_KALLSYMS "/proc/kallsyms"

/*
 * Looks @near's name up in the file @path. 0 if exactly one function has it, or
 * if the file can't be read; -ENOENT if none has: then @near was offered the
 * functions that there are; -EINVAL if several have, with the candidates.
 */
int kpc_kallsyms_check(const char *path, struct kpc_nearmiss *near, char *error,
		       size_t error_size);

#endif /* KPC_KALLSYMS_H */
