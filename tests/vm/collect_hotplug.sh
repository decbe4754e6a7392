#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# collect -a and --cgroup follow a CPU that goes and comes back, and one that comes
# for the first time, with a probe and a tracepoint: what runs there is recorded
# again, the books close, and the time in which it wasn't is told.
# On one kernel: debian-6.1.
. tests/vm/lib.sh
need_module
online=/sys/devices/system/cpu/cpu1/online
[ -w "$online" ] || skip "there is no CPU that can be switched off"
at_exit "echo 1 > $online"
out=$TMP/t.pb

# What CPU 1 does: writes, each in a system call of its own.
on_cpu_1() { # N
	taskset -c 1 dd if=/dev/zero of=/dev/null bs=1 count="$1" 2> "$TMP/dd" || fail "dd: $(cat "$TMP/dd")"
}

rows() { # CPU EVENT PROGRAM
	collect dump "$out" | awk -v cpu="$1" -v event="$2:" -v name="$3" \
		'$2 == cpu && $3 == name && $5 == event' | wc -l
}

# recording CPU ARGUMENT…: in the background, until it has something of that CPU
recording() {
	at=$1
	shift
	rm -f "$out"
	collect -o "$out" --flush-interval 100ms -e kprobex/vfs_write/ -e sched:sched_process_exit "$@" 2> "$TMP/err" &
	collector=$!
	at_exit "kill $collector 2> /dev/null || :"
	records "$out" "$at"
}

# says N TEXT: when it has said it so often
says() {
	for _ in $(seq 300); do
		[ "$(grep -cF "$2" "$TMP/err")" -ge "$1" ] && return
		sleep 0.1
	done
	fail "it doesn't say '$2' $1 times: $(cat "$TMP/err")"
}

ended() { # TIMES that the CPU came
	kill -TERM "$collector"
	wait "$collector" || fail "collect failed: $(cat "$TMP/err")"
	collect report "$out" > "$TMP/report" || fail "report: $(cat "$TMP/report")"
	collect report --json "$out" > "$TMP/json"
	/usr/bin/python3 - "$TMP/json" << 'END' || fail "the books don't close: $(cat "$TMP/report")"
import json, sys
events = json.load(open(sys.argv[1]))["events"]
assert len(events) == 2, events
for e in events:
    assert e["unexplained"] == 0 and e["lost"] == 0, e
    assert e["count"] == e["delivered"] > 0, e
END
	grep -qF "CPU 1 came online ($1 times) and wasn't recorded at once" "$TMP/report" ||
		fail "the gap isn't told: $(cat "$TMP/report")"
}

# Twice away, with a program that writes all the time and has to move.
( while :; do dd if=/dev/zero of=/dev/null bs=1 count=200; done ) 2> /dev/null &
load=$!
at_exit "kill $load 2> /dev/null || :"
recording 1 -a
on_cpu_1 100
for round in 1 2; do
	echo 0 > "$online"
	says $round "CPU 1 went offline"
	sleep 0.5
	echo 1 > "$online"
	says $round "CPU 1 came online, and is recorded now"
	on_cpu_1 100
done
ended 2
kill "$load"
wait "$load" || :
# dd writes once a block.
n=$(rows 1 vfs_write dd)
[ "$n" -ge 300 ] || fail "only $n writes of dd on CPU 1: it isn't recorded again"
[ "$(rows 1 sched:sched_process_exit dd)" -ge 2 ] || fail "no tracepoint on the CPU that came back"

# It isn't there at first; and off and on faster than it can be looked at.
echo 0 > "$online"
recording 0 -a
echo 1 > "$online"
says 1 "CPU 1 came online, and is recorded now"
on_cpu_1 100
echo 0 > "$online"
echo 1 > "$online"
says 2 "CPU 1 came online, and is recorded now"
on_cpu_1 100
ended 2
n=$(rows 1 vfs_write dd)
[ "$n" -ge 200 ] || fail "only $n writes on the CPU that came later"

# A cgroup's events, too; of this shell's.
cgroup=$(sed -n 's/^0:://p' /proc/self/cgroup)
if [ -n "$cgroup" ] && grep -q ' cgroup2 ' /proc/mounts; then
	recording 1 --cgroup "$cgroup"
	echo 0 > "$online"
	says 1 "CPU 1 went offline"
	echo 1 > "$online"
	says 1 "CPU 1 came online, and is recorded now"
	on_cpu_1 100
	ended 1
	[ "$(rows 1 vfs_write dd)" -ge 100 ] || fail "no writes of the cgroup on the CPU that came back"
fi

# Threads have no events on a CPU that comes: it says so, and --strict knows.
echo 0 > "$online"
rm -f "$out"
sleep 600 &
sleeper=$!
at_exit "kill $sleeper 2> /dev/null || :"
status=0
collect --strict -o "$out" -e kprobex/vfs_write/ -p $sleeper 2> "$TMP/err" &
collector=$!
at_exit "kill $collector 2> /dev/null || :"
# it knows what CPUs there are before it has a file
for _ in $(seq 1000); do
	[ -s "$out" ] && break
	sleep 0.1
done
echo 1 > "$online"
says 1 "CPU 1 came online: what the threads do there isn't recorded"
kill "$sleeper"
wait "$collector" || status=$?
[ "$status" = 3 ] || fail "--strict: exit status $status with a CPU that isn't recorded: $(cat "$TMP/err")"
no_events vfs_write
