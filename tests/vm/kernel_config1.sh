#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Definitions that come with an event, in config1.
. tests/vm/lib.sh
. tests/vm/targets.sh
need_module
need_targets
chmod a+rx /sys/kernel/debug "$TARGETS"
chmod a+w "$TARGETS/call"
at_exit 'chmod go-rwx /sys/kernel/debug'
build kernel_config1
"$TMP/kernel_config1"
assert_book
