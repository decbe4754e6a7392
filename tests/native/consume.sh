#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Rows that a function takes: all of them, or, of one that is slower than they come,
# what fits into the memory that it may have; the rest is lost in the rings, and
# counted.
# shellcheck source=tests/native/lib.sh
. tests/native/lib.sh
need_recording
consume=build/tests/native/consume
[ -x $consume ] || skip "$consume isn't built (make tests)"
event=raw_syscalls:sys_enter

read -r rows count delivered lost stopped < <($consume 0 20 16777216 0 $event "$CALLS" 100000)
[ "$rows" -ge 100000 ] || fail "only $rows rows"
assert_eq "$rows $rows 0 0" "$count $delivered $lost $stopped" "rows, of a quick one"

read -r rows count delivered lost stopped < <($consume 200 20 65536 65536 $event "$CALLS" 100000)
[ "$lost" -gt 0 ] || fail "a slow one lost nothing of $count"
assert_eq "$((rows + lost))" "$count" "rows and losses, of a slow one"
assert_eq "$rows" "$delivered" "rows, of a slow one"

# Much waits for it at the end: it gets that, too.
read -r rows count delivered lost stopped < <($consume 20 20 16777216 67108864 $event "$CALLS" 20000)
assert_eq "$rows $lost" "$count 0" "rows of one that lags behind"

# It ends while a reader waits for room, and what would make some waits for names.
for _ in 1 2 3 4 5; do
	timeout 60 $consume 0 2000 16777216 65536 $event \
		sh -c "$CALLS 400000 & $CALLS 400000 & sleep 0.1" > "$TMP/out" || fail "it doesn't end: $?"
	read -r rows count delivered lost stopped < "$TMP/out"
	# Its processes go on: what they are in when it is switched off is counted.
	assert_eq "$((rows + lost + stopped)) $rows" "$count $delivered" "rows, of one that ends while much comes"
done
