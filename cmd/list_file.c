// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "collect.h"
#include "json.h"
#include "list_file.h"

#define NAME_WIDTH_MAX 48 /* longer ones stand out */

struct list {
	struct text *out;
	bool json;
	bool first;
	int width; /* of the longest name */
};

static void widen(struct list *l, int bytes)
{
	if (bytes > l->width)
		l->width = bytes < NAME_WIDTH_MAX ? bytes : NAME_WIDTH_MAX;
}

static void pad(struct list *l, int bytes)
{
	text_printf(l->out, "%*s", bytes < l->width ? l->width - bytes : 0, "");
}

/* Once it is known that there are any. */
static void begin(struct list *l, const char *file, const char *title,
		  const char *event, const char *key)
{
	bool first = true;

	if (!l->first) {
		text_string(l->out, l->json ? ",\n  {" : "");
		return;
	}
	l->first = false;
	if (l->json) {
		text_char(l->out, '{');
		json_text(l->out, &first, "file", file);
		text_printf(l->out, ",\n \"%s\": [\n  {", key);
		return;
	}
	text_printf(l->out, "%s of ", title);
	text_string(l->out, file);
	text_printf(l->out, " (-e %s):\n", event);
}

static void end(struct list *l)
{
	if (l->json && !l->first)
		text_string(l->out, "\n ]\n}\n");
}

/* ---- functions ----------------------------------------------------------- */

static int measure_function(void *ctx, const struct kpc_file_function *f)
{
	widen(ctx, strlen(f->name));
	return 0;
}

static int list_function(void *ctx, const struct kpc_file_function *f)
{
	struct list *l = ctx;
	bool first = true;

	begin(l, f->file, "Functions", "u:FILE:FUNCTION", "functions");
	if (l->json) {
		json_text(l->out, &first, "name", f->name);
		json_u64(l->out, &first, "offset", f->offset);
		json_u64(l->out, &first, "bytes", f->bytes);
		json_bool(l->out, &first, "chooser", f->is_chooser);
		text_char(l->out, '}');
		return 0;
	}
	text_string(l->out, "  ");
	text_word(l->out, f->name);
	pad(l, strlen(f->name));
	text_printf(l->out, "  at %#" PRIx64, f->offset);
	if (f->bytes)
		text_printf(l->out, ", %" PRIu64 " bytes", f->bytes);
	text_string(l->out, f->is_chooser ?
				    "  (chooses, when a program starts, which "
				    "function it is to be)\n" :
				    "\n");
	return 0;
}

/* ---- USDT probes --------------------------------------------------------- */

static int usdt_bytes(const struct kpc_usdt *p)
{
	return strlen(p->provider) + 1 + strlen(p->name);
}

static int measure_usdt(void *ctx, const struct kpc_usdt *p)
{
	widen(ctx, usdt_bytes(p));
	return 0;
}

static void json_arguments(struct list *l, const struct kpc_usdt *p,
			   bool *first)
{
	char name[16];

	json_key(l->out, first, "arguments");
	text_char(l->out, '[');
	for (uint32_t i = 0; i < p->nr_arguments; i++) {
		const struct kpc_usdt_argument *a = &p->arguments[i];
		bool first_member = true;

		snprintf(name, sizeof(name), "arg%u", i + 1);
		text_string(l->out, i ? ",{" : "{");
		json_text(l->out, &first_member, "name", name);
		json_text(l->out, &first_member, a->type ? "type" : "reason",
			  a->type ? a->type : a->reason);
		text_char(l->out, '}');
	}
	text_char(l->out, ']');
}

static void print_arguments(struct list *l, const struct kpc_usdt *p)
{
	for (uint32_t i = 0; i < p->nr_arguments; i++)
		text_printf(l->out, " arg%u:%s", i + 1,
			    p->arguments[i].type ? p->arguments[i].type : "-");
	for (uint32_t i = 0; i < p->nr_arguments; i++)
		if (p->arguments[i].reason)
			text_printf(l->out, "; not arg%u: %s", i + 1,
				    p->arguments[i].reason);
}

static int list_usdt(void *ctx, const struct kpc_usdt *p)
{
	struct list *l = ctx;
	bool first = true;

	begin(l, p->file, "USDT probes", "usdt:FILE:PROVIDER:NAME", "usdt");
	if (l->json) {
		json_text(l->out, &first, "provider", p->provider);
		json_text(l->out, &first, "name", p->name);
		json_u64(l->out, &first, "places", p->places);
		json_arguments(l, p, &first);
		json_bool(l->out, &first, "semaphore", p->has_semaphore);
		text_char(l->out, '}');
		return 0;
	}
	text_string(l->out, "  ");
	text_word(l->out, p->provider);
	text_char(l->out, ':');
	text_word(l->out, p->name);
	pad(l, usdt_bytes(p));
	text_printf(l->out, "  %3u place%s", p->places,
		    p->places == 1 ? " " : "s");
	text_string(l->out, p->has_semaphore ? "  semaphore" : "");
	text_string(l->out, p->nr_arguments ? " " : "");
	print_arguments(l, p);
	text_char(l->out, '\n');
	return 0;
}

/* ---- either -------------------------------------------------------------- */

/* As one of the two below, the callback's type apart. */
typedef int (*lister)(struct list *l, const char *file, const char *pattern,
		      bool measure, char *error, size_t error_size);

static int functions(struct list *l, const char *file, const char *pattern,
		     bool measure, char *error, size_t error_size)
{
	return kpc_file_functions_list(
		file, pattern, measure ? measure_function : list_function, l,
		error, error_size);
}

static int usdt(struct list *l, const char *file, const char *pattern,
		bool measure, char *error, size_t error_size)
{
	return kpc_usdt_list(file, pattern, measure ? measure_usdt : list_usdt,
			     l, error, error_size);
}

static int list_patterns(struct text *out, lister lister, const char *file,
			 char **patterns, int nr, bool json)
{
	struct list l = { .out = out, .json = json, .first = true };
	int status = CMD_OK;
	char error[1024] = "";

	for (int i = 0; i < nr; i++)
		lister(&l, file, patterns[i], true, NULL, 0);
	for (int i = 0; i < nr; i++) {
		if (lister(&l, file, patterns[i], false, error,
			   sizeof(error)) >= 0)
			continue;
		text_flush(out);
		fprintf(stderr, "collect list: %s\n", error);
		status = CMD_FAILED;
	}
	end(&l);
	return status;
}

static int list_file(struct text *out, lister lister, const char *file,
		     char **patterns, int nr, bool json)
{
	char *all[] = { NULL };

	return list_patterns(out, lister, file, nr ? patterns : all,
			     nr ? nr : 1, json);
}

int list_file_functions(struct text *out, const char *file, char **patterns,
			int nr, bool json)
{
	return list_file(out, functions, file, patterns, nr, json);
}

int list_file_usdt(struct text *out, const char *file, char **patterns, int nr,
		   bool json)
{
	return list_file(out, usdt, file, patterns, nr, json);
}
