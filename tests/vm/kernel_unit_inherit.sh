#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Units of events that children inherit: sums, times and samples; also by perf
# stat and collect of a program that forks.
# shellcheck disable=SC2016 # a definition's $ is for the kernel
. tests/vm/lib.sh
. tests/vm/targets.sh
need_module
need_targets
build kernel_unit_inherit
"$TMP/kernel_unit_inherit"

define 'p:kpx_bytes vfs_write count=$arg3:u64'
define 'p:kpx_sleep kpx_targets:kpxt_sleep ms=$arg1'
cat > "$TMP/load" <<- END
	#!/bin/sh
	for i in 1 2 3 4; do
		(dd if=/dev/zero of=/dev/null bs=1000 count=100 status=none; "$CALL" sleep 1 30) &
	done
	wait
END
chmod +x "$TMP/load"
# (echo of what is to be called is a write, too, of "sleep 1 30")
begun=$(date +%s%N)
perf stat -x, -o "$TMP/stat" -e kprobex/kpx_bytes,unit=2,field=0/ -e kprobex/kpx_sleep-ns/ -- "$TMP/load"
took=$(($(date +%s%N) - begun))
assert_eq "$(awk -F, '/kpx_bytes/ { print $1 }' "$TMP/stat")" "$((4 * (100 * 1000 + 11)))" "bytes of four children"
assert_between "$(awk -F, '/kpx_sleep-ns/ { print $1 }' "$TMP/stat")" 100000000 $((4 * took)) "ns of four children"

# What a child has counted since its last sample stays with its events: one for
# each CPU of each of 13 tasks that may write or be given a writer's events. So
# 26 of 50 samples may be missing; the count is whole, and explained.
collect -q -o "$TMP/bytes.pb" -e kprobex/kpx_bytes,unit=2,field=count,period=8000/ -- "$TMP/load"
collect report --json "$TMP/bytes.pb" > "$TMP/json"
assert_eq "$(/usr/bin/python3 -c 'import json, sys
event = json.load(sys.stdin)["events"][0]
print(event["count"], event["unexplained"])' < "$TMP/json")" "$((4 * (100 * 1000 + 11))) 0" "collect's sum"
collect dump "$TMP/bytes.pb" | sed -n 's/.* dd .* weight=//p' > "$TMP/weights"
assert_between "$(wc -l < "$TMP/weights")" 24 50 "samples of four children"

# A write of a period is a sample, whoever's events count it and whatever they
# have counted before.
collect -q -o "$TMP/writes.pb" -e kprobex/kpx_bytes,unit=2,field=count,period=1000/ -- "$TMP/load"
collect dump "$TMP/writes.pb" | sed -n 's/.* weight=//p' | sort | uniq -c > "$TMP/weights"
assert_eq "$(cat "$TMP/weights")" "    400 1" "samples of the writes of four children"
no_events kpx_bytes
assert_book
