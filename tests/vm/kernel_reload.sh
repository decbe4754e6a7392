#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Load, unload, and the parameter "probes" in all its forms.
# In the debug kernel, too: 60 s.
# shellcheck disable=SC2016 # a definition's $ is for the kernel
. tests/vm/lib.sh
need_module
[ -n "${KPX_MODULE-}" ] || skip "KPX_MODULE isn't set"
at_exit restore_module

# the parameter
assert_grep '^p:vfs_write vfs_write file=' "$KPX_DEV"
reload probes=
assert_eq "$(cat "$KPX_DEV")" "" "probes= leaves none"
assert_eq "$(ls "$KPX_SYS/events")" "" "no files"
reload 'probes="p:one vfs_read n=$arg3:u64; ;p:two vfs_write;"'
assert_eq "$(cat "$KPX_DEV")" 'p:one vfs_read n=$arg3:u64
p:two vfs_write' "probes of the parameter"
n=$(count kprobex/two/ dd if=/dev/zero of=/dev/null bs=1 count=10 status=none)
assert_eq "$n" 10 "hits of a parameter's probe"
rmmod kprobex
dmesg -C 2> /dev/null || :
assert_fails 'No such file' bash -c 'cat /dev/null /dev/kprobex'
! insmod "$KPX_MODULE" 'probes="p:one vfs_read;p:bad vfs_read x=$arg1:u7"' 2> "$TMP/err" ||
	fail "a wrong parameter loaded"
assert_grep 'Invalid (parameters|argument)' "$TMP/err"
dmesg | tail -3 > "$TMP/dmesg"
assert_grep "parameter probes: 'u7': unknown type" "$TMP/dmesg"
assert_grep '  p:bad vfs_read x=\$arg1:u7$' "$TMP/dmesg"
assert_grep '   {24}\^$' "$TMP/dmesg"
! insmod "$KPX_MODULE" 'probes="p:one no_such_function"' 2> "$TMP/err" || fail "loaded"
assert_grep 'Unknown symbol|No such file' "$TMP/err"
[ ! -e "$KPX_SYS" ] || fail "a failed load left the PMU"
[ ! -e "$KPX_DEV" ] || fail "a failed load left the device"

# in use: an open event, an open descriptor
insmod "$KPX_MODULE"
hold vfs_write -e kprobex/vfs_write/
assert_fails 'in use' rmmod kprobex
let_go
exec 9< "$KPX_DEV"
assert_fails 'in use' rmmod kprobex
exec 9<&-

# unload at once behind the last event, while its disarming waits
for _ in 1 2 3 4 5; do
	perf stat -a -e kprobex/vfs_write/ -e kprobex/vfs_read/ -- true 2> /dev/null
	rmmod kprobex
	insmod "$KPX_MODULE"
done
