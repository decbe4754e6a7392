// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE /* asprintf() */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fail.h"
#include "userfile.h"

#define DELETED " (deleted)" /* as the kernel says it in /proc/PID/maps */

/* ---- who maps it though it's gone ---------------------------------------- */

static bool is_pid(const char *name)
{
	return *name && !name[strspn(name, "0123456789")];
}

/* "START-END PERMISSIONS OFFSET DEVICE INODE PATH (deleted)": where PATH is. */
static const char *deleted_path(char *line)
{
	char *path = strchr(line, '/');
	char *end = path ? strstr(path, DELETED) : NULL;

	if (!end || strcmp(end + strlen(DELETED), "\n"))
		return NULL;
	*end = '\0';
	return path;
}

/* @link: below /proc, of what @pid has mapped of it to be executed, if it has. */
static bool maps_deleted(const char *pid, const char *path, char *link,
			 size_t link_size)
{
	char file[64], line[PATH_MAX + 256];
	bool found = false;
	FILE *maps;

	snprintf(file, sizeof(file), "/proc/%.16s/maps", pid);
	maps = fopen(file, "re");
	while (maps && !found && fgets(line, sizeof(line), maps)) {
		const char *gone = deleted_path(line);

		found = gone && !strcmp(gone, path) && strstr(line, " r-xp ");
	}
	if (maps)
		fclose(maps);
	if (found)
		snprintf(link, link_size, "/proc/%.16s/map_files/%.*s", pid,
			 (int)strcspn(line, " "), line);
	return found;
}

static bool find_deleted(const char *path, char *link, size_t link_size)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	bool found = false;

	while (proc && !found && (entry = readdir(proc)))
		found = is_pid(entry->d_name) &&
			maps_deleted(entry->d_name, path, link, link_size);
	if (proc)
		closedir(proc);
	return found;
}

static int missing(const char *path, char *error, size_t error_size)
{
	size_t bytes = strlen(path), tail = strlen(DELETED);
	char plain[PATH_MAX], link[128];
	bool said = bytes > tail && !strcmp(path + bytes - tail, DELETED);

	if (said)
		bytes -= tail;
	snprintf(plain, sizeof(plain), "%.*s", (int)bytes, path);
	if (find_deleted(plain, link, sizeof(link)))
		return kpc_fail(error, error_size, -ENOENT,
				"the file %s was deleted or replaced, but is "
				"still mapped: name it as %s (or a process' "
				"program as /proc/PID/exe)",
				plain, link);
	if (said)
		return kpc_fail(error, error_size, -ENOENT,
				"the file %s was deleted: as long as a process "
				"has it mapped it is in /proc/PID/map_files, "
				"its program is /proc/PID/exe",
				plain);
	return kpc_fail(error, error_size, -ENOENT,
			"there is no file %s; what a container sees as that is "
			"/proc/PID/root%s, by any of its processes",
			path, path);
}

static int check_path(const char *path, char *error, size_t error_size)
{
	if (!access(path, F_OK))
		return 0;
	if (errno == ENOENT || errno == ENOTDIR)
		return missing(path, error, error_size);
	return kpc_fail(error, error_size, -errno, "cannot look at %s: %s",
			path, strerror(errno));
}

/* ---- names without a folder ---------------------------------------------- */

static bool is_program(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISREG(st.st_mode) && !access(path, X_OK);
}

static bool find_program(const char *name, char *path, size_t size)
{
	const char *at = getenv("PATH");

	if (!at)
		at = "/bin:/usr/bin";
	for (;; at++) {
		size_t bytes = strcspn(at, ":");

		/* Nobody means a file of the working folder by that. */
		if (*at == '/' &&
		    snprintf(path, size, "%.*s/%s", (int)bytes, at, name) <
			    (int)size &&
		    is_program(path))
			return true;
		at += bytes;
		if (!*at)
			return false;
	}
}

/* Where ld.so looks when nobody has told it anything, and Debian's. */
static const char *const library_folders[] = {
	"/usr/local/lib",
	"/lib/x86_64-linux-gnu",
	"/usr/lib/x86_64-linux-gnu",
	"/lib64",
	"/usr/lib64",
	"/lib",
	"/usr/lib",
};

/* NAME, NAME.so or NAME.so.SOMETHING; a .so alone may be a linker's script. */
static bool is_library_of(const char *file, const char *name)
{
	bool is_whole = strstr(name, ".so");
	size_t bytes = strlen(name);

	if (strncmp(file, name, bytes))
		return false;
	file += bytes;
	if (!is_whole && strncmp(file, ".so", 3))
		return false;
	file += is_whole ? 0 : 3;
	return !*file || *file == '.';
}

static bool is_elf(const char *path)
{
	char magic[4] = "";
	FILE *file = fopen(path, "re");
	size_t got = file ? fread(magic, 1, sizeof(magic), file) : 0;

	if (file)
		fclose(file);
	return got == sizeof(magic) && !memcmp(magic, "\177ELF", 4);
}

/* The shortest name: libc.so.6, not libc.so.6.bak. */
static bool find_library_in(const char *folder, const char *name, char *path,
			    size_t size)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	char at[PATH_MAX];
	bool found = false;

	while (dir && (entry = readdir(dir))) {
		if (!is_library_of(entry->d_name, name) ||
		    snprintf(at, sizeof(at), "%s/%s", folder, entry->d_name) >=
			    (int)sizeof(at) ||
		    (found && strlen(at) >= strlen(path)) || !is_elf(at))
			continue;
		found = snprintf(path, size, "%s", at) < (int)size;
	}
	if (dir)
		closedir(dir);
	return found;
}

static bool find_library(const char *name, char *path, size_t size)
{
	for (size_t i = 0;
	     i < sizeof(library_folders) / sizeof(library_folders[0]); i++)
		if (find_library_in(library_folders[i], name, path, size))
			return true;
	return false;
}

static int find_plain(const char *name, char *path, size_t size, char *error,
		      size_t error_size)
{
	if (find_program(name, path, size) || find_library(name, path, size))
		return 0;
	return kpc_fail(error, error_size, -ENOENT,
			"there is no program %s in $PATH, and no shared "
			"library of this name where they usually are; "
			"%s%s",
			name,
			access(name, F_OK) ? "give its path" :
					     "or is the file here meant? ./",
			access(name, F_OK) ? "" : name);
}

/* ---- either -------------------------------------------------------------- */

/*
 * Links stay as they are: /proc/PID/root/lib, resolved, would be this namespace's
 * /lib.
 */
static int absolute(const char *name, char *path, size_t size)
{
	char folder[PATH_MAX];

	if (*name == '/')
		return snprintf(path, size, "%s", name) < (int)size ?
			       0 :
			       -ENAMETOOLONG;
	while (!strncmp(name, "./", 2))
		name += 2;
	if (!getcwd(folder, sizeof(folder)))
		return -errno;
	return snprintf(path, size, "%s/%s", folder, name) < (int)size ?
		       0 :
		       -ENAMETOOLONG;
}

int kpc_userfile_find(const char *name, char **out, char *error,
		      size_t error_size)
{
	char path[PATH_MAX];
	int err;

	if (!strchr(name, '/')) {
		err = find_plain(name, path, sizeof(path), error, error_size);
	} else {
		err = absolute(name, path, sizeof(path));
		if (err)
			return kpc_fail(error, error_size, err,
					"cannot find %s: %s", name,
					strerror(-err));
		err = check_path(path, error, error_size);
	}
	if (err)
		return err;
	*out = strdup(path);
	return *out ? 0 : kpc_fail(error, error_size, -ENOMEM, "out of memory");
}
