/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * source - a trace file that a verb reads, which progress is told, and what to say of
 * its health
 */
#ifndef SOURCE_H
#define SOURCE_H

#include "collect.h"

/* Opens @path; on failure NULL, and the reason was printed for @verb. */
struct kpc_reader *source_open(const char *verb, const char *path);
/*
 * Prints to stderr what is wrong with the file, and returns the exit status:
 * CMD_OK, or CMD_DAMAGED. For when all rows were read.
 */
int source_check(const struct kpc_reader *reader, const char *verb,
		 const char *path);

#endif /* SOURCE_H */
