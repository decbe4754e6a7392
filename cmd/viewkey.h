/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * viewkey - the key of a row in a view: a part for each thing that rows are told
 * apart by, with its length in two bytes before it
 */
#ifndef VIEWKEY_H
#define VIEWKEY_H

#include <stddef.h>
#include <stdint.h>

#include "collect.h"
#include "view.h"

#define VIEWKEY_PART 257 /* that all but files and cgroups take at most */

/* Each returns where the next part goes; what is longer than a part is cut. */
char *viewkey_put(char *at, const void *bytes, size_t n);
/* The same of what may have up to @most bytes. */
char *viewkey_put_long(char *at, const void *bytes, size_t n, size_t most);
char *viewkey_number(char *at, enum kpc_field_kind kind, uint64_t number);
char *viewkey_field(char *at, const struct kpc_row *row, int field);

/* The part at that position, from 0. */
const char *viewkey_part(const char *key, int part, size_t *bytes);
/* As printable text. @machine: of system calls; @comm: the process' name. */
void viewkey_text(enum view_by_kind kind, const char *machine, const char *comm,
		  const char *part, size_t n, char text[VIEW_TEXT_BYTES]);

#endif /* VIEWKEY_H */
