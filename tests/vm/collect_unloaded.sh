#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Without the module it says so; with a recording open, the module stays.
# On one kernel: debian-6.1.
. tests/vm/lib.sh
need_module
[ -n "${KPX_MODULE-}" ] || skip "KPX_MODULE isn't set"

collect -q -a -o "$TMP/a.pb" -e kprobex/vfs_write/ &
pid=$!
for _ in $(seq 500); do [ -s "$TMP/a.pb" ] && break; sleep 0.05; done
assert_fails "in use" rmmod kprobex
kill -TERM "$pid"
wait "$pid" || fail "the recording failed"

at_exit restore_module
for _ in $(seq 500); do rmmod kprobex 2> /dev/null && break; sleep 0.05; done
! module_loaded || fail "rmmod after the recording"
assert_fails "kprobex isn't loaded" collect -o "$TMP/b.pb" -e kprobex/vfs_write/ -- true
assert_fails "modprobe kprobex" collect -o "$TMP/b.pb" -- true
[ ! -e "$TMP/b.pb" ] || fail "a file was left"
# What needs no module works.
collect -q -o "$TMP/b.pb" -e raw_syscalls:sys_enter -- true
