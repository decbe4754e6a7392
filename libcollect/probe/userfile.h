/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * userfile - the program or shared library that somebody names
 */
#ifndef KPC_USERFILE_H
#define KPC_USERFILE_H

#include <stddef.h>

/*
 * The path of @name: one with a slash as it is, from the working folder on; else a
 * program in $PATH, or a shared library where those usually are, with or without
 * ".so.6" behind it. The caller frees *@path. -ENOENT, with what to do if it was
 * deleted or is elsewhere; -EACCES; -EINVAL; -ENOMEM.
 */
int kpc_userfile_find(const char *name, char **path, char *error,
		      size_t error_size);

#endif /* KPC_USERFILE_H */
