#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# eventfd(2)'s own program writes five numbers of 8 bytes: that is what is in
# the file, and what Python reads there.
. tests/vm/lib.sh
need_module
build kernel_eventfd

collect -q -o "$TMP/e.pb" -e kprobex/eventfd_write/ -- "$TMP/kernel_eventfd" 1 2 4 7 14 > "$TMP/out"
assert_grep 'Parent read 28 ' "$TMP/out"
collect dump "$TMP/e.pb" > "$TMP/dump"
assert_eq "$(grep -c ' eventfd_write: file=0x.* buf=0x.* count=8 ppos=' "$TMP/dump")" 5 "hits with count=8"
assert_eq "$(wc -l < "$TMP/dump")" 5 "lines of dump"
assert_eq "$(awk '{ print $3 }' "$TMP/dump" | sort -u)" kernel_eventfd "who wrote"
collect report --json "$TMP/e.pb" > "$TMP/json"
assert_grep '"count":5,"delivered":5,"lost":0' "$TMP/json"
