#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The probed module goes and comes back while events are open.
. tests/vm/lib.sh
. tests/vm/targets.sh
need_module
need_targets
build kernel_inflight
"$TMP/kernel_inflight" "$TARGETS_MODULE"
assert_book
