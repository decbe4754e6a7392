// SPDX-License-Identifier: GPL-2.0-only
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "eventnames.h"
#include "text.h"

#define NAMES_MAX 40 /* that are told */

struct names {
	bool found[SELECTION_EVENTS_MAX]; /* by pattern */
	const char *name[NAMES_MAX]; /* of the file's first distinct ones */
	uint32_t nr;
	bool more;
};

static void add_name(struct names *names, const char *name)
{
	for (uint32_t i = 0; i < names->nr; i++)
		if (!strcmp(names->name[i], name))
			return;
	if (names->nr < NAMES_MAX)
		names->name[names->nr++] = name;
	else
		names->more = true;
}

static void look_at(struct names *names, const struct selection *selection,
		    const char *name)
{
	add_name(names, name);
	for (uint32_t i = 0; i < selection->nr_events; i++)
		if (!names->found[i])
			names->found[i] =
				!fnmatch(selection->events[i], name, 0);
}

/* Of all traces. 0 or a negative errno of the reader. */
static int look_at_all(struct names *names, const struct selection *selection,
		       struct kpc_reader *reader)
{
	int ret;

	do {
		for (uint32_t i = 0; i < kpc_reader_nr_events(reader); i++) {
			const struct kpc_event *event =
				kpc_reader_event(reader, i);

			if (event)
				look_at(names, selection, event->name);
		}
		ret = kpc_reader_next_trace(reader);
	} while (ret > 0);
	return ret ? ret : kpc_reader_rewind(reader);
}

/* A file's names may be made to do harm to a terminal: they are escaped. */
static void tell(struct text *out, const struct names *names,
		 const char *pattern, const char *verb, const char *path)
{
	text_printf(out, "collect %s: ", verb);
	text_string(out, strcmp(path, "-") ? path : "standard input");
	text_string(out, " has no event '");
	text_escaped(out, (const uint8_t *)pattern, strlen(pattern), "");
	text_string(out, names->nr ? "'; there are" : "', and no other");
	for (uint32_t i = 0; i < names->nr; i++) {
		text_string(out, !i				    ? " " :
				 i + 1 == names->nr && !names->more ? " and " :
								      ", ");
		text_word(out, names->name[i]);
	}
	text_string(out, names->more ? " and more\n" : "\n");
	text_flush(out);
}

int eventnames_check(const struct selection *selection,
		     struct kpc_reader *reader, const char *verb,
		     const char *path)
{
	static struct names names;
	struct text *out;

	if (!selection->nr_events)
		return CMD_OK;
	if (look_at_all(&names, selection, reader)) {
		fprintf(stderr, "collect %s: %s\n", verb,
			kpc_reader_error(reader));
		return CMD_FAILED;
	}
	for (uint32_t i = 0; i < selection->nr_events; i++) {
		if (names.found[i])
			continue;
		out = text_new(STDERR_FILENO);
		if (out)
			tell(out, &names, selection->events[i], verb, path);
		text_free(out);
		return CMD_FAILED;
	}
	return CMD_OK;
}
