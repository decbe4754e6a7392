// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "candidates.h"
#include "collect.h"

#define NAME_BYTES 512
/* Of fewer letters there are too many functions for anybody to look through. */
#define FUNCTION_LETTERS 3

void candidates_begin(struct candidates *c, const char *word, const char *typed)
{
	c->before = word;
	c->before_bytes = typed - word;
	c->typed = typed;
}

static void add(struct candidates *c, const char *candidate, size_t bytes,
		const char *words)
{
	size_t typed = strlen(c->typed);

	if (bytes < typed || memcmp(candidate, c->typed, typed))
		return;
	if (!c->titled)
		text_string(c->out, "words\n");
	c->titled = true;
	text_bytes(c->out, c->before, c->before_bytes);
	text_bytes(c->out, candidate, bytes);
	if (words && *words) {
		text_char(c->out, '\t');
		text_string(c->out, words);
	}
	text_char(c->out, '\n');
}

void candidates_add(struct candidates *c, const char *candidate,
		    const char *words)
{
	add(c, candidate, strlen(candidate), words);
}

/* ---- what the help lists ------------------------------------------------- */

void candidates_alternatives(struct candidates *c, const char *list)
{
	size_t bytes;

	for (; *list; list += bytes + (list[bytes] != '\0')) {
		bytes = strcspn(list, "|");
		add(c, list, bytes, NULL);
	}
}

void candidates_terms(struct candidates *c, const char *list)
{
	size_t bytes, name;

	for (; *list; list += bytes + (list[bytes] != '\0')) {
		bytes = strcspn(list, ",");
		name = strcspn(list, "=,");
		add(c, list, name + (list[name] == '='), NULL);
	}
}

/* ---- names of the kernel's ----------------------------------------------- */

/* A pattern for names that begin as is typed behind @skip bytes. */
static const char *pattern(const struct candidates *c, size_t skip, char *text)
{
	snprintf(text, NAME_BYTES, "%s*", c->typed + skip);
	return text;
}

static int add_function(void *ctx, const struct kpc_function *f)
{
	char name[NAME_BYTES];

	if (f->probing == KPC_FUNCTION_BLACKLISTED)
		return 0;
	snprintf(name, sizeof(name), "kprobex/%s/", f->name);
	candidates_add(ctx, name, f->module);
	return 0;
}

static int add_function_name(void *ctx, const struct kpc_function *f)
{
	if (f->probing != KPC_FUNCTION_BLACKLISTED)
		candidates_add(ctx, f->name, f->module);
	return 0;
}

static void add_functions(struct candidates *c, size_t skip,
			  kpc_function_fn each)
{
	char text[NAME_BYTES];

	if (strlen(c->typed) >= skip + FUNCTION_LETTERS)
		kpc_functions_list(pattern(c, skip, text), 0, each, c, NULL, 0);
}

void candidates_functions(struct candidates *c)
{
	add_functions(c, 0, add_function_name);
}

struct systems {
	struct candidates *c;
	char last[NAME_BYTES];
};

/* They come sorted: a system's are together. */
static int add_system(void *ctx, const char *system, const char *name)
{
	struct systems *s = ctx;
	char text[NAME_BYTES + 1];

	(void)name;
	if (!strcmp(s->last, system))
		return 0;
	snprintf(s->last, sizeof(s->last), "%s", system);
	snprintf(text, sizeof(text), "%s:", s->last);
	candidates_add(s->c, text, "tracepoints");
	return 0;
}

static int add_tracepoint(void *ctx, const char *system, const char *name)
{
	char text[NAME_BYTES];

	snprintf(text, sizeof(text), "%s:%s", system, name);
	candidates_add(ctx, text, NULL);
	return 0;
}

/* First the systems, and those of one when its name and : are there. */
static void add_tracepoints(struct candidates *c)
{
	struct systems systems = { .c = c };
	char text[NAME_BYTES];

	if (strchr(c->typed, ':')) {
		kpc_tracepoints_list(pattern(c, 0, text), add_tracepoint, c,
				     NULL, 0);
		return;
	}
	snprintf(text, sizeof(text), "%s*:*", c->typed);
	kpc_tracepoints_list(text, add_system, &systems, NULL, 0);
}

struct probes {
	struct candidates *c;
	const char *format;
};

static int add_probe(void *ctx, const struct kpc_probe *probe)
{
	const struct probes *p = ctx;
	char text[NAME_BYTES];

	snprintf(text, sizeof(text), p->format, probe->name);
	candidates_add(p->c, text, probe->definition);
	return 0;
}

void candidates_probes(struct candidates *c, const char *format)
{
	struct probes all = { c, format };
	struct kpc_probes *probes;

	if (kpc_probes_open(&probes, NULL, 0))
		return;
	kpc_probes_list(probes, NULL, add_probe, &all);
	kpc_probes_close(probes);
}

void candidates_names(struct candidates *c)
{
	candidates_probes(c, "%s");
	candidates_functions(c);
	add_tracepoints(c);
}

/* ---- events -------------------------------------------------------------- */

void candidates_events(struct candidates *c)
{
	static const char *const kinds[][2] = {
		{ "kprobex/", "a probe, or a function of the kernel" },
		{ "u:", "a function of a program" },
		{ "ur:", "its return" },
		{ "usdt:", "a probe that a program brings with it" },
		{ "cpu-clock", "time of a CPU" },
		{ "task-clock", "time of a thread" },
		{ "page-faults", NULL },
		{ "minor-faults", NULL },
		{ "major-faults", NULL },
		{ "context-switches", NULL },
		{ "cpu-migrations", NULL },
		{ "cycles", NULL },
		{ "instructions", NULL },
		{ "cache-misses", NULL },
		{ "branch-misses", NULL },
	};
	const size_t kprobex = strlen("kprobex/");

	if (!strncmp(c->typed, "kprobex/", kprobex)) {
		candidates_probes(c, "kprobex/%s/");
		add_functions(c, kprobex, add_function);
		return;
	}
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		candidates_add(c, kinds[i][0], kinds[i][1]);
	add_tracepoints(c);
}

/* ---- processes ----------------------------------------------------------- */

static void process_name(const char *pid, char name[32])
{
	char path[300];
	FILE *file;

	name[0] = '\0';
	snprintf(path, sizeof(path), "/proc/%s/comm", pid);
	file = fopen(path, "re");
	if (!file)
		return;
	if (fgets(name, 32, file))
		name[strcspn(name, "\n\t")] = '\0';
	fclose(file);
}

void candidates_processes(struct candidates *c)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	char name[32];

	while (proc && (entry = readdir(proc))) {
		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		process_name(entry->d_name, name);
		candidates_add(c, entry->d_name, name);
	}
	if (proc)
		closedir(proc);
}
