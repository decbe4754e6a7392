// SPDX-License-Identifier: GPL-2.0-only
/* test_doctor - made-up machines, and what is said of them */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "collect.h"
#include "facts.h"
#include "fixture.h"
#include "unit.h"

#define CHECKS_MAX 64

#define ALL_CAPS  "000001ffffffffff"
#define PERFMON	  "0000004000000000"
#define NO_CAPS	  "0000000000000000"
#define RELEASE	  "6.1.0-99-amd64"
#define CONFIG	  "boot/config-" RELEASE
#define LOCKDOWN  "sys/kernel/security/lockdown"
#define PARANOID  "proc/sys/kernel/perf_event_paranoid"
#define PMU	  "sys/bus/event_source/devices/kprobex/type"
#define NAMESPACE "proc/self/ns/pid"

struct kept {
	enum kpc_check_state state;
	char name[64], found[256], meaning[1024], mend[512];
};

struct machine {
	char root[32];
	struct kept check[CHECKS_MAX];
	int nr;
};

/* ---- making one ---------------------------------------------------------- */

static void full_path(const struct machine *m, const char *path, char *full)
{
	snprintf(full, 4096, "%s/%s", m->root, path);
	for (char *at = strchr(full + strlen(m->root) + 1, '/'); at;
	     at = strchr(at + 1, '/')) {
		*at = '\0';
		mkdir(full, 0700);
		*at = '/';
	}
}

static void put(const struct machine *m, const char *path, const char *text)
{
	char full[4096];

	full_path(m, path, full);
	fixture_store(full, text, strlen(text));
}

static void put_link(const struct machine *m, const char *path,
		     const char *target)
{
	char full[4096];

	full_path(m, path, full);
	unlink(full);
	assert_int_equal(symlink(target, full), 0);
}

static void take(const struct machine *m, const char *path)
{
	char full[4096];

	full_path(m, path, full);
	assert_int_equal(remove(full), 0);
}

static void put_self(const struct machine *m, unsigned int uid,
		     const char *caps)
{
	char text[256];

	snprintf(text, sizeof(text),
		 "Name:\tcollect\nUid:\t%u\t%u\t%u\t%u\nCapEff:\t%s\n"
		 "Seccomp:\t0\n",
		 uid, uid, uid, uid, caps);
	put(m, "proc/self/status", text);
}

static const char config[] =
	"CONFIG_PERF_EVENTS=y\nCONFIG_MODULES=y\nCONFIG_KPROBES=y\n"
	"CONFIG_KRETPROBES=y\nCONFIG_OPTPROBES=y\n"
	"CONFIG_DYNAMIC_FTRACE_WITH_REGS=y\nCONFIG_DYNAMIC_FTRACE_WITH_ARGS=y\n"
	"# CONFIG_FPROBE is not set\nCONFIG_BPF_EVENTS=y\n"
	"CONFIG_DEBUG_INFO_BTF=y\nCONFIG_TRACEPOINTS=y\n"
	"CONFIG_FTRACE_SYSCALLS=y\nCONFIG_KPROBE_EVENTS=y\n"
	"CONFIG_UPROBE_EVENTS=y\nCONFIG_KALLSYMS_ALL=y\n";

/* Debian 12 with the module, seen by root: nothing to be said. */
static int setup(void **state)
{
	struct machine *m = calloc(1, sizeof(*m));

	assert_non_null(m);
	*state = m;
	strcpy(m->root, "/tmp/kpc-doctor.XXXXXX");
	assert_non_null(mkdtemp(m->root));
	put(m, "proc/sys/kernel/osrelease", RELEASE "\n");
	put(m, "proc/sys/kernel/arch", "x86_64\n");
	put(m, CONFIG, config);
	put(m, LOCKDOWN, "[none] integrity confidentiality\n");
	put(m, PMU, "24\n");
	put(m, "sys/module/kprobex/version", "0.1.0\n");
	put(m, PARANOID, "3\n");
	put(m, "proc/sys/kernel/perf_event_mlock_kb", "516\n");
	put(m, "proc/sys/kernel/kptr_restrict", "0\n");
	put(m, "proc/self/uid_map", "         0          0 4294967295\n");
	put_link(m, NAMESPACE, "pid:[4026531836]");
	put_self(m, 0, ALL_CAPS);
	put(m, "proc/self/limits",
	    "Limit                     Soft Limit           Hard Limit           Units     \n"
	    "Max open files            1024                 1048576              files     \n"
	    "Max locked memory         8388608              8388608              bytes     \n"
	    "Max realtime priority     0                    0                    \n");
	put(m, "sys/devices/system/cpu/online", "0-3\n");
	put(m, "sys/kernel/btf/vmlinux", "");
	put(m, "sys/kernel/btf/ext4", "");
	put(m, "sys/kernel/tracing/events/enable", "0\n");
	put(m, "sys/kernel/debug/kprobes/enabled", "1\n");
	put(m, "proc/sys/debug/kprobes-optimization", "1\n");
	put(m, "proc/sys/kernel/ftrace_enabled", "1\n");
	put(m, "proc/sys/kernel/perf_event_max_stack", "127\n");
	put(m, "proc/sys/kernel/perf_cpu_time_max_percent", "25\n");
	put(m, "proc/sys/kernel/perf_event_max_sample_rate", "100000\n");
	return 0;
}

static int teardown(void **state)
{
	struct machine *m = *state;
	char command[64];

	snprintf(command, sizeof(command), "rm -r %s", m->root);
	assert_int_equal(system(command), 0);
	free(m);
	return 0;
}

/* ---- looking at it ------------------------------------------------------- */

static int keep(void *ctx, const struct kpc_check *check)
{
	struct machine *m = ctx;
	struct kept *kept = &m->check[m->nr++];

	assert_true(m->nr <= CHECKS_MAX);
	assert_true(check->group && *check->group);
	kept->state = check->state;
	snprintf(kept->name, sizeof(kept->name), "%s", check->name);
	snprintf(kept->found, sizeof(kept->found), "%s", check->found);
	snprintf(kept->meaning, sizeof(kept->meaning), "%s",
		 check->meaning ? check->meaning : "");
	snprintf(kept->mend, sizeof(kept->mend), "%s",
		 check->mend ? check->mend : "");
	return 0;
}

/* How many checks are of a state. */
static int examine(struct machine *m, enum kpc_check_state state)
{
	const struct kpc_doctor_opts opts = { .size = sizeof(opts),
					      .root = m->root };
	int nr = 0;

	m->nr = 0;
	assert_int_equal(kpc_doctor(&opts, keep, m), 0);
	for (int i = 0; i < m->nr; i++)
		nr += m->check[i].state == state;
	return nr;
}

static const struct kept *find(const struct machine *m, const char *name)
{
	for (int i = 0; i < m->nr; i++)
		if (!strcmp(m->check[i].name, name))
			return &m->check[i];
	return NULL;
}

static void says(struct machine *m, const char *name,
		 enum kpc_check_state state, const char *found,
		 const char *meaning, const char *mend)
{
	const struct kept *kept = find(m, name);

	assert_non_null(kept);
	if (kept->state != state || !strstr(kept->found, found) ||
	    !strstr(kept->meaning, meaning) || !strstr(kept->mend, mend))
		fail_msg("%s: %d '%s' '%s' '%s'", name, kept->state,
			 kept->found, kept->meaning, kept->mend);
}

/* It's the only one that isn't fine. */
static void only(struct machine *m, const char *name,
		 enum kpc_check_state state, const char *found,
		 const char *meaning, const char *mend)
{
	int problems = examine(m, KPC_CHECK_PROBLEM);
	int warnings = examine(m, KPC_CHECK_WARNING);

	says(m, name, state, found, meaning, mend);
	for (int i = 0; problems + warnings != 1 && i < m->nr; i++)
		if (m->check[i].state != KPC_CHECK_OK)
			print_message("%s: %s\n", m->check[i].name,
				      m->check[i].meaning);
	assert_int_equal(problems, state == KPC_CHECK_PROBLEM);
	assert_int_equal(warnings, state == KPC_CHECK_WARNING);
}

/* ---- tests --------------------------------------------------------------- */

static void all_is_well(void **state)
{
	struct machine *m = *state;

	assert_int_equal(examine(m, KPC_CHECK_PROBLEM), 0);
	assert_int_equal(examine(m, KPC_CHECK_WARNING), 0);
	says(m, "kernel", KPC_CHECK_OK, RELEASE " x86_64", "", "");
	says(m, "options", KPC_CHECK_OK, "14 of 15", "", "");
	says(m, "options", KPC_CHECK_OK, "/boot/config-" RELEASE, "", "");
	says(m, "FPROBE", KPC_CHECK_OK, "not in this", "1024 at most", "");
	says(m, "lockdown", KPC_CHECK_OK, "none", "", "");
	says(m, "kprobex", KPC_CHECK_OK, "loaded, version 0.1.0", "", "");
	says(m, "perf_event_paranoid", KPC_CHECK_OK, "3", "", "");
	says(m, "locked memory", KPC_CHECK_OK, "unlimited", "", "");
	says(m, "open files", KPC_CHECK_OK, "262144 events on 4 CPUs", "", "");
	says(m, "BTF", KPC_CHECK_OK, "and 1 module", "", "");
	assert_null(find(m, "perf_event_open"));
	assert_null(find(m, "perf"));
}

static void sizes_and_ends(void **state)
{
	const struct kpc_doctor_opts small = { .size = 4 };

	assert_int_equal(kpc_doctor(&small, keep, *state), -EINVAL);
}

static int stop_at_lockdown(void *ctx, const struct kpc_check *check)
{
	++*(int *)ctx;
	return strcmp(check->name, "lockdown") ? 0 : 7;
}

static void the_caller_ends_it(void **state)
{
	struct machine *m = *state;
	const struct kpc_doctor_opts opts = { .size = sizeof(opts),
					      .root = m->root };
	int nr = 0;

	assert_int_equal(kpc_doctor(&opts, stop_at_lockdown, &nr), 7);
	assert_int_equal(nr, 4);
}

static void kernels(void **state)
{
	struct machine *m = *state;

	put(m, "proc/sys/kernel/arch", "aarch64\n");
	only(m, "kernel", KPC_CHECK_PROBLEM, "aarch64", "x86_64 only", "");
	put(m, "proc/sys/kernel/arch", "x86_64\n");
	put(m, "proc/sys/kernel/osrelease", "5.10.0-9-amd64\n");
	examine(m, KPC_CHECK_OK);
	says(m, "kernel", KPC_CHECK_PROBLEM, "5.10", "6.1 at least", "");
	says(m, "options", KPC_CHECK_WARNING, "unknown", "/boot/config-5.10",
	     "");
	put(m, "proc/sys/kernel/osrelease", "6.6.1\n");
	examine(m, KPC_CHECK_OK);
	says(m, "kernel", KPC_CHECK_WARNING, "6.6.1", "6.1 and 6.12 only", "");
}

static void compressed_configuration(void **state)
{
	struct machine *m = *state;
	char full[4096];
	gzFile file;

	take(m, CONFIG);
	full_path(m, "proc/config.gz", full);
	file = gzopen(full, "w");
	assert_non_null(file);
	assert_int_equal(gzputs(file, config), strlen(config));
	gzclose(file);
	assert_int_equal(examine(m, KPC_CHECK_WARNING), 0);
	says(m, "options", KPC_CHECK_OK, "by /proc/config.gz", "", "");
	/* cut in the middle, it says nothing of what it lacks */
	assert_int_equal(truncate(full, 60), 0);
	only(m, "options", KPC_CHECK_WARNING, "unknown", "will be seen", "");
}

static void options_that_lack(void **state)
{
	struct machine *m = *state;

	put(m, CONFIG,
	    "CONFIG_PERF_EVENTS=y\nCONFIG_MODULES=m\n"
	    "CONFIG_TRACEPOINTS=y\n#CONFIG_KPROBES=y\n");
	take(m, PMU);
	examine(m, KPC_CHECK_OK);
	says(m, "KPROBES", KPC_CHECK_PROBLEM, "not in", "no probes",
	     "CONFIG_KPROBES, such as Debian's");
	says(m, "FTRACE_SYSCALLS", KPC_CHECK_WARNING, "", "system calls", "");
	/* parts of what isn't there */
	assert_null(find(m, "OPTPROBES"));
	assert_null(find(m, "MODULES"));
	says(m, "kprobex", KPC_CHECK_PROBLEM, "not loaded", "never", "");
	assert_string_equal(find(m, "kprobex")->mend, "");
}

static void lockdown(void **state)
{
	struct machine *m = *state;

	put(m, LOCKDOWN, "none integrity [confidentiality]\n");
	only(m, "lockdown", KPC_CHECK_PROBLEM, "confidentiality", "nobody",
	     "lockdown=confidentiality");
	put(m, LOCKDOWN, "none [integrity] confidentiality\n");
	assert_int_equal(examine(m, KPC_CHECK_WARNING), 0);
	says(m, "lockdown", KPC_CHECK_OK, "integrity", "signed", "");
	says(m, "module signatures", KPC_CHECK_OK, "demanded", "", "");
	put(m, LOCKDOWN, "nonsense\n");
	examine(m, KPC_CHECK_OK);
	assert_null(find(m, "lockdown"));
}

static void module_to_be_loaded(void **state)
{
	struct machine *m = *state;

	take(m, PMU);
	only(m, "kprobex", KPC_CHECK_PROBLEM, "not loaded", "tracepoints and",
	     "apt-get install linux-headers-" RELEASE);
	put(m, "lib/modules/" RELEASE "/build/Makefile", "");
	only(m, "kprobex", KPC_CHECK_PROBLEM, "not loaded", "",
	     "make module && insmod build/kernel/" RELEASE "/kprobex.ko");
	put(m, "lib/modules/" RELEASE "/modules.dep",
	    "extra/notkprobex.ko:\nextra/other.ko:\n");
	only(m, "kprobex", KPC_CHECK_PROBLEM, "not loaded", "", "make module");
	put(m, "lib/modules/" RELEASE "/modules.dep",
	    "extra/other.ko:\nextra/kprobex.ko:\n");
	only(m, "kprobex", KPC_CHECK_PROBLEM, "not loaded", "",
	     "modprobe kprobex");
	assert_string_equal(find(m, "kprobex")->mend, "modprobe kprobex");
	put_link(m, NAMESPACE, "pid:[4026532000]");
	only(m, "kprobex", KPC_CHECK_PROBLEM, "", "",
	     "on the host: sudo modprobe");
}

static void module_to_be_signed(void **state)
{
	struct machine *m = *state;
	char full[4096];

	take(m, PMU);
	put(m, "sys/module/module/parameters/sig_enforce", "Y\n");
	full_path(m,
		  "sys/firmware/efi/efivars/"
		  "SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c",
		  full);
	fixture_store(full, "\6\0\0\0\1", 5);
	assert_int_equal(examine(m, KPC_CHECK_WARNING), 1);
	says(m, "module signatures", KPC_CHECK_WARNING, "demanded, Secure Boot",
	     "Key was rejected", "sign-file");
}

static void debians_paranoid(void **state)
{
	struct machine *m = *state;

	put_self(m, 0, PERFMON);
	examine(m, KPC_CHECK_OK);
	says(m, "perf_event_paranoid", KPC_CHECK_PROBLEM, "3", "CAP_SYS_ADMIN",
	     "sysctl -w kernel.perf_event_paranoid=2");
	says(m, "capabilities", KPC_CHECK_WARNING, "CAP_PERFMON", "CAP_BPF",
	     "sudo");
	put(m, PARANOID, "2\n");
	assert_int_equal(examine(m, KPC_CHECK_PROBLEM), 0);
	says(m, "perf_event_paranoid", KPC_CHECK_OK, "2", "", "");
	take(m, PARANOID);
	assert_int_equal(examine(m, KPC_CHECK_PROBLEM), 1);
	says(m, "perf_event_paranoid", KPC_CHECK_PROBLEM, "absent",
	     "no perf events", "");
}

static void an_ordinary_user(void **state)
{
	struct machine *m = *state;

	put_self(m, 1000, NO_CAPS);
	examine(m, KPC_CHECK_OK);
	says(m, "capabilities", KPC_CHECK_PROBLEM, "none that helps",
	     "take CAP_PERFMON", "sudo collect");
	says(m, "perf_event_paranoid", KPC_CHECK_WARNING, "3", "your own",
	     "sudo sysctl -w kernel.perf_event_paranoid=2");
	says(m, "locked memory", KPC_CHECK_WARNING,
	     "10256 KiB for rings on 4 CPUs", "-m 2M",
	     "sudo sysctl -w kernel.perf_event_mlock_kb=16400");
	says(m, "realtime priority", KPC_CHECK_WARNING, "not allowed", "busy",
	     "ulimit -r 1");
	put(m, PARANOID, "-1\n");
	examine(m, KPC_CHECK_OK);
	says(m, "capabilities", KPC_CHECK_PROBLEM, "", "probes take", "");
	says(m, "locked memory", KPC_CHECK_OK, "unlimited", "", "");
}

static void a_container(void **state)
{
	struct machine *m = *state;

	/* root of a user namespace has all of its capabilities */
	put(m, "proc/self/uid_map", "0 100000 65536\n");
	examine(m, KPC_CHECK_OK);
	says(m, "capabilities", KPC_CHECK_PROBLEM, "user namespace",
	     "outside of all namespaces", "--privileged");
	put(m, "proc/self/uid_map", "0 0 4294967295\n");
	put_link(m, NAMESPACE, "pid:[4026532000]");
	put_self(m, 0, NO_CAPS);
	examine(m, KPC_CHECK_OK);
	says(m, "capabilities", KPC_CHECK_PROBLEM, "none", "", "--privileged");
}

static void hidden_addresses(void **state)
{
	struct machine *m = *state;

	put(m, "proc/sys/kernel/kptr_restrict", "1\n");
	assert_int_equal(examine(m, KPC_CHECK_WARNING), 0);
	put(m, "proc/sys/kernel/kptr_restrict", "2\n");
	only(m, "kptr_restrict", KPC_CHECK_WARNING, "2", "hides its addresses",
	     "sysctl -w kernel.kptr_restrict=1");
	/* for who may not, two switches hide them */
	put(m, "proc/sys/kernel/kptr_restrict", "0\n");
	put_self(m, 1000, PERFMON);
	examine(m, KPC_CHECK_OK);
	says(m, "kptr_restrict", KPC_CHECK_WARNING, "0", "no CAP_SYSLOG",
	     "kptr_restrict=0 kernel.perf_event_paranoid=1");
	put(m, PARANOID, "1\n");
	examine(m, KPC_CHECK_OK);
	says(m, "kptr_restrict", KPC_CHECK_OK, "0", "", "");
	put(m, "proc/sys/kernel/kptr_restrict", "1\n");
	examine(m, KPC_CHECK_OK);
	says(m, "kptr_restrict", KPC_CHECK_WARNING, "1", "no CAP_SYSLOG", "");
}

static void few_files(void **state)
{
	struct machine *m = *state;

	put(m, "proc/self/limits",
	    "Max open files            32                 60              files     \n"
	    "Max realtime priority     1                    1                    \n");
	only(m, "open files", KPC_CHECK_WARNING, "about 15 events",
	     "more events can't", "ulimit -n");
	put(m, "proc/self/limits",
	    "Max open files unlimited unlimited files\n");
	assert_int_equal(examine(m, KPC_CHECK_WARNING), 0);
	put(m, "proc/self/limits", "Max open files\n");
	examine(m, KPC_CHECK_OK);
	assert_null(find(m, "open files"));
}

static void no_btf(void **state)
{
	struct machine *m = *state;

	take(m, "sys/kernel/btf/vmlinux");
	only(m, "BTF", KPC_CHECK_WARNING, "none", "no names",
	     "CONFIG_DEBUG_INFO_BTF");
}

static void no_tracefs(void **state)
{
	struct machine *m = *state;

	take(m, "sys/kernel/tracing/events/enable");
	take(m, "sys/kernel/tracing/events");
	only(m, "tracefs", KPC_CHECK_WARNING, "not mounted", "no tracepoints",
	     "mount -t tracefs tracefs /sys/kernel/tracing");
	put_self(m, 1000, NO_CAPS);
	examine(m, KPC_CHECK_OK);
	says(m, "tracefs", KPC_CHECK_PROBLEM, "not mounted", "no tracepoints",
	     "sudo mount");
	put(m, "sys/kernel/debug/tracing/events/enable", "0\n");
	examine(m, KPC_CHECK_OK);
	says(m, "tracefs", KPC_CHECK_OK, "/sys/kernel/debug/tracing", "", "");
}

static void switches(void **state)
{
	static const struct {
		const char *path, *value, *name;
		enum kpc_check_state state;
		const char *meaning, *mend;
	} cases[] = {
		{ "sys/kernel/debug/kprobes/enabled", "0\n", "kprobes/enabled",
		  KPC_CHECK_PROBLEM, "deaf",
		  "echo 1 | tee /sys/kernel/debug/kprobes/enabled" },
		{ "proc/sys/debug/kprobes-optimization", "0\n",
		  "kprobes-optimization", KPC_CHECK_WARNING,
		  "mode=jump is refused",
		  "sysctl -w debug.kprobes-optimization=1" },
		{ "proc/sys/kernel/ftrace_enabled", "0\n", "ftrace_enabled",
		  KPC_CHECK_PROBLEM, "deaf",
		  "sysctl -w kernel.ftrace_enabled=1" },
		{ "proc/sys/kernel/perf_event_max_stack", "16\n",
		  "perf_event_max_stack", KPC_CHECK_WARNING, "call chains",
		  "sysctl -w kernel.perf_event_max_stack=127" },
		{ "proc/sys/kernel/perf_event_max_sample_rate", "500\n",
		  "perf_cpu_time_max_percent", KPC_CHECK_WARNING, "-F 500",
		  "kernel.perf_event_max_sample_rate=100000" },
	};
	struct machine *m = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		put(m, cases[i].path, cases[i].value);
		only(m, cases[i].name, cases[i].state, "", cases[i].meaning,
		     cases[i].mend);
		put(m, cases[i].path, "100000\n");
	}
	take(m, "sys/kernel/debug/kprobes/enabled");
	only(m, "debugfs", KPC_CHECK_WARNING, "not mounted", "error_log",
	     "mount -t debugfs debugfs /sys/kernel/debug");
}

/* Of a machine of which nothing can be read. */
static void nothing_there(void **state)
{
	struct machine *m = *state;
	struct machine empty = { .root = "/nonexistent/kpc" };

	(void)m;
	assert_true(examine(&empty, KPC_CHECK_PROBLEM) > 0);
	says(&empty, "kprobex", KPC_CHECK_PROBLEM, "not loaded", "", "");
	says(&empty, "perf_event_paranoid", KPC_CHECK_PROBLEM, "absent", "",
	     "");
}

static void costs_want_a_size(void **state)
{
	struct kpc_costs costs = { .size = 8 };

	(void)state;
	assert_int_equal(kpc_costs_measure(&costs), -EINVAL);
}

/* A file that isn't there leaves what the caller had. */
static void absent_lines(void **state)
{
	const struct kpc_facts facts = { .root = "/nowhere" };
	char line[8] = "before";

	(void)state;
	assert_int_equal(kpc_facts_line(&facts, "/x", line, sizeof(line)),
			 -ENOENT);
	assert_string_equal(line, "before");
}

#define TEST(_name) cmocka_unit_test_setup_teardown(_name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(all_is_well),
		TEST(sizes_and_ends),
		TEST(the_caller_ends_it),
		TEST(kernels),
		TEST(compressed_configuration),
		TEST(options_that_lack),
		TEST(lockdown),
		TEST(module_to_be_loaded),
		TEST(module_to_be_signed),
		TEST(debians_paranoid),
		TEST(an_ordinary_user),
		TEST(a_container),
		TEST(hidden_addresses),
		TEST(few_files),
		TEST(no_btf),
		TEST(no_tracefs),
		TEST(switches),
		TEST(nothing_there),
		cmocka_unit_test(costs_want_a_size),
		cmocka_unit_test(absent_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
