#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The trace event comes and goes: 1000 times without a trace in the slabs, under
# readers, under whoever enables everything, with instances that come and go,
# and with the module, while rings hold its records.
# shellcheck disable=SC2016,SC2119 # a definition's $ is for the kernel; reload needs no arguments
. tests/vm/lib.sh
need_module
. tests/vm/face.sh
[ -n "${KPX_MODULE-}" ] || skip "KPX_MODULE isn't set"
at_exit restore_module

remove() { printf '%s\n' "-:$1" > "$KPX_DEV"; }

# slabs PATTERN: KiB in use in those caches
slabs() {
	# what a CPU keeps for its next allocations counts as used: shrink
	for cache in /sys/kernel/slab/*/shrink; do echo 1 > "$cache" 2> /dev/null || :; done
	awk -v pattern="$1" 'NR > 2 && $1 ~ pattern { sum += $2 * $4 } END { print int(sum / 1024) }' /proc/slabinfo
}

cycles() {
	for _ in $(seq "$1"); do
		printf '%s\n' 'p:cycle vfs_read file=$arg1:x64 count=$arg3:u64' > "$KPX_DEV"
		remove cycle
	done
}

# each cycle has about 10 KiB for a while; 1 KiB of each would be 1000 here
ALL='^(kmalloc|ftrace_event|trace_event|dentry|inode|tracefs)'
OURS='^(ftrace_event|trace_event)'
cycles 200
sleep 2
before="$(slabs "$ALL") $(slabs "$OURS")"
cycles 1000
# (6.1: what has been kept for a second)
sleep 2
after="$(slabs "$ALL") $(slabs "$OURS")"
echo "KiB of slabs: $before before, $after after 1000 cycles"
assert_between "$((${after% *} - ${before% *}))" -100000 500 "KiB that 1000 cycles left"
assert_between "$((${after#* } - ${before#* }))" -1000 20 "KiB of fields and files that 1000 cycles left"
[ ! -e "$EVENTS/cycle" ] || fail "the event is still there"

# files that are open when the event goes, and when the module does
mkdir "$TRACING/instances/kpx_open"
at_exit "! [ -d $TRACING/instances/kpx_open ] || rmdir $TRACING/instances/kpx_open"
printf 'p:open vfs_read\n' > "$KPX_DEV"
exec 5< "$EVENTS/open/format" 6<> "$EVENTS/open/trigger" 7<> "$EVENTS/open/filter" 8<> "$EVENTS/open/enable" \
	9< "$TRACING/instances/kpx_open/events/kprobex/open/format" \
	10<> "$TRACING/instances/kpx_open/events/kprobex/open/trigger"
remove open
for fd in 5 6 8 9 10; do assert_fails 'No such device' bash -c "cat <&$fd"; done
# (a filter is empty then, on some kernels)
bash -c "cat <&7" > "$TMP/out" 2>&1 || assert_grep 'No such device' "$TMP/out"
[ "$(grep -c -v 'No such device' "$TMP/out")" = 0 ] || fail "a removed event has a filter: $(cat "$TMP/out")"
! echo stacktrace >&6 2> /dev/null || fail "a trigger of a removed event was set"
! echo 'common_pid == 1' >&7 2> /dev/null || fail "a filter of a removed event was set"
! echo 1 >&8 2> /dev/null || fail "a removed event was enabled"
exec 5<&- 6<&- 7<&- 8<&- 9<&- 10<&-
rmdir "$TRACING/instances/kpx_open"
exec 5< "$EVENTS/vfs_read/format" 6< "$TRACING/events/kprobex_control/evlock/format" 7< "$EVENTS/vfs_read/trigger"
reload
for fd in 5 6 7; do assert_fails 'No such device' bash -c "cat <&$fd"; done
exec 5<&- 6<&- 7<&-

# the control event can't be used by anybody, and enabling all includes ours only
CONTROL=$TRACING/events/kprobex_control/evlock
for file in enable filter trigger id; do
	[ ! -e "$CONTROL/$file" ] || fail "the control event has a file $file"
done
! grep kprobex_control "$TRACING/available_events" || fail "the control event is on offer"
! echo kprobex_control:evlock > "$TRACING/set_event" 2> /dev/null || fail "the control event was set"
! echo 'enable_event:kprobex_control:evlock' > "$EVENTS/vfs_read/trigger" 2> /dev/null ||
	fail "a trigger took the control event"

echo 1 > "$EVENTS/enable"
assert_eq "$(cat "$EVENTS/enable")" 1 "the group"
define 'p:later vfs_read'
assert_eq "$(cat "$EVENTS/enable")" X "the group with one that is off"
remove later
assert_fails 'Device or resource busy' remove vfs_write
assert_fails 'in use' rmmod kprobex
writes 60 3
# off first: reading the ring with vfs_read in it wouldn't end
echo 0 > "$EVENTS/enable"
assert_eq "$(lines 60 vfs_write | wc -l)" 3 "lines of the group"

# every event of the kernel, several times, while probes come and go
(
	for _ in 1 2 3; do
		echo 1 > "$TRACING/events/enable"
		echo 0 > "$TRACING/events/enable"
	done
) 2> /dev/null &
pid=$!
for _ in $(seq 30); do
	printf 'p:among vfs_read\n' > "$KPX_DEV"
	# busy for as long as it is on with all the others
	until remove among 2> /dev/null; do sleep 0.01; done
done
wait "$pid"
echo 0 > "$TRACING/events/enable"
clear_trace

# instances that come and go with the event on
A=$TRACING/instances/kpx_a
at_exit "! [ -d $A ] || rmdir $A"
for _ in 1 2 3 4 5; do
	mkdir "$A"
	echo 1 > "$A/events/kprobex/vfs_write/enable"
	writes 61 20 &
	define 'p:inside vfs_read'
	[ -e "$A/events/kprobex/inside/enable" ] || fail "an instance lacks a new event"
	remove inside
	[ ! -e "$A/events/kprobex/inside" ] || fail "an instance kept an event"
	assert_fails 'Device or resource busy' remove vfs_write
	wait $!
	echo 0 > "$A/tracing_on"
	assert_eq "$(grep -c 'count=61 ' "$A/trace")" 20 "lines in the instance"
	echo 1 > "$A/tracing_on"
	writes 62 1000 &
	rmdir "$A"
	wait $!
done
remove vfs_write
[ ! -e "$EVENTS/vfs_write" ] || fail "the event is still there"

# what a removed event left isn't shown as another's, which may get its number
define 'p:first vfs_write count=$arg3:u64'
echo 1 > "$EVENTS/first/enable"
writes 63 50
echo 0 > "$EVENTS/first/enable"
assert_eq "$(lines 63 | wc -l)" 50 "lines of the first"
remove first
define 'p:second vfs_write a=$arg1:u64 b=$arg2:u64 count=$arg3:u64 d=$arg4:u64'
assert_eq "$(grep -c -e ': first:' -e ': second:' "$TRACING/trace" || :)" 0 "lines of a removed event"
remove second

# unload with records in two rings, read while it happens
reload
mkdir "$A"
for dir in "$TRACING" "$A"; do echo 1 > "$dir/events/kprobex/vfs_write/enable"; done
assert_fails 'in use' rmmod kprobex
writes 64 200
for dir in "$TRACING" "$A"; do echo 0 > "$dir/events/kprobex/vfs_write/enable"; done
assert_eq "$(lines 64 vfs_write | wc -l)" 200 "lines before unloading"
(until [ -e "$TMP/read" ]; do cat "$TRACING/trace" "$A/trace" || :; done > /dev/null) &
pid=$!
rmmod kprobex
sleep 0.2
touch "$TMP/read"
wait "$pid"
[ ! -e "$EVENTS" ] || fail "unloaded, but $EVENTS is there"
[ ! -e "$CONTROL" ] || fail "unloaded, but $CONTROL is there"
grep -c 'count=64' "$TRACING/trace" "$A/trace" > "$TMP/left" || :
assert_eq "$(awk -F: '{ sum += $2 } END { print sum }' "$TMP/left")" 0 "lines behind unloading"
insmod "$KPX_MODULE"
rmdir "$A"

# unload at once behind the last one who had it on
for _ in 1 2 3 4 5; do
	echo 1 > "$EVENTS/enable"
	echo 0 > "$EVENTS/enable"
	rmmod kprobex
	insmod "$KPX_MODULE"
done
