/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * help - what the help of a verb says, for programs
 *
 * Each verb describes its options once, for people, in what --help prints. What else
 * has to know them reads that, so it knows those of every verb and of the next one.
 * A line of an option is
 *
 *   -x, --name VALUE  words
 *
 * where VALUE begins with a capital letter or a quotation mark, or has = or |.
 */
#ifndef HELP_H
#define HELP_H

#include <stdbool.h>
#include <stddef.h>

#include "verb.h"

#define HELP_OPTIONS_MAX 128

struct help_option {
	char letter;	   /* 0: it has none */
	const char *name;  /* of the long one, without -- */
	const char *value; /* NULL: it takes none */
	const char *words; /* the first line of them; "" without */
};

struct help {
	char *text; /* as it was printed */
	char *parts;
	struct help_option options[HELP_OPTIONS_MAX];
	int nr;
};

/* Of a text, which is copied; NULL without memory. */
struct help *help_parse(const char *text);
/* Of a verb, which a child is asked for; NULL if it can't be had. */
struct help *help_of(const struct verb *verb);
void help_free(struct help *help); /* NULL ok */

/* By the whole name, of @length bytes. NULL if there is none. */
const struct help_option *help_long(const struct help *help, const char *name,
				    size_t length);
const struct help_option *help_letter(const struct help *help, char letter);
/*
 * The options of a word that begins with one -, several letters maybe: the one that
 * takes a value, which follows in @value, or is the next word if that is "". NULL
 * if none does.
 */
const struct help_option *help_letters(const struct help *help,
				       const char *word, const char **value);

#endif /* HELP_H */
