#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# 32-bit callers: all ioctls, events and their rings, owners, and everything at
# random for a while, with the very programs that the 64-bit tests run.
# In the debug kernel, too: 60 s.
. tests/vm/lib.sh
need_module
cp "$KPX_DEV" "$TMP/before"

for name in ioctl raw attr owner random; do
	build "kernel_$name" 32
done
assert_grep 'ELF 32-bit' <(file "$TMP/kernel_ioctl32")
"$TMP/kernel_ioctl32" || fail "kernel_ioctl"
"$TMP/kernel_raw32" || fail "kernel_raw"
"$TMP/kernel_attr32" root || fail "kernel_attr"
"$TMP/kernel_owner32" || fail "kernel_owner"
"$TMP/kernel_random32" 5 || fail "kernel_random"
cmp "$TMP/before" "$KPX_DEV" || fail "probes were left behind"
no_events vfs_write
assert_book
