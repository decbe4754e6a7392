#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# What dump and report say, and with what status, of files that are cut,
# damaged, or no traces.
set -uo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
good=tests/golden/varint.pb
size=$(stat -c %s "$good")

# expect STATUS WORD-ON-STDERR LINES-ON-STDOUT VERB ARGUMENT…
expect() {
	local status=$1 word=$2 lines=$3
	shift 3
	collect "$@" >"$work/out" 2>"$work/err"
	local got=$?
	if [ $got != "$status" ] || { [ -n "$word" ] && ! grep -qF -- "$word" "$work/err"; } ||
		{ [ "$lines" != any ] && [ "$(wc -l <"$work/out")" != "$lines" ]; }; then
		echo "collect $*: status $got, wanted $status with '$word'"
		cat "$work/out" "$work/err"
		exit 1
	fi
}

head -c $((size - 1)) "$good" >"$work/cut.pb"
expect 4 "ends early at byte" 6 dump "$work/cut.pb"
expect 4 "ends early at byte" any report "$work/cut.pb"
expect 4 "ends early at byte" 1 report --json "$work/cut.pb"
head -c 200 "$good" >"$work/short.pb"
expect 4 "ends early at byte" 0 dump "$work/short.pb"

# One byte of the chunk: what is not in it is still there.
cp "$good" "$work/bad.pb"
printf '\377' | dd of="$work/bad.pb" bs=1 seek=$((size - 100)) conv=notrunc status=none
expect 4 "1 packet damaged" 0 dump "$work/bad.pb"
cat "$work/bad.pb" "$good" >"$work/two.pb"
expect 4 "1 packet damaged" 6 dump "$work/two.pb"

: >"$work/empty.pb"
expect 1 "empty.pb is empty" 0 dump "$work/empty.pb"
expect 1 "is a directory" 0 dump "$work"
expect 1 "does not exist" 0 dump "$work/nothing.pb"
expect 1 "is not a trace file" 0 dump Makefile
expect 1 "is not a trace file" 0 report Makefile
head -c 60 "$good" >"$work/begin.pb"
expect 1 "is cut or damaged within its first packet" 0 dump "$work/begin.pb"
printf 'PERFILE2-and-so-on' >"$work/perf.data"
expect 1 "is a perf.data file" 0 report "$work/perf.data"

expect 2 "which trace file" 0 dump
expect 2 "which trace file" 0 report
expect 2 "one file only, not also 'b'" 0 dump a b
expect 2 "unknown option" 0 report --yaml "$good"
expect 2 "unknown verb 'dmup'" 0 dmup "$good"
expect 2 "usage" 0
expect 0 "" any --help
expect 0 "" 1 --version
expect 0 "" any dump --help
expect 0 "" 6 dump "$good"
expect 0 "" 6 dump - <"$good"

# A trace that was cut, and one behind it: it isn't the file that ends early.
cat "$work/cut.pb" tests/golden/dict.pb >"$work/within.pb"
for verb in dump report; do
	expect 4 "within.pb: 1 trace ends early, before the next one begins" any $verb "$work/within.pb"
	! grep -q 'ends early at byte' "$work/err" || { cat "$work/err"; exit 1; }
	cat "$work/within.pb" "$work/cut.pb" >"$work/both.pb"
	expect 4 "both.pb: 1 trace ends early, before the next one begins" any $verb "$work/both.pb"
	expect 4 "both.pb: ends early at byte" any $verb "$work/both.pb"
done
expect 4 "" any verify "$work/within.pb"
grep -q 'within.pb: damaged: 2 traces' "$work/out" &&
	grep -q '^  1 trace ends early, before the next one begins$' "$work/out" ||
	{ cat "$work/out"; exit 1; }

# Events by a name that none has: said before anything is printed.
cat "$good" tests/golden/dict.pb >"$work/both.pb"
expect 0 "" any dump --event varint --event 'd*' "$work/both.pb"
cmp "$work/out" <(collect dump "$work/both.pb") || exit 1
expect 1 "both.pb has no event 'vraint'; there are varint and dict" 0 \
	dump --event dict --event vraint "$work/both.pb"
expect 1 "standard input has no event '[*]'; there are varint" 0 dump --event '[*]' - <"$good"

# A reader that goes away is no failure; a full disk is one.
for _ in $(seq 2000); do cat "$good"; done >"$work/long.pb"
set -o pipefail
collect dump "$work/long.pb" 2>"$work/err" | head -n 1 >/dev/null || exit 1
[ ! -s "$work/err" ] || { cat "$work/err"; exit 1; }
collect dump "$good" >/dev/full 2>"$work/err"
[ $? = 1 ] && grep -q "No space left" "$work/err"
