/* SPDX-License-Identifier: GPL-2.0-only */
/* jsonlines - rows as JSON objects, one a line, as `collect dump --json` prints them */
#ifndef JSONLINES_H
#define JSONLINES_H

#include "collect.h"
#include "text.h"

struct jsonlines;

/* NULL without memory. @text is borrowed. @with_names: of the frames of stacks. */
struct jsonlines *jsonlines_new(struct text *text, bool with_names);
/* False without memory; nothing was printed then. */
bool jsonlines_print(struct jsonlines *lines, const struct kpc_row *row);
void jsonlines_free(struct jsonlines *lines);

#endif /* JSONLINES_H */
