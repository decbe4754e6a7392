#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Tracepoints of a module that comes and goes: words while it isn't loaded, a recording
# that goes on when it comes, and one that keeps it.
. tests/vm/lib.sh
need_root
modprobe -n -q jbd2 || skip "this kernel has no module jbd2"
rmmod jbd2 2> /dev/null || :
[ ! -d /sys/module/jbd2 ] || skip "jbd2 is in use"
out=$TMP/m.pb

assert_fails "the module jbd2 isn't loaded" collect -o "$out" -e 'jbd2:*' -- true
assert_fails "as root: modprobe jbd2" collect -o "$out" -e jbd2:jbd2_start_commit -- true
assert_fails "a module's are there while it" collect -o "$out" -e 'no_such_system:*' -- true
[ ! -e "$out" ] || fail "a file was left"

# It comes and goes while something else is recorded, by a pattern, too.
collect -q -a -o "$out" -e 'sched:sched_process_*,module:*' &
pid=$!
for _ in $(seq 200); do [ -s "$out" ] && break; sleep 0.05; done
sleep 1
modprobe jbd2
[ -d /sys/kernel/tracing/events/jbd2 ] || fail "jbd2 has no tracepoints"
rmmod jbd2
modprobe jbd2
kill -TERM "$pid"
wait "$pid" || fail "the recording failed"
collect dump "$out" > "$TMP/dump"
assert_grep 'module:module_load: .*name="jbd2"' "$TMP/dump"
assert_grep 'module:module_free: .*name="jbd2"' "$TMP/dump"

# Recorded, it stays until the end.
rm -f "$out"
collect -q -a -o "$out" -e 'jbd2:*' &
pid=$!
for _ in $(seq 200); do [ -s "$out" ] && break; sleep 0.05; done
assert_fails "in use" rmmod jbd2
kill -TERM "$pid"
wait "$pid" || fail "the recording of jbd2's failed"
collect report "$out" > "$TMP/report"
assert_grep '^jbd2:jbd2_start_commit ' "$TMP/report"
for _ in $(seq 100); do rmmod jbd2 2> /dev/null && break; sleep 0.05; done
[ ! -d /sys/module/jbd2 ] || fail "jbd2 can't be removed after the recording"
assert_fails "the module jbd2 isn't loaded" collect -o "$out" -e 'jbd2:*' -- true
