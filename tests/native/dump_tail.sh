#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# collect dump --tail prints what is recorded while it is, each event once, and ends with
# the recording, or when it is told to.
# shellcheck source=tests/native/lib.sh
. tests/native/lib.sh
need_recording
# System call 110 is getppid(2) there.
[ "$(uname -m)" = x86_64 ] || skip "knows getppid's number on x86_64 only"

# printed FILE: each of its calls is in $TMP/tail once. When nothing came for 1.5 s some are
# printed before it's known who made them.
printed() {
	collect dump -f 'id==110' "$1" | LC_ALL=C sort > "$TMP/all"
	cut -d' ' -f1,2,5- "$TMP/tail" | LC_ALL=C sort | cmp - <(cut -d' ' -f1,2,5- "$TMP/all" | LC_ALL=C sort) ||
		fail "not each event of $1 was printed once"
	[ -z "$(grep ' calls ' "$TMP/tail" | LC_ALL=C sort | LC_ALL=C comm -23 - "$TMP/all")" ] ||
		fail "others were printed than are in $1"
}

collect -q -a -o "$TMP/t.pb" -e raw_syscalls:sys_enter --flush-interval 100ms -- \
	sh -c "until [ -s $TMP/seen ]; do $CALLS 2000; sleep 0.1; done; $CALLS 3000" &
recorder=$!
until [ -e "$TMP/t.pb" ]; do sleep 0.05; done
collect dump --tail -f 'id==110' "$TMP/t.pb" > "$TMP/tail" &
tail=$!
until [ -s "$TMP/tail" ]; do sleep 0.05; done
echo yes > "$TMP/seen" # the recording goes on until something was printed
wait "$recorder"
wait "$tail" || fail "--tail ended with $?"
printed "$TMP/t.pb"

# Of a file that nobody writes any more, but that has no end, until a signal comes.
size=$(stat -c %s "$TMP/t.pb")
head -c $((size - 1)) "$TMP/t.pb" > "$TMP/cut.pb"
collect dump --tail "$TMP/cut.pb" > "$TMP/tail" &
tail=$!
lines=$(collect dump "$TMP/cut.pb" 2> /dev/null | wc -l)
until [ "$(wc -l < "$TMP/tail")" = "$lines" ]; do sleep 0.05; done
kill -TERM "$tail"
wait "$tail" || fail "after SIGTERM --tail ended with $?"

# A series: from one part to the next, to the recording's end.
collect -q -a -o "$TMP/s.pb" --rotate size=64K -e raw_syscalls:sys_enter --flush-interval 50ms -- \
	sh -c "until [ -e $TMP/s.000004.pb ] && [ -s $TMP/seen ]; do $CALLS 20000; sleep 0.1; done; $CALLS 3000" &
recorder=$!
rm "$TMP/seen"
until [ -e "$TMP/s.000001.pb" ]; do sleep 0.05; done
collect dump --tail -f 'id==110' "$TMP/s.000001.pb" > "$TMP/tail" 2> "$TMP/err" &
tail=$!
until [ -s "$TMP/tail" ]; do sleep 0.05; done
echo yes > "$TMP/seen"
wait "$recorder"
wait "$tail" || fail "--tail of a series ended with $?: $(cat "$TMP/err")"
[ ! -s "$TMP/err" ] || fail "--tail of a series: $(cat "$TMP/err")"
cat "$TMP"/s.*.pb > "$TMP/all.pb"
printed "$TMP/all.pb"
# Of one that is over: from the part that is named on; and times are since its beginning.
status 0 collect dump --tail "$TMP/s.000002.pb"
parts=("$TMP"/s.*.pb)
cat "${parts[@]:1}" > "$TMP/rest.pb"
assert_eq "$(wc -l < "$TMP/out")" "$(collect dump "$TMP/rest.pb" | wc -l)" "events from the second part on"
status 0 collect dump --tail --time -+0 "$TMP/s.000001.pb"
[ ! -s "$TMP/out" ] || fail "before the beginning there was $(head -n 1 "$TMP/out")"

# Parts that went meanwhile are told, and so is a file that isn't the next one.
rm "$TMP/s.000002.pb"
status 0 collect dump --tail "$TMP/s.000001.pb"
says "1 of the parts before $TMP/s.000003.pb were removed before they were read"
cp "$TMP/t.pb" "$TMP/s.000002.pb"
status 1 collect dump --tail "$TMP/s.000001.pb"
says "$TMP/s.000002.pb is another's"
# By another name the next one can't be found.
cp "$TMP/s.000001.pb" "$TMP/renamed.pb"
status 0 collect dump --tail "$TMP/renamed.pb"
says "the next part isn't looked for"
# It is waited for, until a signal comes.
mkdir "$TMP/alone"
cp "$TMP/s.000001.pb" "$TMP/alone"
lines=$(collect dump "$TMP/s.000001.pb" | wc -l)
collect dump --tail "$TMP/alone/s.000001.pb" > "$TMP/tail" &
tail=$!
until [ "$(wc -l < "$TMP/tail")" = "$lines" ]; do sleep 0.05; done
kill -TERM "$tail"
wait "$tail" || fail "while it waited for a part, after SIGTERM, --tail ended with $?"

status 1 collect dump --tail "$TMP/nothing.pb"
status 2 collect dump --tail -
status 2 collect dump --color blue "$TMP/t.pb"

# Colours where they are asked for, and then only of two words.
collect dump --color always "$TMP/t.pb" | head -n 1000 > "$TMP/coloured"
collect dump "$TMP/t.pb" | head -n 1000 > "$TMP/plain"
sed 's/\x1b\[[0-9]*m//g' "$TMP/coloured" | cmp - "$TMP/plain" || fail "colours change the text"
[ "$(grep -c $'\x1b\[36m.*\x1b\[0m .*\x1b\[1mraw_syscalls:sys_enter:\x1b\[0m ' \
	"$TMP/coloured")" = "$(wc -l < "$TMP/plain")" ] || fail "colours: $(head -n 1 "$TMP/coloured")"
