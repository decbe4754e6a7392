// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "candidates.h"
#include "complete.h"
#include "help.h"
#include "verb.h"

#define PLACES_MAX 8

struct line {
	struct text *out;
	struct candidates candidates;
	char **words;
	int nr;
	int at; /* of the word that is being looked at; the verb's first one */
	const struct verb *verb;
	struct help *help;
	const struct help_option *option; /* whose value comes next, or NULL */
	char **places; /* the words so far that are neither options nor values */
	int nr_places;
};

/* ---- values -------------------------------------------------------------- */

static bool begins(const char *text, const char *with)
{
	return !strncmp(text, with, strlen(with));
}

static void files(struct line *l)
{
	text_string(l->out, "files\n");
}

/* Behind the last comma. */
static const char *last_of_list(const char *typed)
{
	const char *comma = strrchr(typed, ',');

	return comma ? comma + 1 : typed;
}

/* Candidates for a value that the help calls @value: @typed is a part of @word. */
static void complete_value(struct line *l, const char *value, const char *word,
			   const char *typed)
{
	struct candidates *c = &l->candidates;

	if (begins(value, "FILE") || begins(value, "PATH") ||
	    begins(value, "OUT") || begins(value, "DIR")) {
		files(l);
		return;
	}
	/* A definition's commas are its own. */
	if (value[0] != '\'' && !strchr(typed, ' '))
		typed = last_of_list(typed);
	value += value[0] == '\'';
	candidates_begin(c, word, typed);
	if (begins(value, "EVENT"))
		candidates_events(c);
	else if (begins(value, "PID") || begins(value, "TID"))
		candidates_processes(c);
	else if (strchr(value, '|'))
		candidates_alternatives(c, value);
	else if (strchr(value, '='))
		candidates_terms(c, value);
}

/* ---- options ------------------------------------------------------------- */

static void add_option(struct candidates *c, const struct help_option *option)
{
	char text[128];

	snprintf(text, sizeof(text), "--%s", option->name);
	candidates_add(c, text, option->words);
	if (!option->letter)
		return;
	snprintf(text, sizeof(text), "-%c", option->letter);
	candidates_add(c, text, option->words);
}

static void complete_option(struct line *l, const char *word)
{
	struct candidates *c = &l->candidates;

	candidates_begin(c, word, word);
	for (int i = 0; i < l->help->nr; i++)
		add_option(c, &l->help->options[i]);
}

/* --name=VALUE, of which VALUE is being typed. */
static void complete_long_value(struct line *l, const char *word)
{
	const char *value = strchr(word, '=') + 1;
	const struct help_option *option =
		help_long(l->help, word + 2, value - 1 - (word + 2));

	if (option && option->value)
		complete_value(l, option->value, word, value);
}

/* ---- the other words ----------------------------------------------------- */

/* Those that a line of the usage has in a row, as "add|del", FILE, NAME. */
struct usage {
	char text[256];
	const char *place[PLACES_MAX];
	int nr;
};

static bool is_literal(const char *place)
{
	return islower((unsigned char)*place);
}

/* Is @word one of "a|b|c"? */
static bool is_one_of(const char *word, const char *list)
{
	size_t bytes;

	for (; *list; list += bytes + (list[bytes] != '\0')) {
		bytes = strcspn(list, "|");
		if (strlen(word) == bytes && !memcmp(word, list, bytes))
			return true;
	}
	return false;
}

/* The options of a usage line, their values, and what says that there are more. */
static bool is_no_place(const struct help *help, const char *word,
			bool *value_follows)
{
	const struct help_option *option = NULL;
	const char *rest = "";

	if (*value_follows) {
		*value_follows = false;
		return true;
	}
	if (begins(word, "--"))
		option = help_long(help, word + 2, strlen(word + 2));
	else if (*word == '-')
		option = help_letters(help, word, &rest);
	*value_follows = option && option->value && !*rest;
	return *word == '-' || *word == '|' || !*word ||
	       !strcmp(word, "OPTION") || !strcmp(word, "COMMAND");
}

/* @line: of the help, behind "collect". False: it isn't one of the verb's. */
static bool usage_parse(struct usage *u, const struct line *l, const char *line)
{
	bool first = true, value = false;
	char *rest = u->text, *word;

	u->nr = 0;
	snprintf(u->text, sizeof(u->text), "%.*s", (int)strcspn(line, "\n"),
		 line);
	while ((word = strsep(&rest, " "))) {
		word += strspn(word, "[");
		word[strcspn(word, "].")] = '\0';
		if (first && strcmp(word, l->verb->name))
			return false;
		if (!first && !is_no_place(l->help, word, &value) &&
		    u->nr < PLACES_MAX)
			u->place[u->nr++] = word;
		first = false;
	}
	return true;
}

/* What stands at place @i by this usage; the last one may be given again. */
static const char *usage_place(const struct usage *u, int i)
{
	const char *last = u->nr ? u->place[u->nr - 1] : NULL;

	if (i < u->nr)
		return u->place[i];
	return last && !is_literal(last) ? last : NULL;
}

/* Do the words so far fit? */
static bool usage_fits(const struct usage *u, const struct line *l)
{
	for (int i = 0; i < l->nr_places; i++) {
		const char *place = usage_place(u, i);

		if (!place ||
		    (is_literal(place) && !is_one_of(l->places[i], place)))
			return false;
	}
	return true;
}

static bool complete_place(struct line *l, const char *place, const char *word)
{
	struct candidates *c = &l->candidates;

	candidates_begin(c, word, word);
	if (is_literal(place))
		candidates_alternatives(c, place);
	else if (begins(place, "FILE") || begins(place, "OUT"))
		files(l);
	else if (!strcmp(place, "PATTERN") && !strcmp(l->verb->name, "expose"))
		candidates_functions(c);
	else if (!strcmp(place, "PATTERN"))
		candidates_names(c);
	else if (!strcmp(place, "NAME"))
		candidates_probes(c, "%s");
	else if (!strcmp(place, "ADDRESS"))
		candidates_alternatives(c, "unix:|tcp:");
	return is_literal(place);
}

/* The usage is the help's first paragraph. Literals of several lines add up. */
static void complete_places(struct line *l, const char *word)
{
	const char *end = strstr(l->help->text, "\n\n"), *at = l->help->text;
	const char *place;
	struct usage usage;

	while ((at = strstr(at, "collect ")) && at < end) {
		at += strlen("collect ");
		if (!usage_parse(&usage, l, at) || !usage_fits(&usage, l))
			continue;
		place = usage_place(&usage, l->nr_places);
		if (place && !complete_place(l, place, word))
			return;
	}
}

/* ---- the line ------------------------------------------------------------ */

static void complete_verb(struct line *l)
{
	const char *word = l->words[l->at];
	const struct verb *verb;
	struct candidates *c = &l->candidates;

	candidates_begin(c, word, word);
	for (int i = 0; (verb = verb_at(i)); i++)
		candidates_add(c, verb->name, verb->summary);
	if (*word != '-')
		return;
	candidates_add(c, "--version", "print the version");
	candidates_add(c, "--config", "take defaults from a file, or none");
}

/* Of a word that is complete: what does it say of the next one? */
static void pass_word(struct line *l, const char *word)
{
	const char *rest = "";

	if (l->option) {
		l->option = NULL;
		return;
	}
	if (word[0] != '-' || !word[1]) {
		l->places[l->nr_places++] = l->words[l->at];
		return;
	}
	if (word[1] != '-')
		l->option = help_letters(l->help, word, &rest);
	else if (!strchr(word, '='))
		l->option = help_long(l->help, word + 2, strlen(word + 2));
	if (l->option && (!l->option->value || *rest))
		l->option = NULL;
}

static bool has_command(const struct line *l)
{
	return strstr(l->help->text, "[-- COMMAND]");
}

static void complete_rest(struct line *l)
{
	const char *word = l->words[l->nr - 1];

	for (; l->at < l->nr - 1; l->at++) {
		if (l->option || strcmp(l->words[l->at], "--")) {
			pass_word(l, l->words[l->at]);
			continue;
		}
		if (has_command(l))
			text_printf(l->out, "command %d\n", l->at + 1);
		else
			files(l);
		return;
	}
	if (l->option)
		complete_value(l, l->option->value, word, word);
	else if (begins(word, "--") && strchr(word, '='))
		complete_long_value(l, word);
	else if (*word == '-')
		complete_option(l, word);
	else
		complete_places(l, word);
}

void complete(struct text *out, char **words, int nr)
{
	struct line l = {
		.out = out,
		.candidates.out = out,
		.words = words,
		.nr = nr,
	};

	/* What goes before the verb. */
	while (l.at < nr - 1 && begins(words[l.at], "--config"))
		l.at += strcmp(words[l.at], "--config") ? 1 : 2;
	if (l.at >= nr) {
		files(&l);
		return;
	}
	if (l.at == nr - 1)
		complete_verb(&l);
	if (l.at == nr - 1 && *words[l.at] != '-')
		return;
	l.verb = verb_find(words[l.at]);
	if (l.verb)
		l.at++;
	else
		l.verb = verb_find("record");
	l.places = calloc(nr, sizeof(*l.places));
	l.help = help_of(l.verb);
	if (l.help && l.places)
		complete_rest(&l);
	help_free(l.help);
	free(l.places);
}
