// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "definition.h"
#include "fail.h"
#include "globs.h"
#include "uapi/kprobex.h"

#define PATTERN_BYTES 512

bool kpc_globs_is_pattern(const char *name)
{
	return strpbrk(name, "*?[");
}

void kpc_globs_uninit(struct kpc_globs *g)
{
	free(g->address);
	*g = (struct kpc_globs){ 0 };
}

static int by_address(const void *a, const void *b)
{
	const struct kpc_function_entry *x = a, *y = b;

	return x->address < y->address ? -1 : x->address > y->address;
}

/* Only what ftrace can call, if that is known: the rest has no common entry. */
static bool is_wanted(const struct kpc_functions *f,
		      const struct kpc_function_entry *entry)
{
	if (entry->probing == KPC_FUNCTION_FTRACE)
		return true;
	for (uint32_t i = 0; i < f->nr; i++)
		if (f->v[i].probing == KPC_FUNCTION_FTRACE)
			return false;
	return entry->probing != KPC_FUNCTION_BLACKLISTED;
}

/* MODULE:PATTERN is of those alone. */
static bool is_of_module(const struct kpc_function_entry *entry,
			 const struct kpc_target_name *target)
{
	const char *module = entry->module ? entry->module : "vmlinux";

	return !target->module ||
	       (strlen(module) == target->module_bytes &&
		!memcmp(module, target->module, target->module_bytes));
}

/* Sorted by address, of which there may be several names. */
static void take(struct kpc_globs *g, const struct kpc_functions *f,
		 const struct kpc_target_name *target, const char **first)
{
	for (uint32_t i = 0; i < f->nr; i++) {
		const struct kpc_function_entry *entry = &f->v[i];

		if (!is_wanted(f, entry) || !is_of_module(entry, target) ||
		    (g->nr && g->address[g->nr - 1] == entry->address))
			continue;
		if (!g->nr)
			*first = entry->name;
		g->address[g->nr++] = entry->address;
	}
}

static int replace(struct kpc_buf *text, const struct kpc_target_name *target,
		   const char *name)
{
	struct kpc_buf out = { 0 };
	const char *begin = (const char *)text->data;
	const char *from = target->module ? target->module : target->at;
	const char *end = target->at + target->bytes;

	kpc_buf_add(&out, begin, from - begin);
	kpc_buf_add(&out, name, strlen(name));
	kpc_buf_add(&out, end, begin + text->used - end);
	kpc_buf_add(&out, "", 1);
	out.used -= !out.error;
	kpc_buf_uninit(text);
	*text = out;
	return out.error;
}

static int resolve(struct kpc_globs *g, struct kpc_buf *text,
		   const struct kpc_target_name *target, const char *pattern,
		   struct kpc_functions *f, char *error, size_t error_size)
{
	const char *first = NULL;

	if (target->has_offset)
		return kpc_fail(error, error_size, -EINVAL,
				"%s: many functions are probed at their "
				"entries, without an offset",
				pattern);
	qsort(f->v, f->nr, sizeof(*f->v), by_address);
	if (!f->v[0].address)
		return kpc_fail(error, error_size, -EACCES,
				"the addresses in /proc/kallsyms are hidden: "
				"it takes root, and kernel.kptr_restrict below "
				"2");
	g->address = calloc(f->nr, sizeof(*g->address));
	if (!g->address)
		return kpc_fail(error, error_size, -ENOMEM, "out of memory");
	take(g, f, target, &first);
	if (!g->nr)
		return kpc_fail(error, error_size, -ENOENT,
				"no function that %s matches can be probed: "
				"all are on the kernel's kprobes/blacklist%s",
				pattern,
				target->module ? ", or of other modules" : "");
	if (g->nr > KPX_TARGETS_MAX)
		return kpc_fail(error, error_size, -E2BIG,
				"%s matches %u functions; a probe may have %d",
				pattern, g->nr, KPX_TARGETS_MAX);
	return replace(text, target, first);
}

int kpc_globs_resolve(struct kpc_globs *g, struct kpc_buf *text,
		      const struct kpc_functions_paths *paths, char *error,
		      size_t error_size)
{
	char pattern[PATTERN_BYTES];
	struct kpc_target_name target;
	struct kpc_functions f;
	int err;

	*g = (struct kpc_globs){ 0 };
	kpc_buf_add(text, "", 1);
	if (text->error)
		return kpc_fail(error, error_size, -ENOMEM, "out of memory");
	text->used--;
	kpc_definition_target((const char *)text->data, &target);
	if (!target.at)
		return 0;
	snprintf(pattern, sizeof(pattern), "%.*s", (int)target.bytes,
		 target.at);
	if (!kpc_globs_is_pattern(pattern))
		return 0;
	err = kpc_functions_match(&f, pattern, paths, error, error_size);
	if (!err)
		err = resolve(g, text, &target, pattern, &f, error, error_size);
	kpc_functions_uninit(&f);
	return err;
}
