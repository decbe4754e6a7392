// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE /* asprintf() */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fail.h"
#include "parts.h"

#define DIGITS	   6
#define NUMBER_MAX 99999999u
#define TAKEN_MAX  1000 /* numbers in a row */

static const char *base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* The number in "STEM.NUMBER.EXT", of the last part of the path; 0: it's none. */
static uint32_t number_of(const struct kpc_parts *p, const char *name)
{
	const char *stem = base_of(p->stem);
	size_t bytes = strlen(stem);
	const char *digits = name + bytes + 1;
	unsigned long number;
	char *end;

	if (strncmp(name, stem, bytes) || name[bytes] != '.' ||
	    !isdigit((unsigned char)*digits))
		return 0;
	errno = 0;
	number = strtoul(digits, &end, 10);
	if (errno || end - digits < DIGITS || number > NUMBER_MAX ||
	    strcmp(end, p->extension))
		return 0;
	return number;
}

static int add(struct kpc_parts *p, uint32_t number)
{
	uint32_t room = p->room ? p->room * 2 : 64;
	uint32_t *numbers;

	if (p->nr == p->room) {
		numbers = realloc(p->numbers, room * sizeof(*numbers));
		if (!numbers)
			return -ENOMEM;
		p->numbers = numbers;
		p->room = room;
	}
	p->numbers[p->nr++] = number;
	return 0;
}

static int compare(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static int list(struct kpc_parts *p)
{
	size_t bytes = base_of(p->stem) - p->stem;
	char *folder = bytes ? strndup(p->stem, bytes) : strdup(".");
	struct dirent *entry;
	int err = 0;
	DIR *dir;

	if (!folder)
		return -ENOMEM;
	dir = opendir(folder);
	if (!dir)
		err = -errno;
	free(folder);
	if (!dir)
		return err;
	while (!err && (entry = readdir(dir)) != NULL)
		if (number_of(p, entry->d_name))
			err = add(p, number_of(p, entry->d_name));
	closedir(dir);
	if (p->nr)
		qsort(p->numbers, p->nr, sizeof(*p->numbers), compare);
	return err;
}

int kpc_parts_init(struct kpc_parts *p, const char *output, uint32_t keep,
		   char *error, size_t error_size)
{
	const char *base = base_of(output);
	const char *dot = strrchr(base, '.');
	int err;

	if (!dot || dot == base)
		dot = base + strlen(base);
	*p = (struct kpc_parts){ .keep = keep };
	p->stem = strndup(output, dot - output);
	p->extension = strdup(dot);
	err = p->stem && p->extension ? list(p) : -ENOMEM;
	if (err)
		return kpc_fail(error, error_size, err,
				"cannot look for the parts of %s: %s", output,
				strerror(-err));
	return 0;
}

void kpc_parts_uninit(struct kpc_parts *p)
{
	free(p->stem);
	free(p->extension);
	free(p->numbers);
	*p = (struct kpc_parts){ 0 };
}

static char *path_of(const struct kpc_parts *p, uint32_t number)
{
	char *path;

	if (asprintf(&path, "%s.%0*u%s", p->stem, DIGITS, number,
		     p->extension) < 0)
		return NULL;
	return path;
}

/* Somebody else made it since we looked; or it's a link, to wherever. */
static bool is_taken(const char *path)
{
	struct stat st;

	return !lstat(path, &st);
}

char *kpc_parts_next(struct kpc_parts *p)
{
	uint32_t number = p->nr ? p->numbers[p->nr - 1] + 1 : 1;

	for (int i = 0; i < TAKEN_MAX && number <= NUMBER_MAX; i++, number++) {
		char *path = path_of(p, number);

		if (path && !is_taken(path) && !add(p, number))
			return path;
		free(path);
	}
	return NULL;
}

char *kpc_parts_remove(struct kpc_parts *p, int *err)
{
	char *path;

	if (!p->keep || p->nr <= p->keep)
		return NULL;
	path = path_of(p, p->numbers[0]);
	if (!path)
		return NULL;
	*err = unlink(path) ? -errno : 0;
	/* Whoever removed it before: it isn't there any more. */
	if (*err == -ENOENT)
		*err = 0;
	else if (!*err)
		p->removed++;
	p->nr--;
	memmove(p->numbers, p->numbers + 1, p->nr * sizeof(*p->numbers));
	return path;
}
