/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * option - what one option of `collect record` takes, where it goes, and its
 * help: a table for each group, in a file of its own
 */
#ifndef OPTION_H
#define OPTION_H

#include <stddef.h>
#include <stdint.h>

#include "options.h"

enum option_kind {
	OPTION_FLAG,   /* a bool, set */
	OPTION_TEXT,   /* const char * */
	OPTION_NUMBER, /* uint64_t, as are the next two */
	OPTION_SIZE,   /* in bytes */
	OPTION_TIME,   /* in nanoseconds */
	OPTION_LIST,   /* struct option_list: it may be given again */
	OPTION_OTHER,  /* what @take makes of it */
};

struct option_desc {
	int letter;	   /* 0: it has none */
	const char *name;  /* NULL ends a table */
	const char *value; /* as the help calls it; NULL: it takes none */
	enum option_kind kind;
	size_t at;	      /* of its place in struct options */
	uint64_t least, most; /* of a number, a size, a time */
	uint64_t bare_ns;     /* what a time's number without a unit counts */
	const char *example;  /* of a size or a time; NULL: a usual one */
	/*
	 * OPTION_OTHER: returns -1, or what option_mistake() gave. Of other
	 * kinds it is called when the value is in its place; NULL ok.
	 */
	int (*take)(struct options *options, const struct option_desc *desc,
		    const char *text);
	const char *help; /* lines of up to 57 columns, each with its \n */
};

struct option_group {
	const char *title;
	const struct option_desc *options;
};

/* The help of a verb. */
struct option_usage {
	const char *verb;
	const char *head;		   /* above the options */
	const struct option_group *groups; /* the last one has no title */
	const char *tail;
};

/* Mistakes are of that one from here on. */
void option_usage_is(const struct option_usage *usage);

extern const struct option_desc options_events[];
extern const struct option_desc options_targets[];
extern const struct option_desc options_until[]; /* of what ends by itself */
extern const struct option_desc options_sampling[];
extern const struct option_desc options_end[];
extern const struct option_desc options_output[];

/* Says what is wrong, and where the help is. Returns CMD_USAGE. */
__attribute__((format(printf, 1, 2))) int option_mistake(const char *format,
							 ...);
/*
 * Puts what @text says (NULL: nothing was given) where it goes. Returns -1, or
 * an exit status: the mistake was explained.
 */
int option_take(struct options *options, const struct option_desc *desc,
		const char *text);
/* "-m" or "--strict" in @name, of 64 bytes: as users look for it. */
const char *option_name(const struct option_desc *desc, char *name);
/* Its lines of the help, on stdout. */
void option_print(const struct option_desc *desc);

#endif /* OPTION_H */
