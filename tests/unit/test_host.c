// SPDX-License-Identifier: GPL-2.0-only
/* test_host - what a trace says of the machine */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fixture.h"
#include "host.h"
#include "unit.h"

static void only_known_options(void **state)
{
	char out[64];

	(void)state;
	kpc_host_options("BOOT_IMAGE=/vmlinuz root=/dev/sda1 mitigations=off "
			 "systemd.set_credential=pw:secret nokaslr  quiet "
			 "isolcpus=2,3 -- nohz=off",
			 out, sizeof(out));
	assert_string_equal(out, "mitigations=off nokaslr isolcpus=2,3");
	/* What doesn't fit is left out whole; names must match whole. */
	kpc_host_options("mitigations=off nokaslr", out, 17);
	assert_string_equal(out, "mitigations=off");
	kpc_host_options("nokaslrx no mitigation=1 =", out, sizeof(out));
	assert_string_equal(out, "");
	kpc_host_options("", out, sizeof(out));
	assert_string_equal(out, "");
}

static void uuids(void **state)
{
	uint8_t uuid[16];

	(void)state;
	assert_true(
		kpc_host_uuid("01020304-0506-0708-090a-0b0c0d0e0fff", uuid));
	assert_int_equal(uuid[0], 1);
	assert_int_equal(uuid[15], 255);
	assert_false(kpc_host_uuid("01020304-0506-0708-090a-0b0c0d0e0f", uuid));
	assert_false(
		kpc_host_uuid("0102030x-0506-0708-090a-0b0c0d0e0fff", uuid));
	assert_false(kpc_host_uuid("", uuid));
	assert_false(kpc_host_uuid("-", uuid));
}

static void put(const char *root, const char *path, const char *text)
{
	char full[4096];

	snprintf(full, sizeof(full), "%s/%s", root, path);
	for (char *at = strchr(full + strlen(root) + 1, '/'); at;
	     at = strchr(at + 1, '/')) {
		*at = '\0';
		mkdir(full, 0700);
		*at = '/';
	}
	fixture_store(full, text, strlen(text));
}

static void reads_a_machine(void **state)
{
	char root[] = "/tmp/kpc-host.XXXXXX", command[64];
	struct kpc_host host, back;

	(void)state;
	assert_non_null(mkdtemp(root));
	put(root, "etc/os-release", "NAME=x\nPRETTY_NAME=\"A \xff Linux\"\n");
	put(root, "proc/sys/kernel/kptr_restrict", "2\n");
	put(root, "proc/sys/kernel/perf_event_paranoid", "-1\n");
	put(root, "proc/cpuinfo",
	    "flags\t\t: fpu hypervisor x\nmodel name\t: "
	    "A CPU\n\nmodel name\t: other\n");
	put(root, "proc/meminfo", "MemFree: 1 kB\nMemTotal:   2048 kB\n");
	put(root, "sys/devices/system/cpu/possible", "0-3\n");
	put(root, "sys/devices/system/node/online", "0,2-3\n");
	for (int i = 0; i < 3; i++) {
		char path[128];

		snprintf(path, sizeof(path),
			 "sys/devices/system/cpu/cpu%d/topology/core_id", i);
		put(root, path, i == 2 ? "1\n" : "0\n");
		snprintf(path, sizeof(path),
			 "sys/devices/system/cpu/cpu%d/topology/"
			 "physical_package_id",
			 i);
		put(root, path, "0\n");
	}
	kpc_host_read(&host, root);
	kpc_host_unpack(&back, &host.facts);
	assert_string_equal(back.info.os_release, "A \xff Linux");
	assert_string_equal(back.info.cpu_model, "A CPU");
	assert_string_equal(back.info.hypervisor, "unknown");
	assert_string_equal(back.info.clocksource, "");
	assert_int_equal(back.info.memory_bytes, 2 << 20);
	assert_int_equal(back.info.cpus_possible, 4);
	assert_int_equal(back.info.cpu_cores, 2);
	assert_int_equal(back.info.cpu_sockets, 1);
	assert_int_equal(back.info.numa_nodes, 3);
	assert_int_equal(back.info.perf_event_paranoid, -1);
	assert_int_equal(back.info.kptr_restrict, 2);
	assert_int_equal(back.info.kernel_build_id_bytes, 0);
	snprintf(command, sizeof(command), "rm -rf %s", root);
	assert_int_equal(system(command), 0);
}

/* A trace says what it likes. */
static void hostile_facts(void **state)
{
	Kprobex__HostFacts facts = KPROBEX__HOST_FACTS__INIT;
	static uint8_t bytes[70000];
	struct kpc_host host;

	(void)state;
	memset(bytes, 'x', sizeof(bytes));
	facts.os_release.data = bytes;
	facts.os_release.len = sizeof(bytes);
	facts.kernel_build_id = facts.boot_id = facts.os_release;
	kpc_host_unpack(&host, &facts);
	assert_int_equal(strlen(host.info.os_release), KPC_HOST_TEXT - 1);
	assert_int_equal(host.info.kernel_build_id_bytes, 0);
	assert_int_equal(host.info.boot_id[0], 0);
	kpc_host_unpack(&host, NULL);
	assert_string_equal(host.info.os_release, "");
	assert_int_equal(host.info.kptr_restrict, INT32_MIN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_known_options),
		cmocka_unit_test(uuids),
		cmocka_unit_test(reads_a_machine),
		cmocka_unit_test(hostile_facts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
