#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# One probe of many functions: who was hit, what is refused, 1000 and all that
# the kernel has.
. tests/vm/lib.sh
. tests/vm/targets.sh
need_module
need_targets
build kernel_targets

# Functions of the kernel that ftrace knows and whose name is one function's,
# in no order: "ADDRESS NAME".
awk 'NR == FNR { if (NF == 1) known[$1] = 1; next }
	/ [tT] [A-Za-z0-9_]+$/ { seen[$3]++; at[$3] = $1 }
	END { for (name in known) if (seen[name] == 1) print at[name], name }' \
	/sys/kernel/tracing/available_filter_functions /proc/kallsyms > "$TMP/functions"
# the first one's name is the definition's
cut -d' ' -f1 "$TMP/functions" > "$TMP/addresses"
"$TMP/kernel_targets" "$(head -1 "$TMP/functions" | cut -d' ' -f2)" "$TMP/addresses"
assert_book
