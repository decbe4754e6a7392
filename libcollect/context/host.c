// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buildid.h"
#include "host.h"
#include "pseudofile.h"

#define CPUS_MAX 65536

/* Reads the file below @root into a text without its line's end. */
static bool read_line(const char *root, const char *path, char *text,
		      size_t size)
{
	char full[PATH_MAX];
	int bytes;

	snprintf(full, sizeof(full), "%s%s", root, path);
	bytes = kpc_pseudofile_read(full, text, size);
	if (bytes <= 0)
		return false;
	text[strcspn(text, "\n")] = '\0';
	return *text;
}

static ProtobufCBinaryData text_data(const char *text)
{
	return (ProtobufCBinaryData){
		.len = strlen(text),
		.data = (uint8_t *)text,
	};
}

/* ---- the kernel ---------------------------------------------------------- */

static bool is_known(const char *word, size_t bytes)
{
	/* Up to '=' or the end; a dot at the end is a prefix. */
	static const char *const known[] = {
		"mitigations",
		"nokaslr",
		"kaslr",
		"isolcpus",
		"nohz_full",
		"nohz",
		"rcu_nocbs",
		"rcu_nocb_poll",
		"maxcpus",
		"nr_cpus",
		"nosmt",
		"smt",
		"preempt",
		"threadirqs",
		"tsc",
		"clocksource",
		"hpet",
		"idle",
		"processor.max_cstate",
		"intel_idle.max_cstate",
		"intel_pstate",
		"amd_pstate",
		"cpufreq.default_governor",
		"transparent_hugepage",
		"hugepages",
		"hugepagesz",
		"numa",
		"numa_balancing",
		"mem",
		"nopti",
		"pti",
		"lockdown",
		"ftrace",
		"trace_event",
		"kprobe_event",
		"noibrs",
		"spectre_v2",
		"spec_store_bypass_disable",
		"retbleed",
		"lsm",
		"skew_tick",
		"irqaffinity",
		"nmi_watchdog",
		"nowatchdog",
		"audit",
		"sched_verbose",
		"psi",
		"cgroup_disable",
		"elevator",
	};
	size_t name = strcspn(word, "= ");

	if (name > bytes)
		name = bytes;
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (strlen(known[i]) == name && !memcmp(known[i], word, name))
			return true;
	return false;
}

void kpc_host_options(const char *line, char *out, size_t size)
{
	size_t used = 0;

	*out = '\0';
	while (*line) {
		size_t bytes = strcspn(line, " \t\n");

		/* What is behind -- is init's. */
		if (bytes == 2 && !memcmp(line, "--", 2))
			return;
		if (bytes && is_known(line, bytes) &&
		    used + bytes + 2 <= size) {
			used += snprintf(out + used, size - used, "%s%.*s",
					 used ? " " : "", (int)bytes, line);
		}
		line += bytes;
		line += strspn(line, " \t\n");
	}
}

static void read_switches(struct kpc_host *h, const char *root)
{
	static const char paranoid[] = "/proc/sys/kernel/perf_event_paranoid";
	static const char restricted[] = "/proc/sys/kernel/kptr_restrict";
	int64_t perf, kptr;
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s%s", root, paranoid);
	if (kpc_pseudofile_number(path, &perf))
		return;
	snprintf(path, sizeof(path), "%s%s", root, restricted);
	if (kpc_pseudofile_number(path, &kptr))
		return;
	h->facts.has_switches = true;
	h->facts.perf_event_paranoid = perf;
	h->facts.kptr_restrict = kptr;
}

static void read_kernel(struct kpc_host *h, const char *root)
{
	char line[4096], path[PATH_MAX];
	int bytes;

	if (read_line(root, "/proc/cmdline", line, sizeof(line)))
		kpc_host_options(line, h->options, sizeof(h->options));
	h->facts.kernel_options = text_data(h->options);
	snprintf(path, sizeof(path), "%s/sys/kernel/notes", root);
	bytes = kpc_buildid_of_notes(path, h->build_id);
	if (bytes > 0)
		h->facts.kernel_build_id = (ProtobufCBinaryData){
			.len = bytes,
			.data = h->build_id,
		};
	read_switches(h, root);
}

bool kpc_host_uuid(const char *text, uint8_t uuid[16])
{
	int n = 0;

	for (; n < 16 && *text; text += 2) {
		unsigned int byte;

		text += *text == '-';
		if (!isxdigit((unsigned char)text[0]) ||
		    !isxdigit((unsigned char)text[1]) ||
		    sscanf(text, "%2x", &byte) != 1)
			return false;
		uuid[n++] = byte;
	}
	return n == 16;
}

static void read_system(struct kpc_host *h, const char *root)
{
	char text[KPC_HOST_TEXT];

	if (read_line(root, "/proc/sys/kernel/random/boot_id", text,
		      sizeof(text)) &&
	    kpc_host_uuid(text, h->boot_id))
		h->facts.boot_id = (ProtobufCBinaryData){
			.len = sizeof(h->boot_id),
			.data = h->boot_id,
		};
	read_line(
		root,
		"/sys/devices/system/clocksource/clocksource0/current_clocksource",
		h->clocksource, sizeof(h->clocksource));
	h->facts.clocksource = text_data(h->clocksource);
	read_line(root, "/sys/hypervisor/type", h->hypervisor,
		  sizeof(h->hypervisor));
}

/* PRETTY_NAME="…" */
static void read_release(struct kpc_host *h, const char *root)
{
	char path[PATH_MAX], line[KPC_HOST_TEXT];
	const char *name;
	size_t bytes;
	FILE *file;

	snprintf(path, sizeof(path), "%s/etc/os-release", root);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file)) {
		if (strncmp(line, "PRETTY_NAME=", 12))
			continue;
		name = line + 12;
		name += strspn(name, "\"'");
		bytes = strcspn(name, "\"'\n");
		memcpy(h->os_release, name, bytes);
		h->os_release[bytes] = '\0';
	}
	if (file)
		fclose(file);
	h->facts.os_release = text_data(h->os_release);
}

/* ---- CPUs and memory ----------------------------------------------------- */

/* How many numbers a list such as "0-3,6" has. */
static uint32_t list_count(const char *text)
{
	unsigned long first, last;
	uint32_t nr = 0;
	char *end;

	while (isdigit((unsigned char)*text) && nr < CPUS_MAX) {
		first = last = strtoul(text, &end, 10);
		if (*end == '-')
			last = strtoul(end + 1, &end, 10);
		if (last < first || last - first >= CPUS_MAX)
			break;
		nr += last - first + 1;
		text = *end == ',' ? end + 1 : end;
	}
	return nr;
}

static uint32_t read_count(const char *root, const char *path)
{
	char text[4096];

	return read_line(root, path, text, sizeof(text)) ? list_count(text) : 0;
}

static bool has_pair(const uint64_t *pairs, uint32_t nr, uint64_t pair)
{
	for (uint32_t i = 0; i < nr; i++)
		if (pairs[i] == pair)
			return true;
	return false;
}

/* Distinct sockets, and cores, of the CPUs that say theirs (those online). */
static void count_cores(struct kpc_host *h, const char *root, uint32_t cpus)
{
	uint64_t *cores = calloc(cpus + 1, sizeof(*cores));
	uint64_t *sockets = calloc(cpus + 1, sizeof(*sockets));
	char path[PATH_MAX];

	for (uint32_t i = 0; cores && sockets && i < cpus; i++) {
		static const char topology[] =
			"%s/sys/devices/system/cpu/cpu%u/topology/%s";
		int64_t socket, core;

		snprintf(path, sizeof(path), topology, root, i,
			 "physical_package_id");
		if (kpc_pseudofile_number(path, &socket))
			continue;
		snprintf(path, sizeof(path), topology, root, i, "core_id");
		if (kpc_pseudofile_number(path, &core))
			continue;
		core = socket << 32 | (uint32_t)core;
		if (!has_pair(cores, h->facts.cpu_cores, core))
			cores[h->facts.cpu_cores++] = core;
		if (!has_pair(sockets, h->facts.cpu_sockets, socket))
			sockets[h->facts.cpu_sockets++] = socket;
	}
	free(cores);
	free(sockets);
}

static void read_cpu_model(struct kpc_host *h, const char *root)
{
	char path[PATH_MAX], line[4096];
	FILE *file;

	snprintf(path, sizeof(path), "%s/proc/cpuinfo", root);
	file = fopen(path, "re");
	/* The first CPU's is enough. */
	while (file && fgets(line, sizeof(line), file) && *line != '\n') {
		const char *value = strstr(line, ": ");

		if (!value)
			continue;
		if (!strncmp(line, "model name", 10))
			snprintf(h->cpu_model, sizeof(h->cpu_model), "%.*s",
				 (int)strcspn(value + 2, "\n"), value + 2);
		else if (!strncmp(line, "flags", 5) && !*h->hypervisor &&
			 strstr(line, " hypervisor"))
			strcpy(h->hypervisor, "unknown");
	}
	if (file)
		fclose(file);
	h->facts.cpu_model = text_data(h->cpu_model);
	h->facts.hypervisor = text_data(h->hypervisor);
}

static uint64_t read_memory(const char *root)
{
	char path[PATH_MAX], line[256];
	unsigned long long kib = 0;
	FILE *file;

	snprintf(path, sizeof(path), "%s/proc/meminfo", root);
	file = fopen(path, "re");
	while (file && !kib && fgets(line, sizeof(line), file))
		if (sscanf(line, "MemTotal: %llu kB", &kib) != 1)
			kib = 0;
	if (file)
		fclose(file);
	return kib * 1024;
}

void kpc_host_read(struct kpc_host *h, const char *root)
{
	*h = (struct kpc_host){ .facts = KPROBEX__HOST_FACTS__INIT };
	read_kernel(h, root);
	read_system(h, root);
	read_release(h, root);
	read_cpu_model(h, root);
	h->facts.cpus_possible =
		read_count(root, "/sys/devices/system/cpu/possible");
	h->facts.numa_nodes =
		read_count(root, "/sys/devices/system/node/online");
	count_cores(h, root, h->facts.cpus_possible);
	h->facts.memory_bytes = read_memory(root);
}

/* ---- reading a trace ----------------------------------------------------- */

/* Up to its first NUL. */
static const char *copy_text(char *out, size_t size, ProtobufCBinaryData data)
{
	size_t bytes = data.len < size - 1 ? data.len : size - 1;

	if (bytes)
		memcpy(out, data.data, bytes);
	out[bytes] = '\0';
	return out;
}

void kpc_host_unpack(struct kpc_host *h, const Kprobex__HostFacts *facts)
{
	static const Kprobex__HostFacts none = KPROBEX__HOST_FACTS__INIT;
	const Kprobex__HostFacts *f = facts ? facts : &none;
	struct kpc_host_info *info = &h->info;

	*h = (struct kpc_host){ .facts = KPROBEX__HOST_FACTS__INIT };
	info->os_release =
		copy_text(h->os_release, sizeof(h->os_release), f->os_release);
	info->kernel_options =
		copy_text(h->options, sizeof(h->options), f->kernel_options);
	info->cpu_model =
		copy_text(h->cpu_model, sizeof(h->cpu_model), f->cpu_model);
	info->clocksource = copy_text(h->clocksource, sizeof(h->clocksource),
				      f->clocksource);
	info->hypervisor =
		copy_text(h->hypervisor, sizeof(h->hypervisor), f->hypervisor);
	if (f->boot_id.len == sizeof(info->boot_id))
		memcpy(info->boot_id, f->boot_id.data, f->boot_id.len);
	if (f->kernel_build_id.len &&
	    f->kernel_build_id.len <= sizeof(info->kernel_build_id)) {
		memcpy(info->kernel_build_id, f->kernel_build_id.data,
		       f->kernel_build_id.len);
		info->kernel_build_id_bytes = f->kernel_build_id.len;
	}
	info->cpus_possible = f->cpus_possible;
	info->cpu_sockets = f->cpu_sockets;
	info->cpu_cores = f->cpu_cores;
	info->numa_nodes = f->numa_nodes;
	info->memory_bytes = f->memory_bytes;
	info->perf_event_paranoid = f->has_switches ? f->perf_event_paranoid :
						      INT32_MIN;
	info->kptr_restrict = f->has_switches ? f->kptr_restrict : INT32_MIN;
}
