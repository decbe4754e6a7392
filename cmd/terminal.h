/* SPDX-License-Identifier: GPL-2.0-only */
/* terminal - what there is to know of one, before something is written to it */
#ifndef TERMINAL_H
#define TERMINAL_H

#include <stdbool.h>

/* It only takes text, as far as TERM says: no colours, and nothing is erased. */
bool terminal_is_dumb(void);
/* Columns; 0: it is none, or doesn't say. */
int terminal_width(int fd);
/* May this process write to it: is it no job in the background of a shell there? */
bool terminal_is_ours(int fd);

#endif /* TERMINAL_H */
