/* SPDX-License-Identifier: GPL-2.0-only */
/* htmltables - values of a page's data: call chains, and what is in tables only */
#ifndef HTMLTABLES_H
#define HTMLTABLES_H

#include "htmldata.h"
#include "text.h"

/* All return 0 or -ENOMEM. */
int htmltables_flame(struct text *out, const struct htmldata *d);
/* Members, of which @outer says if one is the first. */
int htmltables_functions(struct text *out, bool *outer,
			 const struct htmldata *d);
int htmltables_processes(struct text *out, const struct htmldata *d);
int htmltables_texts(struct text *out, bool *outer, const struct htmldata *d);
void htmltables_fields(struct text *out, bool *outer, const struct htmldata *d);

#endif /* HTMLTABLES_H */
