# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# For the tests in this folder that record: a temporary folder $TMP, which goes
# at the end, and assertions. They need root and the kernel's own tracepoints.

set -eu

TMP=$(mktemp -d)
CALLS=build/tests/native/calls
# Events of a large trace; make test-exports has a million of them.
MANY=${KPX_MANY:-100000}
MOUNTED=""

fail() {
	echo "FAIL: $*" >&2
	exit 1
}

skip() {
	echo "SKIP: $*" >&2
	exit 77
}

cleanup() {
	status=$?
	set +e
	for mount in $MOUNTED; do umount "$mount"; done
	rm -rf "$TMP"
	exit "$status"
}
trap cleanup EXIT
trap 'exit 129' HUP INT TERM

mounted() { # MOUNT-POINT: to be unmounted at the end
	MOUNTED="$1 $MOUNTED"
}

need_recording() {
	[ "$(id -u)" = 0 ] || skip "needs root"
	[ -x "$CALLS" ] || skip "$CALLS isn't built (make tests)"
	if [ ! -d /sys/kernel/tracing/events ]; then
		mount -t tracefs tracefs /sys/kernel/tracing 2>/dev/null ||
			skip "there's no tracefs"
		mounted /sys/kernel/tracing
	fi
	[ -d /sys/kernel/tracing/events/raw_syscalls ] ||
		skip "the kernel has no system call tracepoints"
	collect -q -o "$TMP/try.pb" -e raw_syscalls:sys_enter -- true ||
		skip "events can't be opened here"
}

# number KEY FILE: a number of the totals, or of event 0 as "events.KEY"
number() {
	collect report --json "$2" | /usr/bin/python3 -c '
import json, sys
report = json.load(sys.stdin)
where, _, key = sys.argv[1].rpartition(".")
print(int(report["events"][0][key] if where else report["totals"][key]))' "$1"
}

# status WANT COMMAND…: its exit status; what it says on stderr is in $TMP/err
status() {
	want=$1
	shift
	got=0
	LC_ALL=C "$@" 2> "$TMP/err" > "$TMP/out" || got=$?
	[ "$got" = "$want" ] ||
		fail "$*: exit status $got, want $want: $(cat "$TMP/err")"
}

says() {
	grep -qF -- "$1" "$TMP/err" || fail "no '$1' in: $(cat "$TMP/err")"
}

assert_eq() { # GOT WANT WHAT
	[ "$1" = "$2" ] || fail "$3: got '$1', want '$2'"
}

# until_true SECONDS COMMAND…: polls; SECONDS are an idle machine's: a busy one gets more
until_true() {
	tries=$(($1 * 20 * 3))
	shift
	while ! "$@" 2>/dev/null; do
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || fail "timed out: $*"
		sleep 0.05
	done
}

bigger() { # FILE BYTES
	[ "$(stat -c %s "$1")" -gt "$2" ]
}

# child_polls PID: its only child is a recorder, which has begun if it waits for more
child_polls() {
	read -r call _ < "/proc/$(pgrep -P "$1")/syscall" && [ "$call" = 7 ]
}

# recording ARGUMENT…: of collect, in the background, from when it records: no sleep is
# long enough for that. Its PID is in $collector, what it says in $TMP/err
recording() {
	rm -f "$TMP/notify" "$TMP/ready"
	tests/native/notify/notified.py "$TMP/notify" "$TMP/ready" collect "$@" 2> "$TMP/err" &
	collector=$!
	until_true 20 grep -q . "$TMP/ready"
}

# cgroup_point: $point is where the hierarchy is mounted that perf follows, or nothing
cgroup_point() {
	point=$(awk '$3 == "cgroup" && $4 ~ /perf_event/ { print $2 }' /proc/mounts | head -n 1)
	point=${point:-$(awk '$3 == "cgroup2" { print $2 }' /proc/mounts | head -n 1)}
}

# need_cgroup NAME: makes a control group of that name in that hierarchy: it is the folder
# $top, below the mount point $point
need_cgroup() {
	[ "$(awk '$1 == "perf_event" { print $4 }' /proc/cgroups)" = 1 ] || skip "the kernel has no perf cgroups"
	cgroup_point
	[ -n "$point" ] || skip "no cgroups are mounted"
	top=$point/$1
	mkdir "$top" || skip "no cgroup can be made"
}
