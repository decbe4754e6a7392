#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# collect export --to json and --to csv have what collect dump prints: a million events,
# and events with strings, arrays and call chains. What is selected is what is there.
# shellcheck source=tests/native/lib.sh
. tests/native/lib.sh
need_recording

# same TRACE STEP: prints how many rows there are
same() {
	collect dump "$1" > "$TMP/dump"
	collect export -q --to json -o "$TMP/json" "$1"
	collect export -q --to csv -o "$TMP/csv" "$1"
	tests/native/export/rows.py "$TMP/dump" "$TMP/json" "$TMP/csv" "$2" ||
		fail "$1 isn't the same in all"
}

collect -q -o "$TMP/many.pb" -m 128M -e raw_syscalls:sys_enter,raw_syscalls:sys_exit \
	-- "$CALLS" $((MANY / 4)) 2
rows=$(same "$TMP/many.pb" 8)
assert_eq "$rows" "$(number delivered "$TMP/many.pb")" "rows of all"
[ "$rows" -ge "$MANY" ] || fail "only $rows events"

# All kinds of values: names with quotes, commas, blanks, and what isn't UTF-8.
odd="$TMP/a \"quoted\", one;"$'\xe9\\\n'
cp /bin/true "$odd"
collect -q -g -o "$TMP/odd.pb" -e 'sched:*' -e raw_syscalls:sys_enter \
	-e syscalls:sys_enter_openat -- sh -c '"$0"; ls /' "$odd" > /dev/null
rows=$(same "$TMP/odd.pb" 1)
assert_eq "$rows" "$(number delivered "$TMP/odd.pb")" "rows of odd ones"
grep -qF 'a \"quoted\", one;\u00e9\\\u000a' "$TMP/json" || fail "json has no odd name"
grep -qF 'a ""quoted"", one;\xe9\x5c\x0a' "$TMP/csv" || fail "csv has no odd name"
for trace in tests/golden/{array,blob,faults,payload,split,stack,strings}.pb; do
	assert_eq "$(same "$trace" 1)" 6 "rows of $trace"
done

# A part, its columns, and where it goes.
collect export -q --to csv -o - --event sched:sched_switch "$TMP/odd.pb" > "$TMP/part"
assert_eq "$(head -n 1 "$TMP/part")" "time_ns,cpu,comm,pid,tid,event,prev_comm,prev_pid,\
prev_prio,prev_state,next_comm,next_pid,next_prio,stack,weight,payload"$'\r' columns
assert_eq "$(($(wc -l < "$TMP/part") - 1))" \
	"$(collect dump --event sched:sched_switch "$TMP/odd.pb" | wc -l)" "rows of a part"
# Several traces in a file have one header.
cat "$TMP/odd.pb" tests/golden/stack.pb > "$TMP/both.pb"
collect export -q --to csv -o - "$TMP/both.pb" > "$TMP/csv"
assert_eq "$(($(wc -l < "$TMP/csv") - 1))" "$((rows + 6))" "rows of two traces"
# Of joined ones the host's name and the wall clock come first.
collect -q -o "$TMP/few.pb" -e raw_syscalls:sys_enter -- true
collect merge "$TMP/odd.pb" "$TMP/few.pb" -o "$TMP/joined.pb" 2> /dev/null
collect export -q --to json -o "$TMP/json" "$TMP/joined.pb"
head -n 1 "$TMP/json" | grep -qE '^\{"time_ns":[0-9]{19},"host":"[^"]+","cpu":' ||
	fail "joined: $(head -n 1 "$TMP/json")"
collect export -q --to csv -o "$TMP/csv" "$TMP/joined.pb"
assert_eq "$(wc -l < "$TMP/json")" "$((rows + $(number delivered "$TMP/few.pb")))" "joined rows"
assert_eq "$(($(wc -l < "$TMP/csv") - 1))" "$(wc -l < "$TMP/json")" "joined rows of csv"
grep -q '^time_ns,host,cpu,' "$TMP/csv" || fail "joined: no host in the header"
