// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <dirent.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "procs.h"
#include "pseudofile.h"

static bool is_number(const char *text)
{
	return isdigit((unsigned char)text[0]);
}

static int scan_thread(const struct kpc_procs_visit *visit, const char *pid,
		       const char *tid)
{
	char path[PATH_MAX], line[KPC_COMM_BYTES + 2];
	char comm[KPC_COMM_BYTES] = "";
	int bytes;

	snprintf(path, sizeof(path), "/proc/%s/task/%s/comm", pid, tid);
	bytes = kpc_pseudofile_read(path, line, sizeof(line));
	if (bytes <= 0)
		return 0;	/* it has ended */
	line[bytes - 1] = '\0'; /* the line's end */
	memcpy(comm, line, strnlen(line, sizeof(comm)));
	return visit->thread(visit->ctx, strtoul(pid, NULL, 10),
			     strtoul(tid, NULL, 10), comm);
}

static int scan_process(const struct kpc_procs_visit *visit, const char *pid)
{
	char path[PATH_MAX];
	struct dirent *entry;
	int err = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%s/task", pid);
	dir = opendir(path);
	if (!dir)
		return 0; /* it has ended */
	while (!err && (entry = readdir(dir)) != NULL)
		if (is_number(entry->d_name))
			err = scan_thread(visit, pid, entry->d_name);
	closedir(dir);
	return err ? err : visit->process(visit->ctx, strtoul(pid, NULL, 10));
}

int kpc_procs_scan(const struct kpc_procs_visit *visit, pid_t pid)
{
	struct dirent *entry;
	char text[16];
	int err = 0;
	DIR *dir;

	if (pid) {
		snprintf(text, sizeof(text), "%d", pid);
		return scan_process(visit, text);
	}
	dir = opendir("/proc");
	if (!dir)
		return 0; /* then threads have no names, that's all */
	while (!err && (entry = readdir(dir)) != NULL)
		if (is_number(entry->d_name))
			err = scan_process(visit, entry->d_name);
	closedir(dir);
	return err;
}
