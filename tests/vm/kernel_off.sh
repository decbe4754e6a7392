#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Where the machine has kprobes or ftrace switched off, an event that would never be
# hit is refused, and works again once they are on.
# In the debug kernel, too: 15 s.
. tests/vm/lib.sh
need_module
define 'p:test_off vfs_read'

refused() { # TERM FILE
	perf stat -e "kprobex/test_off$1/" -- true 2> "$TMP/err" && fail "opened with $2 at 0"
	[ "$(column test_off events)" = 0 ] || fail "a refused event is counted"
	assert_grep 'DEAF.*never called' "$KPX_DEBUGFS/error_log"
}

works() { # TERM WHEN
	n=$(count "kprobex/test_off$1/" dd if=/dev/zero of=/dev/null bs=1 count=100 status=none)
	assert_between "$n" 100 110 "hits $2"
}

# switch TERM FILE: an event with that term depends on that file
switch() {
	sleep 0.3	# what was armed before is disarmed
	at_exit "echo 1 > $2"
	echo 0 > "$2" 2> /dev/null || return 0
	refused "$1" "$2"
	echo 1 > "$2"
	works "$1" "with $2 at 1 again"
}

switch '' /proc/sys/kernel/ftrace_enabled
switch ,mode=1 /sys/kernel/debug/kprobes/enabled

# while an event is open, ftrace can't be switched off under it
hold test_off -e kprobex/test_off/
! echo 0 2> /dev/null > /proc/sys/kernel/ftrace_enabled || fail "ftrace went off under an event"
let_go
