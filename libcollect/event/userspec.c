// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE /* memrchr() */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "userspec.h"

#define DELETED " (deleted)" /* part of a file's name in /proc/PID/maps */
#define RETURN	"%return"

static const struct prefix {
	const char *text;
	bool is_usdt;
	bool is_return;
} prefixes[] = {
	{ "u:", false, false },	  { "uprobe:", false, false },
	{ "ur:", false, true },	  { "uretprobe:", false, true },
	{ "usdt:", true, false },
};

#define NR_PREFIXES (sizeof(prefixes) / sizeof(prefixes[0]))

static const struct prefix *find_prefix(const char *text)
{
	for (size_t i = 0; i < NR_PREFIXES; i++)
		if (!strncmp(text, prefixes[i].text, strlen(prefixes[i].text)))
			return &prefixes[i];
	return NULL;
}

bool kpc_userspec_is_event(const char *text)
{
	return find_prefix(text);
}

bool kpc_userspec_is_target(const char *text)
{
	size_t bytes = strcspn(text, " \t");
	const char *slash = memchr(text, '/', bytes);

	return *text == '/' || !strncmp(text, "./", 2) ||
	       (slash && memchr(slash, ':', text + bytes - slash));
}

/* ---- pieces -------------------------------------------------------------- */

static int refuse(struct kpc_eventmistake *mistake, const char *at,
		  const char *reason)
{
	*mistake = (struct kpc_eventmistake){ at, reason };
	return -EINVAL;
}

static int copy(char **to, const char *begin, const char *end)
{
	*to = strndup(begin, end - begin);
	return *to ? 0 : -ENOMEM;
}

/* What is behind it is none of the number. */
static int take_number(const char **at, const char *end, uint64_t *number,
		       struct kpc_eventmistake *mistake)
{
	const char *digits = *at;
	char *behind;

	if (digits == end || !isdigit((unsigned char)*digits))
		return refuse(mistake, digits, "a number is missing here");
	errno = 0;
	*number = strtoull(digits, &behind, 0);
	if (errno || *number > INT64_MAX)
		return refuse(mistake, digits, "this number is too large");
	*at = behind;
	return 0;
}

/* ---- targets ------------------------------------------------------------- */

/* What may follow a place: "%return", "(NUMBER)". */
static int parse_tail(struct kpc_userspec *spec, const char *at,
		      const char *end, struct kpc_eventmistake *mistake)
{
	size_t bytes = strlen(RETURN);
	int err;

	if ((size_t)(end - at) >= bytes && !memcmp(at, RETURN, bytes)) {
		spec->is_return = true;
		at += bytes;
	}
	if (at < end && *at == '(') {
		at++;
		err = take_number(&at, end, &spec->semaphore, mistake);
		if (err)
			return err;
		if (at == end || *at != ')')
			return refuse(mistake, at, "a ) is missing here");
		at++;
	}
	return at == end ? 0 :
			   refuse(mistake, at,
				  "this can't be here; a blank is "
				  "before an argument");
}

static int parse_function(struct kpc_userspec *spec, const char **at,
			  const char *end, struct kpc_eventmistake *mistake)
{
	const char *begin = *at;
	int err;

	while (*at < end && !strchr("+%(", **at)) {
		if (strchr("*?[", **at))
			return refuse(mistake, *at,
				      "a function is named as a whole; collect "
				      "list -u FILE PATTERN prints those that "
				      "there are");
		++*at;
	}
	if (*at == begin)
		return refuse(mistake, begin,
			      "the name of a function, or an "
			      "offset in the file, is missing");
	err = copy(&spec->name, begin, *at);
	if (err || *at == end || **at != '+')
		return err;
	++*at;
	spec->has_offset = true;
	return take_number(at, end, &spec->offset, mistake);
}

static int parse_place(struct kpc_userspec *spec, const char *at,
		       const char *end, struct kpc_eventmistake *mistake)
{
	int err;

	if (at < end && isdigit((unsigned char)*at)) {
		spec->has_offset = true;
		err = take_number(&at, end, &spec->offset, mistake);
	} else {
		err = parse_function(spec, &at, end, mistake);
	}
	return err ? err : parse_tail(spec, at, end, mistake);
}

/* ---- arguments ----------------------------------------------------------- */

static int parse_args(struct kpc_userspec *spec, const char *at,
		      const char *end, struct kpc_eventmistake *mistake)
{
	while (at < end && isspace((unsigned char)*at))
		at++;
	while (end > at && isspace((unsigned char)end[-1]))
		end--;
	if (at == end)
		return 0;
	for (const char *word = at; word < end; word++) {
		size_t bytes = strcspn(word, " \t");

		if (bytes == 2 && !memcmp(word, "if", 2))
			return refuse(
				mistake, word,
				"conditions are for the probes of "
				"kprobex: the kernel's uprobes have none");
		word += bytes;
	}
	return copy(&spec->args, at, end);
}

int kpc_userspec_parse_target(struct kpc_userspec *spec, const char *text,
			      const char *end, struct kpc_eventmistake *mistake)
{
	const char *blank = text, *colon;
	int err;

	while (blank < end && !isspace((unsigned char)*blank))
		blank++;
	if (!strncmp(blank, DELETED, strlen(DELETED))) {
		blank += strlen(DELETED);
		while (blank < end && !isspace((unsigned char)*blank))
			blank++;
	}
	colon = memrchr(text, ':', blank - text);
	if (!colon)
		return refuse(mistake, blank,
			      "a function is missing, as in FILE:FUNCTION");
	if (colon == text)
		return refuse(mistake, text,
			      "a file is missing: a path, or the name of a "
			      "program or shared library");
	err = copy(&spec->file, text, colon);
	if (!err)
		err = parse_place(spec, colon + 1, blank, mistake);
	return err ? err : parse_args(spec, blank, end, mistake);
}

/* ---- events -------------------------------------------------------------- */

/* FILE:[PROVIDER:]NAME; a file's name may have blanks. */
static int parse_usdt(struct kpc_userspec *spec, const char *text,
		      const char *end, struct kpc_eventmistake *mistake)
{
	const char *name = memrchr(text, ':', end - text);
	const char *provider = name ? memrchr(text, ':', name - text) : NULL;
	int err;

	if (!name || name == text || name + 1 == end || provider == text)
		return refuse(mistake, end,
			      "this is usdt:FILE:PROVIDER:NAME or "
			      "usdt:FILE:NAME; collect list --usdt FILE prints "
			      "those that there are");
	if (provider && provider + 1 == name)
		return refuse(mistake, name, "the provider is missing");
	err = copy(&spec->file, text, provider ? provider : name);
	if (!err && provider)
		err = copy(&spec->provider, provider + 1, name);
	return err ? err : copy(&spec->name, name + 1, end);
}

int kpc_userspec_parse(struct kpc_userspec *spec, const char *text,
		       const char *end, struct kpc_eventmistake *mistake)
{
	const struct prefix *prefix = find_prefix(text);

	*spec = (struct kpc_userspec){ 0 };
	if (!prefix)
		return refuse(mistake, text, "no such event");
	text += strlen(prefix->text);
	spec->is_usdt = prefix->is_usdt;
	spec->is_return = prefix->is_return;
	return spec->is_usdt ?
		       parse_usdt(spec, text, end, mistake) :
		       kpc_userspec_parse_target(spec, text, end, mistake);
}

void kpc_userspec_uninit(struct kpc_userspec *spec)
{
	free(spec->file);
	free(spec->provider);
	free(spec->name);
	free(spec->args);
	free(spec->group);
	*spec = (struct kpc_userspec){ 0 };
}
