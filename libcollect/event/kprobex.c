// SPDX-License-Identifier: GPL-2.0-only
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

#include "definition.h"
#include "fail.h"
#include "globs.h"
#include "kallsyms.h"
#include "kprobex.h"
#include "nearmiss.h"
#include "pseudofile.h"

static const struct kpc_kprobex_paths usual_paths = {
	.device = KPX_DEVICE,
	.pmu = "/sys/bus/event_source/devices/" KPX_PMU_NAME,
	.kallsyms = KPC_KALLSYMS,
};

int kpc_kprobex_call(const struct kpc_kprobex *k, unsigned long request,
		     void *arg)
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
				"kprobex.ko of this kernel; collect doctor "
				"says how to get one)");
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
	int err = kpc_kprobex_call(k, KPX_IOC_VERSION, &version);

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
	k->features = version.features;
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
		.btf.dir = paths ? paths->btf : NULL,
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
	kpc_kernel_btf_uninit(&k->btf);
}

/* ---- named probes -------------------------------------------------------- */

/* Aliases have companions such as NAME-ns.unit. */
static int is_alias(const struct dirent *entry)
{
	return !strchr(entry->d_name, '.');
}

/* No probe's name has a '-': such are aliases for other units. */
static int is_probe(const struct dirent *entry)
{
	return is_alias(entry) && !strchr(entry->d_name, '-');
}

static int list_aliases(const struct kpc_kprobex *k, struct dirent ***entries,
			int (*filter)(const struct dirent *))
{
	char path[PATH_MAX];
	int nr;

	snprintf(path, sizeof(path), "%s/events", k->paths.pmu);
	nr = scandir(path, entries, filter, alphasort);
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

/* What was removed meanwhile is none. */
static bool is_alias_only(const struct kpc_kprobex *k, const char *name)
{
	struct kpx_stats s = { .size = sizeof(s) };

	if (strlen(name) >= sizeof(s.name))
		return false;
	strcpy(s.name, name);
	return !kpc_kprobex_call(k, KPX_IOC_STATS, &s) &&
	       s.flags & KPX_STATS_ALIAS;
}

int kpc_kprobex_names(const struct kpc_kprobex *k, bool aliases, char ***names)
{
	struct dirent **entries;
	int nr = list_aliases(k, &entries, is_probe);
	int err = 0;
	char **to;

	if (nr < 0)
		return nr;
	*names = to = calloc(nr + 1, sizeof(*to));
	if (!to)
		err = -ENOMEM;
	for (int i = 0; !err && i < nr; i++) {
		if (is_alias_only(k, entries[i]->d_name) != aliases)
			continue;
		*to = strdup(entries[i]->d_name);
		if (!*to++)
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

uint32_t kpc_kprobex_alias_term(const char *text, const char *term)
{
	size_t bytes = strlen(term);
	unsigned long number;

	for (; text; text = strchr(text, ',')) {
		text += *text == ',';
		if (strncmp(text, term, bytes) || text[bytes] != '=')
			continue;
		number = strtoul(text + bytes + 1, NULL, 0);
		return number <= UINT32_MAX ? number : 0;
	}
	return 0;
}

void kpc_kprobex_find(const struct kpc_kprobex *k, const char *name,
		      uint32_t *id, uint32_t *unit)
{
	char path[PATH_MAX], text[256];

	snprintf(path, sizeof(path), "%s/events/%s", k->paths.pmu, name);
	if (kpc_pseudofile_read(path, text, sizeof(text)) < 0)
		return;
	*id = kpc_kprobex_alias_term(text, "probe");
	*unit = kpc_kprobex_alias_term(text, "unit");
}

/* ---- probes of our own --------------------------------------------------- */

/* The target in a definition's text. */
static void name_target(const struct kpc_buf *text, char *name, size_t size)
{
	struct kpc_target_name target;

	/* kpc_globs_resolve() left a NUL behind it. */
	kpc_definition_target((const char *)text->data, &target);
	snprintf(name, size, "%.*s", target.at ? (int)target.bytes : 0,
		 target.at ? target.at : "");
}

static int define_failed(int err, const struct kpc_buf *text,
			 const struct kpx_define *define, char *error,
			 size_t error_size)
{
	char symbol[256];

	name_target(text, symbol, sizeof(symbol));
	if (err == -EEXIST)
		return kpc_fail(error, error_size, err,
				"there is a probe of this name already: %.*s",
				(int)sizeof(define->error), define->error);
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

void kpc_kprobex_definition_opts(struct kpc_kprobex *k,
				 struct kpc_definition_opts *opts)
{
	*opts = (struct kpc_definition_opts){
		.btf = &k->btf,
		.kallsyms = k->paths.kallsyms,
		.tracefs = k->paths.tracefs,
	};
}

int kpc_kprobex_define(const struct kpc_kprobex *k, struct kpc_buf *text,
		       uint32_t flags, uint32_t *id, char *error,
		       size_t error_size)
{
	const struct kpc_functions_paths paths = {
		.kallsyms = k->paths.kallsyms,
	};
	struct kpx_define define = {
		.size = sizeof(define),
		.flags = flags,
	};
	struct kpc_globs globs;
	int err = kpc_globs_resolve(&globs, text, &paths, error, error_size);

	if (!err && text->used >= KPX_DEFINITION_SIZE)
		err = kpc_fail(error, error_size, -ENAMETOOLONG,
			       "the definition is longer than %d bytes",
			       KPX_DEFINITION_SIZE - 1);
	if (!err) {
		define.text = (uintptr_t)text->data;
		define.text_len = text->used;
		define.targets = (uintptr_t)globs.address;
		define.nr_targets = globs.nr;
		err = kpc_kprobex_call(k, KPX_IOC_DEFINE, &define);
		if (err)
			define_failed(err, text, &define, error, error_size);
	}
	kpc_globs_uninit(&globs);
	if (!err && id)
		*id = define.id;
	return err;
}

int kpc_kprobex_remove(const struct kpc_kprobex *k, const char *name)
{
	struct kpx_remove remove = { .size = sizeof(remove) };

	if (strlen(name) >= sizeof(remove.name))
		return -ENOENT;
	strcpy(remove.name, name);
	return kpc_kprobex_call(k, KPX_IOC_REMOVE, &remove);
}

void kpc_kprobex_offer(const struct kpc_kprobex *k, struct kpc_nearmiss *near)
{
	struct dirent **entries;
	int nr = list_aliases(k, &entries, is_alias);

	for (int i = 0; i < nr; i++)
		kpc_nearmiss_offer(near, entries[i]->d_name);
	if (nr >= 0)
		free_entries(entries, nr);
}

static void take_stats(struct kpc_probe_account *to, const struct kpx_stats *s)
{
	*to = (struct kpc_probe_account){
		.entered = s->entered,
		.no_listener = s->no_listener,
		.offered = s->offered,
		.filtered_pred = s->filtered_pred,
		.filtered_bpf = s->filtered_bpf,
		.recursion = s->recursion,
		.self = s->self,
		.missed_kprobe = s->missed_kprobe,
		.missed_return = s->missed_return,
		.in_flight = s->in_flight,
		.clamped = s->clamped,
		.truncated = s->truncated,
		.by_int3 = s->by_int3,
		.deaf = s->flags & KPX_STATS_DEAF,
		.gone = s->flags & KPX_STATS_GONE,
		.bpf_runs = s->bpf_runs,
		.bpf_busy = s->bpf_busy,
	};
}

int kpc_kprobex_stats(const struct kpc_kprobex *k, uint32_t id,
		      struct kpc_probe_account *stats)
{
	struct kpx_stats s = { .size = sizeof(s), .id = id };
	int err = kpc_kprobex_call(k, KPX_IOC_STATS, &s);

	if (!err)
		take_stats(stats, &s);
	return err;
}

int kpc_kprobex_mechanisms(const struct kpc_kprobex *k, uint32_t id,
			   uint32_t *mechanisms)
{
	struct kpx_stats s = { .size = sizeof(s), .id = id };
	int err = kpc_kprobex_call(k, KPX_IOC_STATS, &s);

	if (!err)
		*mechanisms = s.mechanisms;
	return err;
}

int kpc_kprobex_trial(const struct kpc_kprobex *k, uint64_t calls, uint64_t *ns)
{
	struct kpx_trial trial = { .size = sizeof(trial), .calls = calls };
	int err = kpc_kprobex_call(k, KPX_IOC_TRIAL, &trial);

	if (!err)
		*ns = trial.ns;
	return err;
}

int kpc_kprobex_say(const struct kpc_kprobex *k, const char *name,
		    struct kpc_probe_said *said)
{
	struct kpx_stats s = { .size = sizeof(s) };
	struct kpx_describe d = {
		.size = sizeof(d),
		.text = (uintptr_t)said->text,
		.text_size = sizeof(said->text),
	};
	int err;

	if (strlen(name) >= sizeof(s.name))
		return -ENOENT;
	strcpy(s.name, name);
	strcpy(d.name, name);
	strcpy(said->name, name);
	err = kpc_kprobex_call(k, KPX_IOC_DESCRIBE, &d);
	if (!err)
		err = kpc_kprobex_call(k, KPX_IOC_STATS, &s);
	if (err)
		return err;
	said->probe = (struct kpc_probe){
		.name = said->name,
		.definition = said->text,
		.id = s.id,
		.targets = s.targets,
		.events = s.events,
		.programs = s.programs,
		.mechanisms = s.mechanisms,
		.alias = s.flags & KPX_STATS_ALIAS,
	};
	take_stats(&said->probe.account, &s);
	return 0;
}
