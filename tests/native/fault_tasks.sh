#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# What is recorded ends, crashes, is killed, becomes another program, and its
# threads come and go: each of its calls is in the trace, and the book closes.
. tests/native/fault_lib.sh

# whole STATUS WANTED-CALLS ARGUMENT…: a command
whole() {
	code=0 want=$1 wanted=$2
	shift 2
	rm -f "$TMP/state"
	timeout 60 collect -q -o "$TMP/t.pb" -e $EVENT -- "$NUMBERED" run "$@" "$TMP/state" 12000 \
		2> "$TMP/err" || code=$?
	assert_eq "$code" "$want" "exit status of numbered $* ($(cat "$TMP/err"))"
	look 0 "$TMP/t.pb" "$TMP/state"
	balanced "$TMP/t.pb"
	assert_eq "$events" "$wanted" "calls of numbered $*"
	assert_eq "$calls" "$wanted" "calls that numbered $* did"
}

whole 0 12000
whole 0 48000 -t 4
whole 139 12000 -k 11
whole 137 36000 -t 3 -k 9
# Three threads that end after 3000, 6000 and 9000; the main one goes on by exec.
whole 0 30000 -t 4 -x
whole 134 30000 -t 4 -x -k 6

# Killed by somebody else, at any moment; and a process that ran before.
for _ in 1 2 3 4 5 6; do
	rm -f "$TMP/state" "$TMP/t.pb"
	draw 5 60
	"$NUMBERED" run -t 2 -r 50000 "$TMP/state" 0 &
	process=$!
	until_true 10 test -s "$TMP/state"
	timeout 60 collect -q -m 64M -o "$TMP/t.pb" -e $EVENT -p $process 2> "$TMP/err" &
	collector=$!
	# (events are enabled one by one: the first calls of a thread may have a gap)
	until_true 10 child_polls $collector
	cp "$TMP/state" "$TMP/begun"
	sleep "$(printf '0.%03d' "$drawn")"
	disown $process
	kill -9 $process
	code=0
	wait $collector || code=$?
	assert_eq "$code" 0 "exit status when the process was killed ($(cat "$TMP/err"))"
	look 0 "$TMP/t.pb" "$TMP/state" -k -b "$TMP/begun"
	balanced "$TMP/t.pb"
	# Nothing is missing, up to the last: all that it did was recorded.
	assert_eq "$missing" 0 "calls missing of a killed process"
	assert_eq "$tail" 0 "last calls missing of a killed process"
done
