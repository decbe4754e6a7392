// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "cpulist.h"
#include "facts.h"
#include "pseudofile.h"

#define INITIAL_IDS \
	UINT32_MAX /* so many are mapped outside of all namespaces */
#define INITIAL_PIDS "pid:[4026531836]" /* PROC_PID_INIT_INO, for all time */

const char *kpc_facts_path(const struct kpc_facts *f, const char *path,
			   char *full)
{
	snprintf(full, PATH_MAX, "%s%s", f->root, path);
	return full;
}

bool kpc_facts_has(const struct kpc_facts *f, const char *path)
{
	char full[PATH_MAX];

	return !access(kpc_facts_path(f, path, full), F_OK);
}

int kpc_facts_number(const struct kpc_facts *f, const char *path,
		     int64_t *number)
{
	char full[PATH_MAX];

	return kpc_pseudofile_number(kpc_facts_path(f, path, full), number);
}

int kpc_facts_line(const struct kpc_facts *f, const char *path, char *line,
		   size_t size)
{
	char full[PATH_MAX];
	int ret =
		kpc_pseudofile_read(kpc_facts_path(f, path, full), line, size);

	if (ret < 0)
		return ret;
	line[strcspn(line, "\n")] = '\0';
	return 0;
}

/* ---- reading ------------------------------------------------------------- */

static void read_kernel(struct kpc_facts *f)
{
	struct utsname name = { 0 };

	uname(&name);
	if (kpc_facts_line(f, "/proc/sys/kernel/osrelease", f->release,
			   sizeof(f->release)))
		snprintf(f->release, sizeof(f->release), "%s", name.release);
	/* there since 6.1 */
	if (kpc_facts_line(f, "/proc/sys/kernel/arch", f->machine,
			   sizeof(f->machine)))
		snprintf(f->machine, sizeof(f->machine), "%s", name.machine);
}

static const char *find_line(const char *text, const char *word)
{
	size_t bytes = strlen(word);

	for (; text; text = strchr(text, '\n')) {
		text += *text == '\n';
		if (!strncmp(text, word, bytes))
			return text + bytes;
	}
	return NULL;
}

static void read_self(struct kpc_facts *f)
{
	unsigned int first, outside;
	char text[8192], map[64], full[PATH_MAX];
	const char *at;
	uint32_t nr;

	if (kpc_facts_line(f, "/proc/self/uid_map", map, sizeof(map)) ||
	    sscanf(map, "%u %u %" SCNu32, &first, &outside, &nr) != 3)
		nr = INITIAL_IDS;
	f->in_namespace = nr != INITIAL_IDS;
	f->sudo = "sudo ";
	if (kpc_pseudofile_read(kpc_facts_path(f, "/proc/self/status", full),
				text, sizeof(text)) < 0)
		return;
	at = find_line(text, "CapEff:");
	if (at && !f->in_namespace)
		f->caps = strtoull(at, NULL, 16);
	at = find_line(text, "Seccomp:");
	f->is_filtered = at && strtoul(at, NULL, 10);
	/* real, effective, … */
	at = find_line(text, "Uid:");
	if (at && sscanf(at, "%*u %u", &first) == 1 && !first)
		f->sudo = "";
}

/* "Max open files            1024                 1048576              files" */
static void read_limit(const char *text, const char *name, uint64_t *soft,
		       uint64_t *hard)
{
	const char *at = find_line(text, name);
	char words[2][24] = { "", "" };

	*soft = 0;
	if (hard)
		*hard = 0;
	if (!at || sscanf(at, " %23s %23s", words[0], words[1]) != 2)
		return;
	*soft = strtoull(words[0], NULL, 10);
	if (!strcmp(words[0], "unlimited"))
		*soft = UINT64_MAX;
	if (hard)
		*hard = strcmp(words[1], "unlimited") ?
				strtoull(words[1], NULL, 10) :
				UINT64_MAX;
}

static void read_limits(struct kpc_facts *f)
{
	char text[8192], full[PATH_MAX];

	if (kpc_pseudofile_read(kpc_facts_path(f, "/proc/self/limits", full),
				text, sizeof(text)) < 0)
		return;
	read_limit(text, "Max locked memory", &f->memlock_bytes, NULL);
	read_limit(text, "Max open files", &f->files, &f->files_most);
	read_limit(text, "Max realtime priority", &f->rtprio, NULL);
}

static void read_cpus(struct kpc_facts *f)
{
	struct kpc_cpulist cpus;
	char text[4096];

	/* one at least reads this */
	f->cpus = 1;
	if (kpc_facts_line(f, "/sys/devices/system/cpu/online", text,
			   sizeof(text)))
		return;
	if (!kpc_cpulist_parse(&cpus, text, NULL, 0) && cpus.nr)
		f->cpus = cpus.nr;
	kpc_cpulist_uninit(&cpus);
}

/* In a container processes have a namespace of their own, as a rule. */
static bool sees_init(const struct kpc_facts *f)
{
	char full[PATH_MAX], link[64];
	ssize_t bytes = readlink(kpc_facts_path(f, "/proc/self/ns/pid", full),
				 link, sizeof(link) - 1);

	if (bytes < 0)
		return true;
	link[bytes] = '\0';
	return !strcmp(link, INITIAL_PIDS);
}

void kpc_facts_read(struct kpc_facts *f, const char *root)
{
	*f = (struct kpc_facts){
		.root = root ? root : "",
		.is_live = !root || !*root,
	};
	read_kernel(f);
	read_self(f);
	read_limits(f);
	read_cpus(f);
	f->in_container = f->in_namespace || !sees_init(f);
}
