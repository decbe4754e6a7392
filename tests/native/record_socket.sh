#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Over a socket to collect receive, which dies and comes back in the middle: each
# event is there once. And to a receiver that only reads.
. tests/native/lib.sh
need_recording
# System call 110 is getppid(2) there.
[ "$(uname -m)" = x86_64 ] || skip "knows getppid's number on x86_64 only"
event=raw_syscalls:sys_enter
socket=$TMP/s

receive() { # ARGUMENT…: in the background, once it listens
	rm -f "$TMP/receive.err"
	collect receive "$@" 2> "$TMP/receive.err" &
	receiver=$!
	until_true 10 grep -q 'listening at' "$TMP/receive.err"
}

# The whole of one trace, then it ends by itself.
receive -1 -o "$TMP/one.pb" "unix:$socket"
assert_eq "$(stat -c %a "$socket")" 600 "the socket's mode"
collect -q -o "unix:$socket" -e $event -- "$CALLS" 20000
wait $receiver || fail "receive -1: $(cat "$TMP/receive.err")"
[ ! -e "$socket" ] || fail "the socket is left"
collect dump "$TMP/one.pb" > "$TMP/dump" || fail "not whole"
assert_eq "$(number unexplained "$TMP/one.pb")" 0 "unexplained"
assert_eq "$(grep -c ' id=110 ' "$TMP/dump")" 20000 "calls"

# Killed in the middle, for a second, and again: what comes meanwhile is kept, and goes on
# until it came a third time.
has_sender() { grep -q ': begins$\|: goes on at byte' "$TMP/receive.err"; }
receive -o "$TMP/k.pb" "unix:$socket"
collect -q -o "unix:$socket" --flush-interval 20ms -e $event -- \
	sh -c "until [ -e $TMP/enough ]; do $CALLS 2000; echo >> $TMP/rounds; sleep 0.1; done" \
	2> "$TMP/err" &
collector=$!
for pause in 0.3 1; do
	until_true 20 has_sender
	sleep 0.3
	kill -9 $receiver
	wait $receiver 2> /dev/null || true
	sleep $pause
	receive -o "$TMP/k.pb" "unix:$socket"
done
until_true 20 has_sender
touch "$TMP/enough"
wait $collector || fail "$(cat "$TMP/err")"
says "lost unix:"
kill $receiver
wait $receiver || fail "receive: $(cat "$TMP/receive.err")"
set -- "$TMP"/k.*.pb
assert_eq $# 1 "files"
collect report --json "$1" > "$TMP/report" || fail "not whole: $(cat "$TMP/report")"
assert_eq "$(number unexplained "$1")" 0 "unexplained after a restart"
assert_eq "$(number delivered "$1")" "$(number rows "$1")" "rows after a restart"
assert_eq "$(collect dump "$1" | grep -c ' calls .* id=110 ')" \
	$(($(wc -l < "$TMP/rounds") * 2000)) "calls over restarts"

# The same by TCP, with the port that the kernel gives.
receive -1 -o "$TMP/tcp.pb" tcp:localhost:0
address=$(sed -n 's/.*listening at //p' "$TMP/receive.err" | head -n 1)
collect -q -o "$address" -e $event -- "$CALLS" 1000
wait $receiver || fail "receive by TCP: $(cat "$TMP/receive.err")"
collect dump "$TMP/tcp.pb" > /dev/null || fail "not whole by TCP"

# Who only reads gets a trace, too.
/usr/bin/python3 - "$socket" "$TMP/plain.pb" <<'END' &
import shutil, socket, sys
s = socket.socket(socket.AF_UNIX)
s.bind(sys.argv[1])
s.listen()
with open(sys.argv[2], "wb") as out:
    shutil.copyfileobj(s.accept()[0].makefile("rb"), out)
END
plain=$!
until_true 10 test -S "$socket"
until_true 10 collect -q -o "unix:$socket" -e $event -- "$CALLS" 1000
wait $plain
collect dump "$TMP/plain.pb" > /dev/null || fail "not whole at a plain receiver"

# Nobody is there.
status 1 collect -o "unix:$TMP/none" -e $event -- true
says "start collect receive"
status 2 collect receive "$TMP/none"
status 2 collect receive -m 999 "unix:$TMP/none"

# A receiver that never comes back: the recording says so in the end, and ends.
receive -o "$TMP/gone.pb" "unix:$socket"
collect -q -o "unix:$socket" -a -e $event 2> "$TMP/err" &
collector=$!
until_true 10 sh -c "ls $TMP/gone.*.pb"
kill -9 $receiver
wait $receiver 2> /dev/null || true
kill -TERM $collector
code=0
wait $collector || code=$?
assert_eq $code 1 "status without a receiver"
says "have not arrived"
