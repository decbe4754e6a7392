// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fail.h"
#include "functions.h"
#include "kallsyms.h"
#include "nearmiss.h"
#include "tracepoint.h"

#define BLACKLIST  "/sys/kernel/debug/kprobes/blacklist"
#define NAME_BYTES 512 /* the kernel's KSYM_NAME_LEN */

/* ---- the list ------------------------------------------------------------ */

void kpc_functions_uninit(struct kpc_functions *f)
{
	for (uint32_t i = 0; i < f->nr; i++) {
		free(f->v[i].name);
		free(f->v[i].module);
	}
	free(f->v);
	*f = (struct kpc_functions){ 0 };
}

static int append(struct kpc_functions *f, const char *name, const char *module,
		  uint64_t address)
{
	uint32_t room = f->room ? f->room * 2 : 64;
	struct kpc_function_entry *v, *entry;

	if (f->nr == f->room) {
		v = realloc(f->v, room * sizeof(*v));
		if (!v)
			return -ENOMEM;
		f->v = v;
		f->room = room;
	}
	entry = &f->v[f->nr];
	*entry = (struct kpc_function_entry){
		.name = strdup(name),
		.module = *module ? strdup(module) : NULL,
		.address = address,
		.probing = KPC_FUNCTION_KPROBE,
	};
	f->nr++;
	return entry->name && (!*module || entry->module) ? 0 : -ENOMEM;
}

static int by_name(const void *a, const void *b)
{
	const struct kpc_function_entry *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	if (order)
		return order;
	return x->address < y->address ? -1 : x->address > y->address;
}

static int by_module(const void *a, const void *b)
{
	const struct kpc_function_entry *x = a, *y = b;
	int order =
		strcmp(x->module ? x->module : "", y->module ? y->module : "");

	return order ? order : by_name(a, b);
}

/* ---- names --------------------------------------------------------------- */

/* What the compiler and the kernel's build make, which nobody calls. */
static bool is_made(const char *name)
{
	static const char *const begin[] = {
		"__pfx_",  "__cfi_",	  "__SCT__",
		"__SCK__", "__UNIQUE_ID", "__ksymtab",
	};

	for (size_t i = 0; i < sizeof(begin) / sizeof(*begin); i++)
		if (!strncmp(name, begin[i], strlen(begin[i])))
			return true;
	return strstr(name, ".cold");
}

/* A symbol of which the part before the first dot is called that. */
static bool is_part_of(const char *symbol, const char *name)
{
	size_t bytes = strlen(name);

	return !strncmp(symbol, name, bytes) && symbol[bytes] == '.';
}

struct search {
	struct kpc_functions *to;
	const char *pattern;
	struct kpc_nearmiss near;
	char part[NAME_BYTES];	       /* such as NAME.isra.0 */
	uint64_t init_begin, init_end; /* the kernel's, freed when it's up */
};

static void note_init(struct search *s, const char *name, uint64_t address)
{
	if (!strcmp(name, "_sinittext"))
		s->init_begin = address;
	else if (!strcmp(name, "_einittext"))
		s->init_end = address;
}

static void drop_init(struct search *s)
{
	struct kpc_functions *f = s->to;
	uint32_t kept = 0;

	for (uint32_t i = 0; i < f->nr; i++) {
		struct kpc_function_entry *entry = &f->v[i];

		if (entry->address >= s->init_begin &&
		    entry->address < s->init_end) {
			free(entry->name);
			free(entry->module);
			continue;
		}
		f->v[kept++] = *entry;
	}
	f->nr = kept;
}

static int take_symbol(struct search *s, char *line)
{
	char name[NAME_BYTES], module[KPC_MODULE_NAME + 2] = "";
	uint64_t address;
	char type;

	if (sscanf(line, "%" SCNx64 " %c %511s %65s", &address, &type, name,
		   module) < 3 ||
	    !strchr("tTwW", type) || is_made(name))
		return 0;
	note_init(s, name, address);
	if (fnmatch(s->pattern, name, 0)) {
		kpc_nearmiss_offer(&s->near, name);
		if (is_part_of(name, s->pattern))
			snprintf(s->part, sizeof(s->part), "%s", name);
		return 0;
	}
	module[strcspn(module, "]")] = '\0';
	return append(s->to, name, *module ? module + 1 : module, address);
}

static int read_symbols(struct search *s, const char *path, char *error,
			size_t error_size)
{
	FILE *file = fopen(path, "re");
	char *line = NULL;
	size_t room = 0;
	int err = 0;

	if (!file)
		return kpc_fail(error, error_size, -errno, "cannot read %s: %s",
				path, strerror(errno));
	while (!err && getline(&line, &room, file) > 0)
		err = take_symbol(s, line);
	free(line);
	fclose(file);
	return err;
}

/* ---- how they can be probed ---------------------------------------------- */

static struct kpc_function_entry *first_of(const struct kpc_functions *f,
					   const char *name)
{
	uint32_t low = 0, high = f->nr;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (strcmp(f->v[middle].name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < f->nr && !strcmp(f->v[low].name, name) ? &f->v[low] : NULL;
}

static void note_ftrace(struct kpc_functions *f, char *line)
{
	char name[NAME_BYTES], module[KPC_MODULE_NAME + 2] = "";
	struct kpc_function_entry *entry, *end = f->v + f->nr;

	if (sscanf(line, "%511s %65s", name, module) < 1)
		return;
	module[strcspn(module, "]")] = '\0';
	entry = first_of(f, name);
	for (; entry && entry < end && !strcmp(entry->name, name); entry++)
		if (!strcmp(entry->module ? entry->module : "",
			    *module ? module + 1 : ""))
			entry->probing = KPC_FUNCTION_FTRACE;
}

/* 0xBEGIN-0xEND\tNAME, or without addresses for who may not see them. */
static void note_blacklisted(struct kpc_functions *f, char *line)
{
	char name[NAME_BYTES];
	uint64_t begin, end;
	struct kpc_function_entry *entry;

	if (sscanf(line, "0x%" SCNx64 "-0x%" SCNx64 " %511s", &begin, &end,
		   name) < 3)
		return;
	entry = first_of(f, name);
	for (; entry && entry < f->v + f->nr && !strcmp(entry->name, name);
	     entry++)
		if (!entry->address ||
		    (entry->address >= begin && entry->address < end))
			entry->probing = KPC_FUNCTION_BLACKLISTED;
}

/* What can't be read isn't known: a kernel without it, or no permission. */
static void read_notes(struct kpc_functions *f, const char *path,
		       void (*note)(struct kpc_functions *f, char *line))
{
	FILE *file = fopen(path, "re");
	char *line = NULL;
	size_t room = 0;

	if (!file)
		return;
	while (getline(&line, &room, file) > 0)
		note(f, line);
	free(line);
	fclose(file);
}

static void read_filter(struct kpc_functions *f, const char *path)
{
	char usual[PATH_MAX];
	const char *root;

	if (!path) {
		if (kpc_tracepoint_root(&root, NULL, 0))
			return;
		snprintf(usual, sizeof(usual), "%s/available_filter_functions",
			 root);
		path = usual;
	}
	read_notes(f, path, note_ftrace);
}

/* ---- matching ------------------------------------------------------------ */

static int nothing(const struct search *s, char *error, size_t error_size)
{
	char text[KPC_NEARMISS_TEXT];

	if (s->part[0])
		return kpc_fail(error, error_size, -ENOENT,
				"the compiler made %s of %s, with other "
				"arguments or a part of it: probe that",
				s->part, s->pattern);
	if (strpbrk(s->pattern, "*?["))
		return kpc_fail(error, error_size, -ENOENT,
				"no function of the running kernel matches %s",
				s->pattern);
	return kpc_fail(error, error_size, -ENOENT,
			"no such function in the running kernel: %s%s",
			s->pattern,
			kpc_kallsyms_hint(&s->near, text, sizeof(text)));
}

int kpc_functions_match(struct kpc_functions *f, const char *pattern,
			const struct kpc_functions_paths *paths, char *error,
			size_t error_size)
{
	static const struct kpc_functions_paths usual;
	struct search s = { .to = f, .pattern = pattern };
	int err;

	*f = (struct kpc_functions){ 0 };
	if (!paths)
		paths = &usual;
	kpc_nearmiss_init(&s.near, pattern);
	err = read_symbols(&s, paths->kallsyms ? paths->kallsyms : KPC_KALLSYMS,
			   error, error_size);
	if (err == -ENOMEM)
		return kpc_fail(error, error_size, err, "out of memory");
	if (err)
		return err;
	drop_init(&s);
	if (!f->nr)
		return nothing(&s, error, error_size);
	qsort(f->v, f->nr, sizeof(*f->v), by_name);
	read_filter(f, paths->filter);
	read_notes(f, paths->blacklist ? paths->blacklist : BLACKLIST,
		   note_blacklisted);
	qsort(f->v, f->nr, sizeof(*f->v), by_module);
	return 0;
}
