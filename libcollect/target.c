// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fail.h"
#include "target.h"

/* The kernel's PROC_PID_INIT_INO: the number of the initial pid namespace. */
#define INITIAL_PIDNS 0xeffffffcu

int kpc_target_init(struct kpc_target *target, const char *cpus, char *error,
		    size_t error_size)
{
	*target = (struct kpc_target){ .pidfd = -1 };
	return kpc_cpulist_choose(&target->cpus, cpus, error, error_size);
}

void kpc_target_uninit(struct kpc_target *target)
{
	kpc_cpulist_uninit(&target->cpus);
	free(target->pids);
	if (target->pidfd >= 0)
		close(target->pidfd);
	*target = (struct kpc_target){ .pidfd = -1 };
}

static int add_pid(struct kpc_target *target, pid_t pid)
{
	pid_t *pids =
		realloc(target->pids, (target->nr_pids + 1) * sizeof(*pids));

	if (!pids)
		return -ENOMEM;
	target->pids = pids;
	pids[target->nr_pids++] = pid;
	return 0;
}

int kpc_target_child(struct kpc_target *target, pid_t pid)
{
	target->nr_pids = 0;
	target->pid = pid;
	return add_pid(target, pid);
}

/*
 * A first thread that has ended stays as a zombie while the others live, and
 * can't be recorded. What can't be read is left to perf_event_open(2).
 */
static bool is_zombie(pid_t pid, pid_t tid)
{
	char path[64], line[256];
	const char *state = NULL;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/stat", pid, tid);
	file = fopen(path, "re");
	if (!file)
		return false;
	/* The name is in parentheses, and may have some. */
	if (fgets(line, sizeof(line), file))
		state = strrchr(line, ')');
	fclose(file);
	return state && (state[2] == 'Z' || state[2] == 'X');
}

static int list_threads(struct kpc_target *target)
{
	struct dirent *entry;
	char path[64];
	int err = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", target->pid);
	dir = opendir(path);
	while (!err && dir && (entry = readdir(dir)) != NULL) {
		pid_t tid = strtol(entry->d_name, NULL, 10);

		if (tid > 0 && !is_zombie(target->pid, tid))
			err = add_pid(target, tid);
	}
	if (dir)
		closedir(dir);
	return err;
}

static bool has_pid(const pid_t *pids, uint32_t nr, pid_t pid)
{
	for (uint32_t i = 0; i < nr; i++)
		if (pids[i] == pid)
			return true;
	return false;
}

int kpc_target_again(struct kpc_target *target, char *error, size_t error_size)
{
	uint32_t nr_before = target->nr_pids;
	pid_t *before = target->pids;
	bool more = false;
	int err;

	target->pids = NULL;
	target->nr_pids = 0;
	err = list_threads(target);
	for (uint32_t i = 0; i < target->nr_pids; i++)
		more |= !has_pid(before, nr_before, target->pids[i]);
	free(before);
	if (err)
		return kpc_fail(error, error_size, err, "out of memory");
	if (!target->nr_pids)
		return kpc_fail(error, error_size, -ESRCH,
				"there is no process %d", target->pid);
	return more;
}

int kpc_target_process(struct kpc_target *target, pid_t pid, char *error,
		       size_t error_size)
{
	int err;

	target->pid = pid;
	target->pidfd = syscall(SYS_pidfd_open, pid, 0);
	if (target->pidfd >= 0) {
		err = kpc_target_again(target, error, error_size);
		return err < 0 ? err : 0;
	}
	err = -errno;
	if (err == -ESRCH)
		return kpc_fail(error, error_size, err,
				"there is no process %d", pid);
	if (err == -EINVAL || err == -ENOENT)
		return kpc_fail(error, error_size, -EINVAL,
				"%d is a thread, not a process: name the "
				"process that it is of",
				pid);
	return kpc_fail(error, error_size, err, "cannot watch process %d: %s",
			pid, strerror(-err));
}

bool kpc_target_ended(const struct kpc_target *target)
{
	struct pollfd fd = { .fd = target->pidfd, .events = POLLIN };

	return target->pidfd >= 0 && poll(&fd, 1, 0) > 0;
}

bool kpc_target_ids_are_initial(void)
{
	struct stat ns;

	return !stat("/proc/self/ns/pid", &ns) && ns.st_ino == INITIAL_PIDNS;
}
