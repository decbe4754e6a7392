#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# A pipe that is closed at any point ends the recording with 1; one whose reader
# is slower than what is recorded makes losses, and they are in the book.
. tests/native/fault_lib.sh

closed=0
for round in 1 2 3 4 5 6 7 8; do
	rm -f "$TMP/state"
	draw 0 150000
	code=0
	timeout 60 bash -c 'collect -q -o - -e "$1" --flush-interval 5 -- \
		"$2" run -c 0 -r 500000 "$3" 50000 2> "$4" | head -c "$5" > "$6"
		exit "${PIPESTATUS[0]}"' - \
		$EVENT "$NUMBERED" "$TMP/state" "$TMP/err" "$drawn" "$TMP/p.pb" || code=$?
	assert_eq "$code" 1 "exit status of round $round, closed after $drawn bytes"
	says "Broken pipe"
	over "$TMP/state"
	# Not even a whole header: that is said.
	if [ "$drawn" -lt 1000 ] && ! collect dump "$TMP/p.pb" 2>&1 > "$TMP/out" | grep -q 'ends early'; then
		status 1 collect dump "$TMP/p.pb"
		[ "$drawn" -lt 15 ] || says "cut or damaged within its first packet"
		continue
	fi
	look 4 "$TMP/p.pb" "$TMP/state" -k
	assert_eq "$missing" "$chunks_lost" "calls missing in round $round, of those lost"
	[ $closed != 0 ] || repaired 4 "$TMP/p.pb"
	closed=$((closed + 1))
done
[ $closed -gt 0 ] || fail "no pipe was closed late enough: this shows nothing"

# The reader stops until all calls were made, and is slow then.
rm -f "$TMP/state"
timeout 60 bash -c 'set -o pipefail
collect -q -o - -m 64K --memory 64K -e "$1" --flush-interval 5 -- \
	"$2" run -c 0 -r 400000 -m 300 "$3" 100000 2> "$4" |
	/usr/bin/python3 -c "
import os, struct, sys, time
def done():
    with open(sys.argv[1], \"rb\") as state:
        return struct.unpack(\"Q\", state.read(8))[0]
got = b\"\"
while len(got) < 8192:
    got += os.read(0, 4096)
while done() < 100000:
    time.sleep(0.01)
while data := os.read(0, 4096):
    got += data
    time.sleep(0.002)
os.write(1, got)" "$3" > "$5"' - \
	$EVENT "$NUMBERED" "$TMP/state" "$TMP/err" "$TMP/p.pb" || fail "a slow reader: $(cat "$TMP/err")"
look 0 "$TMP/p.pb" "$TMP/state"
balanced "$TMP/p.pb" 100
repaired 0 "$TMP/p.pb"
assert_eq "$((events + missing + tail))" "$calls" "calls with a slow reader"
[ $((missing + tail)) -gt 0 ] || fail "nothing was lost: this shows nothing"
collect report "$TMP/p.pb" | grep -q 'lower bound, because .*lost' ||
	fail "the report doesn't say what is lost"
