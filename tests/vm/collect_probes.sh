#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# kprobex/NAME/, kprobex/FUNCTION/ for the recording only, no -e at all; and the
# words for what can't be probed.
# On one kernel: debian-6.1.
. tests/vm/lib.sh
need_module
dd=(dd if=/dev/zero of=/dev/null bs=1 count=1000 status=none)
out=$TMP/p.pb

named() { cat "$KPX_DEV"; ls "$KPX_SYS/events"; }
named > "$TMP/before"

value() { # EVENT KEY: of the report
	collect report --json "$out" | /usr/bin/python3 -c '
import json, sys
for event in json.load(sys.stdin)["events"]:
    if event["name"] == sys.argv[1]:
        print(int(event[sys.argv[2]]))' "$1" "$2"
}

# As perf stat counts: dd's 1000 writes and what it has to do besides.
collect -q -o "$out" -e kprobex/vfs_write/ -- "${dd[@]}"
assert_between "$(value vfs_write count)" 1000 1010 "hits on vfs_write"
assert_eq "$(value vfs_write delivered)" "$(value vfs_write count)" "samples of vfs_write"
assert_eq "$(value vfs_write unexplained)" 0 "unexplained of vfs_write"
assert_eq "$(collect dump "$out" | grep -c ' dd .* vfs_write: file=0x.* count=1 ')" 1000 "writes of one byte"

# A function without a probe, at its start and behind it.
collect -q -o "$out" -e kprobex/ksys_read/,kprobex/vfs_write/ -- "${dd[@]}"
assert_between "$(value ksys_read count)" 1000 1010 "hits on ksys_read"
assert_between "$(value vfs_write count)" 1000 1010 "hits beside ksys_read's"
named | diff "$TMP/before" - || fail "the recording left a probe behind"

# All that have a name.
collect -q -o "$out" -- "${dd[@]}"
assert_between "$(value vfs_write count)" 1000 1010 "vfs_write without -e"
assert_between "$(value vfs_read count)" 1000 1010 "vfs_read without -e"
[ "$(value do_sys_openat2 count)" -gt 0 ] || fail "nothing opened without -e"

# Every tenth, with stacks, system-wide.
collect -q -c 10 -o "$out" -e kprobex/vfs_write/ -- "${dd[@]}"
assert_between "$(value vfs_write delivered)" 98 101 "samples of -c 10"
assert_eq "$(value vfs_write unexplained)" 0 "unexplained of -c 10"
collect -q -a -g -o "$out" -e kprobex/vfs_write/ -- "${dd[@]}"
[ "$(collect dump "$out" | grep -c ' dd .*stack=0xffff')" -ge 1000 ] || fail "no stacks with -g"
assert_eq "$(value vfs_write unexplained)" 0 "unexplained of -a"

# A child that gives up its privileges is recorded, and forks.
# shellcheck disable=SC2016 # the shell that is recorded expands it
collect -q -o "$out" -e kprobex/vfs_write/ -- setpriv --reuid=65534 --clear-groups \
	sh -c 'for i in 1 2 3; do /bin/echo $i > /dev/null; done'
assert_eq "$(collect dump "$out" | grep -c ' echo .* vfs_write:')" 3 "writes after setpriv"

rm -f "$out"
refused() { # WORDS EVENT
	assert_fails "$1" collect -o "$out" -e "$2" -- true
	[ ! -e "$out" ] || fail "a file was left for $2"
}
refused "did you mean vfs_write" kprobex/vfs_wrte/
refused "no such function" kprobex/no_such_function_at_all/
refused "functions are called t_show" kprobex/t_show/
refused "inside an instruction" kprobex/vfs_write+1/
refused "can't be probed" kprobex/do_int3/
named | diff "$TMP/before" - || fail "a refusal left a probe behind"

# Who may not: words, and no file.
assert_fails "permission" setpriv --reuid=65534 --clear-groups collect -o "$TMP/u.pb" -e kprobex/vfs_write/ -- true

# Killed in the middle: the probe goes, the file reads.
collect -q -a -o "$out" -e kprobex/ksys_write/ --flush-interval 50 &
pid=$!
for _ in $(seq 200); do "${dd[@]}"; [ -s "$out" ] && [ "$(stat -c %s "$out")" -gt 8000 ] && break; sleep 0.1; done
kill -9 "$pid"
wait "$pid" || :
status=0
collect dump "$out" > "$TMP/dump" 2> "$TMP/err" || status=$?
assert_eq "$status" 4 "dump of a killed recording"
assert_grep ' ksys_write:' "$TMP/dump"
named | diff "$TMP/before" - || fail "a killed recording left a probe behind"
assert_book
