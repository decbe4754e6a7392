#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Where the machine has kprobes or ftrace switched off, an event that would never be
# hit is refused, and works again once they are on.
. tests/vm/lib.sh
need_module
define 'p:test_off vfs_read'

refused() { # FILE
	perf stat -e kprobex/test_off/ -- true 2> "$TMP/err" && fail "opened with $1 at 0"
	[ "$(column test_off events)" = 0 ] || fail "a refused event is counted"
}

works() {
	n=$(count kprobex/test_off/ dd if=/dev/zero of=/dev/null bs=1 count=100 status=none)
	assert_between "$n" 100 110 "hits $1"
}

for file in /proc/sys/kernel/ftrace_enabled /sys/kernel/debug/kprobes/enabled; do
	sleep 0.3	# what was armed before is disarmed
	at_exit "echo 1 > $file"
	echo 0 > "$file" 2> /dev/null || continue
	refused "$file"
	echo 1 > "$file"
	works "with $file at 1 again"
done
