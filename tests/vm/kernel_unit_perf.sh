#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Units in perf's hands: sums of bytes, samples by the MiB, nanoseconds, default
# frequency, the aliases NAME-ns, NAME-missed and NAME-filtered.
# shellcheck disable=SC2016 # a definition's $ is for the kernel
. tests/vm/lib.sh
. tests/vm/targets.sh
need_module
need_targets

define 'p:kpx_bytes vfs_write file=$arg1 count=$arg3:u64'
DD=(dd if=/dev/zero of=/dev/null bs=4k count=1000 status=none)
assert_eq "$(count kprobex/kpx_bytes,unit=2,field=1/ "${DD[@]}")" 4096000 "the bytes of 1000 writes"

# a sample for each MiB, or one with the weight of several; each CPU has an event of
# its own, which counts to the period by itself
record() { perf record -q -o "$TMP/data" "$@" > "$TMP/out" 2>&1 || fail "record $*: $(cat "$TMP/out")"; }
record -c 1048576 -e kprobex/kpx_bytes,unit=2,field=1/ -- taskset -c 0 "${DD[@]}"
assert_eq "$(samples)" 3 "samples of 3.9 MiB in writes of 4 KiB"
record -c 1048576 -e kprobex/kpx_bytes,unit=2,field=1/ -- dd if=/dev/zero of=/dev/null bs=10M count=3 status=none
assert_eq "$(samples)" 3 "samples of 3 writes of 10 MiB"

# perf's default: a frequency; nothing stalls and nothing is counted wrong
record -e kprobex/kpx_bytes,unit=2,field=1,freq=4000/ -- "${DD[@]}"
[ "$(samples)" -gt 0 ] || fail "no sample at a frequency"
record -e kprobex/kpx_bytes-ns/ -- "${DD[@]}"
[ "$(samples)" -gt 0 ] || fail "no sample of -ns at the default frequency"

# time, with its unit
define 'p:kpx_sleep kpx_targets:kpxt_sleep ms=$arg1'
perf stat -x, -o "$TMP/stat" -e kprobex/kpx_sleep-ns/ -- "$CALL" sleep 1 100
awk -F, '/kpx_sleep/ { exit !($1 >= 1e8 && $1 < 1e10 && $2 == "ns") }' "$TMP/stat" ||
	fail "100 ms: $(cat "$TMP/stat")"

# what is missed, and what is dropped
define 'p:kpx_few kpx_targets:kpxt_f0 a=$arg1 if a < 10'
assert_eq "$(count kprobex/kpx_few/ "$CALL" f0 100)" 10 "hits that pass"
assert_eq "$(count kprobex/kpx_few-filtered/ "$CALL" f0 100)" 90 "hits that don't"
[ ! -e "$KPX_SYS/events/kpx_sleep-filtered" ] || fail "-filtered without an if"
printf '%s\n' 'r1:kpx_once kpx_targets:kpxt_recurse $retval' > "$KPX_DEV"
at_exit "echo -:kpx_once > $KPX_DEV"
perf stat -x, -a -o "$TMP/stat" -e kprobex/kpx_once-missed/ -e kprobex/kpx_once/ -- "$CALL" recurse 1 30
assert_eq "$(awk -F, '/missed/ { print $1 }' "$TMP/stat")" 29 "misses: $(cat "$TMP/stat")"
assert_eq "$(column kpx_once missed_return)" 29 "missed_return"

# behind the entry there is no return to be had
define "p:kpx_body_f1 $(body kpx_targets:kpxt_f1)"
[ ! -e "$KPX_SYS/events/kpx_body_f1-ns" ] || fail "-ns where there is none"
assert_eq "$(count kprobex/kpx_body_f1,unit=1/ true)" '<not supported>' "time where there is none"
assert_grep 'ENTRY_ONLY' "$KPX_DEBUGFS/error_log"
assert_book
