#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Every end but a kill -9 leaves a whole file; that one a file that is readable.
. tests/native/lib.sh
need_recording
event=raw_syscalls:sys_enter

start() { # ARGUMENT…: in the background, once it records
	rm -f "$TMP/s.pb"
	# Not "collect … &" alone: shells ignore SIGINT for those.
	/usr/bin/python3 -c 'import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.execvp("collect", sys.argv[1:])' collect -o "$TMP/s.pb" "$@" 2> "$TMP/err" &
	pid=$!
	until_true 10 bigger "$TMP/s.pb" 3500
}

ended() { # STATUS
	got=0
	wait "$pid" 2> /dev/null || got=$?
	assert_eq "$got" "$1" "status after a signal ($(cat "$TMP/err"))"
}

for signal in INT TERM HUP; do
	start -a -e $event --flush-interval 100
	kill -$signal "$pid"
	ended 0
	collect dump "$TMP/s.pb" > "$TMP/dump" || fail "not whole after SIG$signal"
	[ -s "$TMP/dump" ] || fail "nothing recorded before SIG$signal"
done

# The command gets a moment, then SIGTERM; its status is the recording's.
start -a -e $event --flush-interval 100 -- sleep 60
kill -INT "$pid"
ended 143
collect dump "$TMP/s.pb" > /dev/null || fail "not whole with a command"

# Killed: all but the last moment is there, and dump says that it was cut.
# (The command ends with it.)
# shellcheck disable=SC2016 # the shell that is recorded expands it
start -e $event --flush-interval 100 -- sh -c 'while [ -d "/proc/$PPID" ]; do sleep 0.02; done'
until_true 10 bigger "$TMP/s.pb" 8000
kill -9 "$pid"
ended 137
got=0
collect dump "$TMP/s.pb" > "$TMP/dump" 2> "$TMP/err" || got=$?
assert_eq "$got" 4 "dump of a killed recording"
[ -s "$TMP/dump" ] || fail "nothing is left of a killed recording"

# Nobody reads, from before the header: that is said, and no signal's end.
got=0
/usr/bin/python3 -c 'import os, subprocess, sys
reads, writes = os.pipe()
os.close(reads)
sys.exit(subprocess.run(["collect", *sys.argv[1:]], stdout=writes).returncode)' \
	-q -o - -e $event -- true 2> "$TMP/err" || got=$?
assert_eq "$got" 1 "status without a reader ($(cat "$TMP/err"))"
says "Broken pipe"

# What collect ignores, its command doesn't; what it was told to ignore, it does.
# shellcheck disable=SC2016 # for the other shell
ignored='sed -n "s/^SigIgn:[[:space:]]*//p" /proc/self/status > "$0"'
same_ignored() { # TRAP, of SIGXFSZ
	(
		# shellcheck disable=SC2064 # it is no command
		trap "$1" XFSZ
		sh -c "$ignored" "$TMP/want"
		collect -q -o "$TMP/i.pb" -e $event -- sh -c "$ignored" "$TMP/got"
	) || fail "no recording with XFSZ '$1'"
	assert_eq "$(cat "$TMP/got")" "$(cat "$TMP/want")" "ignored signals with XFSZ '$1'"
}
same_ignored -
same_ignored ''
[ $((0x$(cat "$TMP/got") & 1 << 24)) != 0 ] || fail "XFSZ wasn't ignored: this shows nothing"
