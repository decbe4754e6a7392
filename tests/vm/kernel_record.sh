#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# perf record: by default every hit; -c, -F, -a, -C and -p as for any event.
. tests/vm/lib.sh
need_module
DD=(dd if=/dev/zero of=/dev/null bs=1 count=1000 status=none)

record() { perf record -q -o "$TMP/data" "$@" > "$TMP/out" 2>&1 || fail "record $*: $(cat "$TMP/out")"; }

record -e kprobex/vfs_write/ -- "${DD[@]}"
assert_eq "$(samples)" 1000 "samples of 1000 writes"
# each sample is at the probe's own address
perf script -i "$TMP/data" -F ip,sym 2>/dev/null | sort | uniq -c > "$TMP/syms"
assert_eq "$(wc -l < "$TMP/syms")" 1 "one address: $(cat "$TMP/syms")"
assert_grep ' vfs_write$' "$TMP/syms"
perf report -i "$TMP/data" --stdio > "$TMP/report" 2>&1
assert_grep 'Total Lost Samples: 0$' "$TMP/report"

# each CPU has an event of its own, which counts to the period by itself
record -c 100 -e kprobex/vfs_write/ -- taskset -c 0 "${DD[@]}"
assert_eq "$(samples)" 10 "samples of 1000 writes with -c 100"
record -c 1 -e kprobex/vfs_write/ -- "${DD[@]}"
assert_eq "$(samples)" 1000 "samples of 1000 writes with -c 1"

# a frequency, also as perf's own default for an event without a period
id=$(sed 's/,.*//' "$KPX_SYS/events/vfs_write")
record -F 200 -e "kprobex/$id/" -- dd if=/dev/zero of=/dev/null bs=1 count=30000 status=none
n=$(samples)
assert_between "$n" 5 29000 "samples of 30000 writes with -F 200"
record -e "kprobex/$id/" -- "${DD[@]}"
assert_between "$(samples)" 1 1000 "samples at the default frequency"

# skip_self: perf's own writes would feed on themselves
record -a -e kprobex/vfs_write,skip_self=1/ -- "${DD[@]}"
assert_between "$(samples)" 1000 2000 "samples with -a"
record -C 0 -e kprobex/vfs_write,skip_self=1/ -- taskset -c 0 "${DD[@]}"
assert_between "$(samples)" 1000 2000 "samples with -C 0"
cpus=$(perf script -i "$TMP/data" -F cpu 2>/dev/null | sort -u | tr -d ' \n')
assert_eq "$cpus" "[000]" "CPUs of -C 0"

# a group: the counting member is read with each sample
perf record -q -o "$TMP/data" -e '{kprobex/vfs_write/,kprobex/vfs_read/}:S' -- "${DD[@]}" > "$TMP/out" 2>&1 ||
	fail "a sampled group: $(cat "$TMP/out")"
[ "$(samples)" -ge 1000 ] || fail "a sampled group has $(samples) samples"

no_events vfs_write
assert_book
