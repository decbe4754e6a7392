#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# A collector that doesn't run for a while: the rings overflow, and what is lost
# is counted to the one.
. tests/native/fault_lib.sh

did() { # CALLS
	[ "$(od -An -tu8 -N8 "$TMP/state")" -ge "$1" ]
}

record() { # OPTION…: $process
	recording -q -o "$TMP/s.pb" -m 64K -e $EVENT -p "$process" "$@"
}

for round in 1 2 3; do
	rm -f "$TMP/state"
	draw 5000 20000
	# On one CPU there's one ring; then several threads on any.
	where=(-c 0)
	[ "$round" != 3 ] || where=(-t 3)
	mkfifo "$TMP/go"
	"$NUMBERED" run "${where[@]}" -r 200000 -w -p 10000 -m 300 "$TMP/state" 150000 < "$TMP/go" &
	process=$!
	exec 3> "$TMP/go"
	record
	echo go >&3
	# It goes on only when nobody reads.
	until_true 10 did 10000
	kill -STOP "$collector"
	echo go >&3
	exec 3>&-
	until_true 20 did $((10000 + drawn))
	kill -CONT "$collector"
	wait "$process"
	code=0
	wait "$collector" || code=$?
	assert_eq "$code" 0 "exit status ($(cat "$TMP/err"))"
	look 0 "$TMP/s.pb" "$TMP/state"
	balanced "$TMP/s.pb" 100
	assert_eq "$((events + missing + tail))" "$calls" "calls that were done"
	[ $((missing + tail)) -gt 0 ] || fail "nothing was lost: this shows nothing"
	# Each gap is named where it is, if something came later on its ring.
	[ "$round" = 3 ] || [ "$chunks_lost" -ge "$missing" ] ||
		fail "of $missing calls missing, the chunks name $chunks_lost"
	rm "$TMP/go"
done

# --strict says it by its status, too.
rm -f "$TMP/state"
"$NUMBERED" run -c 0 -r 200000 "$TMP/state" 0 &
process=$!
until_true 10 test -s "$TMP/state"
record --strict
kill -STOP "$collector"
at=$(od -An -tu8 -N8 "$TMP/state")
until_true 20 did $((at + 20000))
kill -CONT "$collector"
kill -TERM "$collector"
code=0
wait "$collector" || code=$?
kill "$process"
assert_eq "$code" 3 "exit status of --strict ($(cat "$TMP/err"))"
look 0 "$TMP/s.pb" "$TMP/state" -k -a
