// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "colour.h"
#include "terminal.h"

bool colour_take(enum colour *colour, const char *value)
{
	static const char *const names[] = { "auto", "always", "never" };

	for (int i = COLOUR_AUTO; i <= COLOUR_NEVER; i++) {
		if (strcmp(value, names[i]))
			continue;
		*colour = i;
		return true;
	}
	return false;
}

bool colour_is_on(enum colour colour, int fd)
{
	const char *no_color = getenv("NO_COLOR");

	return colour == COLOUR_ALWAYS ||
	       (colour == COLOUR_AUTO && isatty(fd) && !terminal_is_dumb() &&
		!(no_color && *no_color));
}
