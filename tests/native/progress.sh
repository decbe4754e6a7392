#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# What goes through long files says on a terminal how far it is, in a line that goes.
# shellcheck source=tests/native/lib.sh
. tests/native/lib.sh
need_recording

collect -q -o "$TMP/t.pb" -e raw_syscalls:sys_enter,raw_syscalls:sys_exit -m 128M \
	-- "$CALLS" $((MANY / 4)) 2
collect -q -o "$TMP/none.pb" --codec none -e raw_syscalls:sys_enter -m 128M -- "$CALLS" $((MANY / 4)) 2
collect -q -o "$TMP/other.pb" -e raw_syscalls:sys_enter -- "$CALLS" 1000
collect -q -o "$TMP/part.pb" --codec none --rotate size=64K --flush-interval 20ms -e raw_syscalls:sys_enter \
	-m 128M -- sh -c "for i in 1 2 3 4; do $CALLS $((MANY / 4)); sleep 0.3; done"
cat "$TMP"/part.*.pb > "$TMP/parts.pb"
[ "$(find "$TMP" -name 'part.*.pb' | wc -l)" -gt 1 ] || fail "there's only one part"
head -c $(($(stat -c %s "$TMP/t.pb") - 1000)) "$TMP/t.pb" > "$TMP/cut.pb"
collect export -q --to perf.data -o "$TMP/perf.data" "$TMP/t.pb"
collect export -q --to json -o "$TMP/t.json" "$TMP/t.pb"
tests/native/progress/look.py "$TMP"

# Nothing anywhere else.
for words in "report --by event" "verify" "html -o $TMP/x.html" "repair -o $TMP/x.pb"; do
	# shellcheck disable=SC2086 # words
	(head -c 10000; sleep 1.1; cat) < "$TMP/t.pb" | collect $words - > "$TMP/out" 2> "$TMP/err"
	! grep -q $'\x1b\|% of' "$TMP/err" "$TMP/out" || fail "$words: $(cat "$TMP/err")"
done
