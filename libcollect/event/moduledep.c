// SPDX-License-Identifier: GPL-2.0-only
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "moduledep.h"
#include "pseudofile.h"

/* Modules' files have - or _ where their names have _. */
static bool is_called(const char *file, const char *name)
{
	for (; *name; file++, name++)
		if (*file != *name && !(*file == '-' && *name == '_'))
			return false;
	return !strncmp(file, ".ko", 3);
}

/* "kernel/fs/xfs/xfs.ko.xz: kernel/lib/libcrc32c.ko.xz" */
bool kpc_moduledep_find(const char *text, const char *name)
{
	while (*text) {
		const char *file = text;

		for (; *text && *text != ':' && *text != '\n'; text++)
			if (*text == '/')
				file = text + 1;
		if (*text == ':' && is_called(file, name))
			return true;
		text += strcspn(text, "\n");
		text += *text == '\n';
	}
	return false;
}

bool kpc_moduledep_has(const char *name)
{
	char path[PATH_MAX];
	struct utsname host;
	char *text;
	size_t bytes;
	bool found;

	snprintf(path, sizeof(path), "/sys/module/%s", name);
	if (!*name || strchr(name, '/') || !access(path, F_OK) || uname(&host))
		return false;
	snprintf(path, sizeof(path), "/lib/modules/%s/modules.dep",
		 host.release);
	if (kpc_pseudofile_load(path, &text, &bytes))
		return false;
	found = kpc_moduledep_find(text, name);
	free(text);
	return found;
}
