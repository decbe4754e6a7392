// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conffile.h"

#define FILE_BYTES_MAX (64u << 10)

struct place {
	struct conf *conf;
	const char *path;
	int line;
	const char *section;
	char *error;
	size_t error_size;
};

__attribute__((format(printf, 2, 3))) static int
mistaken(const struct place *place, const char *format, ...)
{
	va_list args;
	int used = snprintf(place->error, place->error_size,
			    "%s:%d: ", place->path, place->line);

	va_start(args, format);
	if (used >= 0 && (size_t)used < place->error_size)
		vsnprintf(place->error + used, place->error_size - used, format,
			  args);
	va_end(args);
	return -EINVAL;
}

/* ---- lines --------------------------------------------------------------- */

/* Without blanks at both ends. */
static char *trim(char *text)
{
	char *end;

	while (isspace((unsigned char)*text))
		text++;
	end = text + strlen(text);
	while (end > text && isspace((unsigned char)end[-1]))
		end--;
	*end = '\0';
	return text;
}

static int add_entry(struct place *place, const char *name, const char *value)
{
	struct conf *conf = place->conf;
	struct conf_entry *more =
		reallocarray(conf->entries, conf->nr + 1, sizeof(*more));

	if (!more)
		return -ENOMEM;
	conf->entries = more;
	conf->entries[conf->nr++] = (struct conf_entry){
		.file = place->path,
		.line = place->line,
		.section = place->section,
		.name = name,
		.value = value,
	};
	return 0;
}

static int parse_section(struct place *place, char *line)
{
	size_t last = strlen(line) - 1;

	if (line[last] != ']')
		return mistaken(place, "a section is [VERB], not '%s'", line);
	line[last] = '\0';
	place->section = trim(line + 1);
	if (!*place->section)
		return mistaken(place, "which verb? A section is [VERB]");
	return 0;
}

static int parse_line(struct place *place, char *line)
{
	char *value, *name;

	line = trim(line);
	if (!*line || *line == '#' || *line == ';')
		return 0;
	if (*line == '[')
		return parse_section(place, line);
	if (!place->section)
		return mistaken(place, "of which verb? [VERB] goes before '%s'",
				line);
	value = strchr(line, '=');
	if (value)
		*value++ = '\0';
	name = trim(line);
	if (!*name)
		return mistaken(place, "which option? A line is NAME = VALUE");
	if (*name == '-' || strpbrk(name, " \t"))
		return mistaken(
			place,
			"an option is its long name without --, such as ring-size, not '%s'",
			name);
	return add_entry(place, name, value ? trim(value) : NULL);
}

static int parse(struct place *place, char *text, size_t bytes)
{
	int err = 0;
	char *line;

	if (memchr(text, '\0', bytes)) {
		place->line = 1;
		return mistaken(place, "this is no text file");
	}
	while (!err && (line = strsep(&text, "\n"))) {
		place->line++;
		err = parse_line(place, line);
	}
	return err;
}

/* ---- the file ------------------------------------------------------------ */

/* Whoever may write to it has our rights by it. */
static int check(const struct stat *st, enum conf_trust trust, char *error,
		 size_t error_size, const char *path)
{
	const char *why = NULL;

	if (!S_ISREG(st->st_mode))
		why = "it is no file";
	else if (trust == CONF_OWN && st->st_uid && st->st_uid != geteuid())
		why = "it belongs to another user";
	else if (trust == CONF_OWN && st->st_mode & (S_IWGRP | S_IWOTH))
		why = "others may write to it";
	if (!why)
		return 0;
	snprintf(error, error_size, "%s isn't read: %s", path, why);
	return -EPERM;
}

static int keep_text(struct conf *conf, char *text)
{
	char **more =
		reallocarray(conf->texts, conf->nr_texts + 1, sizeof(*more));

	if (!more)
		return -ENOMEM;
	conf->texts = more;
	conf->texts[conf->nr_texts++] = text;
	return 0;
}

/* All of it, of FILE_BYTES_MAX at most. */
static ssize_t read_all(int fd, char *text)
{
	size_t used = 0;
	ssize_t n;

	while (used <= FILE_BYTES_MAX &&
	       (n = read(fd, text + used, FILE_BYTES_MAX + 1 - used))) {
		if (n < 0)
			return -errno;
		used += n;
	}
	return used > FILE_BYTES_MAX ? -EFBIG : (ssize_t)used;
}

static int read_open(struct place *place, int fd)
{
	char *text = malloc(FILE_BYTES_MAX + 2);
	ssize_t bytes;

	if (!text)
		return -ENOMEM;
	bytes = read_all(fd, text);
	if (bytes < 0 || keep_text(place->conf, text)) {
		free(text);
		return bytes < 0 ? bytes : -ENOMEM;
	}
	text[bytes] = '\0';
	return parse(place, text, bytes);
}

int conf_read(struct conf *conf, const char *path, enum conf_trust trust,
	      char *error, size_t error_size)
{
	struct place place = { .conf = conf,
			       .path = path,
			       .error = error,
			       .error_size = error_size };
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	int err;

	error[0] = '\0';
	if (fd < 0 || fstat(fd, &st))
		err = -errno;
	else
		err = check(&st, trust, error, error_size, path);
	if (!err)
		err = read_open(&place, fd);
	if (fd >= 0)
		close(fd);
	if (err && !error[0])
		snprintf(error, error_size, "%s: %s", path, strerror(-err));
	return err;
}

void conf_uninit(struct conf *conf)
{
	for (size_t i = 0; i < conf->nr_texts; i++)
		free(conf->texts[i]);
	free(conf->texts);
	free(conf->entries);
	*conf = (struct conf){ 0 };
}
