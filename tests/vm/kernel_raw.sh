#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The bytes of a raw record: the arguments that write(2) was called with, by the
# layout that DESCRIBE gives.
# In the debug kernel, too: 30 s.
. tests/vm/lib.sh
need_module
build kernel_raw
"$TMP/kernel_raw"
