// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <getopt.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "cmd.h"
#include "mistake.h"
#include "origin.h"

int vmistake(const char *verb, const char *format, va_list args)
{
	char text[4096];

	vsnprintf(text, sizeof(text), format, args);
	fprintf(stderr, "collect %s: %s\n", verb, text);
	origin_blame(verb, text);
	fprintf(stderr, "collect %s: see collect %s --help\n", verb, verb);
	return CMD_USAGE;
}

int mistake(const char *verb, const char *format, ...)
{
	va_list args;
	int status;

	va_start(args, format);
	status = vmistake(verb, format, args);
	va_end(args);
	return status;
}

static int mistake_letter(const char *verb)
{
	if (isgraph(optopt))
		return mistake(verb, "unknown option -%c", optopt);
	return mistake(verb, "unknown option: the byte 0x%02x behind a -",
		       (unsigned char)optopt);
}

/* A letter that isn't its word's last one: optind isn't behind that yet. */
static bool is_within(const char *word)
{
	return optopt <= UCHAR_MAX && word && word[0] == '-' &&
	       word[1] != '-' && strchr(word + 1, optopt);
}

int mistake_option(const char *verb, int refused, char *const *argv)
{
	const char *word = argv[optind - 1];
	bool is_long = !strncmp(word, "--", 2);

	if (refused == ':' && is_long)
		return mistake(verb, "%s takes a value", word);
	if (refused == ':')
		return mistake(verb, "-%c takes a value", optopt);
	if (!optopt)
		return mistake(verb, "unknown option %s", word);
	if (!is_long || is_within(argv[optind]))
		return mistake_letter(verb);
	return mistake(verb, "%.*s takes no value", (int)strcspn(word, "="),
		       word);
}
