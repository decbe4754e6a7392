/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * progress - a line on the terminal, of how far a command is that goes through whole
 * files: percent, rate, and what is left
 *
 * It comes after a second, and goes before anything else is said. There is one terminal,
 * and so one line.
 */
#ifndef PROGRESS_H
#define PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "collect.h"

/*
 * Standard error has to be a terminal that can erase a line. @prints: the verb prints
 * as it reads; then standard output has to be a file, for what it goes to otherwise may
 * be the terminal, by way of a pipe.
 */
void progress_begin(const char *verb, bool prints);
/* For the library, which says how far it is. Before begin, nothing is shown. */
const struct kpc_file_opts *progress_opts(void);
/* What is gone through next is number @part, from 1, of @parts; until then it goes. */
void progress_part(uint32_t part, uint32_t parts);
/* So many bytes were written so far. */
void progress_written(uint64_t bytes);
/* The line goes, before something else is said; it may come again. */
void progress_clear(void);
/* It goes, and doesn't. */
void progress_end(void);

#endif /* PROGRESS_H */
