#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# A full disk ends the recording with 1 and a file that reads; pipes work.
. tests/native/lib.sh
need_recording
event=raw_syscalls:sys_enter

mkdir "$TMP/small"
mount -t tmpfs -o size=128k tmpfs "$TMP/small" || skip "can't mount a tmpfs"
mounted "$TMP/small"
status 1 collect -o "$TMP/small/x.pb" -e 'raw_syscalls:*' --flush-interval 100 -- \
	sh -c "for i in 1 2 3 4 5 6 7 8; do find /proc /sys/kernel -maxdepth 3; done; sleep 2"
says "No space left"
got=0
collect dump "$TMP/small/x.pb" > "$TMP/dump" 2> "$TMP/err" || got=$?
assert_eq "$got" 4 "dump of a file that ran out of space"
[ -s "$TMP/dump" ] || fail "nothing is readable after a full disk"

status 1 collect -o /dev/full -e $event -- true
collect -q -o - -e $event -- true > "$TMP/p.pb"
collect dump "$TMP/p.pb" > /dev/null || fail "what went to stdout isn't whole"
# A reader that goes away is an error, not a signal.
# shellcheck disable=SC2016 # bash -c expands it
status 0 bash -c 'collect -q -o - -e raw_syscalls:sys_enter -- '"$CALLS"' 3000000 2>"$1" |
	head -c 4000 > /dev/null; exit $((PIPESTATUS[0] != 1))' - "$TMP/pipe"

# A limit of the file's size is an error like a full disk, not the end of us.
(
	ulimit -f 64
	status 1 collect -q -o "$TMP/limit.pb" -a -e raw_syscalls:sys_enter -g -- "$CALLS" 300000
)
grep -q 'File too large' "$TMP/err" || fail "the limit isn't named: $(cat "$TMP/err")"
status 4 collect dump "$TMP/limit.pb"
grep -q 'damaged' "$TMP/err" && fail "half a packet was left"

# A reader that stalls doesn't keep us from ending. (If it did, this would hang.)
mkfifo "$TMP/fifo"
# shellcheck disable=SC2217 # that it reads nothing is the point
sleep 400 < "$TMP/fifo" &
reader=$!
collect -q -o "$TMP/fifo" -a -e raw_syscalls:sys_enter -- sh -c \
	"$CALLS 1000000; touch $TMP/called; until [ -e $TMP/done ]; do sleep 0.1; done" 2> "$TMP/err" &
collector=$!
until_true 60 test -e "$TMP/called"
kill -TERM "$collector"
code=0
wait "$collector" || code=$?
touch "$TMP/done"
kill "$reader"
assert_eq "$code" 1 "exit status with a stalled reader"
grep -q 'stopped reading' "$TMP/err" || fail "the reader isn't named: $(cat "$TMP/err")"
