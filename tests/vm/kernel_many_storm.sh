#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Functions that a hit itself goes through, many of them in one probe with one
# return hook: the machine lives and the books close.
. tests/vm/lib.sh
. tests/vm/targets.sh
need_module
need_targets
build kernel_target_storm
"$TMP/kernel_target_storm" many
assert_book
