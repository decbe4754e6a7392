// SPDX-License-Identifier: GPL-2.0-only
/* aliases.c - functions as events of the PMU, by name: kpc_probes_expose() */
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fail.h"
#include "functions.h"
#include "globs.h"
#include "probes.h"

/* An event's name has no dots. False: it would be too long. */
static bool name_alias(char name[KPX_NAME_SIZE], const char *function)
{
	if (strlen(function) >= KPX_NAME_SIZE)
		return false;
	strcpy(name, function);
	for (char *c = name; *c; c++)
		if (*c == '.')
			*c = '_';
	return true;
}

static int define_alias(struct kpc_probes *p, const char *name,
			const struct kpc_function_entry *f)
{
	struct kpc_buf text = { 0 };
	char definition[KPX_DEFINITION_SIZE];
	int bytes = snprintf(definition, sizeof(definition), "p:%s %s%s%s",
			     name, f->module ? f->module : "",
			     f->module ? ":" : "", f->name);
	int err;

	kpc_buf_add(&text, definition, bytes);
	err = kpc_kprobex_define(&p->kprobex, &text,
				 KPX_DEFINE_PERSISTENT | KPX_DEFINE_ALIAS, NULL,
				 p->error, sizeof(p->error));
	kpc_buf_uninit(&text);
	return err;
}

/* The kernel's functions, by name. */
struct table {
	struct kpc_functions functions;
	struct kpc_function_entry **v;
	bool tells; /* which of them ftrace can call */
};

struct exposer {
	struct kpc_probes *p;
	struct table *table;
	struct kpc_exposed *exposed;
	bool is_pattern;
};

/* ---- one function -------------------------------------------------------- */

/*
 * Among the symbols in the kernel's text are marks of its parts, and code that
 * nobody calls. What ftrace can call surely is a function; only a kernel without
 * ftrace doesn't tell.
 */
static bool is_doubtful(const struct exposer *x,
			const struct kpc_function_entry *f)
{
	return x->is_pattern && x->table->tells &&
	       f->probing != KPC_FUNCTION_FTRACE;
}

/* What is wrong with one function is counted, and its reason kept in the error. */
static int expose_one(const struct exposer *x,
		      const struct kpc_function_entry *f)
{
	struct kpc_exposed *exposed = x->exposed;
	char name[KPX_NAME_SIZE];
	int err = 0;

	if (f->probing == KPC_FUNCTION_BLACKLISTED) {
		exposed->blacklisted++;
		kpc_fail(x->p->error, sizeof(x->p->error), 0,
			 "%s can't be probed: it's on the kernel's blacklist",
			 f->name);
	} else if (is_doubtful(x, f)) {
		exposed->untraced++;
	} else if (!name_alias(name, f->name)) {
		exposed->unnamable++;
		kpc_fail(x->p->error, sizeof(x->p->error), 0,
			 "the name of an event has at most %d characters: %s",
			 KPX_NAME_SIZE - 1, f->name);
	} else {
		err = define_alias(x->p, name, f);
		exposed->added += !err;
		exposed->there += err == -EEXIST;
		exposed->unnamable += err == -EINVAL;
	}
	return err == -EEXIST || err == -EINVAL ? 0 : err;
}

/* Of @nr functions that are all called the same. */
static int expose_name(const struct exposer *x, struct kpc_function_entry **v,
		       uint32_t nr)
{
	if (nr == 1)
		return expose_one(x, *v);
	x->exposed->ambiguous += nr;
	kpc_fail(x->p->error, sizeof(x->p->error), 0,
		 "%u functions are called %s: give one a name with collect "
		 "probe add 'p:NAME ADDRESS'",
		 nr, (*v)->name);
	return 0;
}

/* ---- what patterns match ------------------------------------------------- */

static int by_name(const void *a, const void *b)
{
	const struct kpc_function_entry *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

static int table_load(struct table *t, char *error, size_t error_size)
{
	int err = kpc_functions_match(&t->functions, "*", NULL, error,
				      error_size);

	if (err)
		return err;
	t->v = calloc(t->functions.nr, sizeof(*t->v));
	if (!t->v)
		return kpc_fail(error, error_size, -ENOMEM, "out of memory");
	for (uint32_t i = 0; i < t->functions.nr; i++) {
		t->v[i] = &t->functions.v[i];
		t->tells |= t->v[i]->probing == KPC_FUNCTION_FTRACE;
	}
	qsort(t->v, t->functions.nr, sizeof(*t->v), by_name);
	return 0;
}

static void table_uninit(struct table *t)
{
	free(t->v);
	kpc_functions_uninit(&t->functions);
}

/* The first that isn't before @name. */
static uint32_t place_of(const struct table *t, const char *name)
{
	uint32_t low = 0, high = t->functions.nr;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (strcmp(t->v[middle]->name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The next one at or behind @from that @pattern matches; if none does, their number. */
static uint32_t next_match(const struct table *t, const char *pattern,
			   uint32_t from)
{
	uint32_t nr = t->functions.nr, i;

	if (!kpc_globs_is_pattern(pattern)) {
		i = place_of(t, pattern);
		return i >= from && i < nr && !strcmp(t->v[i]->name, pattern) ?
			       i :
			       nr;
	}
	for (i = from; i < nr; i++)
		if (!fnmatch(pattern, t->v[i]->name, 0))
			break;
	return i;
}

/* How many are called as the one at @at is. */
static uint32_t nr_alike(const struct table *t, uint32_t at)
{
	uint32_t end = at + 1;

	while (end < t->functions.nr &&
	       !strcmp(t->v[at]->name, t->v[end]->name))
		end++;
	return end - at;
}

static int expose_pattern(struct kpc_probes *p, struct table *table,
			  const char *pattern, struct kpc_exposed *exposed)
{
	const struct exposer x = { p, table, exposed,
				   kpc_globs_is_pattern(pattern) };
	uint32_t before = exposed->added + exposed->there;
	uint32_t at = 0, nr;
	int err = 0;

	for (; !err; at += nr) {
		at = next_match(table, pattern, at);
		if (at == table->functions.nr)
			break;
		nr = nr_alike(table, at);
		err = expose_name(&x, &table->v[at], nr);
	}
	/* Of a pattern, some that can't be are to be expected. */
	if (!err && !x.is_pattern && exposed->added + exposed->there == before)
		err = -EINVAL;
	return err;
}

/* With the reason why there's none that @pattern matches. */
static int find_reason(struct kpc_probes *p, const char *pattern)
{
	struct kpc_functions functions;
	int err = kpc_functions_match(&functions, pattern, NULL, p->error,
				      sizeof(p->error));

	kpc_functions_uninit(&functions);
	return err;
}

static int expose(struct kpc_probes *p, struct table *table,
		  const char *const *patterns, struct kpc_exposed *exposed)
{
	int err = table_load(table, p->error, sizeof(p->error));

	for (const char *const *pattern = patterns; !err && *pattern; pattern++)
		if (next_match(table, *pattern, 0) == table->functions.nr)
			err = find_reason(p, *pattern);
	for (; !err && *patterns; patterns++)
		err = expose_pattern(p, table, *patterns, exposed);
	return err;
}

int kpc_probes_expose(struct kpc_probes *p, const char *const *patterns,
		      struct kpc_exposed *exposed)
{
	struct table table = { 0 };
	int err;

	if (exposed->size != sizeof(*exposed))
		return kpc_fail(p->error, sizeof(p->error), -EINVAL,
				"the caller knows another struct kpc_exposed");
	*exposed = (struct kpc_exposed){ .size = sizeof(*exposed) };
	err = expose(p, &table, patterns, exposed);
	table_uninit(&table);
	return err;
}

int kpc_probes_hide(struct kpc_probes *p, const char *pattern)
{
	char **names;
	int nr = 0, ret = kpc_kprobex_names(&p->kprobex, true, &names);

	if (ret)
		return kpc_fail(p->error, sizeof(p->error), ret,
				"cannot list the names: %s", strerror(-ret));
	for (char **name = names; *name; name++) {
		if (!fnmatch(pattern, *name, 0)) {
			int err = kpc_probes_remove(p, *name);

			/* It may have gone since. */
			if (!err)
				nr++;
			else if (err != -ENOENT)
				ret = err;
		}
		free(*name);
	}
	free(names);
	return ret ? ret : nr;
}
