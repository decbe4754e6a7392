#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Killed at any moment, a recording leaves what was written: all chunks that are
# whole are read, no event is wrong, and what is missing in between was lost and
# is named there.
. tests/native/fault_lib.sh

rounds=50
# On one CPU, so that there's one ring and a gap is of that one.
"$NUMBERED" run -c 0 -r 100000 "$TMP/state" 0 &
process=$!
until_true 10 test -s "$TMP/state"
with_events=0
with_losses=0
for round in $(seq $rounds); do
	rm -f "$TMP/k.pb"
	draw 0 150
	delay=$(printf '0.%03d' "$drawn")
	draw 0 4
	ring=$((16 << drawn))K
	draw 1 60
	collect -q -o "$TMP/k.pb" -e $EVENT -p "$process" -m "$ring" --flush-interval "$drawn" \
		2> "$TMP/err" &
	collector=$!
	sleep "$delay"
	kill -9 "$collector"
	wait "$collector" 2> /dev/null || true
	[ -s "$TMP/k.pb" ] || continue
	if [ "$(stat -c %s "$TMP/k.pb")" -lt 200 ]; then
		continue # not even a header, perhaps
	fi
	look 4 "$TMP/k.pb" "$TMP/state" -k -a
	assert_eq "$missing" "$chunks_lost" "calls missing in round $round (-m $ring), of those lost"
	[ $((round % 10)) != 0 ] || repaired 4 "$TMP/k.pb"
	[ "$events" = 0 ] || with_events=$((with_events + 1))
	[ "$missing" = 0 ] || with_losses=$((with_losses + 1))
done
kill "$process"
echo "$with_events of $rounds have events, $with_losses have losses"
[ "$with_events" -ge 10 ] || fail "too few recordings got as far as events: this shows nothing"
