#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Definitions through /dev/kprobex: in force at once, given back by a read, refused
# with the right errno and a caret in error_log, removed.
# shellcheck disable=SC2016 # a definition's $ is for the kernel
. tests/vm/lib.sh
need_module

# refuse ERRNO-TEXT CODE COLUMN LINE: COLUMN is where the caret is, from 0
refuse() {
	assert_fails "$1" bash -c 'printf "%s\n" "$1" > /dev/kprobex' bash "$4"
	tail -3 "$KPX_DEBUGFS/error_log" > "$TMP/log"
	if [ "$2" != - ]; then
		assert_grep " $2\\([0-9]+\\): " "$TMP/log"
		caret=$(sed -n 3p "$TMP/log")
		assert_eq "${#caret}" "$((3 + $3 + 9))" "caret for '$4': $(cat "$TMP/log")"
	fi
}

cp "$KPX_DEV" "$TMP/before"

define 'p:test_a vfs_read n=$arg3:u64'
assert_grep '^probe=0x[0-9a-f]+,period=1$' "$KPX_SYS/events/test_a"
assert_grep '^p:test_a vfs_read n=\$arg3:u64$' "$KPX_DEV"
n=$(count kprobex/test_a/ dd if=/dev/zero of=/dev/null bs=1 count=100 status=none)
assert_between "$n" 100 110 "reads on a probe just defined"

refuse 'File exists' NAME_TAKEN 2 'p:test_a vfs_write'
refuse 'No such file' NO_SYMBOL 4 'p:x no_such_function'
refuse 'No such file' NO_SYMBOL 4 'p:x nomodule:vfs_read'
refuse 'Invalid or incomplete multibyte' BOUNDARY 4 'p:x vfs_read+1'
refuse 'Invalid argument' NOT_PROBEABLE 4 'p:x do_int3'
refuse 'Invalid argument' NOT_PROBEABLE 4 'p:x 0x1000'
refuse 'Invalid argument' NOT_PROBEABLE 4 'p:x kprobex:kpx_hit'
refuse 'Invalid argument' BAD_TYPE 21 'p:x vfs_read a=$arg1:u7'
refuse 'Invalid argument' BAD_ARG_NUM 15 'p:x vfs_read a=$arg0'
refuse 'Invalid argument' BAD_REG 15 'p:x vfs_read a=%rdi'
refuse 'Invalid argument' ARG_NOT_ENTRY 17 'p:x vfs_read+5 a=$arg1'
refuse 'Invalid argument' RETVAL_ON_ENTRY 15 'p:x vfs_read a=$retval'
refuse 'Invalid argument' NOT_ENTRY 4 'r:x vfs_read+5'
refuse 'No such file' NO_DATA_SYMBOL 16 'p:x vfs_read a=@no_such_symbol:u8'
refuse 'Invalid argument' BAD_GROUP 2 'p:other/x vfs_read'
refuse 'Invalid argument' BAD_COMMAND 0 'hello'
refuse 'No such file' UNKNOWN_NAME 2 '-:no_such_probe'
refuse 'Invalid argument' TOO_LONG 4095 "p:x vfs_read $(printf '%4100s' '')"
[ ! -e "$KPX_SYS/events/x" ] || fail "a refused definition left a file"

# in use: busy, and still there; then removed
hold test_a -e kprobex/test_a/
refuse 'Device or resource busy' BUSY 2 '-:test_a'
[ -e "$KPX_SYS/events/test_a" ] || fail "a busy probe lost its file"
let_go
no_events test_a
printf -- '-:test_a\n' > "$KPX_DEV"
[ ! -e "$KPX_SYS/events/test_a" ] || fail "a removed probe has a file"
assert_fails 'event syntax error' perf stat -e kprobex/test_a/ -- true

# an id isn't given again
define 'p:test_a vfs_read'
id1=$(cat "$KPX_SYS/events/test_a")
printf -- '-:kprobex/test_a\n' > "$KPX_DEV"
define 'p:test_a vfs_read'
[ "$id1" != "$(cat "$KPX_SYS/events/test_a")" ] || fail "an id was given twice"
printf -- '-:test_a\n' > "$KPX_DEV"

# several lines, comments, blanks, no name, no newline at the end
printf '# a comment\n\n  p vfs_write+0 $arg3:u64\np:test_b vfs_read\n-:test_b\np:test_c\tvfs_read' > "$KPX_DEV"
at_exit "printf -- '-:p_vfs_write_0\n-:test_c\n' > $KPX_DEV"
assert_grep '^p:p_vfs_write_0 vfs_write arg1=\$arg3:u64$' "$KPX_DEV"
assert_grep '^p:test_c vfs_read$' "$KPX_DEV"
! grep -q test_b "$KPX_DEV" || fail "test_b is still there"
# the lines before a wrong one are in force, those behind it aren't
# (from a file: the shell's printf writes line by line)
printf 'p:test_d vfs_read\np:test_e\np:test_f vfs_read\n' > "$TMP/three"
assert_fails 'Invalid argument' bash -c "cat $TMP/three > /dev/kprobex"
[ -e "$KPX_SYS/events/test_d" ] || fail "the line before a wrong one isn't in force"
[ ! -e "$KPX_SYS/events/test_f" ] || fail "not stopped at the wrong line"
printf -- '-:test_d\n' > "$KPX_DEV"

# what a read gives reloads, and gives the same
cp "$KPX_DEV" "$TMP/list"
sed 's/^p:\([^ ]*\).*/-:\1/' "$TMP/list" > "$KPX_DEV"
assert_eq "$(cat "$KPX_DEV")" "" "nothing is left"
cat "$TMP/list" > "$KPX_DEV"
cmp "$TMP/list" "$KPX_DEV" || fail "reloaded definitions differ"

# many: the list is longer than a page
for i in $(seq 100); do echo "p:many_$i vfs_read a=\$arg1:x64 b=\$arg2:x64 c=\$arg3:u64"; done > "$TMP/many"
cat "$TMP/many" > "$KPX_DEV"
cat "$TMP/list" "$TMP/many" | cmp - "$KPX_DEV" || fail "a long list differs"
sed 's/^p:\([^ ]*\).*/-:\1/' "$TMP/many" > "$KPX_DEV"

printf -- '-:p_vfs_write_0\n-:test_c\n' > "$KPX_DEV"
EXIT_STEPS=${EXIT_STEPS/"printf -- '-:p_vfs_write_0\n-:test_c\n' > $KPX_DEV"/}
cmp "$TMP/before" "$KPX_DEV" || fail "the probes aren't as they were"
