/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cgroup - the control groups that perf can follow: of the hierarchy of the
 * controller perf_event, which is that of version 2 unless it was mounted as one
 * of version 1
 */
#ifndef KPC_CGROUP_H
#define KPC_CGROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kpc_cgroup {
	char *path; /* canonical, with the mount point */
	int fd;	    /* of its folder */
};

/*
 * Opens the cgroup @name, whose path is that of its folder, or begins at the
 * mount point, as in /proc/PID/cgroup. 0 or a negative errno with the reason:
 * -ENOENT (there is none), -EINVAL (of another hierarchy), -EOPNOTSUPP (the
 * kernel can't).
 */
int kpc_cgroup_open(struct kpc_cgroup *cgroup, const char *name, char *error,
		    size_t error_size);
/* Is @inner @outer, or one of its descendants? */
bool kpc_cgroup_is_in(const struct kpc_cgroup *inner,
		      const struct kpc_cgroup *outer);
/* As far as the kernel tells (version 2): no task is in it or in a descendant. */
bool kpc_cgroup_is_empty(const struct kpc_cgroup *cgroup);
void kpc_cgroup_close(struct kpc_cgroup *cgroup);

/* 0; -EOPNOTSUPP with the reason: the kernel can't tell of which cgroup a row is. */
int kpc_cgroup_check_sampling(char *error, size_t error_size);
/*
 * Does the kernel tell groups apart? Where no controller was ever handed down from the
 * topmost group of version 2 it takes them all for that, though tasks are in others.
 * In @point, of @size bytes, the mount point.
 */
bool kpc_cgroup_are_told(char *point, size_t size);

#define KPC_MOUNTS "/proc/self/mounts"

/*
 * The mount point of the hierarchy, of the mounts listed in the file @mounts, in
 * @point, of @size bytes. -ENOENT: there is none. For tests.
 */
int kpc_cgroup_mount(const char *mounts, char *point, size_t size);
/* Does the file @list, as /proc/cgroups, have perf_event, and not disabled? */
bool kpc_cgroup_has_perf(const char *list);

#endif /* KPC_CGROUP_H */
