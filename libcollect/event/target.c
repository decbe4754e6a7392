// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fail.h"
#include "pseudofile.h"
#include "target.h"
#include "trace_clock.h"

#define LOOK_NS (100 * KPC_NS_PER_MS)

/* The kernel's PROC_PID_INIT_INO: the number of the initial pid namespace. */
#define INITIAL_PIDNS 0xeffffffcu

int kpc_target_init(struct kpc_target *target, const char *cpus, char *error,
		    size_t error_size)
{
	*target = (struct kpc_target){ 0 };
	return kpc_cpulist_choose(&target->cpus, cpus, error, error_size);
}

static void close_followed(struct kpc_followed *f)
{
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
}

void kpc_target_uninit(struct kpc_target *target)
{
	kpc_cpulist_uninit(&target->cpus);
	for (uint32_t i = 0; i < target->nr_followed; i++)
		close_followed(&target->followed[i]);
	for (uint32_t i = 0; i < target->nr_cgroups; i++)
		kpc_cgroup_close(&target->cgroups[i]);
	free(target->cgroups);
	free(target->followed);
	free(target->pids);
	*target = (struct kpc_target){ 0 };
}

static bool has_pid(const pid_t *pids, uint32_t nr, pid_t pid)
{
	for (uint32_t i = 0; i < nr; i++)
		if (pids[i] == pid)
			return true;
	return false;
}

/* Once: a thread may be named beside its process. */
static int add_pid(struct kpc_target *target, pid_t pid)
{
	pid_t *pids;

	if (has_pid(target->pids, target->nr_pids, pid))
		return 0;
	pids = realloc(target->pids, (target->nr_pids + 1) * sizeof(*pids));
	if (!pids)
		return -ENOMEM;
	target->pids = pids;
	pids[target->nr_pids++] = pid;
	return 0;
}

int kpc_target_child(struct kpc_target *target, pid_t pid)
{
	target->child = pid;
	return add_pid(target, pid);
}

/* ---- what is alive ------------------------------------------------------- */

/*
 * Of /proc/…/stat. A first thread that has ended stays as a zombie while the
 * others live, and can't be recorded.
 */
static bool is_zombie(const char *stat)
{
	/* The name is in parentheses, and may have some. */
	const char *state = strrchr(stat, ')');

	return state && state[1] && (state[2] == 'Z' || state[2] == 'X');
}

/* What can't be read is left to perf_event_open(2). */
static bool thread_is_zombie(pid_t pid, pid_t tid)
{
	char path[64], stat[256];

	snprintf(path, sizeof(path), "/proc/%d/task/%d/stat", pid, tid);
	return kpc_pseudofile_read(path, stat, sizeof(stat)) > 0 &&
	       is_zombie(stat);
}

/* Its folder is the thread's own: a later one of the same id isn't in it. */
static bool thread_ended(const struct kpc_followed *f)
{
	int fd = openat(f->fd, "stat", O_RDONLY | O_CLOEXEC);
	char stat[256];
	ssize_t got;

	if (fd < 0)
		return true;
	got = read(fd, stat, sizeof(stat) - 1);
	close(fd);
	if (got <= 0)
		return true;
	stat[got] = '\0';
	return is_zombie(stat);
}

static bool process_ended(const struct kpc_followed *f)
{
	struct pollfd fd = { .fd = f->fd, .events = POLLIN };

	return poll(&fd, 1, 0) > 0;
}

static bool followed_ended(const struct kpc_followed *f)
{
	return f->tid ? thread_ended(f) : process_ended(f);
}

bool kpc_target_ended(struct kpc_target *target, uint64_t now_ns)
{
	bool look = now_ns - target->looked_ns >= LOOK_NS;

	if (look)
		target->looked_ns = now_ns;
	for (; target->first < target->nr_followed; target->first++) {
		struct kpc_followed *f = &target->followed[target->first];

		if (f->fd < 0)
			continue;
		/* A process is polled for, a thread can't be. */
		if ((f->tid && !look) || !followed_ended(f))
			return false;
		close_followed(f);
	}
	return target->nr_followed;
}

int kpc_target_fd(const struct kpc_target *target)
{
	const struct kpc_followed *f = &target->followed[target->first];

	return target->first < target->nr_followed && !f->tid ? f->fd : -1;
}

/* ---- the threads of all -------------------------------------------------- */

static int list_threads(struct kpc_target *target, pid_t pid)
{
	struct dirent *entry;
	char path[64];
	int err = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	dir = opendir(path);
	while (!err && dir && (entry = readdir(dir)) != NULL) {
		pid_t tid = strtol(entry->d_name, NULL, 10);

		if (tid > 0 && !thread_is_zombie(pid, tid))
			err = add_pid(target, tid);
	}
	if (dir)
		closedir(dir);
	return err;
}

static int list_followed(struct kpc_target *target, struct kpc_followed *f)
{
	if (f->fd < 0)
		return 0;
	if (followed_ended(f)) {
		close_followed(f);
		return 0;
	}
	return f->tid ? add_pid(target, f->tid) : list_threads(target, f->pid);
}

int kpc_target_again(struct kpc_target *target, char *error, size_t error_size)
{
	uint32_t nr_before = target->nr_pids;
	pid_t *before = target->pids;
	bool more = false;
	int err = 0;

	target->pids = NULL;
	target->nr_pids = 0;
	for (uint32_t i = 0; !err && i < target->nr_followed; i++)
		err = list_followed(target, &target->followed[i]);
	for (uint32_t i = 0; i < target->nr_pids; i++)
		more |= !has_pid(before, nr_before, target->pids[i]);
	free(before);
	if (err)
		return kpc_fail(error, error_size, err, "out of memory");
	if (!target->nr_pids)
		return kpc_fail(error, error_size, -ESRCH,
				"what was to be recorded has ended");
	return more;
}

/* ---- naming them --------------------------------------------------------- */

static int follow(struct kpc_target *target, const struct kpc_followed *f)
{
	struct kpc_followed *grown = realloc(
		target->followed, (target->nr_followed + 1) * sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	target->followed = grown;
	grown[target->nr_followed++] = *f;
	return 0;
}

static bool is_followed(const struct kpc_target *target, pid_t pid, pid_t tid)
{
	for (uint32_t i = 0; i < target->nr_followed; i++)
		if (tid ? target->followed[i].tid == tid :
			  !target->followed[i].tid &&
				    target->followed[i].pid == pid)
			return true;
	return false;
}

/* Takes over its descriptor. */
static int add_followed(struct kpc_target *target, struct kpc_followed f,
			char *error, size_t error_size)
{
	uint32_t nr = target->nr_pids;
	int err = list_followed(target, &f);

	/* One that was listed already is alive. */
	if (!err && target->nr_pids == nr &&
	    (f.fd < 0 || (!f.tid && thread_is_zombie(f.pid, f.pid))))
		err = -ESRCH;
	if (!err)
		err = follow(target, &f);
	if (!err)
		return 0;
	close_followed(&f);
	if (err == -ESRCH)
		return kpc_fail(error, error_size, err, "there is no %s %d",
				f.tid ? "thread" : "process",
				f.tid ? f.tid : f.pid);
	return kpc_fail(error, error_size, err, "out of memory");
}

int kpc_target_process(struct kpc_target *target, pid_t pid, char *error,
		       size_t error_size)
{
	struct kpc_followed f = { .pid = pid };
	int err;

	if (is_followed(target, pid, 0))
		return 0;
	f.fd = syscall(SYS_pidfd_open, pid, 0);
	if (f.fd >= 0)
		return add_followed(target, f, error, error_size);
	err = -errno;
	if (err == -ESRCH)
		return kpc_fail(error, error_size, err,
				"there is no process %d", pid);
	if (err == -EINVAL || err == -ENOENT)
		return kpc_fail(error, error_size, -EINVAL,
				"%d is a thread, not a process: name the "
				"process that it is of, or use -t",
				pid);
	return kpc_fail(error, error_size, err, "cannot watch process %d: %s",
			pid, strerror(-err));
}

/* 0: there is none. */
static pid_t group_of(pid_t tid)
{
	char path[64], text[2048];
	const char *line;

	snprintf(path, sizeof(path), "/proc/%d/status", tid);
	if (kpc_pseudofile_read(path, text, sizeof(text)) <= 0)
		return 0;
	/* A name has its line ends escaped. */
	line = strstr(text, "\nTgid:");
	return line ? strtol(line + strlen("\nTgid:"), NULL, 10) : 0;
}

int kpc_target_thread(struct kpc_target *target, pid_t tid, char *error,
		      size_t error_size)
{
	struct kpc_followed f = { .pid = group_of(tid), .tid = tid };
	char path[64];

	if (is_followed(target, f.pid, tid))
		return 0;
	snprintf(path, sizeof(path), "/proc/%d/task/%d", f.pid, tid);
	f.fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (f.fd < 0)
		return kpc_fail(error, error_size,
				errno == ENOENT ? -ESRCH : -errno,
				"there is no thread %d", tid);
	return add_followed(target, f, error, error_size);
}

int kpc_target_cgroup(struct kpc_target *target, const char *name, char *error,
		      size_t error_size)
{
	struct kpc_cgroup cgroup, *at;
	uint32_t nr = 0;
	int err = kpc_cgroup_open(&cgroup, name, error, error_size);

	if (err)
		return err;
	/* What is in two of them would be recorded twice. */
	for (uint32_t i = 0; i < target->nr_cgroups; i++) {
		at = &target->cgroups[i];
		if (kpc_cgroup_is_in(&cgroup, at)) {
			kpc_cgroup_close(&cgroup);
			return 0;
		}
	}
	for (uint32_t i = 0; i < target->nr_cgroups; i++) {
		at = &target->cgroups[i];
		if (kpc_cgroup_is_in(at, &cgroup))
			kpc_cgroup_close(at);
		else
			target->cgroups[nr++] = *at;
	}
	target->nr_cgroups = nr;
	at = realloc(target->cgroups, (nr + 1) * sizeof(*at));
	if (!at) {
		kpc_cgroup_close(&cgroup);
		return kpc_fail(error, error_size, -ENOMEM, "out of memory");
	}
	target->cgroups = at;
	at[target->nr_cgroups++] = cgroup;
	return 0;
}

bool kpc_target_ids_are_initial(void)
{
	struct stat ns;

	return !stat("/proc/self/ns/pid", &ns) && ns.st_ino == INITIAL_PIDNS;
}

static int use_cgroups(const struct kpc_target *t, struct kpc_evlist *evlist)
{
	int *fds, err;

	if (!t->nr_cgroups)
		return 0;
	fds = calloc(t->nr_cgroups, sizeof(*fds));
	if (!fds)
		return -ENOMEM;
	for (uint32_t i = 0; i < t->nr_cgroups; i++)
		fds[i] = t->cgroups[i].fd;
	err = kpc_evlist_cgroups(evlist, fds, t->nr_cgroups);
	free(fds);
	return err;
}

int kpc_target_evlist(const struct kpc_target *t, struct kpc_evlist **evlist)
{
	int err = kpc_evlist_new(evlist, &t->cpus, t->pids, t->nr_pids);

	return err ? err : use_cgroups(t, *evlist);
}
