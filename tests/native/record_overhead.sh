#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# collect --max-overhead: what is too costly gets fewer samples, or is disarmed; the
# book closes, and says so. A machine's speed decides which, and when: so limits are
# far above and far below of what the load takes.
# shellcheck source=tests/native/lib.sh
. tests/native/lib.sh
need_recording

out=$TMP/t.pb
event=raw_syscalls:sys_enter
# calls until it's killed: more than any machine does meanwhile
load=("$CALLS" 2000000000)

# record LIMIT OPTION…: for two seconds; the report is in $TMP/report and $TMP/json
record() {
	limit=$1
	shift
	got=0
	collect -o "$out" --max-overhead "$limit" --duration 2s "$@" > "$TMP/out" 2> "$TMP/err" || got=$?
	collect report "$out" > "$TMP/report"
	collect report --json "$out" > "$TMP/json"
	assert_eq "$(number unexplained "$out")" 0 "unexplained of $*"
}

value() { # KEY: of the first event; 0 if it isn't there
	/usr/bin/python3 -c '
import json, sys
print(int(json.load(open(sys.argv[1]))["events"][0].get(sys.argv[2], 0)))' "$TMP/json" "$1"
}

# Below the limit nothing happens, and --strict is content.
record 100 --strict -e $event -- "$CALLS" 1000
assert_eq "$got" 0 "status below the limit"
assert_eq "$(value raises) $(value disarmed_ns)" "0 0" "what happened below the limit"

# Counting alone is too much: disarmed, and not at the beginning.
record 0.001% --strict -e $event -- "${load[@]}"
assert_eq "$got" 3 "strict status of what was disarmed"
[ "$(value disarmed_ns)" -gt 0 ] || fail "it wasn't disarmed: $(cat "$TMP/err")"
[ "$(value count)" -gt 0 ] || fail "nothing was counted before"
says "of 0.001 % that all may take: it is disarmed, until the end"
grep -qE 'lower bound, because .*the recorder disarmed it at [0-9]\.[0-9]{3} s to stay below 0\.001 %' \
	"$TMP/report" || fail "the report: $(cat "$TMP/report")"
# nothing of what comes later is there: the load went on for a second at least
last=$(collect dump "$out" | tail -n 1 | cut -d' ' -f1 | tr -d .)
[ "$last" -lt $(($(value disarmed_ns) + 500000000)) ] ||
	fail "an event at $last, disarmed at $(value disarmed_ns)"
# the command's own end: it waits for that to be said
status 0 collect -o "$out" -q --max-overhead 0.001% -e $event --duration 60s -- \
	sh -c "$CALLS 100000000 & until grep -q disarmed $TMP/err; do sleep 0.05; done; kill \$!"
says "it is disarmed, until the end"

# A clock's samples are all that it costs: a larger period does it.
record 0.001 -F 4000 -e cpu-clock -- "${load[@]}"
[ "$(value raises)" -gt 0 ] || fail "its period wasn't raised: $(cat "$TMP/err")"
assert_eq "$(value disarmed_ns)" 0 "a clock that was disarmed"
[ "$(value raised_to)" -gt 250000 ] || fail "a period of $(value raised_to) ns is no larger one"
# at 4000 Hz they'd be 8000
[ "$(value delivered)" -lt 6000 ] || fail "$(value delivered) samples are as many as before"
grep -qE '^cpu-clock: from [0-9]\.[0-9]{3} s on a sample every [0-9]+ ns, because the recorder was to stay below 0\.001 %' \
	"$TMP/report" || fail "the report: $(cat "$TMP/report")"
says "from now on it has a sample every $(value raised_to) ns"

# A probe in a program has a cost of its own, measured on one.
record 0.001% -e u:libc:malloc -- /usr/bin/python3 -c 'while True: [bytearray(1000) for i in range(1000)]'
[ "$(value disarmed_ns)" -gt 0 ] || fail "the program's probe wasn't disarmed: $(cat "$TMP/err")"
! grep -q "can't be measured" "$TMP/err" || fail "its cost was guessed: $(cat "$TMP/err")"

# Who waits for a reader counts the time, too: nothing takes more than all of it.
mkfifo "$TMP/fifo"
{ sleep 2; cat; } < "$TMP/fifo" > /dev/null &
reader=$!
collect --max-overhead 100 --memory 64K --codec none -m 16K --duration 3s -e $event -o "$TMP/fifo" -- \
	"${load[@]}" 2> "$TMP/err" || :
wait $reader
! grep -qE "disarmed|from now on" "$TMP/err" || fail "a slow reader: $(cat "$TMP/err")"

# Parts and a recorder without a file have it, too.
collect -q -o "$out" --rotate time=500ms --max-overhead 0.001 --duration 5s -e $event -- "${load[@]}" 2> "$TMP/err" || :
last=$(find "$TMP" -name 't.0*.pb' | sort | tail -n 1)
collect report "$last" > "$TMP/report" || :
grep -q 'the recorder disarmed it' "$TMP/report" || fail "the last part: $(cat "$TMP/report")"
cat "$TMP"/t.0*.pb | collect report - > "$TMP/report"
grep -q 'the recorder disarmed it' "$TMP/report" || fail "all parts: $(cat "$TMP/report")"

for bad in 0 101 -1 x 2%% 2x 1.2.3 . % '' nan 0x1; do
	status 2 collect -o "$out" --max-overhead "$bad" -e $event -- true
	says "--max-overhead takes a percentage from 0.001 to 100, such as 2%, not '$bad'"
done
