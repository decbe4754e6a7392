// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE /* O_PATH */
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "mapid.h"
#include "trace_clock.h"

#define LOOKS_MAX 64 /* in vain since it was found: nothing of it is left */

/* ---- is it that file ----------------------------------------------------- */

/* Of these stat(2) tells another device than the kernel does of a mapping. */
static bool has_own_devices(int fd, uint32_t major)
{
	struct statfs fs;

	if (fstatfs(fd, &fs))
		return false;
	return fs.f_type == OVERLAYFS_SUPER_MAGIC ||
	       (fs.f_type == BTRFS_SUPER_MAGIC && !major);
}

static bool is_the_file(const struct kpc_mapid_file *file, int fd,
			struct stat *st)
{
	if (fstat(fd, st) || !S_ISREG(st->st_mode) || st->st_ino != file->inode)
		return false;
	return (major(st->st_dev) == file->major &&
		minor(st->st_dev) == file->minor) ||
	       has_own_devices(fd, file->major);
}

/* File systems that have generations set an int of it. */
static bool is_the_generation(const struct kpc_mapid_file *file, int fd)
{
	long generation = 0;
	int got;

	if (!file->generation || ioctl(fd, FS_IOC_GETVERSION, &generation))
		return true;
	memcpy(&got, &generation, sizeof(got));
	return (uint32_t)got == (uint32_t)file->generation;
}

/* ---- was it that by then ------------------------------------------------- */

static struct timespec before(struct timespec time, uint64_t ns)
{
	time.tv_sec -= ns / KPC_NS_PER_S;
	time.tv_nsec -= ns % KPC_NS_PER_S;
	if (time.tv_nsec < 0) {
		time.tv_sec--;
		time.tv_nsec += KPC_NS_PER_S;
	}
	return time;
}

/* When it was mapped, as files have their times; what is to come is now. */
static struct timespec mapped(const struct kpc_mapid_place *at)
{
	struct timespec now = { 0 };
	uint64_t now_ns;

	clock_gettime(CLOCK_REALTIME, &now);
	now_ns = kpc_trace_clock();
	return before(now, at->time_ns < now_ns ? now_ns - at->time_ns : 0);
}

static bool is_later(const struct timespec *time, const struct timespec *than)
{
	return time->tv_sec != than->tv_sec ? time->tv_sec > than->tv_sec :
					      time->tv_nsec > than->tv_nsec;
}

/* The clock of files is behind, by a tick at most. */
static struct timespec a_tick_after(struct timespec time)
{
	struct timespec tick = { 0 };

	clock_getres(CLOCK_REALTIME_COARSE, &tick);
	time.tv_nsec += tick.tv_nsec;
	if (time.tv_nsec >= (long)KPC_NS_PER_S) {
		time.tv_sec++;
		time.tv_nsec -= KPC_NS_PER_S;
	}
	return time;
}

/* ---- looking ------------------------------------------------------------- */

/* What is looked at, and how. */
struct view {
	const struct kpc_mapid_file *file;
	struct timespec mapped;
	bool is_mapped; /* not only by its path */
};

/*
 * It has to be as it was when it was mapped. One that is mapped still may be deleted,
 * or have been renamed, which changes it, too, but not what it has; and it is the same
 * however short the time since it was written.
 */
static bool was_so(const struct view *v, const struct stat *st)
{
	struct timespec by = v->is_mapped ? st->st_mtim :
					    a_tick_after(st->st_ctim);

	return !is_later(&by, &v->mapped);
}

static bool read_id(struct kpc_mapid *id, const struct view *v, int fd)
{
	struct stat st, again;
	int bytes;

	if (!is_the_file(v->file, fd, &st) || !is_the_generation(v->file, fd) ||
	    !was_so(v, &st))
		return false;
	id->changed = a_tick_after(st.st_ctim);
	bytes = kpc_buildid_of_fd(fd, id->id);
	id->bytes = bytes > 0 ? bytes : 0;
	/* Unless it was changed meanwhile. */
	return is_the_file(v->file, fd, &again) &&
	       !memcmp(&again.st_ctim, &st.st_ctim, sizeof(st.st_ctim));
}

/*
 * Nothing is opened to be read before it is known what it is, and not if that would
 * wait for whoever has a lease.
 */
static bool look_at(struct kpc_mapid *id, const struct view *v,
		    const char *path)
{
	int fd = -1, seen = open(path, O_PATH | O_CLOEXEC);
	char again[64];
	struct stat st;
	bool is;

	if (seen < 0)
		return false;
	snprintf(again, sizeof(again), "/proc/self/fd/%d", seen);
	if (is_the_file(v->file, seen, &st) && was_so(v, &st))
		fd = open(again, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	close(seen);
	if (fd < 0)
		return false;
	is = read_id(id, v, fd);
	close(fd);
	return is;
}

static bool find(struct kpc_mapid *id, const struct kpc_mapid_file *file,
		 const struct kpc_mapid_place *at, struct timespec when)
{
	struct view v = {
		.file = file,
		.mapped = when,
		.is_mapped = true,
	};
	char path[PATH_MAX];

	/* (With CAP_SYS_ADMIN or CAP_CHECKPOINT_RESTORE, and if ptrace(2) may look.) */
	snprintf(path, sizeof(path), "/proc/%d/map_files/%" PRIx64 "-%" PRIx64,
		 at->pid, at->start, at->start + at->bytes);
	if (look_at(id, &v, path))
		return true;
	v.is_mapped = false;
	if ((size_t)snprintf(path, sizeof(path), "/proc/%d/root%s", at->pid,
			     file->path) < sizeof(path) &&
	    look_at(id, &v, path))
		return true;
	return look_at(id, &v, file->path);
}

bool kpc_mapid_look(struct kpc_mapid *id, const struct kpc_mapid_file *file,
		    const struct kpc_mapid_place *at)
{
	struct kpc_mapid found = { .found = true };
	struct timespec when;

	if (!file->inode || file->path[0] != '/' || file->path[1] == '/')
		return false;
	when = mapped(at);
	if (id->found && at->time_ns <= id->seen_ns &&
	    !is_later(&id->changed, &when))
		return true;
	if (id->looks == LOOKS_MAX)
		return false;
	found.seen_ns = kpc_trace_clock();
	if (!find(&found, file, at, when)) {
		id->looks++;
		return false;
	}
	*id = found;
	return true;
}
