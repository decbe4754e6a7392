#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Children inherit the event, after the parent has dropped its privileges, too.
. tests/vm/lib.sh
need_module

n=$(count kprobex/do_sys_openat2/ setpriv --reuid=65534 sh -c 'for i in 1 2 3; do /bin/true; done')
# the shell and three children: each opens at least ld.so's cache and libc
[ "$n" -ge 8 ] || fail "got $n opens from a shell and three children"
n=$(count kprobex/vfs_write/ setpriv --reuid=65534 --regid=65534 --clear-groups \
	sh -c 'for i in 1 2 3; do sh -c "echo a; echo b"; done')
assert_eq "$n" 6 "writes of three children"
n=$(count kprobex/vfs_write/ sh -c 'sh -c "sh -c \"echo a\"; echo b"; echo c')
assert_eq "$n" 3 "writes of nested children"
perf record -q -o "$TMP/data" -e kprobex/vfs_write/ -- setpriv --reuid=65534 \
	sh -c 'for i in 1 2 3; do sh -c "echo a"; done' > "$TMP/out" 2>&1 || fail "$(cat "$TMP/out")"
assert_eq "$(samples)" 3 "samples of three children"
assert_book
