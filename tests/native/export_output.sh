#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# An export is whole, or it isn't there: what is written over stays when it fails or is
# interrupted, and nothing is written through a link to what isn't a file.
# shellcheck source=tests/native/lib.sh
. tests/native/lib.sh

trace=tests/golden/stack.pb
out="$TMP/out.json"

nothing_left() {
	[ -z "$(find "$TMP" -name '*.part-*')" ] || fail "left: $(find "$TMP" -name '*.part-*')"
}

collect export -q --to json -o "$out" $trace
collect export -q --to json -o - $trace | cmp - "$out" || fail "a pipe gets something else"
(umask 027 && collect export -q --to json -o "$TMP/mode" $trace)
assert_eq "$(stat -c %a "$TMP/mode")" 640 "the mode of a new file"
echo other > "$TMP/old"
ln -s old "$TMP/link"
collect export -q --to json -o "$TMP/link" $trace
[ -L "$TMP/link" ] || fail "the link isn't one any more"
cmp "$out" "$TMP/old" || fail "a link to a file isn't followed"

# A directory that another of this number left.
stale() {
	# shellcheck disable=SC2016
	sh -c 'mkdir "$1.part-$$"; exec collect export -q --to ctf -o "$1" "$2"' - "$TMP/ctf" $trace
}
status 1 stale
says " is there already: an export that was killed left it"
rmdir "$TMP"/ctf.part-*

# What can't be written, each with its reason.
echo kept > "$TMP/old"
status 1 collect export --to json -o "$TMP/none/out" $trace
says "its directory does not exist"
status 1 collect export --to json -o "$TMP" $trace
says "it is a directory"
status 1 collect export --to json -o /dev/full $trace
says "No space left"
ln -s /dev/null "$TMP/device"
status 1 collect export --to json -o "$TMP/device" $trace
says "is a link to /dev/null, which isn't a regular file"
[ "$(collect export --to json -o /dev/stdout $trace 2>&1 | grep -c 'redirect standard output (-o -)')" = 1 ] ||
	fail "of /dev/stdout it isn't said what to do"
collect export -q --to json -o /dev/null $trace
status 0 bash -c "collect export -q --to json -o - $trace | :"
status 1 collect export --to json -o "$TMP/old" "$TMP/none.pb"
(ulimit -f 0 && collect export --to json -o "$TMP/old" $trace 2>&1) |
	grep -q 'File too large' || fail "nothing is said of a limit"
status 1 collect export --to json -o "$TMP/old" --event nothing $trace
says "has no event 'nothing'"
status 2 collect export --to json -o "$TMP/old" --time 1 $trace
assert_eq "$(cat "$TMP/old")" kept "a file whose export failed"
nothing_left

# The trace itself, by whatever name.
cp $trace "$TMP/trace.pb"
ln -s trace.pb "$TMP/alias"
for name in trace.pb alias; do
	status 1 collect export --to json -o "$TMP/$name" "$TMP/trace.pb"
	says "is the trace itself"
	cmp $trace "$TMP/trace.pb" || fail "a trace was overwritten by its own export"
done
nothing_left

# The page of collect html, too.
echo kept > "$TMP/old.html"
status 1 bash -c "ulimit -f 8; collect html -o '$TMP/old.html' $trace"
says "cannot write $TMP/old.html: File too large"
assert_eq "$(cat "$TMP/old.html")" kept "a page that couldn't be written"
nothing_left
ln -s old.html "$TMP/page"
collect html -o "$TMP/page" $trace
[ -L "$TMP/page" ] || fail "the link to a page isn't one any more"
grep -q '</html>' "$TMP/old.html" || fail "a link to a page isn't followed"
collect html -o /dev/stdout $trace | cmp - "$TMP/old.html" || fail "another page on a pipe"
status 1 collect html -o "$TMP/none/page.html" $trace
status 1 collect html -o "$TMP" $trace
nothing_left

# A binary format and a terminal.
status 0 script -qec "collect export --to pprof -o - $trace; echo status=\$?" /dev/null
grep -q 'is binary and is not written to a terminal' "$TMP/out" ||
	fail "on a terminal: $(cat "$TMP/out")"
grep -q 'status=1' "$TMP/out" || fail "on a terminal: $(cat "$TMP/out")"

# Interrupted, while it waits for its input's reader.
mkfifo "$TMP/pipe"
collect export --to json -o "$TMP/old" - < "$TMP/pipe" 2> /dev/null &
exporter=$!
exec 3> "$TMP/pipe"
kill -INT $exporter
exec 3>&-
wait $exporter && fail "an interrupted export ended well"
assert_eq "$(cat "$TMP/old")" kept "a file whose export was interrupted"
nothing_left

# Of a cut file, all that's readable.
for trace in tests/golden/varint.pb tests/golden/stack.pb; do
	head -c $(($(stat -c %s $trace) - 20)) $trace > "$TMP/cut.pb"
	status 4 collect export --to json -o "$TMP/cut.json" "$TMP/cut.pb"
	says "ends early"
	assert_eq "$(wc -l < "$TMP/cut.json")" "$(collect dump "$TMP/cut.pb" 2> /dev/null | wc -l)" \
		"events of a cut file"
done
