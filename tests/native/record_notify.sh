#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# A service manager is told when it records, and a dump that is asked for before makes one.
# shellcheck source=tests/native/lib.sh
. tests/native/lib.sh
need_recording
notified=tests/native/notify/notified.py
flight=(--overwrite last=20s -a -e sched:sched_process_exec)

# As soon as it is told, what happens is recorded.
for socket in "$TMP/socket" "@kprobex-$$"; do
	rm -f "$TMP/ready" "$TMP"/f.*.pb
	$notified "$socket" "$TMP/ready" collect -q -o "$TMP/f.pb" "${flight[@]}" 2> "$TMP/err" &
	pid=$!
	until_true 20 grep -q . "$TMP/ready"
	ls / > /dev/null
	kill -USR2 $pid
	until_true 20 test -s "$TMP/f.000001.pb"
	kill -TERM $pid
	wait $pid || fail "the recorder: $? $(cat "$TMP/err")"
	assert_eq "$(cat "$TMP/ready")" READY=1 "what it was told"
	collect dump "$TMP/f.000001.pb" | grep -q '/ls"' || fail "what came after it was told isn't there"
done
# One that isn't there is said, and harms nothing.
status 0 env NOTIFY_SOCKET="$TMP/nothing" collect -o "$TMP/n.pb" -e sched:sched_process_exec -- sleep 1.5
says "cannot tell the service manager"
status 0 env NOTIFY_SOCKET=nothing collect -o "$TMP/n.pb" -e sched:sched_process_exec -- sleep 1.5
says "Invalid argument"

# SIGUSR2 is pending when it begins: a dump is made, and the recording goes on.
echo early > "$TMP/ready"
$notified "$TMP/socket2" "$TMP/ready" collect -q -o "$TMP/e.pb" "${flight[@]}" 2> "$TMP/err" &
pid=$!
until_true 20 test -s "$TMP/e.000001.pb"
until_true 20 grep -q '^READY=1$' "$TMP/ready"
ls / > /dev/null
kill -USR2 $pid
until_true 20 test -s "$TMP/e.000002.pb"
kill -TERM $pid
wait $pid || fail "the recorder: $? $(cat "$TMP/err")"
collect verify "$TMP"/e.*.pb > /dev/null || fail "a dump isn't whole"
collect dump "$TMP/e.000002.pb" | grep -q '/ls"' || fail "the second dump: $(collect dump "$TMP/e.000002.pb")"
[ ! -e "$TMP/e.000003.pb" ] || fail "a dump that nobody asked for"

# Of a recording that makes no dumps it is what it is of every program.
echo early > "$TMP/ready"
got=0
$notified "$TMP/socket3" "$TMP/ready" sh -c "trap '' USR2; exec collect -q -o $TMP/i.pb -e sched:sched_process_exec -- true" || got=$?
assert_eq "$got" 0 "exit status of one that ignores it"
got=0
collect -q -o "$TMP/k.pb" -e sched:sched_process_exec -- sh -c 'kill -USR2 $PPID; sleep 5' || got=$?
assert_eq "$got" 140 "exit status after SIGUSR2"
