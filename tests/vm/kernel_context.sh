#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What context handlers run in, by mechanism.
. tests/vm/lib.sh
need_module
build kernel_context
"$TMP/kernel_context"
