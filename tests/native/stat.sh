#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# collect stat: counts are what happened, with and without telling apart; who is
# counted, until when, and where it is printed.
# shellcheck source=tests/native/lib.sh
. tests/native/lib.sh
need_recording
[ -d /sys/kernel/tracing/events/syscalls/sys_enter_getppid ] || skip "no tracepoints of getppid"
event=syscalls:sys_enter_getppid

# json FILE EXPRESSION: of the last line
json() {
	tail -n 1 "$1" | /usr/bin/python3 -c '
import json, sys
line = json.loads(sys.stdin.read())
print(eval(sys.argv[1], {"line": line, "events": line.get("events"), "rows": line.get("rows")}))' "$2"
}

# ---- counted
status 0 collect stat --json -o "$TMP/json" -e "$event,$event" -e task-clock -- "$CALLS" 1000
assert_eq "$(json "$TMP/json" 'len(events)')" 2 "events, of which one was named twice"
assert_eq "$(json "$TMP/json" 'events[0]["count"]')" 1000 "calls"
assert_eq "$(json "$TMP/json" 'events[0]["name"]')" $event "the name"
assert_eq "$(json "$TMP/json" 'events[1]["clock_ns"] > 0 and line["final"]')" True "the clock"
assert_eq "$(json "$TMP/json" '0 < events[1]["running_ns"] <= events[1]["enabled_ns"]')" True "the time it was counted"
status 0 collect stat -e $event -e task-clock -- "$CALLS" 2000
[ ! -s "$TMP/out" ] || fail "the command's output has $(cat "$TMP/out")"
grep -qE "^ *2,000 +[0-9,]+ +- +- +$event$" "$TMP/err" || fail "no row: $(cat "$TMP/err")"
grep -qE '^ *- +- +[0-9.]+[mun]?s +- +task-clock$' "$TMP/err" || fail "no clock: $(cat "$TMP/err")"

# Children too, and threads.
status 0 collect stat --json -o "$TMP/json" -e $event -- sh -c "$CALLS 300; $CALLS 400 & wait"
# (the shell may ask, too)
assert_eq "$(json "$TMP/json" '700 <= events[0]["count"] <= 709')" True "calls of children"

# A process that runs, until it ends.
(while [ ! -e "$TMP/go" ]; do sleep 0.05; done; exec "$CALLS" 500) &
pid=$!
collect stat -I 50ms -o "$TMP/out" -e $event -p $pid 2> "$TMP/err" &
stat=$!
until_true 20 grep -q "$event" "$TMP/out"
touch "$TMP/go"
wait $stat || fail "stat -p: $(cat "$TMP/err")"
grep -qE "^ *500 +[0-9,]+ +$event$" <(tail -n 1 "$TMP/out") || fail "no row of 500: $(cat "$TMP/out")"

# All of the system, in intervals, which add up: until there are enough of them, as those
# that it was too late for are left out.
intervals() { # PATTERN OPTION…: three at least, and one has that
	collect stat -I 0.1 -e $event "${@:2}" > "$TMP/out" 2> "$TMP/err" &
	stat=$!
	until_true 20 enough "$1"
	kill -TERM $stat
	wait $stat || fail "stat -I: $? $(cat "$TMP/err")"
}
# shellcheck disable=SC2317 # until_true calls it
enough() { [ "$(grep -c "$event" "$TMP/out")" -ge 3 ] && grep -qE "$1" "$TMP/out"; }
"$CALLS" 1000000000 &
load=$!
intervals '"count":[1-9]' --json
kill $load
wait $load || :
/usr/bin/python3 - "$TMP/out" <<- 'END' || fail "intervals: $(cat "$TMP/out")"
	import json, sys
	lines = [json.loads(line) for line in open(sys.argv[1])]
	assert [line["final"] for line in lines[:-1]] == [False] * (len(lines) - 1) and lines[-1]["final"]
	assert len(lines) >= 3, lines
	parts = sum(line["events"][0]["count"] for line in lines[:-1])
	assert 0 < parts <= lines[-1]["events"][0]["count"], lines
	assert sum(line["interval_ns"] for line in lines[:-1]) <= lines[-1]["elapsed_ns"], lines
END
intervals " $event\$"
grep -q '^in .*:$' "$TMP/out" || fail "intervals as text: $(cat "$TMP/out")"
status 0 collect stat -I 0.1 --duration 0.35 -e $event
grep -q '^in .*:$' "$TMP/out" || fail "intervals for a time: $(cat "$TMP/out")"

# ---- told apart
status 0 collect stat --json -o "$TMP/json" --by comm -e $event -- "$CALLS" 1000
assert_eq "$(json "$TMP/json" '(rows[0]["program"], rows[0]["count"], line["losses"])')" \
	"('calls', 1000, '0 lost')" "calls by comm"
status 0 collect stat -o "$TMP/out" --by pid,event -e $event -- sh -c "$CALLS 30; $CALLS 20"
grep -qE '^ *30 .*  calls \([0-9]+\)  syscalls:sys_enter_getppid$' "$TMP/out" || fail "$(cat "$TMP/out")"
grep -qE '^ *20 .*  calls \([0-9]+\)  syscalls:sys_enter_getppid$' "$TMP/out" || fail "$(cat "$TMP/out")"
status 0 collect stat -o "$TMP/out" --by fd --sum count -e syscalls:sys_enter_write -- \
	dd if=/dev/zero of="$TMP/x" bs=1000 count=50 status=none
grep -qE '^ *50 .* 50,000 .* 1$' "$TMP/out" || fail "bytes by descriptor: $(cat "$TMP/out")"
# A call's time, of its entry and its return.
status 0 collect stat --json -o "$TMP/json" --by event -e $event,syscalls:sys_exit_getppid -- "$CALLS" 1000
assert_eq "$(json "$TMP/json" '(rows[0]["event"], rows[0]["count"], 0 < rows[0]["mean_ns"] <= rows[0]["max_ns"])')" \
	"('getppid', 1000, True)" "calls with times"
status 0 collect stat -o "$TMP/out" --hist count -e syscalls:sys_enter_write -- \
	dd if=/dev/zero of="$TMP/x" bs=1000 count=50 status=none
grep -qE '^ *512 +50  #{40}$' "$TMP/out" || fail "bars: $(cat "$TMP/out")"
# … also of calls, whose time isn't meant.
status 0 collect stat -o "$TMP/out" --hist count -e syscalls:sys_enter_write,syscalls:sys_exit_write -- \
	dd if=/dev/zero of="$TMP/x" bs=1000 count=50 status=none
grep -qE '^ *512 +50  #{40}$' "$TMP/out" || fail "bars of calls: $(cat "$TMP/out")"
# What a call returns isn't always bytes.
status 0 collect stat --json -o "$TMP/json" --by event -e syscalls:sys_enter_mmap,syscalls:sys_exit_mmap -- true
assert_eq "$(json "$TMP/json" '(rows[0]["count"] > 3, rows[0]["sum"], rows[0]["errors"])')" "(True, 0, 0)" "bytes of mmap"
status 0 collect stat --json -o "$TMP/json" --hist count -e syscalls:sys_enter_write -- \
	dd if=/dev/zero of="$TMP/x" bs=1000 count=50 status=none
assert_eq "$(json "$TMP/json" '[896, 50] in rows[0]["histogram"]')" True "the histogram"

# ---- how it ends
status 7 collect stat -o "$TMP/out" -e $event -- sh -c 'exit 7'
status 143 collect stat -o "$TMP/out" -e $event -- sh -c 'kill $$'
status 127 collect stat -e $event -- no-such-command
status 126 collect stat -e $event -- /
for by in "" "--by comm"; do
	rm "$TMP/out"
	# shellcheck disable=SC2086 # two words
	collect stat -I 50ms -o "$TMP/out" -e $event $by > /dev/null 2> "$TMP/err" &
	stat=$!
	until_true 20 test -s "$TMP/out"
	kill -TERM $stat
	wait $stat || fail "after SIGTERM: $? $(cat "$TMP/err")"
	grep -qE '^in |; [0-9,]+ lost$' "$TMP/out" || fail "nothing at the end: $(cat "$TMP/out")"
done
timeout 60 collect stat -I 50ms -e $event | head -n 1 > "$TMP/out"
assert_eq "${PIPESTATUS[0]}" 0 "the status without a reader"
status 1 collect stat -o "$TMP/none/x" -e $event
says "cannot write $TMP/none/x"

# ---- what is wrong
status 2 collect stat --nix
says "unknown option --nix"
got=0
collect stat -e cycles -- true > "$TMP/out" 2> "$TMP/err" || got=$?
if [ $got != 0 ]; then # as in most virtual machines
	says "this machine has no counter for the event cycles ("
	! grep -q 'that can be sampled' "$TMP/err" || fail "it samples nothing: $(cat "$TMP/err")"
fi
status 2 collect stat -e $event ls
says "what is 'ls'? A command goes after --"
status 1 collect stat -e no:such
says "no such tracepoint"
status 1 collect stat -e $event --by nix
says "no event has a field nix to tell rows apart by"
status 1 collect stat -e $event --hist nix
says "no event has a number nix"
status 1 collect stat -e $event -p 999999999
says "there is no process"
status 2 collect stat -e $event -a -p 1
says "-a and -p exclude each other"

# Nothing is said to be there that couldn't be written.
for how in "" --json "--by comm" "--by comm --json" "-I 50ms"; do
	got=0
	# shellcheck disable=SC2086 # two words
	collect stat $how -e $event --duration 0.2 2> "$TMP/err" > /dev/full || got=$?
	assert_eq $got 1 "the status of stat $how > /dev/full"
	says "cannot write what was counted"
done
# A field that has the name of something else.
status 0 collect stat -o "$TMP/out" --by comm,.comm -e sched:sched_wakeup --duration 0.5
grep -qE '^COUNT +/S  PROGRAM +COMM$' "$TMP/out" || fail "columns: $(cat "$TMP/out")"
grep -qE '^ *[0-9,]+ .*  [^ ].*  [^ -].*$' "$TMP/out" || fail "by the field comm: $(cat "$TMP/out")"
