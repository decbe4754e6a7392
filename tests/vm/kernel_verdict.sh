#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What somebody missed is in the book, whoever else saw the hit. And the list of
# probes makes no more of a name than it is.
. tests/vm/lib.sh
need_module
build kernel_verdict
echo 2 > /sys/module/kprobex/parameters/maxactive
at_exit 'echo 1024 > /sys/module/kprobex/parameters/maxactive'
at_exit 'echo 0 > /sys/kernel/tracing/events/kprobex/enable'
"$TMP/kernel_verdict" || fail "kernel_verdict"
assert_book
