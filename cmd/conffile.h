/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * conffile - a file of defaults: sections, which are verbs, of options
 *
 *   # to the end of the line, where it begins one
 *   [record]
 *   ring-size = 32M
 *   callchain
 *
 * A value goes to the end of its line, without the blanks around it.
 */
#ifndef CONFFILE_H
#define CONFFILE_H

#include <stdbool.h>
#include <stddef.h>

struct conf_entry {
	const char *file; /* its path */
	int line;
	const char *section;
	const char *name;
	const char *value; /* NULL: there is no = */
};

struct conf {
	struct conf_entry *entries;
	size_t nr;
	char **texts; /* what they point to */
	size_t nr_texts;
};

enum conf_trust {
	CONF_ANY, /* whoever asks for this file by name */
	CONF_OWN, /* only one that nobody can write to but root and this user */
};

/*
 * Adds what the file has. 0, -ENOENT, or another negative errno with the reason in
 * @error: -EPERM by @trust, -EINVAL a line is none of a file of defaults. The path
 * is kept.
 */
int conf_read(struct conf *conf, const char *path, enum conf_trust trust,
	      char *error, size_t error_size);
void conf_uninit(struct conf *conf);

#endif /* CONFFILE_H */
