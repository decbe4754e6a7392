#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A CPU goes and comes back while everything counts: -a, the CPU's own events, a
# task's; nothing is lost but what perf drops with the CPU, and the books close.
# In the debug kernel, too: 50 s.
. tests/vm/lib.sh
need_module
online=/sys/devices/system/cpu/cpu1/online
[ -w "$online" ] || skip "there is no CPU that can be switched off"
at_exit "echo 1 > $online"
build kernel_hotplug

perf stat -a -x, -o "$TMP/all" -e kprobex/vfs_write/ -e kprobex/vfs_read/ &
all=$!
perf record -q -a -g -o "$TMP/data" -e kprobex/do_sys_openat2/ 2> "$TMP/record" &
record=$!
at_exit "kill $all $record 2> /dev/null || :"
for _ in $(seq 1000); do
	[ "$(column vfs_write events)" = 0 ] || [ "$(column do_sys_openat2 events)" = 0 ] || break
	sleep 0.1
done
timeout 200 "$TMP/kernel_hotplug" 5 | tee "$TMP/out" || fail "kernel_hotplug"
assert_grep '^5 rounds' "$TMP/out"
wrote=$(awk '{ print $3 }' "$TMP/out")
kill -INT "$all" "$record"
wait "$all" "$record" || :
n=$(awk -F, '/kprobex.vfs_write/ { print $1 }' "$TMP/all")
# CPU 0's event has lived all along, and CPU 1's until it first went
assert_between "$n" 500 "$((wrote + 100000))" "hits on all CPUs"
[ "$(perf script -i "$TMP/data" -F event 2> /dev/null | grep -c do_sys_openat2)" -ge 1 ] ||
	fail "perf record -a took nothing"
no_events vfs_write
no_events do_sys_openat2
assert_book
cat "$KPX_DEBUGFS/stats"
