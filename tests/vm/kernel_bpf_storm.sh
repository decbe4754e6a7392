#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# BPF programs are attached, detached and replaced under full load: each hit runs
# the old ones or the new ones, whole, none is lost, and memory stays.
# KPX_BPF_CHANGES: how many changes.
# In the debug kernel, too: 30 s.
. tests/vm/lib.sh
need_module
build kernel_bpf_storm
case $KPX_KERNEL in debug) changes=3000 ;; *) changes=10000 ;; esac

at_exit restore_module
"$TMP/kernel_bpf_storm" 100 > "$TMP/warm" || fail "kernel_bpf_storm: $(cat "$TMP/warm")"
assert_book
rmmod kprobex
memory_now > "$TMP/before"
insmod "$KPX_MODULE"
"$TMP/kernel_bpf_storm" "${KPX_BPF_CHANGES-$changes}" || fail "kernel_bpf_storm"
assert_book
rmmod kprobex
assert_memory_flat "$TMP/before"
