/* SPDX-License-Identifier: GPL-2.0-only */
/* list_file - collect list -u, --usdt: what there is to probe in a program */
#ifndef LIST_FILE_H
#define LIST_FILE_H

#include <stdbool.h>

#include "text.h"

/* Of the functions or USDT probes of @file, those that one of the @nr patterns
 * matches, or all. The exit status. */
int list_file_functions(struct text *out, const char *file, char **patterns,
			int nr, bool json);
int list_file_usdt(struct text *out, const char *file, char **patterns, int nr,
		   bool json);

#endif /* LIST_FILE_H */
