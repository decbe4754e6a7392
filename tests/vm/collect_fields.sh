#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Strings, arrays, symbols, bit fields, returns and times: what collect dumps is
# what the probe's trace event shows of the same hits; and the books close.
# On one kernel: debian-6.12.
# shellcheck disable=SC2016 # a definition's $ is for the kernel
. tests/vm/lib.sh
need_module
. tests/vm/face.sh
out=$TMP/f.pb
protoc --proto_path=proto --python_out="$TMP" kprobex.proto

# record OPTION…: by collect; then the dump, and what report gives
record() {
	collect -q -o "$out" "$@" || fail "recording $*: $?"
	collect dump "$out" > "$TMP/dump" || fail "dump of $*"
	collect report "$out" > "$TMP/report"
	collect report --json "$out" > "$TMP/json"
	PYTHONPATH=$TMP /usr/bin/python3 - "$TMP/json" "$out" > "$TMP/facts" <<- 'END'
		import json, sys
		import kprobex_pb2 as pb
		event = json.load(open(sys.argv[1]))["events"][0]
		for key in ("name", "count", "delivered", "filtered", "unexplained", "complete"):
		    print(key, event[key])
		trace = pb.Trace.FromString(open(sys.argv[2], "rb").read())
		heads = [pb.Head.FromString(p.head) for p in trace.packet]
		probe = [h.ledger for h in heads if h.HasField("ledger")][-1].event[0].probe
		for key in ("filtered_pred", "truncated", "clamped", "deaf"):
		    print("probe." + key, int(getattr(probe, key)))
		assert probe.entered == (probe.no_listener + probe.offered + probe.filtered_pred +
		                         probe.filtered_bpf + probe.recursion + probe.self), probe
	END
}

# report KEY: of the event, or of the ledger's probe as probe.KEY
report() { awk -v key="$1" '$1 == key { print $2 }' "$TMP/facts"; }

# both EVENT COMMAND…: recorded by collect, and seen by the probe's trace event
both() {
	event=$1
	shift
	clear_trace
	echo 1 > "$EVENTS/$event/enable"
	record -e "kprobex/$event/" -- "$@"
	echo 0 > "$EVENTS/$event/enable"
	cp "$TRACING/trace" "$TMP/trace"
	assert_eq "$(report unexplained)" 0 "unexplained of $event"
	tests/read_trace.py "$TMP" "$out" | cmp - "$TMP/dump" || fail "read_trace.py reads $event otherwise"
}

# same EVENT LEAST FIELD…: no less than LEAST hits, and all the same
same() {
	event=$1 least=$2
	shift 2
	hits=$(/usr/bin/python3 tests/vm/collect_fields.py "$TMP/dump" "$TMP/trace" "$event" "$@") ||
		fail "$event: the dump and tracefs differ: $hits"
	[ "$hits" -ge "$least" ] || fail "$event: only $hits hits: $(head "$TMP/dump")"
}

# Names of every kind.
mkdir "$TMP/d"
odd=$TMP/d/$'we"ird \\ n\xe4me\x01'
: > "$odd"
: > "$TMP/d/plain"
opens() { # reads the files that it's given, from COMM sh
	printf 'for f; do read -r _ < "$f"; done; exit 0'
}

define 'p:fields do_sys_openat2 path=+0($arg2):string comm=$comm dfd=$arg1:s32 bad=+0($arg1):string how=+0($arg3):x64[3] b=+0($arg3):u8[4] one=+0($arg3):s16[1] chr=+0($arg2):char bits=+0($arg3):b5@3/16 hex=$arg3:x16 from=$stack0:symbol name=$stack0:symstr'
both fields sh -c "$(opens)" - "$odd" "$TMP/d/plain" "$TMP/d/none"
same fields 3 path comm dfd bad how b one chr bits hex from name
grep -qF " path=\"$TMP/d/we\\x22ird \\x5c n\\xe4me\\x01\" comm=\"sh\" dfd=-100 bad=(fault) how={0x" "$TMP/dump" ||
	fail "the odd name: $(grep ird "$TMP/dump")"
assert_grep ' chr=47 bits=[0-9]+ hex=0x[0-9a-f]+ from=0xffffffff[0-9a-f]{8} name="[a-z_0-9]+\+0x' "$TMP/dump"
assert_eq "$(report probe.truncated)" 0 "records with a string that is cut"
assert_grep '^  b\[3\]: min ' "$TMP/report"

# A path as long as can be takes all of a record: cut, nothing left for the other
# strings, and said. (tracefs shows no such line at all.)
long=$TMP/d/$(printf './%.0s' $(seq 2025))plain
record -e kprobex/fields/ -- sh -c "$(opens)" - "$long"
assert_grep "d/(\./){1900,}[^ ]*\" comm=\(fault\) dfd=-100 bad=\(fault\) how=" "$TMP/dump"
[ "$(report probe.truncated)" -ge 1 ] || fail "no record was cut, with a path of ${#long} bytes"
assert_grep '^fields: [0-9]+ records with a string that is cut$' "$TMP/report"
assert_grep '^fields +.* complete$' "$TMP/report"

# Arrays of strings: some can't be read, because the pointers end with a NULL.
define 'p:args sys_execve path=+u0($arg1):ustring argv=+u0($arg2):ustring[4]'
both args sh -c '/bin/true one "" "t\"wo"; /bin/true; exit 0'
same args 2 path argv
assert_grep ' args: path="/bin/true" argv=\{"/bin/true","one","","t\\x22wo"\}$' "$TMP/dump"
assert_grep ' args: path="/bin/true" argv=\{"/bin/true",\(fault\),' "$TMP/dump"

# A condition: what it drops is counted as filtered, and is no loss.
define 'p:some do_sys_openat2 path=+0($arg2):string if path ~ "*/d/*"'
both some sh -c "$(opens)" - "$TMP/d/plain" /dev/null "$TMP/d/none" /dev/null /dev/null
same some 2 path
assert_eq "$(grep -c 'path=' "$TMP/dump")" 2 "hits that the condition lets through"
[ "$(report filtered)" -ge 3 ] || fail "only $(report filtered) hits were filtered"
assert_eq "$(report complete)" True "filtered hits aren't loss: $(cat "$TMP/report")"
assert_eq "$(report probe.filtered_pred)" "$(report filtered)" "filtered in the ledger"

# A return: the entry's argument, what came back, and how long it took.
define 'r:ret do_sys_openat2 ret=$retval:s32 path=+0($arg2):string took=$duration:u64'
both ret sh -c "$(opens)" - "$TMP/d/plain" "$TMP/d/none"
same ret 2 ret path took
assert_grep " ret=-2 path=\"$TMP/d/none\" took=[1-9]" "$TMP/dump"

# Time, by the alias and by terms on a function without a probe.
record -e kprobex/ret-ns/ -- sh -c "$(opens)" - "$TMP/d/plain" "$TMP/d/none"
assert_grep " ret-ns: ret=-2 path=\"$TMP/d/none\" took=([0-9]+) weight=\\1 duration_ns=\\1 retval=0xfffffffffffffffe$" "$TMP/dump"
assert_eq "$(sed 's/.* duration_ns=\([0-9]*\) .*/\1/' "$TMP/dump" | paste -sd+ | bc)" "$(report count)" "nanoseconds"
assert_eq "$(report unexplained)" 0 "unexplained nanoseconds"
assert_grep '^ret-ns: the count is of nanoseconds$' "$TMP/report"
record -c 1000000 -e kprobex/ksys_read,unit=1/ -- sh -c "$(opens)" - "$TMP/d/plain"
assert_eq "$(report unexplained)" 0 "unexplained of ksys_read,unit=1"
assert_eq "$(report name)" ksys_read,unit=1 "the event's name"

# The sum of an argument: each write, and every 4 KiB of them.
define 'p:sum vfs_write count=$arg3:u64 text=$comm'
dd=(dd if=/dev/zero of=/dev/null bs=300 count=100 status=none)
record -e kprobex/sum,unit=2,field=count/ -- "${dd[@]}"
assert_eq "$(grep -c ' count=300 text="dd" weight=300$' "$TMP/dump")" 100 "writes of 300"
assert_eq "$(sed 's/.* weight=//' "$TMP/dump" | paste -sd+ | bc)" "$(report count)" "sum of the weights"
assert_eq "$(report unexplained)" 0 "unexplained of a sum"
# (each CPU has an event of its own, which counts to the period by itself)
record -e kprobex/sum,unit=2,field=0,period=4096/ -- taskset -c 0 "${dd[@]}"
assert_between "$(report delivered)" 7 "$(($(report count) / 4096))" "samples of 4 KiB"
assert_eq "$(report unexplained)" 0 "unexplained of a sum in periods"
# all ones is -1: it counts as nothing, and the report says so
record -e kprobex/sum,unit=2,field=count/ -- \
	/usr/bin/python3 -c 'import ctypes
for _ in range(5): ctypes.CDLL(None).write(1, None, ctypes.c_size_t(-1))'
assert_eq "$(report probe.clamped)" 5 "clamped writes"
assert_grep 'lower bound, because .*5 values counted for less than they are' "$TMP/report"

# A switched-off kernel is said, and not a silent 0.
echo 0 > /proc/sys/kernel/ftrace_enabled
at_exit 'echo 1 > /proc/sys/kernel/ftrace_enabled'
if collect -q -o "$out" -e kprobex/sum/ -- true 2> "$TMP/err"; then
	record -e kprobex/sum/ -- true
	assert_eq "$(report probe.deaf)" 1 "deaf in the ledger"
	assert_grep 'lower bound, because .*kept the probe from being called' "$TMP/report"
fi
echo 1 > /proc/sys/kernel/ftrace_enabled

# What can't be recorded is refused in words, and leaves no file.
rm -f "$out"
refused() { # WORDS EVENT
	assert_fails "$1" collect -o "$out" -e "$2" -- true
	[ ! -e "$out" ] || fail "a file was left for $2"
}
refused 'only counts' kprobex/sum-missed/
refused 'only counts' kprobex/some-filtered/
refused 'only counts' kprobex/sum,unit=3/
refused 'no argument called bytes' kprobex/sum,unit=2,field=bytes/
refused "isn't a number" kprobex/sum,unit=2,field=text/
refused 'has 2 arguments' kprobex/sum,unit=2,field=2/
refused 'did you mean sum-ns' kprobex/sun-ns/

# Without -e: named probes, each once, and not their aliases.
collect -q -o "$out" -- true
assert_eq "$(collect report --json "$out" | /usr/bin/python3 -c 'import json, sys
print(sum("-" in e["name"] for e in json.load(sys.stdin)["events"]))')" 0 "aliases without -e"
assert_book
