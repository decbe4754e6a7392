#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# What is wrong with a command line is said in one line, and where the help is in
# another.
# shellcheck source=tests/native/lib.sh
. tests/native/lib.sh

trace=tests/golden/varint.pb

# mistake TEXT VERB ARGUMENT…
mistake() {
	local text=$1
	shift
	status 2 collect "$@"
	printf 'collect %s: %s\ncollect %s: see collect %s --help\n' "$1" "$text" "$1" "$1" |
		diff - "$TMP/err" || fail "collect $*"
	[ ! -s "$TMP/out" ] || fail "collect $* printed $(cat "$TMP/out")"
}

for verb in dump report; do
	mistake "which trace file?" $verb
	mistake "one file only, not also 'b'" $verb a b
done
mistake "which two trace files?" diff
mistake "which two trace files?" diff a
mistake "two files only, not also 'c'" diff a b c
mistake "only one file can be standard input" diff - -
mistake "which trace files?" verify
for verb in repair merge; do
	mistake "which file is to be written? (-o OUT)" $verb $trace
	mistake "which file is to be written? (-o OUT)" $verb $trace -o ''
	mistake "-o takes a value" $verb $trace -o
	mistake "--output takes a value" $verb $trace --output
done
mistake "which trace file?" repair -o "$TMP/new.pb"
mistake "which trace files?" merge -o "$TMP/new.pb"
mistake "one file only, not also 'b'" repair a b -o "$TMP/new.pb"

mistake "to which format? (--to FORMAT)" export $trace
formats="json, csv, folded, speedscope, pprof, perf.data, perfetto, ctf"
mistake "there is no format 'xls'; there are $formats" export --to xls $trace
mistake "there is no format 'jsonl'; did you mean json? There are $formats" \
	export --to jsonl -o "$TMP/x" $trace
mistake "there is no format 'perf'; did you mean perf.data, perfetto? There are $formats" \
	export --to perf -o "$TMP/x" $trace
[ ! -e "$TMP/x" ] || fail "an export to no format"
mistake "which file is to be written? (-o OUT)" export --to csv $trace
mistake "which trace file?" export --to csv -o -
mistake "one file only, not also 'b'" export --to csv -o - a b

mistake "at which address?" receive
mistake "one address only, not also 'b'" receive a b
mistake "-m takes a mode such as 660, not '999'" receive -m 999 a
mistake "-m takes a value" receive -m

for verb in dump report diff verify repair merge export receive; do
	mistake "unknown option --yaml" $verb --yaml $trace
	mistake "unknown option -x" $verb -x $trace
	mistake "unknown option -x" $verb -xy $trace
	mistake "--help takes no value" $verb --help=all
	status 0 collect $verb -h
	grep -q '^usage: collect' "$TMP/out" || fail "no help of $verb"
	status 1 bash -c "collect $verb -h > /dev/full"
	says "No space left"
done
# One of several letters, wherever it is.
mistake "unknown option -x" dump -gx $trace
mistake "unknown option -x" dump -xg $trace
mistake "unknown option -x" dump --callchain -xg $trace
mistake "unknown option -x" dump --event=e -xg $trace
mistake "--event takes a value" dump $trace --event
mistake "--json takes no value" report --json=1 $trace
# A name like an option's.
cp $trace "$TMP/--json"
TRACE=$PWD/$trace
(cd "$TMP" && status 0 collect report -- --json && cmp <(collect dump -- --json) \
	<(collect dump "$TRACE")) || fail "a file called --json"
