/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kallsyms - is there such a function, and only one?
 */
#ifndef KPC_KALLSYMS_H
#define KPC_KALLSYMS_H

#include <stddef.h>

#include "nearmiss.h"

#define KPC_KALLSYMS "/proc/kallsyms"

#define KPC_MODULE_NAME 64

/*
 * Looks the function @name up in the file @path. 0 if exactly one is called that,
 * its module in @module, empty for the kernel itself; or if the file can't be read.
 * -ENOENT if none is: then @near was offered the functions that there are; -EINVAL
 * if several are, with the candidates.
 */
int kpc_kallsyms_check(const char *path, const char *name,
		       struct kpc_nearmiss *near, char module[KPC_MODULE_NAME],
		       char *error, size_t error_size);

/*
 * What may have become of a function that there's none of, as the end of a sentence
 * in @text: names that @near knows, or that it isn't there by itself.
 */
const char *kpc_kallsyms_hint(const struct kpc_nearmiss *near, char *text,
			      size_t size);

#endif /* KPC_KALLSYMS_H */
