#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# A recording in parts: each is a trace by itself, and together they have all.
. tests/native/lib.sh
need_recording
# System call 110 is getppid(2) there.
[ "$(uname -m)" = x86_64 ] || skip "knows getppid's number on x86_64 only"
event=raw_syscalls:sys_enter

all() { # KEY FILE…: a number of the totals of all files together
	key=$1
	shift
	cat "$@" > "$TMP/all"
	number "$key" "$TMP/all"
}

work() { # each round is 30000 calls
	echo "for i in $(seq -s ' ' "$1"); do $CALLS 30000; sleep 0.05; done"
}

# By size, and then by time behind them: nothing is overwritten. (A ring has room for all
# calls, as none may be missing.)
collect -q -m 64M -o "$TMP/r.pb" --rotate size=64K --flush-interval 20ms -e $event -- sh -c "$(work 12)"
sized=$(find "$TMP" -name 'r.*.pb' | wc -l)
[ "$sized" -ge 2 ] || fail "$sized parts by size"
[ ! -e "$TMP/r.pb" ] || fail "there's a file beside the parts"
for part in "$TMP"/r.*.pb; do
	collect dump "$part" > "$TMP/dump" || fail "$part isn't whole"
	grep -c ' calls .* id=110 ' "$TMP/dump" || true
done | awk '{ n += $1 } END { print n }' > "$TMP/calls"
assert_eq "$(cat "$TMP/calls")" 360000 "calls in all parts"
assert_eq "$(all unexplained "$TMP"/r.*.pb)" 0 "unexplained in all parts"
assert_eq "$(all count "$TMP"/r.*.pb)" "$(all rows "$TMP"/r.*.pb)" "count and rows"
collect report "$TMP/all" > "$TMP/report" || fail "parts behind each other"
grep -q "^parts 1 to $sized together" "$TMP/report" || fail "they aren't taken together"
tail -n 4 "$TMP/report" | grep -q 'total .* complete$' || fail "together they aren't complete"
collect report "$TMP/r.000002.pb" > "$TMP/report" || fail "a part by itself"
grep -q '^part 2 of recording' "$TMP/report" || fail "a part doesn't say which"

first=$sized
collect -q -o "$TMP/r.pb" --rotate time=100ms -e $event -- sh -c "$(work 8)"
[ "$(find "$TMP" -name 'r.*.pb' | wc -l)" -ge $((first + 3)) ] || fail "too few parts by time"
collect report "$TMP/r.$(printf %06d $((first + 1))).pb" | grep -q '^part 1 of' ||
	fail "numbers don't go on"

# The kernel's functions have their names in each part, also those that it saw last.
collect -q -g -o "$TMP/s.pb" --rotate time=1500ms --flush-interval 20ms -e $event -- \
	sh -c 'sleep 1; ls -l /; sleep 1.5; find /etc; sleep 1' > /dev/null
for part in "$TMP"/s.*.pb; do
	collect dump -g "$part" > "$TMP/dump"
	! grep $'^\t0xffffffff[89a-f][0-9a-f]*$' "$TMP/dump" || fail "$part has functions without a name"
	grep -c $'^\t0xffffffff.* [a-z_]' "$TMP/dump" >> "$TMP/named" || true
done
[ "$(awk '$1 > 100' "$TMP/named" | wc -l)" -ge 2 ] || fail "two parts have none: $(cat "$TMP/named")"

# The oldest go, and it is said.
collect -o "$TMP/k.pb" --rotate size=64K,keep=2 --flush-interval 20ms -e $event -- \
	sh -c "$(work 12)" 2> "$TMP/err"
assert_eq "$(find "$TMP" -name 'k.*.pb' | wc -l)" 2 "parts that are kept"
says "removed $TMP/k.000001.pb"
collect report "$(find "$TMP" -name 'k.*.pb' | sort | tail -n 1)" > "$TMP/report"
grep -Eq '^part [0-9]+ of recording .*; [0-9]+ before it removed$' "$TMP/report" ||
	fail "what was removed isn't told: $(head -n 3 "$TMP/report")"

# Killed: the parts before are whole, the last is cut.
collect -q -o "$TMP/x.pb" --rotate size=64K --flush-interval 20ms -e $event -- \
	sh -c "trap '' HUP TERM; while [ -d /proc/\$PPID ]; do $CALLS 30000; done" &
pid=$!
until_true 20 test -e "$TMP/x.000003.pb"
kill -9 $pid
wait $pid 2> /dev/null || true
last=$(find "$TMP" -name 'x.*.pb' | sort | tail -n 1)
for part in "$TMP"/x.*.pb; do
	want=0
	[ "$part" != "$last" ] || want=4
	got=0
	collect dump "$part" > /dev/null 2>&1 || got=$?
	# The last one may be too young to be anything.
	[ "$got" = $want ] || { [ "$part" = "$last" ] && [ "$got" = 1 ]; } ||
		fail "$part after a kill: status $got"
done

# A disk that is full at some part.
mkdir "$TMP/small"
mount -t tmpfs -o size=256k tmpfs "$TMP/small" || skip "can't mount a tmpfs"
mounted "$TMP/small"
status 1 collect -q -o "$TMP/small/s.pb" --rotate size=64K --flush-interval 20ms -a -g \
	-e 'raw_syscalls:*' -- sh -c "$(work 40)"
says "No space left"
collect dump "$TMP/small/s.000001.pb" > /dev/null || fail "the first part isn't whole"

# To a receiver: a file for each there.
collect receive -o "$TMP/far.pb" "unix:$TMP/s" 2> "$TMP/far.err" &
receiver=$!
until_true 10 grep -q 'listening at' "$TMP/far.err"
collect -q -o "unix:$TMP/s" --rotate size=64K --flush-interval 20ms -e $event -- sh -c "$(work 12)"
kill $receiver
wait $receiver || fail "receive: $(cat "$TMP/far.err")"
[ "$(find "$TMP" -name 'far.*.pb' | wc -l)" -ge 2 ] || fail "one file at the receiver"
assert_eq "$(all unexplained "$TMP"/far.*.pb)" 0 "unexplained at the receiver"

status 2 collect -o "$TMP/e.pb" --rotate keep=3 -e $event -- true
status 2 collect -o "$TMP/e.pb" --rotate size=1K -e $event -- true
status 2 collect -o "$TMP/e.pb" --rotate size=64K,when=now -e $event -- true
status 1 collect -o - --rotate size=64K,keep=3 -e $event -- true
says "taken back"
