/* SPDX-License-Identifier: GPL-2.0-only */
/* contrastprint - what is different in two traces, as a table and as JSON */
#ifndef CONTRASTPRINT_H
#define CONTRASTPRINT_H

#include <stdbool.h>

#include "contrast.h"
#include "text.h"

struct contrast_opts {
	const char *path[2];
	const struct profile *profile[2];
	bool all; /* what didn't change, too */
	double threshold;
};

/* False without memory. */
bool contrast_text(struct text *out, const struct contrast *contrast,
		   const struct contrast_opts *opts);
void contrast_json(struct text *out, const struct contrast *contrast,
		   const struct contrast_opts *opts);

#endif /* CONTRASTPRINT_H */
