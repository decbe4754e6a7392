#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Writes that fail end the recording with 1 and the reason; those that are short
# or interrupted, or that want to be tried again, nobody sees.
. tests/native/fault_lib.sh

preload=build/tests/native/fault_write.so
[ -e $preload ] || skip "$preload isn't built (make tests)"

# record FAULT: as fault_write.c has them; its status is $code
record() {
	rm -f "$TMP/w.pb" "$TMP/state"
	code=0
	KPX_FAULT=$1 KPX_FAULT_FILE=$TMP/w.pb KPX_FAULT_LOG=$TMP/log KPX_SEED=$SEED \
		timeout 60 env LD_PRELOAD="$PWD/$preload" collect -q -o "$TMP/w.pb" -e $EVENT \
		--flush-interval 5 -- "$NUMBERED" run -c 0 -r 250000 "$TMP/state" 50000 2> "$TMP/err" || code=$?
	writes=$(cat "$TMP/log") # that the file saw
	[ "$writes" -gt 10 ] || [ "$code" = 1 ] ||
		fail "only $writes writes were seen: collect writes by another call"
}

for fault in none short again interrupt; do
	record $fault
	assert_eq "$code" 0 "exit status with '$fault' ($(cat "$TMP/err"))"
	look 0 "$TMP/w.pb" "$TMP/state"
	balanced "$TMP/w.pb" 100
	assert_eq "$((events + missing + tail))" "$calls" "calls with '$fault'"
done
for fault in io quota none-at-all; do
	for round in 1 2 3; do
		draw 1 12
		record "$fault:$drawn"
		assert_eq "$code" 1 "exit status with '$fault:$drawn' ($(cat "$TMP/err"))"
		grep -qF "cannot write $TMP/w.pb" "$TMP/err" || fail "no reason in: $(cat "$TMP/err")"
		over "$TMP/state"
		[ "$drawn" -gt 1 ] || continue # not even a header
		look 4 "$TMP/w.pb" "$TMP/state" -k
		assert_eq "$tail_bytes" 0 "bytes of half a packet in round $round of $fault"
		assert_eq "$missing" "$chunks_lost" "calls missing, of those lost"
	done
done
