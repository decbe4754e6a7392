// SPDX-License-Identifier: GPL-2.0-only
/* userlist.c - what there is to probe in a program: kpc_file_functions_list() and
 * kpc_usdt_list() */
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collect.h"
#include "elfsyms.h"
#include "fail.h"
#include "usdt.h"
#include "usdtarg.h"
#include "userfile.h"

#define ARGUMENTS_MAX 64

/* The file, and where to put what is wrong with it. */
struct user_file {
	struct kpc_elffile elf;
	char *path;
	char *error;
	size_t error_size;
};

static int no_memory(const struct user_file *f)
{
	return kpc_fail(f->error, f->error_size, -ENOMEM, "out of memory");
}

static int open_file(struct user_file *f, const char *name, char *error,
		     size_t error_size)
{
	int err;

	*f = (struct user_file){
		.elf.fd = -1,
		.error = error,
		.error_size = error_size,
	};
	err = kpc_userfile_find(name, &f->path, error, error_size);
	return err ? err :
		     kpc_elffile_open(&f->elf, f->path, error, error_size);
}

static void close_file(struct user_file *f)
{
	kpc_elffile_close(&f->elf);
	free(f->path);
}

/* ---- functions ----------------------------------------------------------- */

struct functions {
	const struct user_file *file;
	const char *pattern; /* or NULL */
	struct kpc_file_function *v;
	uint32_t nr;
	uint32_t room;
};

static int keep_function(struct functions *l, const struct kpc_elfsym *symbol,
			 uint64_t offset)
{
	uint32_t room = l->room ? l->room * 2 : 256;
	struct kpc_file_function *v;
	char *name = strndup(symbol->name, symbol->name_bytes);

	if (name && l->nr == l->room) {
		v = realloc(l->v, room * sizeof(*v));
		if (v) {
			l->v = v;
			l->room = room;
		}
	}
	if (!name || l->nr == l->room) {
		free(name);
		return -ENOMEM;
	}
	l->v[l->nr++] = (struct kpc_file_function){
		.file = l->file->path,
		.name = name,
		.offset = offset,
		.bytes = symbol->bytes,
		.is_chooser = symbol->is_chooser,
	};
	return 0;
}

static int take_function(void *ctx, const struct kpc_elfsym *symbol)
{
	struct functions *l = ctx;
	char name[1024];
	uint64_t offset;

	if (!symbol->is_function ||
	    !kpc_elffile_offset(&l->file->elf, symbol->address, &offset))
		return 0;
	snprintf(name, sizeof(name), "%.*s", (int)symbol->name_bytes,
		 symbol->name);
	if (l->pattern && fnmatch(l->pattern, name, 0))
		return 0;
	return keep_function(l, symbol, offset);
}

static int by_name(const void *a, const void *b)
{
	const struct kpc_file_function *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	if (order)
		return order;
	return x->offset < y->offset ? -1 : x->offset > y->offset;
}

/* Both tables have them: each is given once. */
static int give_functions(struct functions *l, kpc_file_function_fn fn,
			  void *ctx)
{
	int nr = 0, ret = 0;

	if (l->nr)
		qsort(l->v, l->nr, sizeof(*l->v), by_name);
	for (uint32_t i = 0; !ret && i < l->nr; i++) {
		if (i && !by_name(&l->v[i], &l->v[i - 1]))
			continue;
		ret = fn(ctx, &l->v[i]);
		nr++;
	}
	return ret ? ret : nr;
}

/* With what is near, if it was a name. */
static int no_function(const struct functions *l)
{
	const struct user_file *f = l->file;
	struct kpc_elfsym_places places;

	if (!l->pattern)
		return kpc_fail(f->error, f->error_size, -ENOENT,
				"%s has no symbols of functions: it is "
				"stripped",
				f->path);
	if (strpbrk(l->pattern, "*?["))
		return kpc_fail(f->error, f->error_size, -ENOENT,
				"no function of %s matches %s", f->path,
				l->pattern);
	return kpc_elfsyms_functions(&f->elf, l->pattern, &places, f->error,
				     f->error_size);
}

int kpc_file_functions_list(const char *file, const char *pattern,
			    kpc_file_function_fn fn, void *ctx, char *error,
			    size_t error_size)
{
	struct user_file f;
	struct functions list = { .file = &f, .pattern = pattern };
	int ret = open_file(&f, file, error, error_size);

	if (!ret && kpc_elfsyms_walk(&f.elf, take_function, &list))
		ret = no_memory(&f);
	if (!ret && !list.nr)
		ret = no_function(&list);
	if (!ret)
		ret = give_functions(&list, fn, ctx);
	for (uint32_t i = 0; i < list.nr; i++)
		free((char *)list.v[i].name);
	free(list.v);
	close_file(&f);
	return ret;
}

/* ---- USDT probes --------------------------------------------------------- */

/* Places in the order of the notes, whose texts are the file's. */
struct notes {
	const struct user_file *file;
	const char *pattern; /* or NULL */
	struct kpc_usdt_note *v;
	uint32_t nr;
	uint32_t all;
};

static bool is_wanted(const char *pattern, const struct kpc_usdt_note *note)
{
	char full[1024];

	if (!pattern)
		return true;
	if (!strchr(pattern, ':'))
		return !fnmatch(pattern, note->name, 0);
	snprintf(full, sizeof(full), "%s:%s", note->provider, note->name);
	return !fnmatch(pattern, full, 0);
}

static int take_note(void *ctx, const struct kpc_usdt_note *note)
{
	struct notes *l = ctx;
	struct kpc_usdt_note *v;

	l->all++;
	if (!is_wanted(l->pattern, note))
		return 0;
	v = realloc(l->v, (l->nr + 1) * sizeof(*v));
	if (!v)
		return -ENOMEM;
	l->v = v;
	l->v[l->nr++] = *note;
	return 0;
}

static int by_probe(const void *a, const void *b)
{
	const struct kpc_usdt_note *x = a, *y = b;
	int order = strcmp(x->provider, y->provider);

	if (!order)
		order = strcmp(x->name, y->name);
	if (order)
		return order;
	return x->address < y->address ? -1 : x->address > y->address;
}

static bool is_same_probe(const struct kpc_usdt_note *a,
			  const struct kpc_usdt_note *b)
{
	return !strcmp(a->provider, b->provider) && !strcmp(a->name, b->name);
}

/* Those of its first place. */
static uint32_t take_arguments(const struct user_file *f,
			       const struct kpc_usdt_note *note,
			       struct kpc_usdt_argument *v)
{
	const char *at = note->arguments;
	struct kpc_buf fetch = { 0 };
	struct kpc_usdtarg arg;
	uint32_t nr = 0;

	while (nr < ARGUMENTS_MAX && kpc_usdtarg_next(&at, &arg)) {
		bool taken =
			kpc_usdtarg_fetch(&arg, &f->elf, note->address, &fetch);

		v[nr++] = (struct kpc_usdt_argument){
			.type = taken ? kpc_usdtarg_type(&arg) : NULL,
			.reason = taken ? NULL : arg.reason,
		};
	}
	kpc_buf_uninit(&fetch);
	return nr;
}

static int give_probes(const struct notes *l, kpc_usdt_fn fn, void *ctx)
{
	struct kpc_usdt_argument arguments[ARGUMENTS_MAX];
	int nr = 0, ret = 0;

	qsort(l->v, l->nr, sizeof(*l->v), by_probe);
	for (uint32_t i = 0, next; !ret && i < l->nr; i = next) {
		struct kpc_usdt probe = {
			.file = l->file->path,
			.provider = l->v[i].provider,
			.name = l->v[i].name,
			.arguments = arguments,
			.has_semaphore = l->v[i].semaphore,
		};

		for (next = i;
		     next < l->nr && is_same_probe(&l->v[next], &l->v[i]);
		     next++)
			probe.places++;
		probe.nr_arguments =
			take_arguments(l->file, &l->v[i], arguments);
		ret = fn(ctx, &probe);
		nr++;
	}
	return ret ? ret : nr;
}

static int check_notes(const struct notes *l, int err)
{
	const struct user_file *f = l->file;

	if (err == -ENOMEM)
		return no_memory(f);
	if (err)
		return kpc_fail(f->error, f->error_size, err,
				"%s is cut or damaged: the notes of its USDT "
				"probes make no sense",
				f->path);
	if (!l->all)
		return kpc_fail(f->error, f->error_size, -ENOENT,
				"%s has no USDT probes: it was built without "
				"them (<sys/sdt.h>)",
				f->path);
	if (!l->nr)
		return kpc_fail(f->error, f->error_size, -ENOENT,
				"no USDT probe of %s matches %s", f->path,
				l->pattern);
	return 0;
}

int kpc_usdt_list(const char *file, const char *pattern, kpc_usdt_fn fn,
		  void *ctx, char *error, size_t error_size)
{
	struct user_file f;
	struct notes list = { .file = &f, .pattern = pattern };
	int ret = open_file(&f, file, error, error_size);

	if (!ret)
		ret = check_notes(&list,
				  kpc_usdt_walk(&f.elf, take_note, &list));
	if (!ret)
		ret = give_probes(&list, fn, ctx);
	free(list.v);
	close_file(&f);
	return ret;
}
