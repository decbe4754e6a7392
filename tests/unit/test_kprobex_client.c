// SPDX-License-Identifier: GPL-2.0-only
/* test_kprobex_client - the PMU's sysfs, kallsyms and descriptions, faked */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kallsyms.h"
#include "desc.h"
#include "kprobexevent.h"
#include "unit.h"

static char root[] = "/tmp/kpc-unit-kprobex.XXXXXX";
static char error[512];

static char *path_of(const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s", root, name);
	return path;
}

static void make(const char *name, const char *text)
{
	FILE *file = fopen(path_of(name), "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static int setup(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(root));
	assert_int_equal(mkdir(path_of("pmu"), 0700), 0);
	assert_int_equal(mkdir(path_of("pmu/events"), 0700), 0);
	make("pmu/type", "24\n");
	make("pmu/events/vfs_write", "probe=0x1,period=1\n");
	make("pmu/events/vfs_write-ns", "probe=0x1,unit=1\n");
	make("pmu/events/vfs_write-ns.unit", "ns\n");
	make("pmu/events/vfs_write-missed", "probe=0x1,unit=3\n");
	make("pmu/events/eventfd_write", "probe=0x4,period=1\n");
	make("kallsyms", "ffffffff81000000 T _stext\n"
			 "ffffffff81001000 T vfs_write\n"
			 "ffffffff81001100 T vfs_writev\n"
			 "ffffffff81001200 D vfs_data\n"
			 "ffffffff81002000 t twice\n"
			 "ffffffff81003000 t twice\t[ext4]\n"
			 "ffffffff81004000 t split.isra.0\n"
			 "ffffffff81005000 T same\n"
			 "ffffffff81005000 W same\n");
	make("hidden", "0000000000000000 T vfs_write\n"
		       "0000000000000000 t twice\n"
		       "0000000000000000 t twice\t[ext4]\n");
	make("empty", "");
	return 0;
}

static int teardown(void **state)
{
	char command[64];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", root);
	return system(command);
}

static char module[KPC_MODULE_NAME];

static int check(const char *file, const char *symbol, char near_text[256])
{
	struct kpc_nearmiss near;
	char path[256];
	int err;

	snprintf(path, sizeof(path), "%s/%s", root, file);
	error[0] = '\0';
	kpc_nearmiss_init(&near, symbol);
	err = kpc_kallsyms_check(path, symbol, &near, module, error,
				 sizeof(error));
	kpc_nearmiss_text(&near, near_text, 256);
	return err;
}

static void module_of_a_function(void **state)
{
	char near[256];

	(void)state;
	make("one", "ffffffff81001000 T vfs_write\n"
		    "ffffffffc0003000 t ext4_one\t[ext4]\n");
	assert_int_equal(check("one", "ext4_one", near), 0);
	assert_string_equal(module, "ext4");
	assert_int_equal(check("one", "vfs_write", near), 0);
	assert_string_equal(module, "");
}

static void one_function(void **state)
{
	char near[256];

	(void)state;
	assert_int_equal(check("kallsyms", "vfs_write", near), 0);
	assert_int_equal(check("kallsyms", "same", near), 0);
	assert_int_equal(check("hidden", "vfs_write", near), 0);
	/* Who can't look can't refuse: the kernel will. */
	assert_int_equal(check("empty", "anything", near), 0);
	assert_int_equal(check("absent", "anything", near), 0);
}

static void no_function(void **state)
{
	char near[256];

	(void)state;
	assert_int_equal(check("kallsyms", "vfs_wrte", near), -ENOENT);
	assert_non_null(strstr(near, "did you mean vfs_write"));
	assert_int_equal(check("kallsyms", "vfs_data", near), -ENOENT);
	assert_int_equal(check("kallsyms", "split", near), -ENOENT);
	assert_non_null(strstr(near, "split.isra.0"));
	assert_int_equal(check("kallsyms", "zzzzzzzz", near), -ENOENT);
	assert_string_equal(near, "");
}

/* What there is to be said of a function that there's none of. */
static void hints(void **state)
{
	struct kpc_nearmiss near;
	char text[KPC_NEARMISS_TEXT];

	(void)state;
	kpc_nearmiss_init(&near, "vfs_wrte");
	assert_string_equal(kpc_kallsyms_hint(&near, text, sizeof(text)),
			    " (inlined everywhere, or not built in)");
	kpc_nearmiss_offer(&near, "vfs_write");
	assert_string_equal(kpc_kallsyms_hint(&near, text, sizeof(text)),
			    "; did you mean vfs_write?");
}

static void several_functions(void **state)
{
	char near[256];

	(void)state;
	assert_int_equal(check("kallsyms", "twice", near), -EINVAL);
	assert_non_null(strstr(error, "0xffffffff81002000 [kernel]"));
	assert_non_null(strstr(error, "0xffffffff81003000 [ext4]"));
	assert_int_equal(check("hidden", "twice", near), -EINVAL);
	assert_non_null(strstr(error, "[kernel], [ext4]"));
}

static void aliases(void **state)
{
	(void)state;
	assert_int_equal(
		kpc_kprobex_alias_term("probe=0x1,period=1\n", "probe"), 1);
	assert_int_equal(kpc_kprobex_alias_term("period=1,probe=12", "probe"),
			 12);
	assert_int_equal(kpc_kprobex_alias_term("probe=0x1,unit=3\n", "unit"),
			 3);
	assert_int_equal(kpc_kprobex_alias_term("probe=0x1\n", "unit"), 0);
	assert_int_equal(kpc_kprobex_alias_term("noprobe=3", "probe"), 0);
	assert_int_equal(kpc_kprobex_alias_term("probes=3,probe", "probe"), 0);
	assert_int_equal(kpc_kprobex_alias_term("probe=", "probe"), 0);
	assert_int_equal(kpc_kprobex_alias_term("probe=0x100000000", "probe"),
			 0);
	assert_int_equal(kpc_kprobex_alias_term(",,", "probe"), 0);
	assert_int_equal(kpc_kprobex_alias_term("", "probe"), 0);
}

/* What is said before the module is asked: here, there is none to ask. */
static int resolve(uint64_t features, struct kpc_eventspec *spec)
{
	struct kpc_kprobex_config config;
	struct kpc_event event = { 0 };
	struct kpc_kprobex k = { .fd = -1, .features = features };
	char pmu[256], kallsyms[256];
	int err;

	snprintf(pmu, sizeof(pmu), "%s/pmu", root);
	snprintf(kallsyms, sizeof(kallsyms), "%s/kallsyms", root);
	k.paths.device = "/nonexistent/device";
	k.paths.pmu = pmu;
	k.paths.kallsyms = kallsyms;
	error[0] = '\0';
	err = kpc_kprobex_resolve(&k, spec, &event, &config, error,
				  sizeof(error));
	kpc_event_uninit(&event);
	return err;
}

static void only_counted(void **state)
{
	struct kpc_eventspec spec = { .name = (char *)"vfs_write-missed" };

	(void)state;
	assert_int_equal(resolve(KPX_FEATURE_UNITS, &spec), -EINVAL);
	assert_non_null(strstr(error, "kprobex/vfs_write-missed/ only counts"));
	assert_non_null(strstr(error, "perf stat"));
	spec.name = (char *)"vfs_write";
	spec.terms.text = (char *)",unit=4";
	spec.terms.has_unit = true;
	spec.terms.unit = KPX_UNIT_FILTERED;
	assert_int_equal(resolve(KPX_FEATURE_UNITS, &spec), -EINVAL);
	assert_non_null(strstr(error, "kprobex/vfs_write,unit=4/ only counts"));
	/* The terms have the last word. */
	spec.name = (char *)"vfs_write-missed";
	spec.terms.unit = KPX_UNIT_HITS;
	assert_int_equal(resolve(KPX_FEATURE_UNITS, &spec), -EBADF);
}

static void old_modules(void **state)
{
	struct kpc_eventspec spec = { .name = (char *)"vfs_write-ns" };

	(void)state;
	assert_int_equal(resolve(0, &spec), -EOPNOTSUPP);
	assert_non_null(strstr(error, "older"));
	spec.name = (char *)"vfs_write";
	spec.terms.mode = KPX_MODE_INT3;
	assert_int_equal(resolve(KPX_FEATURE_UNITS, &spec), -EOPNOTSUPP);
	spec.terms.mode = KPX_MODE_AUTO;
	spec.terms.skip_self = true;
	assert_int_equal(resolve(KPX_FEATURE_UNITS, &spec), -EOPNOTSUPP);
	spec.terms.skip_self = false;
	assert_int_equal(resolve(0, &spec), -EBADF);
}

static void no_alias(void **state)
{
	struct kpc_eventspec spec = { .name = (char *)"vfs_writ-ns" };

	(void)state;
	assert_int_equal(resolve(KPX_FEATURE_UNITS, &spec), -ENOENT);
	assert_non_null(strstr(error, "vfs_writ-ns"));
	assert_non_null(strstr(error, "did you mean vfs_write-ns"));
	assert_non_null(strstr(error, "unit=1/"));
}

static void attr_config(void **state)
{
	struct kpc_kprobex_config config = { .id = 0xffffffff };

	(void)state;
	assert_true(kpc_kprobex_attr_config(&config) == 0xffffffff);
	config = (struct kpc_kprobex_config){
		.id = 1,
		.unit = 2,
		.field = 255,
		.mode = 3,
		.skip_self = true,
	};
	assert_true(kpc_kprobex_attr_config(&config) == 0x1ff2300000001);
}

static void names(void **state)
{
	struct kpc_kprobex k = { .fd = -1 };
	char pmu[256], **list;

	(void)state;
	snprintf(pmu, sizeof(pmu), "%s/pmu", root);
	k.paths.pmu = pmu;
	assert_int_equal(kpc_kprobex_names(&k, false, &list), 0);
	assert_string_equal(list[0], "eventfd_write");
	assert_string_equal(list[1], "vfs_write");
	assert_null(list[2]);
	free(list[0]);
	free(list[1]);
	free(list);
}

/* Each thing that may be missing has words of its own. */
static void missing(void **state)
{
	struct kpc_kprobex_paths paths = {
		.device = "/nonexistent/device",
		.pmu = "/nonexistent/pmu",
		.kallsyms = "/nonexistent/kallsyms",
	};
	struct kpc_kprobex k;
	char pmu[256], device[256];

	(void)state;
	assert_int_equal(kpc_kprobex_open(&k, &paths, error, sizeof(error)),
			 -ENOENT);
	assert_non_null(strstr(error, "modprobe kprobex"));
	kpc_kprobex_close(&k);
	snprintf(pmu, sizeof(pmu), "%s/pmu", root);
	paths.pmu = pmu;
	assert_int_equal(kpc_kprobex_open(&k, &paths, error, sizeof(error)),
			 -ENOENT);
	assert_int_equal(k.type, 24);
	assert_non_null(strstr(error, "/nonexistent/device"));
	kpc_kprobex_close(&k);
	snprintf(device, sizeof(device), "%s/empty", root);
	paths.device = device; /* a file that is no such device */
	assert_int_equal(kpc_kprobex_open(&k, &paths, error, sizeof(error)),
			 -ENOTTY);
	kpc_kprobex_close(&k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_function),
		cmocka_unit_test(module_of_a_function),
		cmocka_unit_test(no_function),
		cmocka_unit_test(hints),
		cmocka_unit_test(several_functions),
		cmocka_unit_test(aliases),
		cmocka_unit_test(only_counted),
		cmocka_unit_test(old_modules),
		cmocka_unit_test(no_alias),
		cmocka_unit_test(attr_config),
		cmocka_unit_test(names),
		cmocka_unit_test(missing),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
