// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE /* asprintf() */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "fail.h"
#include "kallsyms.h"
#include "kprobex.h"
#include "nearmiss.h"
#include "pseudofile.h"

static const struct kpc_kprobex_paths usual_paths = {
	.device = KPX_DEVICE,
	.pmu = "/sys/bus/event_source/devices/" KPX_PMU_NAME,
	.kallsyms = KPC_KALLSYMS,
};

/* ioctl(2), with the library's convention. */
static int call(const struct kpc_kprobex *k, unsigned long request, void *arg)
{
	return ioctl(k->fd, request, arg) < 0 ? -errno : 0;
}

/* ---- open and close ------------------------------------------------------ */

static int find_pmu(struct kpc_kprobex *k, char *error, size_t error_size)
{
	char path[PATH_MAX];
	int64_t type;
	int err;

	snprintf(path, sizeof(path), "%s/type", k->paths.pmu);
	err = kpc_pseudofile_number(path, &type);
	if (err == -ENOENT)
		return kpc_fail(error, error_size, err,
				"the kernel module kprobex isn't loaded: as "
				"root, modprobe kprobex (or insmod the "
				"kprobex.ko of this kernel), or name another "
				"event with -e");
	if (err)
		return kpc_fail(error, error_size, err, "cannot read %s: %s",
				path, strerror(-err));
	k->type = type;
	return 0;
}

static int open_device(struct kpc_kprobex *k, char *error, size_t error_size)
{
	int err;

	k->fd = open(k->paths.device, O_RDWR | O_CLOEXEC);
	/* Named probes need no more than reading, which a group may have. */
	if (k->fd < 0 && errno == EACCES)
		k->fd = open(k->paths.device, O_RDONLY | O_CLOEXEC);
	if (k->fd >= 0)
		return 0;
	err = -errno;
	if (err == -EACCES || err == -EPERM)
		return kpc_fail(error, error_size, err,
				"no permission to open %s: run as root, or "
				"join the group that the file has",
				k->paths.device);
	return kpc_fail(error, error_size, err, "cannot open %s: %s",
			k->paths.device, strerror(-err));
}

static int check_version(struct kpc_kprobex *k, char *error, size_t error_size)
{
	struct kpx_version version = { .size = sizeof(version) };
	int err = call(k, KPX_IOC_VERSION, &version);

	if (err)
		return kpc_fail(error, error_size, err,
				"%s doesn't answer as kprobex does: %s",
				k->paths.device, strerror(-err));
	if (version.abi != KPX_ABI_VERSION)
		return kpc_fail(error, error_size, -EPROTO,
				"the module kprobex that is loaded has ABI %u, "
				"this program knows %u: use those of one "
				"version",
				version.abi, KPX_ABI_VERSION);
	k->skip_self = version.features & KPX_FEATURE_SKIP_SELF;
	return 0;
}

int kpc_kprobex_open(struct kpc_kprobex *k,
		     const struct kpc_kprobex_paths *paths, char *error,
		     size_t error_size)
{
	int err;

	*k = (struct kpc_kprobex){
		.paths = paths ? *paths : usual_paths,
		.fd = -1,
	};
	err = find_pmu(k, error, error_size);
	if (!err)
		err = open_device(k, error, error_size);
	if (!err)
		err = check_version(k, error, error_size);
	return err;
}

void kpc_kprobex_close(struct kpc_kprobex *k)
{
	if (k->fd >= 0)
		close(k->fd);
	k->fd = -1;
}

/* ---- named probes -------------------------------------------------------- */

/* Aliases have companions such as NAME.unit. */
static int is_alias(const struct dirent *entry)
{
	return entry->d_name[0] != '.' && !strchr(entry->d_name, '.');
}

static int list_aliases(const struct kpc_kprobex *k, struct dirent ***entries)
{
	char path[PATH_MAX];
	int nr;

	snprintf(path, sizeof(path), "%s/events", k->paths.pmu);
	nr = scandir(path, entries, is_alias, alphasort);
	if (nr >= 0)
		return nr;
	*entries = NULL;
	return errno == ENOENT ? 0 : -errno;
}

static void free_entries(struct dirent **entries, int nr)
{
	for (int i = 0; i < nr; i++)
		free(entries[i]);
	free(entries);
}

int kpc_kprobex_names(const struct kpc_kprobex *k, char ***names)
{
	struct dirent **entries;
	int nr = list_aliases(k, &entries);
	int err = 0;

	if (nr < 0)
		return nr;
	*names = calloc(nr + 1, sizeof(**names));
	if (!*names)
		err = -ENOMEM;
	for (int i = 0; !err && i < nr; i++) {
		(*names)[i] = strdup(entries[i]->d_name);
		if (!(*names)[i])
			err = -ENOMEM;
	}
	free_entries(entries, nr);
	if (!err || !*names)
		return err;
	for (char **name = *names; *name; name++)
		free(*name);
	free(*names);
	return err;
}

uint32_t kpc_kprobex_alias_id(const char *text)
{
	static const char term[] = "probe=";
	const char *at = strstr(text, term);
	unsigned long id;

	if (!at || (at != text && at[-1] != ','))
		return 0;
	id = strtoul(at + sizeof(term) - 1, NULL, 0);
	return id <= UINT32_MAX ? id : 0;
}

/* The id of the probe called @name, or 0. */
static uint32_t find_named(const struct kpc_kprobex *k, const char *name)
{
	char path[PATH_MAX], text[256];

	snprintf(path, sizeof(path), "%s/events/%s", k->paths.pmu, name);
	if (kpc_pseudofile_read(path, text, sizeof(text)) < 0)
		return 0;
	return kpc_kprobex_alias_id(text);
}

/* ---- probes of our own --------------------------------------------------- */

static int define_failed(int err, const char *symbol,
			 const struct kpx_define *define, char *error,
			 size_t error_size)
{
	if (define->error[0])
		return kpc_fail(error, error_size, err, "cannot probe %s: %.*s",
				symbol, (int)sizeof(define->error),
				define->error);
	if (err == -EACCES || err == -EPERM || err == -EBADF)
		return kpc_fail(error, error_size, err,
				"no permission to define a probe on %s: it "
				"takes root or CAP_PERFMON (kernel lockdown "
				"forbids it to all)",
				symbol);
	if (err == -ENOENT)
		return kpc_fail(error, error_size, err,
				"no such function in the running kernel: %s",
				symbol);
	return kpc_fail(error, error_size, err, "cannot probe %s: %s", symbol,
			strerror(-err));
}

static int define_probe(const struct kpc_kprobex *k, const char *symbol,
			uint32_t *id, char *error, size_t error_size)
{
	struct kpx_define define = { .size = sizeof(define) };
	char text[KPX_DEFINITION_SIZE];
	int bytes = snprintf(text, sizeof(text), "p %s", symbol);
	int err;

	if ((size_t)bytes >= sizeof(text))
		return kpc_fail(error, error_size, -ENAMETOOLONG,
				"the name of the function is too long");
	define.text = (uintptr_t)text;
	define.text_len = bytes;
	err = call(k, KPX_IOC_DEFINE, &define);
	if (err)
		return define_failed(err, symbol, &define, error, error_size);
	*id = define.id;
	return 0;
}

static void offer_probes(const struct kpc_kprobex *k, struct kpc_nearmiss *near)
{
	struct dirent **entries;
	int nr = list_aliases(k, &entries);

	for (int i = 0; i < nr; i++)
		kpc_nearmiss_offer(near, entries[i]->d_name);
	if (nr >= 0)
		free_entries(entries, nr);
}

static int define_symbol(const struct kpc_kprobex *k,
			 const struct kpc_eventspec *spec, const char *symbol,
			 uint32_t *id, char *error, size_t error_size)
{
	char text[KPC_NEARMISS_TEXT];
	struct kpc_nearmiss near;
	int err;

	kpc_nearmiss_init(&near, spec->name);
	offer_probes(k, &near);
	err = kpc_kallsyms_check(k->paths.kallsyms, &near, error, error_size);
	if (err == -ENOENT)
		return kpc_fail(error, error_size, err,
				"no such probe, and no such function in the "
				"running kernel: %s%s",
				spec->name,
				kpc_nearmiss_text(&near, text, sizeof(text)));
	return err ? err : define_probe(k, symbol, id, error, error_size);
}

/* ---- description --------------------------------------------------------- */

static enum kpc_field_kind kind_of(const struct kpx_field *field)
{
	if (field->flags & KPX_FIELD_HEX)
		return KPC_FIELD_HEX;
	return field->flags & KPX_FIELD_SIGNED ? KPC_FIELD_SIGNED :
						 KPC_FIELD_UNSIGNED;
}

int kpc_kprobex_fields(struct kpc_event *event, const struct kpx_field *fields,
		       uint32_t nr)
{
	event->fields = calloc(nr + 1, sizeof(*event->fields));
	if (!event->fields)
		return -ENOMEM;
	for (uint32_t i = 0; i < nr; i++) {
		struct kpc_field *field = &event->fields[i];

		field->name = strndup(fields[i].name, KPX_NAME_SIZE);
		field->type = strndup(fields[i].type, KPX_TYPE_SIZE);
		field->offset = fields[i].offset;
		field->bytes = fields[i].bytes;
		field->kind = kind_of(&fields[i]);
		field->common = fields[i].flags & KPX_FIELD_COMMON;
		event->nr_fields++;
		if (!field->name || !field->type)
			return -ENOMEM;
	}
	return 0;
}

static int describe(const struct kpc_kprobex *k, uint32_t id,
		    struct kpc_event *event)
{
	struct kpx_field *fields = calloc(KPX_FIELDS_MAX, sizeof(*fields));
	char *text = calloc(1, KPX_DEFINITION_SIZE);
	struct kpx_describe d = {
		.size = sizeof(d),
		.id = id,
		.fields = (uintptr_t)fields,
		.fields_max = KPX_FIELDS_MAX,
		.field_size = sizeof(*fields),
		.text = (uintptr_t)text,
		.text_size = KPX_DEFINITION_SIZE,
	};
	int err = fields && text ? call(k, KPX_IOC_DESCRIBE, &d) : -ENOMEM;

	if (!err && d.nr_fields > KPX_FIELDS_MAX)
		err = -EBADMSG;
	if (!err)
		err = kpc_kprobex_fields(event, fields, d.nr_fields);
	if (!err) {
		event->record_bytes = d.record_bytes;
		event->definition = strndup(text, KPX_DEFINITION_SIZE);
		err = event->definition ? 0 : -ENOMEM;
	}
	free(fields);
	free(text);
	return err;
}

int kpc_kprobex_resolve(const struct kpc_kprobex *k,
			const struct kpc_eventspec *spec,
			struct kpc_event *event, uint32_t *id, char *error,
			size_t error_size)
{
	int err = 0;

	event->source = KPC_SOURCE_KPROBEX;
	if (spec->has_offset && asprintf(&event->name, "%s+%#" PRIx64,
					 spec->name, spec->offset) < 0)
		event->name = NULL;
	else if (!spec->has_offset)
		event->name = strdup(spec->name);
	if (!event->name)
		return kpc_fail(error, error_size, -ENOMEM, "out of memory");
	*id = spec->has_offset ? 0 : find_named(k, spec->name);
	if (!*id)
		err = define_symbol(k, spec, event->name, id, error,
				    error_size);
	if (err)
		return err;
	err = describe(k, *id, event);
	if (err)
		return kpc_fail(error, error_size, err,
				"%s doesn't describe the probe %s: %s",
				k->paths.device, event->name, strerror(-err));
	return 0;
}

int kpc_kprobex_stats(const struct kpc_kprobex *k, uint32_t id,
		      struct kpc_probe_account *stats)
{
	struct kpx_stats s = { .size = sizeof(s), .id = id };
	int err = call(k, KPX_IOC_STATS, &s);

	if (err)
		return err;
	*stats = (struct kpc_probe_account){
		.entered = s.entered,
		.no_listener = s.no_listener,
		.offered = s.offered,
		.filtered_pred = s.filtered_pred,
		.filtered_bpf = s.filtered_bpf,
		.recursion = s.recursion,
		.self = s.self,
		.missed_kprobe = s.missed_kprobe,
		.missed_return = s.missed_return,
	};
	return 0;
}
