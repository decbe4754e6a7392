/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * candidates - of a kind, those that begin as the word that is being typed
 */
#ifndef CANDIDATES_H
#define CANDIDATES_H

#include "text.h"

struct candidates {
	struct text *out;
	const char *before; /* of the word, what stays: --event=a, */
	int before_bytes;
	const char *typed; /* the rest, which candidates begin with */
	bool titled;	   /* the line "words" is there */
};

/* From here on for @word, of which @typed is the end. All 0 but out at first. */
void candidates_begin(struct candidates *c, const char *word,
		      const char *typed);
/* If it begins so. @words: NULL ok. */
void candidates_add(struct candidates *c, const char *candidate,
		    const char *words);
/* Of "a|b|c", and of "a=X,b=Y,c" the names, with = where one has a value. */
void candidates_alternatives(struct candidates *c, const char *list);
void candidates_terms(struct candidates *c, const char *list);
/* What -e takes; a name as list and expose take it; a probe's; a process. */
void candidates_events(struct candidates *c);
void candidates_functions(struct candidates *c);
void candidates_names(struct candidates *c);
void candidates_probes(struct candidates *c, const char *format);
void candidates_processes(struct candidates *c);

#endif /* CANDIDATES_H */
