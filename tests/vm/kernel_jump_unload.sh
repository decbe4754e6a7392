#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A module goes just when a jump in it is taken back, and comes again: the places
# can be probed as before. Of each mechanism that the kernel may make a jump of.
# KPX_ROUNDS: how often.
. tests/vm/lib.sh
. tests/vm/targets.sh
need_module
need_targets

place=$(body kpx_targets:kpxt_f1)
define_all() {
	define "p:kpx_jump $place"
	define 'p:kpx_anchor kpx_targets:kpxt_win_2'
	define 'r:kpx_return kpx_targets:kpxt_win_5'
}
remove_all() { for name in jump anchor return; do echo "-:kpx_$name" > "$KPX_DEV"; done; }
events=(-e 'kprobex/kpx_jump,mode=2/' -e kprobex/kpx_anchor/ -e kprobex/kpx_return/)

# Until all are jumps: of two addresses, what is kept there disabled says so, too.
cat > "$TMP/until_jumps" <<- 'END'
	i=0
	until [ "$(grep -c 'kpxt_.*\[OPTIMIZED\]' /sys/kernel/debug/kprobes/list)" = 5 ]; do
		sleep 0.1
		i=$((i + 1))
		[ $i -lt 200 ] || exit 1
	done
END

for round in $(seq "${KPX_ROUNDS-10}"); do
	define_all
	perf stat "${events[@]}" -- sh "$TMP/until_jumps" > "$TMP/out" 2>&1 ||
		fail "no jumps: $(cat "$TMP/out" /sys/kernel/debug/kprobes/list)"
	# every second time nothing stays there that keeps the kernel's kprobe in use
	[ $((round % 2)) = 0 ] || remove_all
	# what was closed is disarmed 100 ms later; at once, if the module goes
	[ $((round % 3)) = 0 ] || sleep "0.$((100 + round * 17 % 70))"
	rmmod kpx_targets || fail "kpx_targets is in use"
	insmod "$TARGETS_MODULE" || fail "kpx_targets doesn't load"
	[ $((round % 2)) = 0 ] || define_all
	assert_eq "$(count kprobex/kpx_jump,mode=1/ "$CALL" f1 5)" 5 "hits in round $round"
	assert_eq "$(count kprobex/kpx_anchor/ "$CALL" win_2 5)" 5 "hits of the anchor in round $round"
	assert_eq "$(count kprobex/kpx_return/ "$CALL" win_5 5)" 5 "returns in round $round"
	assert_book
	remove_all
done

# Who opens while a jump is on its way out gets one.
define_all
for round in $(seq 5); do
	perf stat "${events[@]}" -- sh "$TMP/until_jumps" > "$TMP/out" 2>&1 ||
		fail "round $round: $(cat "$TMP/out" /sys/kernel/debug/kprobes/list)"
	sleep "0.$((100 + round * 7 % 40))"
done

# Who comes while it is, and doesn't want one, keeps none.
perf stat "${events[@]}" -- sh "$TMP/until_jumps" > "$TMP/out" 2>&1 || fail "no jumps: $(cat "$TMP/out")"
remove_all
for _ in $(seq 20); do
	define_all
	remove_all
done
rmmod kpx_targets || fail "kpx_targets is in use"
insmod "$TARGETS_MODULE" || fail "kpx_targets doesn't load"
define_all
assert_eq "$(count kprobex/kpx_jump,mode=1/ "$CALL" f1 5)" 5 "hits after others came and went"
assert_eq "$(count kprobex/kpx_anchor/ "$CALL" win_2 5)" 5 "hits of the anchor after others came and went"
assert_eq "$(count kprobex/kpx_return/ "$CALL" win_5 5)" 5 "returns after others came and went"
assert_book
