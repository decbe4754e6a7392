#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# What system calls returned: by default a number, and with the error's name where it
# is asked for, or where people read.
# shellcheck source=tests/native/lib.sh
. tests/native/lib.sh
event=syscalls:sys_exit_openat
[ -e /sys/kernel/tracing/events/syscalls/sys_exit_openat ] || event=raw_syscalls:sys_exit

collect -q -o "$TMP/t.pb" -e $event -- sh -c 'cat $(seq -f /no/such/file%g 60) 2> /dev/null || :'
collect dump "$TMP/t.pb" > "$TMP/out"
grep -q ' cat .* ret=-2$' "$TMP/out" || fail "no ret=-2 of cat: $(cat "$TMP/out")"
! grep -q ENOENT "$TMP/out" || fail "dump has names that nobody asked for"
collect dump --errno "$TMP/t.pb" > "$TMP/named"
grep -q ' cat .* ret=-2(ENOENT)$' "$TMP/named" || fail "dump --errno: $(cat "$TMP/named")"
grep -qE ' ret=[0-9]+$' "$TMP/named" || fail "dump --errno lacks what didn't fail"
sed 's/([A-Z]*)$//' "$TMP/named" | diff "$TMP/out" - || fail "dump --errno has other rows"

collect report "$TMP/t.pb" > "$TMP/out"
grep -qE '^ .*distinct: .*-2 ENOENT \([0-9]+ times\)' "$TMP/out" || fail "report: $(cat "$TMP/out")"
collect report --json "$TMP/t.pb" | /usr/bin/python3 -c '
import json, sys
(event,) = json.load(sys.stdin)["events"]
(ret,) = [f for f in event["fields"] if f["name"] == "ret"]
names = {v["value"]: v.get("errno") for v in ret["top"]}
assert names[-2] == "ENOENT", names
assert not any(name for value, name in names.items() if value >= 0), names' ||
	fail "report --json"

collect stat -o "$TMP/out" -e $event --by ret -- cat /no/such/file 2> /dev/null || :
grep -qE '^ *[0-9]+ .* -2 ENOENT$' "$TMP/out" || fail "stat --by ret: $(cat "$TMP/out")"
collect stat --json -o "$TMP/out" -e $event --by ret -- cat /no/such/file 2> /dev/null || :
grep -q '"ret":"-2"' "$TMP/out" || fail "stat --json --by ret: $(cat "$TMP/out")"
