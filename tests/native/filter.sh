#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# collect dump -f: the lines that come are those that awk picks from all lines.
# shellcheck source=tests/native/lib.sh
. tests/native/lib.sh
need_recording

collect -q -o "$TMP/t.pb" -e raw_syscalls:sys_enter -e raw_syscalls:sys_exit -g -- \
	sh -c 'ls /nonexistent /; dd if=/dev/zero of=/dev/null bs=5k count=300' \
	> /dev/null 2>&1 || true
collect dump "$TMP/t.pb" > "$TMP/all"

same() { # EXPRESSION AWK
	collect dump -f "$1" "$TMP/t.pb" > "$TMP/some"
	awk "$2" "$TMP/all" > "$TMP/want"
	[ -s "$TMP/want" ] || fail "there is nothing for $1"
	cmp "$TMP/some" "$TMP/want" || fail "$1 is not $2"
}
same 'event==raw_syscalls:sys_enter' '$5 == "raw_syscalls:sys_enter:"'
same 'comm==dd && args[2]==5K' '$3 == "dd" && / args2=0x1400 /'
same 'ret == -ENOENT' '/ ret=-2 /'
same 'ret < 0 || comm ~ "l?"' '/ ret=-/ || $3 == "ls"'
same '!(event ~ "*enter") && !(comm != "dd")' '$5 !~ /enter:/ && $3 == "dd"'
cpu=$(awk 'NR == 1 { print $2 }' "$TMP/all")
same "cpu==$cpu && stack_depth > 0" "\$2 == $cpu && / stack=/"

expect() { # STATUS MESSAGE EXPRESSION
	local status=0
	collect dump -f "$3" "$TMP/t.pb" > "$TMP/out" 2> "$TMP/err" || status=$?
	assert_eq "$status" "$1" "the status of -f '$3'"
	grep -qF -- "$2" "$TMP/err" || fail "-f '$3' says: $(cat "$TMP/err")"
	[ ! -s "$TMP/out" ] || fail "-f '$3' prints something"
}
expect 2 'a value is missing here' 'ret =='
expect 1 'did you mean args0' 'arg0 == 1'
expect 1 'did you mean raw_syscalls:sys_exit,' 'event == raw_syscalls:sys_exi'
expect 2 'this isn'\''t a number' 'ret == 1x'
collect dump -f 'ret==1' -f 'ret==2' "$TMP/t.pb" 2> "$TMP/err" && fail "two filters"
grep -q 'one --filter only' "$TMP/err" || fail "of two filters: $(cat "$TMP/err")"
