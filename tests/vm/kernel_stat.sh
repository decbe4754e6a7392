#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# perf stat counts every hit: per task, per CPU, system-wide, by pid, in a group.
. tests/vm/lib.sh
need_module

DD=(dd if=/dev/zero of=/dev/null bs=1 count=1000 status=none)

n=$(count kprobex/vfs_write/ "${DD[@]}")
assert_eq "$n" 1000 "a quiet dd's writes"
n=$(count kprobex/vfs_write/ dd if=/dev/zero of=/dev/null bs=1 count=1000)
assert_between "$n" 1001 1006 "dd's writes and its own few"

# the same task, in one group with the stock kprobe event: equal exactly
events=/sys/kernel/tracing/kprobe_events
if [ -w "$events" ]; then
	echo 'p:kpxtest/stock vfs_write' >> "$events"
	at_exit "echo -:kpxtest/stock >> $events"
	perf stat -x, -o "$TMP/stat" -e '{kprobex/vfs_write/,kpxtest:stock}' -- "${DD[@]}"
	assert_eq "$(awk -F, '/kprobex/ { print $1 }' "$TMP/stat")" \
		"$(awk -F, '/stock/ { print $1 }' "$TMP/stat")" "ours and the stock event"
fi

perf stat -x, -o "$TMP/stat" -a -e kprobex/vfs_write/ -- "${DD[@]}"
n=$(awk -F, '/kprobex/ { print $1 }' "$TMP/stat")
assert_between "$n" 1000 1200 "-a"
perf stat -x, -o "$TMP/stat" -C 0 -e kprobex/vfs_write/ -- taskset -c 0 "${DD[@]}"
n=$(awk -F, '/kprobex/ { print $1 }' "$TMP/stat")
assert_between "$n" 1000 1200 "-C 0 of a task on it"
perf stat -x, -o "$TMP/stat" -C 0 -e kprobex/vfs_write/ -- taskset -c 1 "${DD[@]}"
n=$(awk -F, '/kprobex/ { print $1 }' "$TMP/stat")
assert_between "$n" 0 300 "-C 0 of a task on CPU 1"

# by pid: a shell that waits for a byte, then writes 100 times
mkfifo "$TMP/go" "$TMP/control" "$TMP/answer"
(read -r _ < "$TMP/go"; for i in $(seq 100); do echo "$i" > /dev/null; done) &
pid=$!
exec 8<> "$TMP/control" 9<> "$TMP/answer"
perf stat -D -1 --control "fifo:$TMP/control,$TMP/answer" -x, -o "$TMP/stat" -p "$pid" -e kprobex/vfs_write/ 2>/dev/null &
stat=$!
echo enable >&8
read -r -t 120 answer <&9 || answer=none
assert_eq "$answer" ack "perf's answer to enable"
echo > "$TMP/go"
wait "$pid" "$stat" || :
n=$(awk -F, '/kprobex/ { print $1 }' "$TMP/stat")
assert_between "$n" 100 110 "-p of 100 writes"

# off while disabled: an event that never runs counts nothing
perf stat -x, -o "$TMP/stat" -D -1 -e kprobex/vfs_write/ -- "${DD[@]}" 2>/dev/null
n=$(awk -F, '/kprobex/ { print $1 }' "$TMP/stat")
case $n in 0 | '<not counted>') ;; *) fail "a disabled event counted $n" ;; esac

no_events vfs_write
assert_book
