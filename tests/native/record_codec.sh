#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Whatever compresses a trace, or nothing, the same events are in it.
. tests/native/lib.sh
need_recording

# args NAME OPTION...: records 20000 calls; what they were, without their times
args() {
	collect -q -o "$TMP/$1.pb" -e raw_syscalls:sys_enter "${@:2}" -- "$CALLS" 20000
	collect dump "$TMP/$1.pb" >"$TMP/dump"
	grep -c 'id=110 ' "$TMP/dump" >"$TMP/$1"
	assert_eq "$(cat "$TMP/$1")" 20000 "calls with ${*:2}"
}
args default
args none --codec none
args zstd --codec zstd --level 19
args fast --level -5
none=$(stat -c %s "$TMP/none.pb") zstd=$(stat -c %s "$TMP/zstd.pb")
[ "$zstd" -lt "$none" ] || fail "zstd makes $zstd bytes, without it $none"

for wrong in '--level 20' '--level -101' '--level x' '--level=' '--codec gzip' '--codec='; do
	# shellcheck disable=SC2086 # words are meant
	status 2 collect -q -o "$TMP/x.pb" -e raw_syscalls:sys_enter $wrong -- true
	says "${wrong%%[ =]*} takes"
done
