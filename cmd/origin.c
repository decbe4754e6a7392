// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "origin.h"

#define ORIGINS_MAX 256

static struct origin origins[ORIGINS_MAX];
static int nr;

void origin_add(const struct origin *origin)
{
	if (nr < ORIGINS_MAX)
		origins[nr++] = *origin;
}

/* As a word of its own. */
static bool has_word(const char *text, const char *word)
{
	const char *at = text;

	for (; (at = strstr(at, word)); at += strlen(word)) {
		char next = at[strlen(word)];

		if ((at == text || at[-1] == ' ') && next != '-' &&
		    !isalnum((unsigned char)next))
			return true;
	}
	return false;
}

void origin_blame(const char *verb, const char *text)
{
	char word[128];

	for (int i = 0; i < nr; i++) {
		const struct origin *o = &origins[i];

		snprintf(word, sizeof(word), "-%c", o->letter);
		if (!o->letter || !has_word(text, word)) {
			snprintf(word, sizeof(word), "--%s", o->name);
			if (!has_word(text, word))
				continue;
		}
		fprintf(stderr, "collect %s: %s is from %s:%d\n", verb, o->word,
			o->file, o->line);
	}
}
