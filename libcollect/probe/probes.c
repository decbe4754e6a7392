// SPDX-License-Identifier: GPL-2.0-only
/* probes.c - the module's probes: kpc_probes_*() */
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collect.h"
#include "definition.h"
#include "eventspec.h"
#include "fail.h"
#include "functions.h"
#include "kallsyms.h"
#include "kprobex.h"
#include "probes.h"
#include "tracepoint.h"

/* ---- a definition's text ------------------------------------------------- */

static void add_text(struct kpc_buf *to, const char *text)
{
	kpc_buf_add(to, text, strlen(text));
}

/* What a probe without a name is called: after its function. */
static void add_default_name(struct kpc_buf *to,
			     const struct kpc_target_name *target)
{
	char name[KPX_NAME_SIZE];
	int bytes = snprintf(name, sizeof(name), "%.*s", (int)target->bytes,
			     target->at);

	if ((size_t)bytes >= sizeof(name))
		bytes = sizeof(name) - 1;
	for (char *c = name; *c; c++)
		if (strchr(".*?[]-$", *c))
			*c = '_';
	add_text(to, name);
	if (target->is_return)
		add_text(to, "__return");
}

/* "p TARGET …" or "p:TARGET" becomes "p:NAME TARGET …". */
static int add_named(struct kpc_buf *to, const char *text, char *error,
		     size_t error_size)
{
	const struct kpc_eventspec *spec;
	struct kpc_eventspecs specs = { 0 };
	struct kpc_target_name target;
	const char *rest;
	int err;

	if (!kpc_eventspec_is_definition(text))
		return kpc_fail(error, error_size, -EINVAL,
				"'%s' isn't a definition, such as 'p:NAME "
				"FUNCTION ARGUMENT…' (r instead of p: at the "
				"return)",
				text);
	err = kpc_eventspecs_add(&specs, text, error, error_size);
	if (err)
		return err;
	spec = specs.spec;
	if (spec->kind == KPC_EVENTSPEC_USER) {
		kpc_eventspecs_uninit(&specs);
		return kpc_fail(error, error_size, -EINVAL,
				"'%s' is a probe in a program: those aren't "
				"kept by the module; collect record -e takes "
				"it",
				text);
	}
	rest = strchr(spec->definition, ' ');
	kpc_definition_target(spec->definition, &target);
	if (!spec->is_named && !target.at) {
		kpc_eventspecs_uninit(&specs);
		return kpc_fail(error, error_size, -EINVAL,
				"a probe on an address needs a name: p:NAME "
				"ADDRESS");
	}
	kpc_buf_add(to, spec->definition, rest - spec->definition);
	add_text(to, ":");
	if (spec->is_named)
		add_text(to, spec->name);
	else
		add_default_name(to, &target);
	add_text(to, rest);
	kpc_eventspecs_uninit(&specs);
	return 0;
}

static int expand(const struct kpc_definition_opts *opts, const char *text,
		  uint32_t flags, struct kpc_buf *out, char *error,
		  size_t error_size)
{
	struct kpc_buf named = { 0 };
	int err = add_named(&named, text, error, error_size);

	if (!err && flags & KPC_PROBE_ALL_ARGS)
		kpc_definition_all_args(&named);
	kpc_buf_add(&named, "", 1);
	if (!err && named.error)
		err = kpc_fail(error, error_size, -ENOMEM, "out of memory");
	if (!err)
		err = kpc_definition_expand(opts, (char *)named.data, out,
					    error, error_size);
	kpc_buf_uninit(&named);
	return err;
}

int kpc_definition(const char *text, uint32_t flags, char **definition,
		   char *error, size_t error_size)
{
	struct kpc_kernel_btf btf = { 0 };
	const struct kpc_definition_opts opts = {
		.btf = &btf,
		.kallsyms = KPC_KALLSYMS,
	};
	struct kpc_buf out = { 0 };
	int err = expand(&opts, text, flags, &out, error, error_size);

	kpc_buf_add(&out, "", 1);
	if (!err && out.error)
		err = kpc_fail(error, error_size, -ENOMEM, "out of memory");
	kpc_kernel_btf_uninit(&btf);
	if (err)
		kpc_buf_uninit(&out);
	else
		*definition = (char *)out.data;
	return err;
}

/* ---- the module ---------------------------------------------------------- */

int kpc_probes_open(struct kpc_probes **out, char *error, size_t error_size)
{
	struct kpc_probes *p = calloc(1, sizeof(*p));
	int err;

	if (!p)
		return kpc_fail(error, error_size, -ENOMEM, "out of memory");
	err = kpc_kprobex_open(&p->kprobex, NULL, error, error_size);
	if (err) {
		kpc_probes_close(p);
		return err;
	}
	*out = p;
	return 0;
}

void kpc_probes_close(struct kpc_probes *p)
{
	if (!p)
		return;
	kpc_kprobex_close(&p->kprobex);
	free(p);
}

const char *kpc_probes_error(const struct kpc_probes *p)
{
	return p->error;
}

/* An alias that was made of the name gives way to a probe. */
static int define(struct kpc_probes *p, struct kpc_buf *text)
{
	struct kpc_probe_said said;
	char name[KPX_NAME_SIZE];
	int err;

	err = kpc_kprobex_define(&p->kprobex, text, KPX_DEFINE_PERSISTENT, NULL,
				 p->error, sizeof(p->error));
	if (err != -EEXIST ||
	    sscanf((char *)text->data, "%*[^:]:%63[^ ]", name) != 1 ||
	    kpc_kprobex_say(&p->kprobex, name, &said) || !said.probe.alias ||
	    kpc_kprobex_remove(&p->kprobex, name))
		return err;
	return kpc_kprobex_define(&p->kprobex, text, KPX_DEFINE_PERSISTENT,
				  NULL, p->error, sizeof(p->error));
}

int kpc_probes_add(struct kpc_probes *p, const char *definition, uint32_t flags)
{
	struct kpc_definition_opts opts;
	struct kpc_buf text = { 0 };
	int err;

	kpc_kprobex_definition_opts(&p->kprobex, &opts);
	err = expand(&opts, definition, flags, &text, p->error,
		     sizeof(p->error));
	if (!err)
		err = define(p, &text);
	kpc_buf_uninit(&text);
	return err;
}

int kpc_probes_remove(struct kpc_probes *p, const char *name)
{
	int err = kpc_kprobex_remove(&p->kprobex, name);

	if (err == -ENOENT)
		return kpc_fail(p->error, sizeof(p->error), err,
				"there is no probe %s", name);
	if (err == -EBUSY)
		return kpc_fail(p->error, sizeof(p->error), err,
				"the probe %s is in use: by events that are "
				"open, or BPF programs",
				name);
	if (err == -EACCES || err == -EPERM || err == -EBADF)
		return kpc_fail(p->error, sizeof(p->error), err,
				"no permission to remove a probe: it takes "
				"root or CAP_PERFMON");
	return err ? kpc_fail(p->error, sizeof(p->error), err,
			      "cannot remove the probe %s: %s", name,
			      strerror(-err)) :
		     0;
}

static int list(struct kpc_probes *p, bool aliases, const char *pattern,
		kpc_probe_fn fn, void *ctx)
{
	char **names;
	int nr = 0, ret = kpc_kprobex_names(&p->kprobex, aliases, &names);

	if (ret)
		return kpc_fail(p->error, sizeof(p->error), ret,
				"cannot list the probes: %s", strerror(-ret));
	for (char **name = names; *name; name++) {
		struct kpc_probe_said said;

		if (!ret && (!pattern || !fnmatch(pattern, *name, 0))) {
			int err = kpc_kprobex_say(&p->kprobex, *name, &said);

			/* It may have gone since. */
			if (!err) {
				ret = fn(ctx, &said.probe);
				nr++;
			}
		}
		free(*name);
	}
	free(names);
	return ret ? ret : nr;
}

int kpc_probes_list(struct kpc_probes *p, const char *pattern, kpc_probe_fn fn,
		    void *ctx)
{
	return list(p, false, pattern, fn, ctx);
}

int kpc_probes_exposed(struct kpc_probes *p, const char *pattern,
		       kpc_probe_fn fn, void *ctx)
{
	return list(p, true, pattern, fn, ctx);
}

/* ---- functions and tracepoints ------------------------------------------- */

static const char *prototype_of(struct kpc_kernel_btf *btf,
				const struct kpc_function_entry *entry,
				struct kpc_buf *text)
{
	struct kpc_prototype prototype;

	kpc_buf_reset(text);
	if (kpc_prototype_find(btf, entry->name, entry->module, &prototype,
			       NULL, 0))
		return NULL;
	kpc_prototype_print(btf, &prototype, entry->name, text);
	kpc_buf_add(text, "", 1);
	return text->error ? NULL : (char *)text->data;
}

int kpc_functions_list(const char *pattern, uint32_t flags, kpc_function_fn fn,
		       void *ctx, char *error, size_t error_size)
{
	struct kpc_kernel_btf btf = { 0 };
	struct kpc_functions functions;
	struct kpc_buf text = { 0 };
	int ret = kpc_functions_match(&functions, pattern, NULL, error,
				      error_size);
	int nr = functions.nr;

	if (flags & KPC_FUNCTION_PROTOTYPES)
		kpc_kernel_btf_index(&btf);
	for (uint32_t i = 0; !ret && i < functions.nr; i++) {
		const struct kpc_function_entry *entry = &functions.v[i];
		const struct kpc_function function = {
			.name = entry->name,
			.module = entry->module,
			.address = entry->address,
			.probing = entry->probing,
			.prototype = flags & KPC_FUNCTION_PROTOTYPES ?
					     prototype_of(&btf, entry, &text) :
					     NULL,
		};

		ret = fn(ctx, &function);
	}
	kpc_buf_uninit(&text);
	kpc_kernel_btf_uninit(&btf);
	kpc_functions_uninit(&functions);
	return ret ? ret : nr;
}

int kpc_tracepoints_list(const char *pattern, kpc_tracepoint_name_fn fn,
			 void *ctx, char *error, size_t error_size)
{
	const char *root, *colon = strchr(pattern, ':');
	char system[256] = "*";
	int ret = kpc_tracepoint_root(&root, error, error_size);

	if (ret)
		return ret;
	if (colon)
		snprintf(system, sizeof(system), "%.*s", (int)(colon - pattern),
			 pattern);
	return kpc_tracepoint_match(root, system, colon ? colon + 1 : pattern,
				    fn, ctx, error, error_size);
}
