#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# A collector that doesn't run for a while: the rings overflow, and what is lost
# is counted to the one.
. tests/native/fault_lib.sh

done_more() { # CALLS: than those at the time
	[ "$(od -An -tu8 -N8 "$TMP/state")" -ge "$1" ]
}

record() { # OPTION…: $process
	recording -q -o "$TMP/s.pb" -m 64K -e $EVENT -p "$process" "$@"
}

# stop_for CALLS: the collector, while so many are made
stop_for() {
	kill -STOP "$collector"
	at=$(od -An -tu8 -N8 "$TMP/state")
	until_true 20 done_more $((at + $1))
	kill -CONT "$collector"
}

for round in 1 2 3; do
	rm -f "$TMP/state"
	draw 5000 20000
	# On one CPU there's one ring; then several threads on any.
	where=(-c 0)
	[ "$round" != 3 ] || where=(-t 3)
	mkfifo "$TMP/go"
	"$NUMBERED" run "${where[@]}" -r 200000 -w -m 300 "$TMP/state" 150000 < "$TMP/go" &
	process=$!
	exec 3> "$TMP/go"
	record
	echo go >&3
	exec 3>&-
	until_true 10 done_more 10000
	stop_for "$drawn"
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
stop_for 20000
kill -TERM "$collector"
code=0
wait "$collector" || code=$?
kill "$process"
assert_eq "$code" 3 "exit status of --strict ($(cat "$TMP/err"))"
look 0 "$TMP/s.pb" "$TMP/state" -k -a
