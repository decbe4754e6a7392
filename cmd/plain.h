/* SPDX-License-Identifier: GPL-2.0-only */
/* plain - the options of verbs that have but --json and --help */
#ifndef PLAIN_H
#define PLAIN_H

#include <stdbool.h>

/*
 * Sets @json, and optind to the first word that's left. -1, or the exit status if
 * there is nothing to go on with: @usage was printed, or what was wrong.
 */
int plain_options(const char *verb, const char *usage, int argc, char **argv,
		  bool *json);

#endif /* PLAIN_H */
