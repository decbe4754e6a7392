/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * setaside - what a command prints while the terminal shows something else, to be
 * printed afterwards
 */
#ifndef SETASIDE_H
#define SETASIDE_H

#define SETASIDE_BYTES (1u << 20) /* are kept, the last ones */

/*
 * What is forked from here to end has its output, where that is a terminal, in a
 * pipe, which a thread reads from end on, and nothing to read.
 */
void setaside_begin(void);
void setaside_end(void);
/* Prints what is kept, and how much isn't. */
void setaside_print(void);

#endif /* SETASIDE_H */
