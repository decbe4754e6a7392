// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "help.h"

#define TEXT_BYTES_MAX (256u << 10)

/* ---- a line of an option ------------------------------------------------- */

static bool is_name(char c)
{
	return islower((unsigned char)c) || isdigit((unsigned char)c) ||
	       c == '-';
}

/* Where the value at @at ends; @at itself if there is none. */
static char *value_end(char *at)
{
	char *end = *at == '\'' ? strchr(at + 1, '\'') : NULL;

	if (end)
		return end + 1;
	end = at + strcspn(at, " ");
	if (isupper((unsigned char)*at) || memchr(at, '=', end - at) ||
	    memchr(at, '|', end - at))
		return end;
	return at;
}

static char *skip_blanks(char *at)
{
	return at + strspn(at, " ");
}

/* @next: the line below, where the words are if the option's own has no room. */
static bool parse_line(char *line, const char *next, struct help_option *option)
{
	char *at = skip_blanks(line), *name_end, *end;

	*option = (struct help_option){ .words = "" };
	if (at == line)
		return false;
	if (at[0] == '-' && at[1] != '-' && at[1] && at[2] == ',') {
		option->letter = at[1];
		at = skip_blanks(at + 3);
	}
	if (strncmp(at, "--", 2) || !is_name(at[2]))
		return false;
	option->name = at += 2;
	while (is_name(*at))
		at++;
	name_end = at;
	/* [=N] is part of its own word: the next one isn't its value. */
	if (*at == '[' && strchr(at, ']'))
		at = strchr(at, ']') + 1;
	if (*at && *at != ' ')
		return false;
	if (at[0] == ' ' && at[1] != ' ') {
		end = value_end(at + 1);
		if (end != at + 1) {
			option->value = at + 1;
			at = end;
		}
	}
	if (*at)
		*at++ = '\0';
	*name_end = '\0';
	at = skip_blanks(at);
	option->words = *at ? at : next + strspn(next, " ");
	return true;
}

static void parse(struct help *help)
{
	char *line = help->parts, *end = line + strlen(line), *next;

	for (char *at = line; (at = strchr(at, '\n'));)
		*at++ = '\0';
	for (; line < end && help->nr < HELP_OPTIONS_MAX; line = next) {
		next = line + strlen(line) + 1;
		if (parse_line(line, next < end ? next : "",
			       &help->options[help->nr]))
			help->nr++;
	}
}

struct help *help_parse(const char *text)
{
	struct help *help = calloc(1, sizeof(*help));

	if (!help)
		return NULL;
	help->text = strdup(text);
	help->parts = strdup(text);
	if (!help->text || !help->parts) {
		help_free(help);
		return NULL;
	}
	parse(help);
	return help;
}

void help_free(struct help *help)
{
	if (!help)
		return;
	free(help->text);
	free(help->parts);
	free(help);
}

/* ---- of a verb ----------------------------------------------------------- */

static _Noreturn void print_help(const struct verb *verb, int fd)
{
	char *argv[] = { (char *)verb->name, (char *)"--help", NULL };
	int status = dup2(fd, STDOUT_FILENO);

	if (status >= 0)
		status = verb->run(2, argv);
	fflush(stdout);
	_exit(status != 0);
}

/* All that comes from @fd, of TEXT_BYTES_MAX at most; NULL if it can't be had. */
static char *read_all(int fd)
{
	char *text = malloc(TEXT_BYTES_MAX + 1);
	size_t used = 0;
	ssize_t n = 0;

	while (text && used < TEXT_BYTES_MAX &&
	       (n = read(fd, text + used, TEXT_BYTES_MAX - used)) > 0)
		used += n;
	if (text)
		text[used] = '\0';
	return text;
}

struct help *help_of(const struct verb *verb)
{
	struct help *help = NULL;
	char *text = NULL;
	int fds[2], status;
	pid_t pid;

	if (pipe(fds))
		return NULL;
	fflush(stdout);
	pid = fork();
	if (!pid)
		print_help(verb, fds[1]);
	close(fds[1]);
	if (pid > 0)
		text = read_all(fds[0]);
	close(fds[0]);
	if (pid > 0 && waitpid(pid, &status, 0) == pid && !status && text)
		help = help_parse(text);
	free(text);
	return help;
}

/* ---- look-ups ------------------------------------------------------------ */

const struct help_option *help_long(const struct help *help, const char *name,
				    size_t length)
{
	for (int i = 0; i < help->nr; i++)
		if (strlen(help->options[i].name) == length &&
		    !memcmp(help->options[i].name, name, length))
			return &help->options[i];
	return NULL;
}

const struct help_option *help_letter(const struct help *help, char letter)
{
	for (int i = 0; letter && i < help->nr; i++)
		if (help->options[i].letter == letter)
			return &help->options[i];
	return NULL;
}

const struct help_option *help_letters(const struct help *help,
				       const char *word, const char **value)
{
	const struct help_option *option;

	for (const char *at = word + 1; *at; at++) {
		option = help_letter(help, *at);
		if (option && option->value) {
			*value = at + 1;
			return option;
		}
	}
	return NULL;
}
