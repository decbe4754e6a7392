/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * verb - what collect does, by its first word
 */
#ifndef VERB_H
#define VERB_H

struct verb {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *summary;
};

/* In the help's order; NULL behind the last one. */
const struct verb *verb_at(int i);
/* NULL if there is none of that name. */
const struct verb *verb_find(const char *name);

#endif /* VERB_H */
