#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# A real recording, read by stock tools: python3-protobuf and the zstd command
# give what collect dump does, protoc reads the file whole.
. tests/native/lib.sh
need_recording
work=$TMP

collect -o "$work/t.pb" -a -e sched:sched_switch -e sched:sched_process_exec \
	-e raw_syscalls:sys_exit -- sh -c 'ls / >/dev/null; sleep 0.2; id'
protoc --proto_path=proto --python_out="$work" kprobex.proto
collect dump "$work/t.pb" >"$work/ours"
tests/read_trace.py "$work" "$work/t.pb" >"$work/theirs"
cmp "$work/ours" "$work/theirs"
[ "$(wc -l <"$work/ours")" -gt 100 ]
grep -q ' sched:sched_process_exec: ' "$work/ours"

# Every line has the shape that scripts rely on.
shape='^[0-9]+\.[0-9]{9} -?[0-9]+ [^ ]+ [0-9]+/[0-9]+ [^ ]+:( [^ =]+=.*)?$'
if grep -vqE "$shape" "$work/ours"; then
	grep -vE "$shape" "$work/ours" | head
	exit 1
fi

protoc --decode=kprobex.Trace proto/kprobex.proto <"$work/t.pb" >"$work/text"
grep -c '^packet' "$work/text"
# cat a b is a trace too.
cat "$work/t.pb" "$work/t.pb" | collect dump - | cmp - <(cat "$work/ours" "$work/ours")
