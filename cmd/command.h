/* SPDX-License-Identifier: GPL-2.0-only */
/* command - the COMMAND behind --, and what it is to end with */
#ifndef COMMAND_H
#define COMMAND_H

#define COMMAND_SIGNAL 128 /* a status beyond that is of a signal */

/*
 * Before anything is opened or written: a slip in the name is the likeliest. 0 (also
 * without one), or the status with which shells say that it can't be run, with a
 * message.
 */
int command_check(char *const *argv);
/* The exit status for waitpid(2)'s. */
int command_status(int status);

#endif /* COMMAND_H */
