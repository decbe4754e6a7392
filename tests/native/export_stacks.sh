#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# collect export --to folded, speedscope and pprof have the call chains that the events
# have, as often as they came, or with what their field adds up to.
# shellcheck source=tests/native/lib.sh
. tests/native/lib.sh
need_recording
protoc --proto_path=tests/native --python_out="$TMP" pprof.proto

# same [WEIGHT]: prints what is the same in all
same() {
	for format in folded speedscope pprof; do
		collect export -q --to $format ${1:+--weight "$1"} -o "$TMP/$format" "$TMP/trace.pb"
	done
	tests/native/export/stacks.py "$TMP" "$TMP/json" "$TMP"/{folded,speedscope,pprof} "$@" ||
		fail "not the same call chains in all"
}

collect -q -g -o "$TMP/trace.pb" -e raw_syscalls:sys_enter \
	-e 'sched:sched_s*' -- sh -c 'ls -lR /etc | gzip; exit 0' > /dev/null
collect export -q --to json -o "$TMP/json" "$TMP/trace.pb"
same > "$TMP/found"
read -r chains events < <(tail -n 1 "$TMP/found")
assert_eq "$events" "$(grep -c '"stack"' "$TMP/json")" "events that have call chains"
[ "$chains" -gt 50 ] || fail "only $chains call chains"
# The files that were mapped are known by their build-ids.
libc=$(ldd /bin/ls | awk '$1 == "libc.so.6" { print $3 }')
id=$(readelf -n "$libc" | awk '/Build ID/ { print $3 }')
grep -q "^build-id .*libc.so.6 $id\$" "$TMP/found" || fail "no build-id of libc in the pprof"
grep -q ';getdents64;.*;do_syscall_64_\[k\];' "$TMP/folded" ||
	fail "no names of functions of programs"
collect export -q --to folded --no-files -o - "$TMP/trace.pb" |
	grep -q ';\[libc.so.6\];.*;do_syscall_64_\[k\];' || fail "names in spite of --no-files"

same prev_prio > "$TMP/found"
read -r _ sum < <(tail -n 1 "$TMP/found")
[ "$sum" -gt 0 ] || fail "priorities add up to $sum"
collect export --to speedscope --weight runtime -o "$TMP/out" "$TMP/trace.pb" 2> "$TMP/err"
grep -q '"unit":"nanoseconds"' "$TMP/out" || fail "the run time has no unit"
says "events have no field 'runtime' and are left out"

status 1 collect export --to folded --weight nothing -o "$TMP/no" "$TMP/trace.pb"
says "has a field 'nothing' that is a number"
status 1 collect export --to csv --weight id -o "$TMP/no" "$TMP/trace.pb"
says "csv has each event, and no weights"
status 1 collect export --to pprof -o "$TMP/no" tests/golden/varint.pb
says "no event has a call chain: record them with collect -g"
[ ! -e "$TMP/no" ] || fail "what failed left a file"
