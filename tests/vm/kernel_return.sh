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
inside='r:kpx_inside kpx_targets:kpxt_sleep $retval ms=$arg1'

# inside N: waits until so many calls are
inside() {
	for _ in $(seq 1000); do [ "$(column kpx_inside in_flight)" = "$1" ] && return; sleep 0.05; done
	fail "in flight: $(column kpx_inside in_flight), want $1"
}

mkfifo "$TMP/end"
for turn in 1 2 3; do
	printf '%s\n' "$inside" > "$KPX_DEV"
	perf stat -a -e kprobex/kpx_inside/ -e kprobex/kpx_inside,unit=1/ -- cat "$TMP/end" > "$TMP/out" 2>&1 &
	stat=$!
	for _ in $(seq 1000); do [ "$(column kpx_inside mechanism)" != return ] || break; sleep 0.05; done
	"$CALL" sleep 1 600000 &
	one=$!
	"$CALL" sleep 1 600000 &
	other=$!
	inside 2
	assert_fails 'in use' rmmod kprobex
	if [ "$turn" = 1 ]; then
		kill "$one"
		inside 1
	fi
	: > "$TMP/end"
	wait "$stat"
	assert_grep " $((turn == 1)) +kprobex/kpx_inside/ " "$TMP/out"
	for _ in $(seq 250); do rmmod kprobex 2> "$TMP/rmmod" && break; sleep 0.1; done
	! module_loaded || fail "rmmod: $(cat "$TMP/rmmod")"
	# they return where our text was
	kill "$one" "$other" 2> /dev/null || :
	wait "$one" "$other" || :
	insmod "$KPX_MODULE"
done
