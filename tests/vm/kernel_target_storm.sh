#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Functions that a hit itself goes through, probed in every way: whatever is
# refused, the machine lives and the books close.
. tests/vm/lib.sh
. tests/vm/targets.sh
need_module
need_targets
build kernel_target_storm
# each kernel takes its half; KPX_STORM="0 1" is all
case $KPX_KERNEL in *6.12) half="1 2" ;; *) half="0 2" ;; esac
# shellcheck disable=SC2086 # two words
"$TMP/kernel_target_storm" ${KPX_STORM-$half}
assert_book
