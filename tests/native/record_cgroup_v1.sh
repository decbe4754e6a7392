#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# What record_cgroup.sh says of version 2 is so in a hierarchy of version 1, too.
. tests/native/lib.sh
need_recording

! awk '$3 == "cgroup" && $4 ~ /perf_event/ { exit 1 }' /proc/mounts &&
	skip "record_cgroup.sh is about version 1 here"
mkdir "$TMP/v1"
# The mount is for this process only; while it lasts, version 2 has no perf_event.
unshare -m bash -c 'mount -t cgroup -o perf_event none "$1"' - "$TMP/v1" 2> "$TMP/err" ||
	skip "perf_event can't be mounted in version 1: $(cat "$TMP/err")"
# shellcheck disable=SC2016 # bash -c expands it
unshare -m bash -c '
	mount -t cgroup -o perf_event none "$1" || exit
	bash tests/native/record_cgroup.sh
	status=$?
	umount "$1"
	exit $status' - "$TMP/v1"
