#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The tables, pairs, histograms, rates and chains of collect report, beside what an
# independent reader of the schema counts.
# shellcheck source=tests/native/lib.sh
. tests/native/lib.sh
need_recording

protoc --proto_path=proto --python_out="$TMP" kprobex.proto
out="$TMP/r.pb"
collect -q -g -o "$out" -e raw_syscalls:sys_enter -e raw_syscalls:sys_exit -e sched:sched_switch \
	-- sh -c "ls -l / > /dev/null; $CALLS 2000 2; ls /no/such 2> /dev/null || :"
tests/read_trace.py "$TMP" "$out" > "$TMP/dump"

collect report --json --by comm --by event,cpu --by process --by syscall --calls \
	--hist duration --hist ret --chains "$out" > "$TMP/json"
collect report --json --by event,comm --pid "$(sed -n 's|.* calls \([0-9]*\)/.*|\1|p;T;q' "$TMP/dump")" \
	--event 'raw_syscalls:*' "$out" > "$TMP/selected"
collect report --json "$out" > "$TMP/plain"
/usr/bin/python3 tests/native/report.py "$TMP/dump" "$TMP/json" "$TMP/selected" "$TMP/plain"

# What is read by people: the account first, and only of a part if that was said.
collect report "$out" > "$TMP/text"
grep -qE '^total +[0-9]+ +[0-9]+ +0 .*(complete|lower bound)' "$TMP/text" || fail "no account: $(cat "$TMP/text")"
grep -q '^  rate: ' "$TMP/text" || fail "no rate: $(cat "$TMP/text")"
LC_ALL=C collect report "$out" | LC_ALL=C grep -q '[^ -~]' && fail "in the C locale it isn't ASCII"
LC_ALL=C.UTF-8 collect report "$out" | grep -q '█' || fail "no blocks in a UTF-8 locale"
collect report --by comm "$out" | grep -q 'account above' && fail "nothing was selected"
collect report --by comm --rows 1 --event '*sys_enter' "$out" > "$TMP/text"
grep -qE '^selected: [0-9,]+ of [0-9,]+ events \(the account above is of the whole trace\)$' "$TMP/text" ||
	fail "a selection isn't said: $(cat "$TMP/text")"
grep -qE '^\([0-9]+ more: --rows\)$' "$TMP/text" || fail "what is left out isn't said: $(cat "$TMP/text")"
collect report --chains=3 "$out" | grep -q ' <- do_syscall_64' || fail "no chain has do_syscall_64"

# Two traces in one file are taken together, each thread with its own.
cat "$out" "$out" > "$TMP/two.pb"
collect report --json --calls --by syscall "$TMP/two.pb" > "$TMP/two"
/usr/bin/python3 -c '
import json, sys
one, two = (json.load(open(name)) for name in sys.argv[1:])
assert [t["count"] for t in two["tables"]] == [2 * one["tables"][3]["count"]], two["tables"]' \
	"$TMP/json" "$TMP/two"

# Calls of a function of a program, by a probe on either end.
probe=$TMP/u.pb
if collect -q -o "$probe" -e 'u:libc:malloc bytes=%di:u64' -e 'ur:libc:malloc ret=$retval' -- ls / > /dev/null 2>&1; then
	collect report --json --calls --hist bytes "$probe" > "$TMP/json"
	/usr/bin/python3 -c '
import json, sys
r = json.load(open(sys.argv[1]))
calls, = r["tables"]
row, = calls["rows"]
rows = {e["name"]: e["rows"] for e in r["events"]}
assert row["count"] + calls["entries_without_return"] == rows["libc:malloc"] > 10, r["tables"]
assert row["time_ns"] > 0 and row["p50_ns"] <= row["max_ns"], row
hist, = (h for h in r["histograms"])
assert sum(n for _, n in hist["rows"][0]["histogram"]) == rows["libc:malloc"], hist' "$TMP/json"
fi

# Colours where they are asked for, on a terminal, and not in JSON; the words are the same.
for words in "" "--by comm --hist ret --chains=2 --rows 3"; do
	# shellcheck disable=SC2086 # words
	collect report $words "$out" > "$TMP/text"
	# shellcheck disable=SC2086
	collect report --color always $words "$out" > "$TMP/coloured"
	sed 's/\x1b\[[0-9]*m//g' "$TMP/coloured" | cmp - "$TMP/text" || fail "$words: colours change the text"
	grep -q $'^\x1b\[1mevent .* lost .*(events)\x1b\[0m$' "$TMP/coloured" || fail "no heading in bold"
done
grep -q $'^\x1b\[1mcall chains, innermost first\x1b\[0m: ' "$TMP/coloured" || fail "chains have no heading"
grep -q $'^\x1b\[1m *COUNT .*PROGRAM\x1b\[0m$' "$TMP/coloured" || fail "the table has no heading"
collect report --color always --json "$out" | grep $'\x1b' && fail "JSON is coloured"
TERM=xterm script -qec "env -u NO_COLOR collect report $out" /dev/null < /dev/null > "$TMP/tty"
grep -q $'^\x1b\[1mevent ' "$TMP/tty" || fail "no colours on a terminal"
NO_COLOR=1 TERM=xterm script -qec "collect report $out" /dev/null < /dev/null > "$TMP/tty"
! grep -q $'\x1b' "$TMP/tty" || fail "colours in spite of NO_COLOR"
status 2 collect report --color blue "$out"
says "--color takes auto, always or never, not 'blue'"

status 1 collect report --by comm,,cpu "$out"
says "with commas between them"
status 1 collect report --by nofield "$out"
says "nofield"
status 1 collect report --by comm --event 'no:such' "$out"
status 2 collect report --sort no --by comm "$out"
says "--sort takes"
status 2 collect report --rows x "$out"
status 2 collect report --cpu 0 "$out"
says "--by"
