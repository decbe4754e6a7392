// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE /* O_PATH, sched_getcpu() */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/perf_event.h>
#include <mntent.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cgroup.h"
#include "fail.h"
#include "pseudofile.h"

#define CONTROLLERS "/proc/cgroups"

bool kpc_cgroup_has_perf(const char *list)
{
	char line[256], name[64];
	FILE *file = fopen(list, "re");
	bool found = false;
	int enabled;

	if (!file)
		return true; /* not said: perf_event_open(2) knows */
	while (!found && fgets(line, sizeof(line), file))
		found = sscanf(line, "%63s %*s %*s %d", name, &enabled) == 2 &&
			!strcmp(name, "perf_event") && enabled;
	fclose(file);
	return found;
}

int kpc_cgroup_mount(const char *mounts, char *point, size_t size)
{
	FILE *file = setmntent(mounts, "re");
	struct mntent *mount;
	bool first = false;

	*point = '\0';
	/* A hierarchy of version 1 takes the controller from version 2. */
	while (file && !first && (mount = getmntent(file)) != NULL) {
		first = !strcmp(mount->mnt_type, "cgroup") &&
			hasmntopt(mount, "perf_event");
		if (first || (!*point && !strcmp(mount->mnt_type, "cgroup2")))
			snprintf(point, size, "%s", mount->mnt_dir);
	}
	if (file)
		endmntent(file);
	return *point ? 0 : -ENOENT;
}

/* -1: there's no such folder. */
static int open_folder(const char *path)
{
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static bool same_device(int fd, const char *point)
{
	struct stat here, there;

	return !fstat(fd, &here) && !stat(point, &there) &&
	       here.st_dev == there.st_dev;
}

/*
 * A path that begins with / may be whole, or begin at the mount point. In *wrong,
 * whether there is a folder of that name elsewhere.
 */
static int find(const char *name, const char *point, bool *wrong)
{
	char path[PATH_MAX];
	int fd = -1;

	*wrong = false;
	if (*name == '/')
		fd = open_folder(name);
	if (fd >= 0 && same_device(fd, point))
		return fd;
	if (fd >= 0) {
		*wrong = true;
		close(fd);
	}
	if (snprintf(path, sizeof(path), "%s/%s", point, name) >=
	    (int)sizeof(path))
		return -1;
	fd = open_folder(path);
	if (fd >= 0 && !same_device(fd, point)) {
		*wrong = true;
		close(fd);
		fd = -1;
	}
	return fd;
}

static char *path_of(int fd)
{
	char link[64], path[PATH_MAX];
	ssize_t bytes;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	bytes = readlink(link, path, sizeof(path) - 1);
	if (bytes < 0)
		return NULL;
	path[bytes] = '\0';
	return strdup(path);
}

static int no_controller(char *error, size_t error_size)
{
	return kpc_fail(error, error_size, -EOPNOTSUPP,
			"this kernel can't record by cgroup: it is without "
			"CONFIG_CGROUP_PERF, or its command line disables the "
			"controller perf_event");
}

/* An event that counts nothing: what else keeps it from being opened is told later. */
int kpc_cgroup_check_sampling(char *error, size_t error_size)
{
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.type = PERF_TYPE_SOFTWARE,
		.config = PERF_COUNT_SW_DUMMY,
		.sample_type = PERF_SAMPLE_CGROUP,
		.exclude_kernel = 1,
		.disabled = 1,
	};
	int fd;

	if (!kpc_cgroup_has_perf(CONTROLLERS))
		return no_controller(error, error_size);
	fd = syscall(SYS_perf_event_open, &attr, 0, -1, -1,
		     PERF_FLAG_FD_CLOEXEC);
	if (fd >= 0)
		close(fd);
	else if (errno == EINVAL)
		return kpc_fail(error, error_size, -EOPNOTSUPP,
				"this kernel can't tell of which cgroup a row "
				"is (--all-cgroups): that takes Linux 5.7 with "
				"CONFIG_CGROUP_PERF");
	return 0;
}

/* A group without perf_event is one that no event can be opened for. */
static bool has_controller(const char *point, const char *name)
{
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.type = PERF_TYPE_SOFTWARE,
		.config = PERF_COUNT_SW_DUMMY,
		.disabled = 1,
	};
	char path[PATH_MAX];
	int folder, event;
	bool has = true;

	if (snprintf(path, sizeof(path), "%s/%s", point, name) >=
	    (int)sizeof(path))
		return true;
	folder = open_folder(path);
	if (folder < 0)
		return true;
	event = syscall(SYS_perf_event_open, &attr, folder, sched_getcpu(), -1,
			PERF_FLAG_FD_CLOEXEC | PERF_FLAG_PID_CGROUP);
	if (event >= 0)
		close(event);
	else
		has = errno != ENOENT;
	close(folder);
	return has;
}

bool kpc_cgroup_are_told(char *point, size_t size)
{
	DIR *dir = kpc_cgroup_mount(KPC_MOUNTS, point, size) ? NULL :
							       opendir(point);
	struct dirent *entry;
	bool told = true;

	/* One is as good as another. */
	while (dir && (entry = readdir(dir)) != NULL) {
		if (entry->d_type != DT_DIR || *entry->d_name == '.')
			continue;
		told = has_controller(point, entry->d_name);
		break;
	}
	if (dir)
		closedir(dir);
	return told;
}

int kpc_cgroup_open(struct kpc_cgroup *cgroup, const char *name, char *error,
		    size_t error_size)
{
	char point[PATH_MAX];
	bool wrong;

	*cgroup = (struct kpc_cgroup){ .fd = -1 };
	if (!kpc_cgroup_has_perf(CONTROLLERS))
		return no_controller(error, error_size);
	if (kpc_cgroup_mount(KPC_MOUNTS, point, sizeof(point)))
		return kpc_fail(error, error_size, -ENOENT,
				"no hierarchy of cgroups that perf can follow "
				"is mounted; mount -t cgroup2 none "
				"/sys/fs/cgroup makes one");
	cgroup->fd = find(name, point, &wrong);
	if (cgroup->fd < 0 && wrong)
		return kpc_fail(error, error_size, -EINVAL,
				"'%s' is no cgroup that perf can follow: those "
				"are the folders below %s",
				name, point);
	if (cgroup->fd < 0)
		return kpc_fail(error, error_size, -ENOENT,
				"there is no cgroup '%s' below %s", name,
				point);
	cgroup->path = path_of(cgroup->fd);
	if (cgroup->path)
		return 0;
	kpc_cgroup_close(cgroup);
	return kpc_fail(error, error_size, -ENOMEM,
			"cannot tell where the cgroup '%s' is", name);
}

bool kpc_cgroup_is_in(const struct kpc_cgroup *inner,
		      const struct kpc_cgroup *outer)
{
	size_t bytes = strlen(outer->path);

	return !strncmp(inner->path, outer->path, bytes) &&
	       (!inner->path[bytes] || inner->path[bytes] == '/');
}

bool kpc_cgroup_is_empty(const struct kpc_cgroup *cgroup)
{
	char path[PATH_MAX], text[256];

	if (snprintf(path, sizeof(path), "%s/cgroup.events", cgroup->path) >=
	    (int)sizeof(path))
		return false;
	return kpc_pseudofile_read(path, text, sizeof(text)) > 0 &&
	       strstr(text, "populated 0");
}

void kpc_cgroup_close(struct kpc_cgroup *cgroup)
{
	if (cgroup->fd >= 0)
		close(cgroup->fd);
	free(cgroup->path);
	*cgroup = (struct kpc_cgroup){ .fd = -1 };
}
