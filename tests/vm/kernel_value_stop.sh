#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Values are counted and sampled together, whenever the event is disabled.
# In the debug kernel, too: 20 s.
. tests/vm/lib.sh
need_module
[ "$(nproc)" -gt 1 ] || skip "needs two CPUs"
build kernel_value_stop
"$TMP/kernel_value_stop" || fail "kernel_value_stop"
