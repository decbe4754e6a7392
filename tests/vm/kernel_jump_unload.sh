#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A module goes just when a jump in it is taken back, and comes again: the places
# can be probed as before. KPX_ROUNDS: how often.
. tests/vm/lib.sh
. tests/vm/targets.sh
need_module
need_targets

place=$(body kpx_targets:kpxt_f1)
define "p:kpx_jump $place"
for round in $(seq "${KPX_ROUNDS-10}"); do
	perf stat -e kprobex/kpx_jump,mode=2/ true > "$TMP/out" 2>&1 || fail "$(cat "$TMP/out")"
	# what was closed is disarmed 100 ms later
	sleep "0.$((100 + round * 17 % 70))"
	rmmod kpx_targets || fail "kpx_targets is in use"
	insmod "$TARGETS_MODULE" || fail "kpx_targets doesn't load"
	assert_eq "$(count kprobex/kpx_jump,mode=1/ "$CALL" f1 5)" 5 "hits in round $round"
	sleep 0.3
done
assert_book
