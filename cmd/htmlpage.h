/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * htmlpage - the page that is in the program, made at build time of cmd/html/ and of
 * libraries (see tools/web/page)
 */
#ifndef HTMLPAGE_H
#define HTMLPAGE_H

#include "text.h"

/* What comes before the data, and what comes after it. */
void htmlpage_begin(struct text *out);
void htmlpage_end(struct text *out);

#endif /* HTMLPAGE_H */
