#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# collect dump --tail prints what is recorded while it is, each event once, and ends with
# the recording, or when it is told to.
# shellcheck source=tests/native/lib.sh
. tests/native/lib.sh
need_recording

collect -q -a -o "$TMP/t.pb" -e raw_syscalls:sys_enter --flush-interval 100ms -- \
	sh -c "until [ -s $TMP/seen ]; do $CALLS 2000; sleep 0.1; done; $CALLS 3000" &
recorder=$!
until [ -e "$TMP/t.pb" ]; do sleep 0.05; done
collect dump --tail -f 'comm==calls' "$TMP/t.pb" > "$TMP/tail" &
tail=$!
until [ -s "$TMP/tail" ]; do sleep 0.05; done
echo yes > "$TMP/seen" # the recording goes on until something was printed
wait "$recorder"
wait "$tail" || fail "--tail ended with $?"
collect dump -f 'comm==calls' "$TMP/t.pb" | sort > "$TMP/all"
sort "$TMP/tail" | cmp - "$TMP/all" || fail "not each event was printed once"

# Of a file that nobody writes any more, but that has no end, until a signal comes.
size=$(stat -c %s "$TMP/t.pb")
head -c $((size - 1)) "$TMP/t.pb" > "$TMP/cut.pb"
collect dump --tail "$TMP/cut.pb" > "$TMP/tail" &
tail=$!
lines=$(collect dump "$TMP/cut.pb" 2> /dev/null | wc -l)
until [ "$(wc -l < "$TMP/tail")" = "$lines" ]; do sleep 0.05; done
kill -TERM "$tail"
wait "$tail" || fail "after SIGTERM --tail ended with $?"

status 1 collect dump --tail "$TMP/nothing.pb"
status 2 collect dump --tail -
status 2 collect dump --color blue "$TMP/t.pb"

# Colours where they are asked for, and then only of two words.
collect dump --color always "$TMP/t.pb" | head -n 1000 > "$TMP/coloured"
collect dump "$TMP/t.pb" | head -n 1000 > "$TMP/plain"
sed 's/\x1b\[[0-9]*m//g' "$TMP/coloured" | cmp - "$TMP/plain" || fail "colours change the text"
[ "$(grep -c $'\x1b\[36m.*\x1b\[0m .*\x1b\[1mraw_syscalls:sys_enter:\x1b\[0m ' \
	"$TMP/coloured")" = "$(wc -l < "$TMP/plain")" ] || fail "colours: $(head -n 1 "$TMP/coloured")"
