#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Tracepoints of a module that comes and goes: words while it isn't loaded, a recording
# that goes on when it comes, and one that keeps it.
# On one kernel: debian-6.12.
. tests/vm/lib.sh
need_root
modprobe -n -q nbd || skip "this kernel has no module nbd"
rmmod nbd 2> /dev/null || :
[ ! -d /sys/module/nbd ] || skip "nbd is in use"
out=$TMP/m.pb

assert_fails "the module nbd isn't loaded" collect -o "$out" -e 'nbd:*' -- true
assert_fails "as root: modprobe nbd" collect -o "$out" -e nbd:nbd_header_sent -- true
assert_fails "a module's are there while it" collect -o "$out" -e 'no_such_system:*' -- true
[ ! -e "$out" ] || fail "a file was left"

# It comes and goes while something else is recorded, by a pattern, too.
collect -q -a -o "$out" --flush-interval 100ms -e 'sched:sched_process_*,module:*' -e sched:sched_process_exit &
pid=$!
records "$out" 0 1
modprobe nbd
[ -d /sys/kernel/tracing/events/nbd ] || fail "nbd has no tracepoints"
rmmod nbd
modprobe nbd
kill -TERM "$pid"
wait "$pid" || fail "the recording failed"
collect dump "$out" > "$TMP/dump"
assert_grep 'module:module_load: .*name="nbd"' "$TMP/dump"
assert_grep 'module:module_free: .*name="nbd"' "$TMP/dump"

# Recorded, it stays until the end.
rm -f "$out"
collect -q -a -o "$out" -e 'nbd:*' &
pid=$!
for _ in $(seq 1000); do [ -s "$out" ] && break; sleep 0.05; done
assert_fails "in use" rmmod nbd
kill -TERM "$pid"
wait "$pid" || fail "the recording of nbd's failed"
collect report "$out" > "$TMP/report"
assert_grep '^nbd:nbd_header_sent ' "$TMP/report"
for _ in $(seq 500); do rmmod nbd 2> /dev/null && break; sleep 0.05; done
[ ! -d /sys/module/nbd ] || fail "nbd can't be removed after the recording"
assert_fails "the module nbd isn't loaded" collect -o "$out" -e 'nbd:*' -- true
