#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# --duration ends a recording by itself, with a command or without, and the file
# says why it ended.
. tests/native/lib.sh
need_recording
event=raw_syscalls:sys_enter
out=$TMP/d.pb

# The Footer's exit_reason, the field before its magic.
reason() {
	/usr/bin/python3 -c '
import sys
footer = open(sys.argv[1], "rb").read()[-71:]
print(footer[footer.index(b"\x2dKPX1") - 4])' "$out"
}

# seconds AT-LEAST: how long it says that it took
seconds() {
	collect report "$out" | sed -n 's/.* for \([0-9.]*\) s$/\1/p' |
		awk -v least="$1" '{ exit !($1 >= least) }' || fail "it took less than $1 s"
}

# An idle machine may make no system call in that time.
while :; do sleep 0.02; done &
load=$!
status 0 timeout 20 collect -o "$out" -a -e $event --duration 300ms
kill $load
seconds 0.3
assert_eq "$(reason)" 2 "exit reason of --duration"
[ "$(number events.delivered "$out")" -gt 0 ] || fail "nothing was recorded"

# Whatever ends first.
status 3 timeout 20 collect -o "$out" -e $event --duration 1m -- sh -c 'exit 3'
assert_eq "$(reason)" 0 "exit reason of a command that ended"
status 0 timeout 20 collect -o "$out" -e $event --duration 1.5 -p $$
assert_eq "$(reason)" 2 "exit reason with -p"
seconds 1.5

# limited SIGNALS ARGUMENT…: a command, from its beginning without those signals. One that
# runs gets SIGINT, as by Ctrl-C (which shells ignore for what they start in the background).
limited() {
	/usr/bin/python3 -c 'import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
signal.pthread_sigmask(signal.SIG_BLOCK, [getattr(signal, name) for name in sys.argv[1].split()])
os.execvp("collect", sys.argv[2:])' "$1" collect -o "$out" -e $event --duration 1s "${@:2}"
}
status 130 limited "" -- sleep 60
assert_eq "$(reason)" 2 "exit reason with a command that was stopped"
# (SIGTERM would come 0.3 s later, when it may not have come so far)
status 5 limited "SIGINT SIGTERM" -- /usr/bin/python3 -c 'import signal, sys, time
signal.signal(signal.SIGINT, lambda *_: sys.exit(5))
signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])
while True: time.sleep(0.05)'
collect dump "$out" | grep -q 'id=231 ' || fail "the command's end wasn't recorded"
# SIGTERM if it ignores that, and it is left alone if it ignores both.
status 143 limited SIGINT -- sleep 60
status 0 limited "SIGINT SIGTERM" -- sleep 60
says "still runs"
kill -KILL "$(sed -n 's/.* (process \([0-9]*\)) still runs$/\1/p' "$TMP/err")"

# A pipe that nobody reads from doesn't keep it, whatever waits to be written.
mkfifo "$TMP/pipe"
exec 3<> "$TMP/pipe"
"$CALLS" 1000000000 &
calls=$!
status 1 timeout 30 collect -q -o "$TMP/pipe" -a -g -e $event -m 512K --memory 64K --duration 3
says "its reader has stopped reading"
exec 3>&-
kill $calls
wait $calls || :

for text in 0 x 10d -1 99999999h; do
	status 2 collect -o "$TMP/no.pb" -e $event --duration $text -- true
	says "--duration takes "
done
[ ! -e "$TMP/no.pb" ] || fail "a wrong duration left a file"
