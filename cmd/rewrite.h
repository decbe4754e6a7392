/* SPDX-License-Identifier: GPL-2.0-only */
/* rewrite - what verbs take that make a new trace of others: FILE... -o OUT */
#ifndef REWRITE_H
#define REWRITE_H

#include <stdbool.h>

#define REWRITE_USAGE                         \
	"  -o, --output OUT   the new file\n" \
	"  -h, --help         print this\n"

struct rewrite {
	const char *const *in; /* NULL-terminated; at least one */
	const char *out;
};

/*
 * From a verb's command line; @several: it takes more than one file. -1, or the
 * exit status: @usage was printed, or a mistake explained.
 */
int rewrite_parse(struct rewrite *rewrite, bool several, const char *usage,
		  int argc, char **argv);

#endif /* REWRITE_H */
