#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A task that was recorded while it slept outlives the module: nothing of its
# perf context points into it.
# In the debug kernel, too: 30 s.
. tests/vm/lib.sh
need_module

sleep 1000 &
exits=$!
sleep 1000 &
opens=$!
at_exit "kill $exits $opens 2> /dev/null || :"
for pid in "$exits" "$opens"; do
	perf stat -e kprobex/vfs_write/ -p "$pid" -- sleep 0.2 2> "$TMP/err" || fail "$(cat "$TMP/err")"
done
rmmod kprobex || fail "rmmod failed"
at_exit restore_module

# The module's memory isn't there any more, and another's may be.
perf stat -e context-switches -p "$opens" -- sleep 0.2 2> "$TMP/err" || fail "$(cat "$TMP/err")"
kill "$exits" "$opens"
wait "$exits" "$opens" 2> /dev/null || :
sleep 0.2	# contexts are freed by RCU
