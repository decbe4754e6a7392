/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * origin - options that weren't given but come from a file, for who looks for a
 * mistake on the command line
 */
#ifndef ORIGIN_H
#define ORIGIN_H

struct origin {
	const char *file;
	int line;
	char letter;	  /* of the option; 0: it has none */
	const char *name; /* … its long one */
	const char *word; /* as it stands on the command line: --name=value */
};

/* It stays until the end, and what it points to. */
void origin_add(const struct origin *origin);
/* Says of those that the mistake @text names where they come from. */
void origin_blame(const char *verb, const char *text);

#endif /* ORIGIN_H */
