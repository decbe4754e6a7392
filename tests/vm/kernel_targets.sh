#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# One probe of many functions: who was hit, what is refused, 1000 and all that
# the kernel has.
. tests/vm/lib.sh
. tests/vm/targets.sh
need_module
need_targets
build kernel_targets

kernel_functions > "$TMP/functions"
# the first one's name is the definition's
cut -d' ' -f1 "$TMP/functions" > "$TMP/addresses"
"$TMP/kernel_targets" "$(head -1 "$TMP/functions" | cut -d' ' -f2)" "$TMP/addresses"
assert_book
