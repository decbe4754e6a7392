// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE /* asprintf() */
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "conffile.h"
#include "config.h"
#include "help.h"
#include "origin.h"

#define SYSTEM_FILE "/etc/kprobex/collect.conf"
#define PATH_BYTES  4096

static const char *chosen; /* --config's; NULL: it wasn't given */

static int explain(const char *text)
{
	fprintf(stderr, "collect: %s\n", text);
	return CMD_USAGE;
}

__attribute__((format(printf, 2, 3))) static int
entry_mistake(const struct conf_entry *entry, const char *format, ...)
{
	va_list args;

	fprintf(stderr, "collect: %s:%d: ", entry->file, entry->line);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	return CMD_USAGE;
}

/* ---- which files --------------------------------------------------------- */

int config_take(int *argc, char ***argv)
{
	static const char option[] = "--config";
	const size_t bytes = strlen(option);
	char **words = *argv;
	int taken = 1;

	if (*argc < 2 || strncmp(words[1], option, bytes))
		return -1;
	if (words[1][bytes] == '=') {
		chosen = words[1] + bytes + 1;
	} else if (!words[1][bytes] && *argc > 2) {
		chosen = words[2];
		taken = 2;
	} else if (words[1][bytes]) {
		return -1;
	}
	if (!chosen || !*chosen)
		return explain("--config takes the name of a file, or none");
	words[taken] = words[0];
	*argv += taken;
	*argc -= taken;
	return -1;
}

/* The one that is named, "none", or NULL: the usual ones. */
static const char *named(void)
{
	const char *variable = getenv("KPROBEX_CONFIG");

	if (chosen)
		return chosen;
	return variable && *variable ? variable : NULL;
}

/* NULL: it isn't known where that would be. */
static const char *user_file(char path[PATH_BYTES])
{
	const char *folder = getenv("XDG_CONFIG_HOME"), *more = "";
	int bytes;

	if (!folder || *folder != '/') {
		folder = getenv("HOME");
		more = "/.config";
	}
	if (!folder || *folder != '/')
		return NULL;
	bytes = snprintf(path, PATH_BYTES, "%s%s/kprobex/collect.conf", folder,
			 more);
	return bytes < PATH_BYTES ? path : NULL;
}

/* One that needn't be there, and isn't believed if others can write to it. */
static int read_usual(struct conf *conf, const char *path)
{
	char error[PATH_BYTES + 256];
	int err = conf_read(conf, path, CONF_OWN, error, sizeof(error));

	/* Nor is one in a home that is another user's, as after su. */
	if (!err || err == -ENOENT || err == -ENOTDIR || err == -EACCES)
		return -1;
	explain(error);
	return err == -EINVAL ? CMD_USAGE : -1;
}

static int read_files(struct conf *conf)
{
	static char path[PATH_BYTES];
	const char *name = named();
	char error[PATH_BYTES + 256];
	int status;

	if (name && !strcmp(name, "none"))
		return -1;
	/* What only the environment names may be somebody else's idea. */
	if (name && conf_read(conf, name, chosen ? CONF_ANY : CONF_OWN, error,
			      sizeof(error)))
		return explain(error);
	if (name)
		return -1;
	status = read_usual(conf, SYSTEM_FILE);
	if (status < 0 && user_file(path))
		status = read_usual(conf, path);
	return status;
}

static void print_file(FILE *out, const char *path)
{
	fprintf(out, "  %s%s\n", path,
		access(path, R_OK) ? " (there is none)" : "");
}

void config_print(FILE *out)
{
	char path[PATH_BYTES];
	const char *name = named();

	fputs("Defaults of options are from:\n", out);
	if (name && !strcmp(name, "none"))
		fputs("  none\n", out);
	else if (name)
		print_file(out, name);
	else
		print_file(out, SYSTEM_FILE);
	if (!name && user_file(path))
		print_file(out, path);
}

/* ---- what is given ------------------------------------------------------- */

/* Is it the option, or the beginning of its name, which getopt takes, too? */
static bool is_long_of(const struct help *help, const char *word,
		       const struct help_option *option)
{
	size_t bytes = strcspn(word + 2, "=");
	const struct help_option *whole = help_long(help, word + 2, bytes);

	if (whole)
		return whole == option;
	return bytes && !strncmp(word + 2, option->name, bytes);
}

static bool has_letter(const struct help *help, const char *word, char letter)
{
	const struct help_option *option;

	for (word++; *word; word++) {
		if (*word == letter)
			return true;
		option = help_letter(help, *word);
		if (option && option->value)
			return false;
	}
	return false;
}

/* The value of this word's option is the next word. */
static bool takes_next(const struct help *help, const char *word)
{
	const struct help_option *option;
	const char *rest = "";

	if (word[1] != '-')
		option = help_letters(help, word, &rest);
	else
		option = help_long(help, word + 2, strlen(word + 2));
	return option && option->value && !*rest;
}

static bool is_given(const struct help *help, const struct help_option *option,
		     int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--"); i++) {
		const char *word = argv[i];

		if (word[0] != '-' || !word[1])
			continue;
		if (word[1] == '-' ? is_long_of(help, word, option) :
				     has_letter(help, word, option->letter))
			return true;
		i += takes_next(help, word);
	}
	return false;
}

/* ---- what is taken ------------------------------------------------------- */

static bool is_no(const struct conf_entry *entry)
{
	return entry->value && !strcmp(entry->value, "no");
}

/* NULL: the mistake was explained. */
static const struct help_option *check_entry(const struct help *help,
					     const struct conf_entry *entry)
{
	const struct help_option *option =
		help_long(help, entry->name, strlen(entry->name));

	if (!option || option->letter == 'h')
		entry_mistake(entry, "collect %s has no option '%s'",
			      entry->section, entry->name);
	else if (option->value && (!entry->value || !*entry->value))
		entry_mistake(entry, "%s takes a value: %s = %s", entry->name,
			      entry->name, option->value);
	else if (!option->value && entry->value &&
		 strcmp(entry->value, "yes") && !is_no(entry))
		entry_mistake(entry, "%s is yes or no, not '%s'", entry->name,
			      entry->value);
	else
		return option;
	return NULL;
}

/* Does a later file have it, or, of a flag, a later line? */
static bool is_replaced(const struct conf *conf, size_t i, bool flag)
{
	const struct conf_entry *entry = &conf->entries[i];

	for (size_t j = i + 1; j < conf->nr; j++) {
		const struct conf_entry *later = &conf->entries[j];

		if (!strcmp(later->section, entry->section) &&
		    !strcmp(later->name, entry->name) &&
		    (flag || later->file != entry->file))
			return true;
	}
	return false;
}

static char *make_word(const struct conf_entry *entry,
		       const struct help_option *option)
{
	struct origin origin = {
		.file = strdup(entry->file),
		.line = entry->line,
		.letter = option->letter,
		.name = strdup(entry->name),
	};
	char *word = NULL;

	if (asprintf(&word, "--%s%s%s", entry->name, option->value ? "=" : "",
		     option->value ? entry->value : "") < 0)
		word = NULL;
	origin.word = word;
	if (word && origin.file && origin.name)
		origin_add(&origin);
	return word;
}

/* The words of the files, into @words; how many, or -1: a mistake was explained. */
static int make_words(const struct conf *conf, const struct help *help,
		      const struct verb *verb, int argc, char **argv,
		      char **words)
{
	int nr = 0;

	for (size_t i = 0; i < conf->nr; i++) {
		const struct conf_entry *entry = &conf->entries[i];
		const struct help_option *option;

		if (strcmp(entry->section, verb->name))
			continue;
		option = check_entry(help, entry);
		if (!option)
			return -1;
		if (is_replaced(conf, i, !option->value) ||
		    (!option->value && is_no(entry)) ||
		    is_given(help, option, argc, argv))
			continue;
		words[nr] = make_word(entry, option);
		if (!words[nr++])
			return -1;
	}
	return nr;
}

/* Of any verb; how many are of this one, or -1. */
static int check_sections(const struct conf *conf, const struct verb *verb)
{
	int nr = 0;

	for (size_t i = 0; i < conf->nr; i++) {
		const struct conf_entry *entry = &conf->entries[i];

		if (!verb_find(entry->section)) {
			entry_mistake(entry, "there is no verb '%s'",
				      entry->section);
			return -1;
		}
		nr += !strcmp(entry->section, verb->name);
	}
	return nr;
}

/* A word such as add of collect probe stays the first. */
static int put_words(int *argc, char ***argv, char **words, int nr)
{
	int first = *argc > 1 && (*argv)[1][0] != '-' ? 2 : 1;
	char **all = calloc(*argc + nr + 1, sizeof(*all));

	if (!all)
		return CMD_FAILED;
	memcpy(all, *argv, first * sizeof(*all));
	memcpy(all + first, words, nr * sizeof(*all));
	memcpy(all + first + nr, *argv + first, (*argc - first) * sizeof(*all));
	*argv = all;
	*argc += nr;
	return -1;
}

static int apply(const struct conf *conf, const struct verb *verb, int *argc,
		 char ***argv)
{
	int nr = check_sections(conf, verb), status = CMD_USAGE;
	struct help *help;
	char **words;

	if (nr <= 0)
		return nr ? CMD_USAGE : -1;
	help = help_of(verb);
	words = calloc(nr, sizeof(*words));
	nr = help && words ? make_words(conf, help, verb, *argc, *argv, words) :
			     -1;
	if (nr >= 0)
		status = put_words(argc, argv, words, nr);
	free(words);
	help_free(help);
	return status;
}

static bool is_help(int argc, char **argv)
{
	return argc > 1 &&
	       (!strcmp(argv[1], "-h") || !strcmp(argv[1], "--help"));
}

int config_apply(const struct verb *verb, int *argc, char ***argv)
{
	struct conf conf = { 0 };
	int status;

	/* The one tells what is wrong, the other has to be quiet. */
	if (is_help(*argc, *argv) || verb->run == cmd_complete)
		return -1;
	status = read_files(&conf);
	if (status < 0)
		status = apply(&conf, verb, argc, argv);
	conf_uninit(&conf);
	return status;
}
