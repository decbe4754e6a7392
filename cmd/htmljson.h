/* SPDX-License-Identifier: GPL-2.0-only */
/* htmljson - the data of a page as JSON, of bounded size, safe inside of HTML */
#ifndef HTMLJSON_H
#define HTMLJSON_H

#include "htmldata.h"
#include "text.h"

/* 0 or -ENOMEM. */
int htmljson(struct text *out, const struct htmldata *data, const char *path,
	     const struct selection *selection);

#endif /* HTMLJSON_H */
