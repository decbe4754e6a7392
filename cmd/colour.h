/* SPDX-License-Identifier: GPL-2.0-only */
/* colour - whether text may have colours, and those that it has */
#ifndef COLOUR_H
#define COLOUR_H

#include <stdbool.h>

#define COLOUR_BOLD   "\033[1m"
#define COLOUR_GREEN  "\033[32m"
#define COLOUR_RED    "\033[31m"
#define COLOUR_YELLOW "\033[33m"
#define COLOUR_BLUE   "\033[36m" /* cyan: dark blue can't be read on black */
#define COLOUR_OFF    "\033[0m"

#define COLOUR_USAGE "      --color WHEN " COLOUR_WHEN
#define COLOUR_WHEN                                                \
	"auto, always or never; auto: on a terminal, unless the\n" \
	"                   environment has NO_COLOR, or TERM=dumb\n"

enum colour {
	COLOUR_AUTO,
	COLOUR_ALWAYS,
	COLOUR_NEVER,
};

/* Of --color; false: it makes no sense. */
bool colour_take(enum colour *colour, const char *value);
/* Does what goes to that file descriptor have colours? */
bool colour_is_on(enum colour colour, int fd);

#endif /* COLOUR_H */
