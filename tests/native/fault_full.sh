#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# A disk that is full at any point ends the recording with 1, the reason, and a
# file of whole packets.
. tests/native/fault_lib.sh

mkdir "$TMP/small"
mount -t tmpfs -o size=64k tmpfs "$TMP/small" || skip "can't mount a tmpfs"
mounted "$TMP/small"
with_events=0
for round in 1 2 3 4 5 6 7 8; do
	rm -f "$TMP/small/x.pb" "$TMP/state"
	draw 1 50
	size=$((drawn * 4))k
	mount -o remount,size=$size "$TMP/small"
	draw 1 30
	# Each call has 8 bytes that don't compress; of a small ring chunks are small, too.
	status 1 timeout 60 collect -q -m 1M -o "$TMP/small/x.pb" -e $EVENT --flush-interval "$drawn" -- \
		"$NUMBERED" run -c 0 "$TMP/state" 100000
	says "No space left"
	over "$TMP/state"
	look 4 "$TMP/small/x.pb" "$TMP/state" -k
	assert_eq "$tail_bytes" 0 "bytes of half a packet in round $round"
	assert_eq "$missing" "$chunks_lost" "calls missing in round $round, of those lost"
	[ $((round % 3)) != 0 ] || repaired 4 "$TMP/small/x.pb"
	echo "$size, flushed each $drawn ms: $calls calls, $events events, $rows rows"
	[ "$events" = 0 ] || with_events=$((with_events + 1))
done
[ $with_events -gt 3 ] || fail "too few files have events: this shows nothing"

# What is read of a pipe is kept in a temporary file.
rm -f "$TMP/small/x.pb"
mount -o remount,size=16k "$TMP/small"
head -c 100000 /dev/urandom > "$TMP/any"
status 1 env TMPDIR="$TMP/small" bash -c "cat '$TMP/any' | collect report -"
says "cannot keep a copy of standard input: No space left on device; name a folder with more room by TMPDIR"
