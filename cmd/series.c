// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "series.h"

#define DIGITS	   6 /* at least */
#define DIGITS_MAX 8

/* What a part is called; all are of the path. */
struct name {
	const char *base; /* without the folder */
	const char *digits;
	int nr_digits;
	const char *rest; /* .EXT, or nothing */
};

static bool take_number(struct name *name, const char *dot)
{
	name->digits = dot + 1;
	name->nr_digits = strspn(name->digits, "0123456789");
	name->rest = name->digits + name->nr_digits;
	return name->nr_digits >= DIGITS && name->nr_digits <= DIGITS_MAX &&
	       !strpbrk(name->rest + (*name->rest == '.'), ".");
}

/* The number is the last thing, or before the extension. */
static bool split(struct name *name, const char *path)
{
	const char *slash = strrchr(path, '/'), *dot;
	bool is_part = false;

	name->base = slash ? slash + 1 : path;
	for (dot = strchr(name->base, '.'); dot && !is_part;
	     dot = strchr(dot + 1, '.'))
		is_part = dot > name->base && take_number(name, dot) &&
			  (!*name->rest || *name->rest == '.');
	return is_part;
}

bool series_is_part(const char *path)
{
	struct name name;

	return split(&name, path);
}

/* The number of another file of the folder, if it's called so, too; or 0. */
static unsigned long number_of(const struct name *name, const char *file)
{
	size_t before = name->digits - name->base;
	struct name other;

	if (strncmp(file, name->base, before) || !split(&other, file) ||
	    (size_t)(other.digits - other.base) != before ||
	    strcmp(other.rest, name->rest))
		return 0;
	return strtoul(other.digits, NULL, 10);
}

/* The path with another number; NULL: no memory. */
static char *path_of(const char *path, const struct name *name,
		     unsigned long number)
{
	size_t bytes = strlen(path) + 32;
	char *next = malloc(bytes);

	if (next)
		snprintf(next, bytes, "%.*s%0*lu%s", (int)(name->digits - path),
			 path, DIGITS, number, name->rest);
	return next;
}

char *series_next(const char *path)
{
	unsigned long number, found, least = 0;
	struct dirent *entry;
	struct name name;
	char *folder;
	DIR *dir;

	if (!split(&name, path))
		return NULL;
	number = strtoul(name.digits, NULL, 10);
	folder = name.base > path ? strndup(path, name.base - path) :
				    strdup(".");
	dir = folder ? opendir(folder) : NULL;
	free(folder);
	while (dir && (entry = readdir(dir)) != NULL) {
		found = number_of(&name, entry->d_name);
		if (found > number && (!least || found < least))
			least = found;
	}
	if (dir)
		closedir(dir);
	return least ? path_of(path, &name, least) : NULL;
}
