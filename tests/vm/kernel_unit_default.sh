#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# perf record as it is by default, on nanoseconds and on the sum of an argument
# that is -1, 0 and 2^62 by turns: the load goes on, no count goes wrong, and no
# hit is more than one sample.
# shellcheck disable=SC2016 # a definition's $ is for the kernel
. tests/vm/lib.sh
need_module
build kernel_unit_default

define 'p:kpx_size vfs_write file=$arg1 count=$arg3:u64'
id=$(sed 's/,.*//' "$KPX_SYS/events/kpx_size")
LOAD=("$TMP/kernel_unit_default" 400)
for _ in 1 2 3; do
	alone=$("${LOAD[@]}")
	[ "$alone" -le 1000 ] || break
done
[ "$alone" -gt 1000 ] || fail "only $alone writes in 0.4 s"

# try OPTION…: the load under these events: a sample of each hit leaves it a tenth, or
# a fifth, of what it does alone. (Where the machine stops for a while there are fewer:
# then once more.)
try() {
	for _ in 1 2 3; do
		try_once "$@"
		[ "$writes" -le "$((alone / 50))" ] || return 0
	done
	fail "$*: $writes writes, $alone alone"
}
try_once() {
	perf record -q -o "$TMP/data" "$@" -- "${LOAD[@]}" > "$TMP/out" 2>&1 || fail "record $*: $(cat "$TMP/out")"
	writes=$(grep -x '[0-9]*' "$TMP/out")
	perf report -i "$TMP/data" --stdio > "$TMP/report" 2>&1
	samples=$(perf report -i "$TMP/data" --stats 2> /dev/null | awk '/^ *SAMPLE events:/ { print $3; exit }')
	echo "$*: $writes writes ($alone alone), $samples samples"
	[ "${samples:-0}" -gt 0 ] || fail "$*: no sample"
}

# at perf's frequency, of the whole machine and of the load
for term in "$id,unit=2,field=1" "$id,unit=1" kpx_size-ns; do
	try -a -e "kprobex/$term/"
	try -e "kprobex/$term/"
	# (perf's own writes are seen, too, of the whole machine)
	assert_between "$samples" 1 "$((writes + 200))" "$term: samples of $writes writes"
done
try -a -F 4000 -e "kprobex/$id,unit=2,field=1/" -e kprobex/kpx_size-ns/
try -F max -g -e "kprobex/$id,unit=2,field=1/"
# by the name: a period of 1, so that each byte is one, and each hit a sample
try -e kprobex/kpx_size,unit=2,field=1/

# the sum beside all that: of 8 sizes, 1 and 4096 count as they are, 2^48 and
# what is more as 2^48, what is negative as nothing
perf stat -x, -o "$TMP/stat" -e kprobex/kpx_size/ -e "kprobex/$id,unit=2,field=1/" -- \
	perf record -q -o "$TMP/data" -e "kprobex/$id,unit=2,field=1/" -- "${LOAD[@]}" > "$TMP/out" 2>&1 ||
	fail "stat of record: $(cat "$TMP/out")"
writes=$(grep -x '[0-9]*' "$TMP/out")
/usr/bin/python3 - "$writes" "$(awk -F, '/unit=2/ { print $1 }' "$TMP/stat")" <<- 'END' || fail "the sum: $(cat "$TMP/stat")"
	import sys
	writes, count = map(int, sys.argv[1:])
	want = writes // 8 * (1 + 4096 + 2 * 2 ** 48)
	# what perf writes besides is less than what one of the large ones counts
	sys.exit(not 0 <= (count - want) % 2 ** 64 < 2 ** 40)
END
no_events kpx_size
assert_book
