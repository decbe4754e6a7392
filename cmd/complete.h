/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * complete - what may stand in a command line that is being typed
 */
#ifndef COMPLETE_H
#define COMPLETE_H

#include "text.h"

/*
 * Prints what a shell may put in the place of the last of the @nr words, which are
 * those behind "collect", of which the last may be "". The first line is
 *
 *   words      candidates follow, one a line, with a tab and words about it behind it
 *              where there are any
 *   files      names of files
 *   command N  what stands from word N on is a command, with words of its own
 *
 * and nothing is printed where nothing is known.
 */
void complete(struct text *out, char **words, int nr);

#endif /* COMPLETE_H */
