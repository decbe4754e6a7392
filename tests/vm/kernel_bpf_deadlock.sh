#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Programs that update an LRU, LPM or queue map, on probes inside of these maps'
# updates, under the lock that they want: they are kept out, and counted.
# KPX_BPF_SECONDS: for how long they are tried; without it a minute where lockdep
# watches, and a third of that elsewhere.
# In the debug kernel, too: 80 s.
. tests/vm/lib.sh
. tests/vm/targets.sh
need_module
need_targets
build kernel_bpf_deadlock
case $KPX_KERNEL in debug*) seconds=60 ;; *) seconds=20 ;; esac
"$TMP/kernel_bpf_deadlock" "${KPX_BPF_SECONDS-$seconds}" || fail "kernel_bpf_deadlock"
assert_book
