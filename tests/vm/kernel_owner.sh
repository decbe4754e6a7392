#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A probe that belongs to a descriptor goes with it; its open events live on; and
# skip_self leaves out the process that opened the event and nobody else.
# In the debug kernel, too: 25 s.
. tests/vm/lib.sh
need_module
cp "$KPX_DEV" "$TMP/before"
build kernel_owner
"$TMP/kernel_owner" || fail "kernel_owner"
cmp "$TMP/before" "$KPX_DEV" || fail "probes were left behind"
assert_book
# and unload behind it, with the last disarming still to come
if [ -n "${KPX_MODULE-}" ]; then
	at_exit restore_module
	"$TMP/kernel_owner"
	rmmod kprobex
fi
