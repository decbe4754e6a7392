#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Return probes: values, time, calls inside when the probe goes, and unloading
# of the module while some are.
# shellcheck disable=SC2016 # a definition's $ is for the kernel
. tests/vm/lib.sh
. tests/vm/targets.sh
need_module
need_targets
build kernel_return
"$TMP/kernel_return"
assert_book

# unloading: refused while an event is open, safe while a call is inside
[ -n "${KPX_MODULE-}" ] || skip "KPX_MODULE isn't set"
at_exit 'module_loaded || insmod "$KPX_MODULE"'
printf '%s\n' 'r:kpx_inside kpx_targets:kpxt_sleep $retval ms=$arg1' > "$KPX_DEV"
perf stat -a -e kprobex/kpx_inside/ -e kprobex/kpx_inside,unit=1/ -- "$CALL" sleep 1 1500 > "$TMP/out" 2>&1 &
stat=$!
for _ in $(seq 100); do [ "$(column kpx_inside in_flight)" = 0 ] || break; sleep 0.05; done
assert_eq "$(column kpx_inside in_flight)" 1 "in flight"
assert_fails 'in use' rmmod kprobex
wait "$stat"
assert_grep ' 1 +kprobex/kpx_inside/ ' "$TMP/out"

for n in 1 2 3; do
	"$CALL" sleep 1 2500 &
	call=$!
	# armed for a moment, in which the call comes in
	"$CALL" sleep 1 3000 &
	later=$!
	timeout -s INT 1 perf stat -a -e kprobex/kpx_inside/ -e kprobex/kpx_inside-ns/ -- sh -c \
		"$CALL sleep 1 2000 & sleep 5" > "$TMP/out" 2>&1 || :
	for _ in $(seq 50); do rmmod kprobex 2> "$TMP/rmmod" && break; sleep 0.1; done
	! module_loaded || fail "rmmod: $(cat "$TMP/rmmod")"
	wait "$call" "$later"
	sleep 1.5
	insmod "$KPX_MODULE"
	printf '%s\n' 'r:kpx_inside kpx_targets:kpxt_sleep $retval ms=$arg1' > "$KPX_DEV"
done
