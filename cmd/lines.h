/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lines - rows as lines of text, as `collect dump` prints them
 *
 * What doesn't change from row to row, such as " NAME=", is made once for each
 * event.
 */
#ifndef LINES_H
#define LINES_H

#include "collect.h"
#include "text.h"

struct lines;

/*
 * NULL without memory. @text is borrowed. @with_errno: names of errors, too;
 * @with_colour: of the thread and the event.
 */
struct lines *lines_new(struct text *text, bool with_errno, bool with_colour);
/* False without memory; nothing was printed then. */
bool lines_print(struct lines *lines, const struct kpc_row *row);
void lines_free(struct lines *lines);

#endif /* LINES_H */
