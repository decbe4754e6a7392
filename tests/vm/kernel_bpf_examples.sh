#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The examples of tests/bpf count a known load to the last hit, in each way of
# attaching that there is, and with each way in which the kernel calls a probe.
. tests/vm/lib.sh
. tests/vm/targets.sh
need_module
need_targets
build kernel_bpf_examples
"$TMP/kernel_bpf_examples" || fail "kernel_bpf_examples"
assert_book
