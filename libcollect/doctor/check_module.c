// SPDX-License-Identifier: GPL-2.0-only
/* check_module.c - kprobex itself: loaded, to be loaded, to be built */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checkup.h"
#include "fail.h"
#include "kprobex.h"
#include "pseudofile.h"

#define PMU_TYPE "/sys/bus/event_source/devices/" KPX_PMU_NAME "/type"
#define VERSION	 "/sys/module/kprobex/version"

#define SIG_ENFORCE "/sys/module/module/parameters/sig_enforce"
#define LOCKDOWN    "/sys/kernel/security/lockdown"

/* All that this library knows to ask for. */
static const struct {
	uint64_t bit;
	const char *what;
} features[] = {
	{ KPX_FEATURE_SKIP_SELF, "skip_self" },
	{ KPX_FEATURE_RETURN, "returns" },
	{ KPX_FEATURE_UNITS, "units" },
	{ KPX_FEATURE_MODES, "modes" },
	{ KPX_FEATURE_CONFIG1, "definitions of events" },
	{ KPX_FEATURE_TARGETS, "many functions" },
	{ KPX_FEATURE_ALIAS, "aliases" },
	{ KPX_FEATURE_FACE, "trace events" },
	{ KPX_FEATURE_CONDITION, "conditions" },
	{ KPX_FEATURE_BPF, "BPF programs" },
	{ KPX_FEATURE_TRIAL, "costs" },
};

/* ---- not loaded ---------------------------------------------------------- */

/* Is it among those that modprobe knows? */
static bool is_installed(const struct kpc_facts *f)
{
	char path[256], full[PATH_MAX];
	bool found = false;
	size_t bytes;
	char *text;

	snprintf(path, sizeof(path), "/lib/modules/%s/modules.dep", f->release);
	if (kpc_pseudofile_load(kpc_facts_path(f, path, full), &text, &bytes))
		return false;
	for (const char *at = text; (at = strstr(at, "kprobex.ko")); at++)
		found |= at == text || at[-1] == '/' || at[-1] == '\n';
	free(text);
	return found;
}

/* It could be loaded, as far as is known. */
static bool is_possible(const struct kpc_kconfig *config)
{
	return !config->text || (kpc_kconfig_has(config, "MODULES") &&
				 kpc_kconfig_has(config, "KPROBES"));
}

static void say_how_to_load(struct kpc_checkup *c)
{
	const struct kpc_facts *f = c->facts;
	char build[256];

	snprintf(build, sizeof(build), "/lib/modules/%s/build", f->release);
	if (f->in_container)
		kpc_checkup_mend(c, "on the host: sudo modprobe kprobex");
	else if (is_installed(f))
		kpc_checkup_mend(c, "%smodprobe kprobex", f->sudo);
	else if (kpc_facts_has(f, build))
		kpc_checkup_mend(c,
				 "in kprobex' source: make module && %sinsmod "
				 "build/kernel/%s/kprobex.ko",
				 f->sudo, f->release);
	else
		kpc_checkup_mend(c,
				 "%sapt-get install linux-headers-%s; then, in "
				 "kprobex' source: make module && %sinsmod "
				 "build/kernel/%s/kprobex.ko",
				 f->sudo, f->release, f->sudo, f->release);
}

/* ---- loaded -------------------------------------------------------------- */

static void look_at_features(struct kpc_checkup *c, uint64_t have)
{
	char missing[256] = "";
	size_t used = 0;

	for (size_t i = 0; i < sizeof(features) / sizeof(*features); i++)
		if (!(have & features[i].bit) && used < sizeof(missing))
			used += snprintf(missing + used, sizeof(missing) - used,
					 "%s%s", used ? ", " : "",
					 features[i].what);
	if (!*missing)
		return;
	kpc_checkup_warn(c,
			 "it is older than this program, or its kernel can do "
			 "less: without %s",
			 missing);
	kpc_checkup_mend(c, "%srmmod kprobex, and load that of this version",
			 c->facts->sudo);
}

/* Those who may not open it learn that in words. */
static void look_at_device(struct kpc_checkup *c)
{
	char error[KPC_ERROR_BYTES];
	struct kpc_kprobex k;
	int err = kpc_kprobex_open(&k, NULL, error, sizeof(error));

	kpc_kprobex_close(&k);
	if (!err)
		look_at_features(c, k.features);
	if (!err || err == -EPROTO) {
		if (!err)
			return;
		kpc_checkup_problem(c, "%s", error);
		kpc_checkup_mend(c,
				 "%srmmod kprobex, and load that of this "
				 "version",
				 c->facts->sudo);
		return;
	}
	kpc_checkup_found(c, KPX_DEVICE, "can't be opened");
	kpc_checkup_problem(c, "%s", error);
	if (c->facts->in_container)
		kpc_checkup_mend(c,
				 "start the container with --device " KPX_DEVICE
				 " --cap-add PERFMON, or --privileged");
	else if (*c->facts->sudo)
		kpc_checkup_mend(c, "sudo collect ...");
}

static void look_at_module(struct kpc_checkup *c)
{
	char version[64] = "unknown";

	if (!kpc_facts_has(c->facts, PMU_TYPE)) {
		bool is_it = is_possible(c->config);

		kpc_checkup_found(c, "kprobex", "not loaded");
		kpc_checkup_problem(
			c,
			"no probes can be recorded%s; tracepoints and "
			"software events need no module",
			is_it ? "" : ", and on this kernel never");
		if (is_it)
			say_how_to_load(c);
		return;
	}
	kpc_facts_line(c->facts, VERSION, version, sizeof(version));
	kpc_checkup_found(c, "kprobex", "loaded, version %s", version);
	if (c->facts->is_live)
		look_at_device(c);
}

/* ---- signatures ---------------------------------------------------------- */

static const char *secure_boot =
	"/sys/firmware/efi/efivars/"
	"SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c";

/* Four bytes of attributes, then the variable. */
static bool has_secure_boot(const struct kpc_facts *f)
{
	char full[PATH_MAX], value[8];

	return kpc_pseudofile_read(kpc_facts_path(f, secure_boot, full), value,
				   sizeof(value)) == 5 &&
	       value[4] == 1;
}

static bool wants_signature(const struct kpc_facts *f)
{
	char line[128] = "";

	kpc_facts_line(f, LOCKDOWN, line, sizeof(line));
	if (strstr(line, "[integrity]") || strstr(line, "[confidentiality]"))
		return true;
	return !kpc_facts_line(f, SIG_ENFORCE, line, sizeof(line)) &&
	       *line == 'Y';
}

static void look_at_signatures(struct kpc_checkup *c)
{
	const struct kpc_facts *f = c->facts;
	bool wanted = wants_signature(f);

	kpc_checkup_found(c, "module signatures", "%s%s",
			  wanted ? "demanded" : "not demanded",
			  has_secure_boot(f) ? ", Secure Boot" : "");
	if (!wanted || kpc_facts_has(f, PMU_TYPE))
		return;
	kpc_checkup_warn(c, "a kprobex.ko that you built is refused (\"Key was "
			    "rejected by service\") unless it's signed with a "
			    "key that this machine has enrolled");
	kpc_checkup_mend(c,
			 "%s/lib/modules/%s/build/scripts/sign-file sha256 "
			 "KEY.priv KEY.der kprobex.ko (once: mokutil --import "
			 "KEY.der)",
			 f->sudo, f->release);
}

const kpc_check_look kpc_checks_module[] = {
	look_at_module,
	look_at_signatures,
	NULL,
};
