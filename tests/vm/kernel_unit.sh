#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Units: events that count a field, time, misses or what "if" drops.
. tests/vm/lib.sh
. tests/vm/targets.sh
need_module
need_targets
build kernel_unit
"$TMP/kernel_unit"
assert_book
