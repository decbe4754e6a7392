// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE /* asprintf() */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "definition.h"
#include "fail.h"
#include "globs.h"
#include "kallsyms.h"
#include "kprobexevent.h"
#include "layout.h"
#include "nearmiss.h"
#include "syscall.h"

/* ---- defining ------------------------------------------------------------ */

/*
 * With what is known of its arguments. A kernel without BTF, or a function that it
 * doesn't have, is recorded without: nobody asked for them by name. @module: whose
 * it is; NULL: it has no arguments there.
 */
static int define_probe(struct kpc_kprobex *k, const char *symbol,
			const char *module, uint32_t *id, char *error,
			size_t error_size)
{
	struct kpc_definition_opts opts;
	struct kpc_buf text = { 0 };
	int err;

	kpc_kprobex_definition_opts(k, &opts);
	kpc_buf_add(&text, "p ", 2);
	kpc_buf_add(&text, symbol, strlen(symbol));
	if (module)
		kpc_definition_args(&opts, symbol, module, &text);
	err = kpc_kprobex_define(k, &text, 0, id, error, error_size);
	kpc_buf_uninit(&text);
	return err;
}

static int define_definition(struct kpc_kprobex *k,
			     const struct kpc_eventspec *spec, uint32_t *id,
			     char *error, size_t error_size)
{
	struct kpc_definition_opts opts;
	struct kpc_buf text = { 0 };
	int err;

	kpc_kprobex_definition_opts(k, &opts);
	err = kpc_definition_expand(&opts, spec->definition, &text, error,
				    error_size);
	if (!err)
		err = kpc_kprobex_define(k, &text, 0, id, error, error_size);
	kpc_buf_uninit(&text);
	return err;
}

static int define_symbol(struct kpc_kprobex *k,
			 const struct kpc_eventspec *spec, const char *symbol,
			 uint32_t *id, char *error, size_t error_size)
{
	const char *syscall = kpc_syscall_name(spec->name, k->paths.kallsyms);
	char text[KPC_NEARMISS_TEXT], module[KPC_MODULE_NAME];
	char function[KPX_DEFINITION_SIZE];
	struct kpc_nearmiss near;
	int err;

	if (kpc_globs_is_pattern(symbol))
		return define_probe(k, symbol, NULL, id, error, error_size);
	kpc_nearmiss_init(&near, spec->name);
	kpc_kprobex_offer(k, &near);
	if (strchr(symbol, '-'))
		return kpc_fail(error, error_size, -ENOENT,
				"kprobex has no event of the name %s%s (only "
				"named probes have -ns, and only where time "
				"can be taken; -e kprobex/FUNCTION,unit=1/ "
				"takes that of any function)",
				symbol,
				kpc_nearmiss_text(&near, text, sizeof(text)));
	if (syscall)
		kpc_syscall_stub(syscall, function, sizeof(function));
	else
		snprintf(function, sizeof(function), "%s", spec->name);
	err = kpc_kallsyms_check(k->paths.kallsyms, function, &near, module,
				 error, error_size);
	if (err == -ENOENT)
		return kpc_fail(error, error_size, err,
				"no such probe, and no such function in the "
				"running kernel: %s%s",
				spec->name,
				kpc_kallsyms_hint(&near, text, sizeof(text)));
	return err ? err :
		     define_probe(k, symbol, spec->has_offset ? NULL : module,
				  id, error, error_size);
}

/* ---- description --------------------------------------------------------- */

/* What the module says of the probe and the records of its events. */
struct description {
	struct kpx_field fields[KPX_FIELDS_MAX];
	char text[KPX_DEFINITION_SIZE];
	struct kpx_describe d;
};

static int ask(const struct kpc_kprobex *k, uint32_t id, uint32_t unit,
	       struct description *said)
{
	int err;

	said->d = (struct kpx_describe){
		.size = sizeof(said->d),
		.id = id,
		.fields = (uintptr_t)said->fields,
		.fields_max = KPX_FIELDS_MAX,
		.field_size = sizeof(said->fields[0]),
		.text = (uintptr_t)said->text,
		.text_size = sizeof(said->text),
		.unit = unit,
	};
	err = kpc_kprobex_call(k, KPX_IOC_DESCRIBE, &said->d);
	if (!err && said->d.nr_fields > KPX_FIELDS_MAX)
		err = -EBADMSG;
	return err;
}

static int describe(const struct kpc_kprobex *k,
		    const struct kpc_eventspec *spec, struct description *said,
		    struct kpc_event *event, struct kpc_kprobex_config *config,
		    char *error, size_t error_size)
{
	int number, err = ask(k, config->id, config->unit, said);

	if (!err)
		err = kpc_layout_fields(event, said->fields, said->d.nr_fields);
	if (!err) {
		event->record_bytes = said->d.record_bytes;
		event->definition = strndup(said->text, KPX_DEFINITION_SIZE);
		err = event->definition ? 0 : -ENOMEM;
	}
	if (err)
		return kpc_fail(error, error_size, err,
				"%s doesn't describe the probe %s: %s",
				k->paths.device, event->name, strerror(-err));
	config->weight_at =
		kpc_layout_weight_at(said->fields, said->d.nr_fields);
	if (config->unit != KPX_UNIT_FIELD)
		return 0;
	number = kpc_layout_argument(said->fields, said->d.nr_fields, spec,
				     error, error_size);
	config->field = number;
	return number < 0 ? number : 0;
}

/* ---- resolving ----------------------------------------------------------- */

/*
 * An alias that says nothing but a function's name isn't what is meant by that: a
 * probe of our own has the arguments, too. @function: the target.
 */
static bool is_bare_alias(const struct kpc_kprobex *k, const char *name,
			  char *function, size_t size)
{
	struct kpc_probe_said said;
	struct kpc_target_name target;
	const char *text = said.text;

	if (kpc_kprobex_say(k, name, &said) || !said.probe.alias)
		return false;
	kpc_definition_target(text, &target);
	if (!target.at || target.has_offset || target.is_return ||
	    target.at[target.bytes])
		return false;
	snprintf(function, size, "%s", target.at);
	return true;
}

static int name_event(struct kpc_event *event, const struct kpc_eventspec *spec)
{
	const char *terms = spec->terms.text ? spec->terms.text : "";
	int n;

	if (spec->has_offset)
		n = asprintf(&event->name, "%s+%#" PRIx64 "%s", spec->name,
			     spec->offset, terms);
	else
		n = asprintf(&event->name, "%s%s", spec->name, terms);
	if (n >= 0)
		return 0;
	event->name = NULL;
	return -ENOMEM;
}

static void apply_terms(const struct kpc_eventterms *terms,
			struct kpc_kprobex_config *config)
{
	if (terms->has_unit)
		config->unit = terms->unit;
	config->mode = terms->mode;
	config->skip_self = terms->skip_self;
	config->period = terms->period;
}

/* Before a probe is defined for it. */
static int check_config(const struct kpc_kprobex *k,
			const struct kpc_kprobex_config *config,
			const char *name, char *error, size_t error_size)
{
	uint64_t needed = (config->unit ? KPX_FEATURE_UNITS : 0) |
			  (config->mode ? KPX_FEATURE_MODES : 0) |
			  (config->skip_self ? KPX_FEATURE_SKIP_SELF : 0);

	if (config->unit > KPX_UNIT_FIELD)
		return kpc_fail(error, error_size, -EINVAL,
				"kprobex/%s/ only counts, and gives no events "
				"to record: use perf stat -e kprobex/%s/; what "
				"is missed or filtered while an event is "
				"recorded is in collect report",
				name, name);
	if (needed & ~k->features)
		return kpc_fail(error, error_size, -EOPNOTSUPP,
				"the module kprobex that is loaded is older "
				"than this program, and can't do kprobex/%s/",
				name);
	return 0;
}

static int resolve(struct kpc_kprobex *k, const struct kpc_eventspec *spec,
		   struct kpc_event *event, struct kpc_kprobex_config *config,
		   char *error, size_t error_size)
{
	struct kpc_eventspec as = *spec; /* where an alias leads */
	struct description *said;
	char symbol[KPX_DEFINITION_SIZE];
	int err;

	if (spec->has_offset)
		snprintf(symbol, sizeof(symbol), "%s+%#" PRIx64, spec->name,
			 spec->offset);
	else
		snprintf(symbol, sizeof(symbol), "%s", spec->name);
	if (!spec->has_offset && !spec->definition &&
	    !kpc_globs_is_pattern(spec->name))
		kpc_kprobex_find(k, spec->name, &config->id, &config->unit);
	if (config->id &&
	    is_bare_alias(k, spec->name, symbol, sizeof(symbol))) {
		config->id = 0;
		as.name = symbol;
	}
	apply_terms(&spec->terms, config);
	err = check_config(k, config, event->name, error, error_size);
	if (!err && spec->definition)
		err = define_definition(k, spec, &config->id, error,
					error_size);
	else if (!err && !config->id)
		err = define_symbol(k, &as, symbol, &config->id, error,
				    error_size);
	if (err)
		return err;
	said = calloc(1, sizeof(*said));
	if (!said)
		return kpc_fail(error, error_size, -ENOMEM, "out of memory");
	err = describe(k, spec, said, event, config, error, error_size);
	free(said);
	return err;
}

int kpc_kprobex_resolve(struct kpc_kprobex *k, const struct kpc_eventspec *spec,
			struct kpc_event *event,
			struct kpc_kprobex_config *config, char *error,
			size_t error_size)
{
	int err = name_event(event, spec);

	*config = (struct kpc_kprobex_config){ 0 };
	event->source = KPC_SOURCE_KPROBEX;
	if (err)
		return kpc_fail(error, error_size, err, "out of memory");
	err = resolve(k, spec, event, config, error, error_size);
	event->unit = (enum kpc_unit)config->unit;
	return err;
}

uint64_t kpc_kprobex_attr_config(const struct kpc_kprobex_config *config)
{
	return config->id | (uint64_t)config->mode << KPX_CONFIG_MODE_SHIFT |
	       (uint64_t)config->unit << KPX_CONFIG_UNIT_SHIFT |
	       (uint64_t)config->field << KPX_CONFIG_FIELD_SHIFT |
	       (config->skip_self ? KPX_CONFIG_SKIP_SELF : 0);
}
