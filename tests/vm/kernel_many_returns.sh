#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Returns and times of many functions by one probe: an fprobe where the kernel
# has it, else a kretprobe each.
. tests/vm/lib.sh
. tests/vm/targets.sh
need_module
need_targets
build kernel_many_returns
at_exit 'echo 1 > /proc/sys/kernel/ftrace_enabled'

kernel_functions > "$TMP/functions"
cut -d' ' -f1 "$TMP/functions" > "$TMP/addresses"
"$TMP/kernel_many_returns" "$(head -1 "$TMP/functions" | cut -d' ' -f2)" "$TMP/addresses"
assert_book

# unloading with calls inside: they return where our text was
[ -n "${KPX_MODULE-}" ] || skip "KPX_MODULE isn't set"
at_exit 'module_loaded || insmod "$KPX_MODULE"'
for _ in 1 2 3; do
	"$TMP/kernel_many_returns" inside > "$TMP/sleepers"
	read -r one other < "$TMP/sleepers"
	for _ in $(seq 250); do rmmod kprobex 2> "$TMP/rmmod" && break; sleep 0.1; done
	! module_loaded || fail "rmmod: $(cat "$TMP/rmmod")"
	kill -0 "$one" && kill -0 "$other" || fail "nobody was inside"
	kill "$one" "$other"
	# their parent is gone, too
	for _ in $(seq 500); do kill -0 "$one" 2> /dev/null || kill -0 "$other" 2> /dev/null || break; sleep 0.05; done
	! kill -0 "$one" 2> /dev/null || fail "$one doesn't return"
	insmod "$KPX_MODULE"
done
