#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# What record_cgroup.sh and record_all_cgroups.sh say of version 2 is so in a hierarchy
# of version 1, too.
. tests/native/lib.sh
need_recording

! awk '$3 == "cgroup" && $4 ~ /perf_event/ { exit 1 }' /proc/mounts &&
	skip "record_cgroup.sh is about version 1 here"
mkdir "$TMP/v1"
# Whoever relies on version 2 meanwhile has a part of that lock.
exec 9< /proc/cgroups
flock 9
# The mount is for this process only; while it lasts, version 2 has no perf_event.
unshare -m bash -c 'mount -t cgroup -o perf_event none "$1"' - "$TMP/v1" 2> "$TMP/err" ||
	skip "perf_event can't be mounted in version 1: $(cat "$TMP/err")"
# shellcheck disable=SC2016 # bash -c expands it
unshare -m bash -c '
	mount -t cgroup -o perf_event none "$1" || exit
	bash tests/native/record_cgroup.sh && bash tests/native/record_all_cgroups.sh
	status=$?
	umount "$1"
	exit $status' - "$TMP/v1" || status=$?
# A hierarchy whose groups were just going when it was unmounted stays, and keeps
# perf_event from version 2, until it is unmounted without.
# shellcheck disable=SC2317 # until_true calls it
is_back() {
	[ "$(awk '$1 == "perf_event" { print $2 }' /proc/cgroups)" = 0 ] && return
	# shellcheck disable=SC2016 # bash -c expands it
	unshare -m bash -c 'mount -t cgroup -o perf_event none "$1" && umount "$1"' - "$TMP/v1"
	return 1
}
until_true 10 is_back
exit "${status-0}"
