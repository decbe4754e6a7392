#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Mechanisms: in force or refused with a reason, at windows of 1 to 5
# instructions and at functions' entries; every hit with its registers.
. tests/vm/lib.sh
. tests/vm/targets.sh
need_module
need_targets
build kernel_mode
"$TMP/kernel_mode"
assert_book
