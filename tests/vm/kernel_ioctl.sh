#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The ioctls by the ABI's rules of growth: sizes, tails, pointers.
# In the debug kernel, too: 15 s.
. tests/vm/lib.sh
need_module
cp "$KPX_DEV" "$TMP/before"
build kernel_ioctl
"$TMP/kernel_ioctl" || fail "kernel_ioctl"
cmp "$TMP/before" "$KPX_DEV" || fail "probes were left behind"
