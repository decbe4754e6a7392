#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# eventfd(2)'s own program writes five numbers: five hits on eventfd_write.
. tests/vm/lib.sh
need_module
build kernel_eventfd

n=$(count kprobex/eventfd_write/ "$TMP/kernel_eventfd" 1 2 4 7 14)
assert_eq "$n" 5 "hits on eventfd_write"
assert_grep 'Parent read 28 ' "$TMP/out"
perf record -q -o "$TMP/data" -e kprobex/eventfd_write/ -- "$TMP/kernel_eventfd" 1 2 4 7 14 > "$TMP/out"
assert_eq "$(samples)" 5 "samples of eventfd_write"
