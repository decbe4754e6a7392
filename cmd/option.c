// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mistake.h"
#include "option.h"
#include "units.h"

#define HELP_COLUMN 23

static const struct option_usage *usage;

void option_usage_is(const struct option_usage *is)
{
	usage = is;
}

int option_mistake(const char *format, ...)
{
	va_list args;
	int status;

	va_start(args, format);
	status = vmistake(usage->verb, format, args);
	va_end(args);
	return status;
}

const char *option_name(const struct option_desc *desc, char *name)
{
	if (desc->letter)
		snprintf(name, 64, "-%c", desc->letter);
	else
		snprintf(name, 64, "--%s", desc->name);
	return name;
}

/* ---- values -------------------------------------------------------------- */

/* 1048576 as "1M", for sizes that are said. */
static const char *size_text(uint64_t bytes, char text[32])
{
	static const char units[] = "KMGT";
	const char *unit = NULL;

	while (bytes && bytes % 1024 == 0 && (!unit || unit[1])) {
		bytes /= 1024;
		unit = unit ? unit + 1 : units;
	}
	snprintf(text, 32, "%" PRIu64 "%.*s", bytes, unit ? 1 : 0,
		 unit ? unit : "");
	return text;
}

static const char *time_text(uint64_t ns, char text[32])
{
	static const struct {
		uint64_t ns;
		const char *name;
	} units[] = {
		{ 3600000000000, "h" }, { 60000000000, "m" },
		{ 1000000000, "s" },	{ 1000000, "ms" },
		{ 1000, "us" },		{ 1, "ns" },
	};
	size_t i = 0;

	while (ns % units[i].ns)
		i++;
	snprintf(text, 32, "%" PRIu64 "%s", ns / units[i].ns, units[i].name);
	return text;
}

/* A number and nothing behind it; false too if it is out of 64 bits. */
static bool parse_number(const char *text, uint64_t *number)
{
	char *end;

	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	*number = strtoull(text, &end, 10);
	return !errno && !*end;
}

static int take_number(const struct option_desc *desc, const char *text,
		       uint64_t *number)
{
	char name[64];

	if (!parse_number(text, number) || *number < desc->least ||
	    *number > desc->most)
		return option_mistake("%s takes a number from %" PRIu64
				      " to %" PRIu64 ", not '%s'",
				      option_name(desc, name), desc->least,
				      desc->most, text);
	return -1;
}

/* What is out of the bounds, in the words of the option's unit. */
static int take_amount(const struct option_desc *desc, const char *text,
		       bool time, uint64_t *amount)
{
	const char *(*said)(uint64_t, char[32]) = time ? time_text : size_text;
	const char *usual = time ? "500ms, 10s or 2m" : "512K or 16M";
	int err = time ? units_time(text, desc->bare_ns, amount) :
			 units_size(text, amount);
	char name[64], bound[32];

	option_name(desc, name);
	if (err == -EINVAL)
		return option_mistake("%s takes a %s such as %s, not '%s'",
				      name, time ? "time" : "size",
				      desc->example ? desc->example : usual,
				      text);
	if (err || *amount > desc->most)
		return option_mistake("%s takes %s at most, not '%s'", name,
				      said(desc->most, bound), text);
	if (*amount < desc->least)
		return option_mistake("%s takes %s at least, not '%s'", name,
				      said(desc->least, bound), text);
	return -1;
}

static int take_item(const struct option_desc *desc, struct option_list *list,
		     const char *text)
{
	char name[64];

	if (list->nr == OPTION_ITEMS_MAX)
		return option_mistake("there are more than %d %s",
				      OPTION_ITEMS_MAX,
				      option_name(desc, name));
	list->item[list->nr++] = text;
	return -1;
}

static int take_value(struct options *options, const struct option_desc *desc,
		      const char *text)
{
	void *place = (char *)options + desc->at;

	switch (desc->kind) {
	case OPTION_FLAG:
		*(bool *)place = true;
		return -1;
	case OPTION_TEXT:
		*(const char **)place = text;
		return -1;
	case OPTION_NUMBER:
		return take_number(desc, text, place);
	case OPTION_SIZE:
		return take_amount(desc, text, false, place);
	case OPTION_TIME:
		return take_amount(desc, text, true, place);
	case OPTION_LIST:
		return take_item(desc, place, text);
	case OPTION_OTHER:
		return -1;
	}
	return -1;
}

int option_take(struct options *options, const struct option_desc *desc,
		const char *text)
{
	int status = take_value(options, desc, text);

	if (status >= 0 || !desc->take)
		return status;
	return desc->take(options, desc, text);
}

/* ---- help ---------------------------------------------------------------- */

void option_print(const struct option_desc *desc)
{
	const char *line = desc->help;
	char head[128];
	int used;

	used = snprintf(head, sizeof(head), "  %c%c%c --%s%s%s",
			desc->letter ? '-' : ' ',
			desc->letter ? desc->letter : ' ',
			desc->letter ? ',' : ' ', desc->name,
			desc->value ? " " : "", desc->value ? desc->value : "");
	if (used > HELP_COLUMN - 1) {
		puts(head);
		head[0] = '\0';
	}
	for (; *line; line += strcspn(line, "\n") + 1) {
		printf("%-*s%.*s\n", HELP_COLUMN, head,
		       (int)strcspn(line, "\n"), line);
		head[0] = '\0';
	}
}
