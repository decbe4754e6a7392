#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# What collect diff says of real recordings: other sizes are found, the same load twice
# has no change, and what was lost is said.
# shellcheck source=tests/native/lib.sh
. tests/native/lib.sh
need_recording

# Some calls now and then, so that there are windows with and without.
load() { # OUTPUT dd's ARGUMENT…
	out=$1
	shift
	# shellcheck disable=SC2016 # the inner shell's
	collect -q -o "$out" -g -e syscalls:sys_enter_write -e syscalls:sys_exit_write -- \
		sh -c 'for i in 1 2 3 4 5 6 7 8; do dd if=/dev/zero of=/dev/null "$@" status=none; sleep 0.05; done' \
		sh "$@"
}

# finding KIND NAME KEY FILE: of the one of that kind and name
finding() {
	/usr/bin/python3 -c '
import json, sys
kind, name, key, path = sys.argv[1:]
found = [f for f in json.load(open(path))["findings"] if (f["kind"], f["name"]) == (kind, name)]
value = found[0] if found else {}
for part in key.split("."):
    value = value.get(part)
print(value)' "$@"
}

load "$TMP/small.pb" bs=1 count=1000
load "$TMP/again.pb" bs=1 count=1000
load "$TMP/large.pb" bs=4096 count=1000

# Sizes: of the call, and what it returned.
collect diff "$TMP/small.pb" "$TMP/large.pb" >"$TMP/out"
grep -qE '^syscalls:sys_enter_write count +1, p99 1 +4,096, p99 4,096 +4096x larger, p < 0.001, delta \+1.00, in ' "$TMP/out" ||
	fail "no larger sizes: $(cat "$TMP/out")"
collect diff --json "$TMP/small.pb" "$TMP/large.pb" >"$TMP/json"
assert_eq "$(finding field 'syscalls:sys_exit_write ret' verdict "$TMP/json")" more "what write() returned"
assert_eq "$(finding process dd verdict "$TMP/json")" noise "whose they are"
assert_eq "$(finding event syscalls:sys_enter_write b.count "$TMP/json")" 8000 "writes"
# The other way round.
collect diff "$TMP/large.pb" "$TMP/small.pb" | grep -q ' 4096x smaller, p < 0.001, delta -1.00' ||
	fail "no smaller sizes"

# The same again. Rates depend on who else runs: only a large change of those counts.
status 0 collect diff --fail-on-change --threshold 300% "$TMP/small.pb" "$TMP/again.pb"
grep -qx 'no change beyond noise, of [0-9]* compared (--all lists them)' "$TMP/out" ||
	fail "changes: $(cat "$TMP/out")"
# With itself it has none at all, however small.
status 0 collect diff --fail-on-change --threshold 0% "$TMP/small.pb" "$TMP/small.pb"
status 1 collect diff --fail-on-change "$TMP/small.pb" "$TMP/large.pb"

# Another program, and another event: they came, they went.
collect -q -o "$TMP/sh.pb" -e syscalls:sys_enter_write -e syscalls:sys_enter_read -- \
	sh -c 'for i in $(seq 400); do echo $i; sleep 0.001; done >/dev/null'
collect diff --event 'syscalls:sys_enter_write' "$TMP/small.pb" "$TMP/sh.pb" >"$TMP/out"
grep -qE '^process sh +- +[0-9.]+% +only in B, p ' "$TMP/out" || fail "sh: $(cat "$TMP/out")"
grep -qE '^process dd +[0-9.]+% +- +only in A, p ' "$TMP/out" || fail "dd: $(cat "$TMP/out")"
if grep -q sys_enter_read "$TMP/out"; then fail "an event that isn't selected"; fi

collect diff --all "$TMP/small.pb" "$TMP/sh.pb" >"$TMP/out"
grep -qx 'recorded in one only: .*; shares are of other events in each (see --event)' "$TMP/out" ||
	fail "recorded in one: $(cat "$TMP/out")"
grep -qE "^syscalls:sys_enter_read +- .* A didn't record it$" "$TMP/out" || fail "read: $(cat "$TMP/out")"

# Lost events make lower bounds of what is left.
collect -q -o "$TMP/lossy.pb" -m 4K -e raw_syscalls:sys_enter -e raw_syscalls:sys_exit -- \
	"$CALLS" 100000
lost=$(number lost "$TMP/lossy.pb")
if [ "$lost" -gt 0 ]; then
	collect diff --all "$TMP/lossy.pb" "$TMP/small.pb" >"$TMP/out"
	grep -q '^A: .*; [0-9,]* more were lost: numbers are lower bounds$' "$TMP/out" ||
		fail "losses: $(cat "$TMP/out")"
	grep -qE '^raw_syscalls:sys_enter +>=[0-9,]+/s ' "$TMP/out" || fail "rates: $(cat "$TMP/out")"
fi

# A cut file, and several traces in one.
head -c 3000 "$TMP/small.pb" >"$TMP/cut.pb"
status 4 collect diff "$TMP/cut.pb" "$TMP/small.pb"
grep -q '^A: .*it is cut off: numbers are lower bounds$' "$TMP/out" || fail "cut: $(cat "$TMP/out")"
cat "$TMP/small.pb" "$TMP/again.pb" | collect diff --json - "$TMP/large.pb" >"$TMP/json"
/usr/bin/python3 -c '
import json, sys
a = json.load(open(sys.argv[1]))["a"]
assert (a["traces"], a["windows"]) == (2, 40), a' "$TMP/json"
collect merge "$TMP/small.pb" "$TMP/again.pb" -o "$TMP/merged.pb"
collect diff --json --time +0- "$TMP/merged.pb" "$TMP/large.pb" >"$TMP/json"
assert_eq "$(finding event syscalls:sys_enter_write a.count "$TMP/json")" 16000 "writes of both"

# What can't be meant.
status 1 collect diff --event 'syscalls:none' "$TMP/small.pb" "$TMP/large.pb"
says "neither file has an event that --event names"
status 2 collect diff "$TMP/small.pb"
says "which two trace files?"
status 2 collect diff --windows 3 a b
says "--windows takes 4 to 1000, not '3'"
status 2 collect diff --threshold much a b
says "--threshold takes a change such as 10%, not 'much'"
