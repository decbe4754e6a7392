#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Strings, arrays, symbols and bit fields of a trace event: its format is that of
# the stock event with the same definition, and so is what tracefs, trace-cmd and
# perf make of the same hits.
# shellcheck disable=SC2016 # a definition's $ is for the kernel
. tests/vm/lib.sh
. tests/vm/targets.sh
need_module
need_targets
. tests/vm/face.sh
STOCK=$TRACING/kprobe_events
[ -w "$STOCK" ] || skip "the kernel has no kprobe events"

names=(f_file f_thing f_ret f_names f_user)
{
	echo 'p:f_file do_sys_openat2 path=+0($arg2):ustring dfd=$arg1:s32 how=+0($arg3):x64[3] comm=$comm'
	echo 'p:f_thing kpx_targets:kpxt_thing n=+37(%di):string u=+56(%di):u32[8] s=+0(%si):s8[3] sym=%r8:symbol bits=+32(%di):b5@3/16 two=+32(%di):b4@0/8[2] one=+16(%di):x64[1] text=\"text" h=+2(%di):u16'
	echo 'r:f_ret kpx_targets:kpxt_f3 ret=$retval:s32 comm=$comm'
	echo 'p:f_names kpx_targets:kpxt_thing names=+0(%dx):string[4] n=+37(%di):string'
	echo 'p:f_user __x64_sys_execve path=+u0(+112(%di)):ustring argv=+u0(+104(%di)):ustring[3]'
} > "$TMP/definitions"
while read -r line; do
	name=$(expr "$line" : '..\([a-z_]*\)')
	echo "$line" > "$KPX_DEV" || fail "ours: $line"
	at_exit "echo '-:$name' > $KPX_DEV"
	echo "${line/:/:kpxtest/stock_}" >> "$STOCK" || fail "the stock event: $line"
	at_exit "echo '-:kpxtest/stock_$name' >> $STOCK"
done < "$TMP/definitions"

# format: the same fields, types, sizes, signs and print fmt; ours are aligned, and
# say how long an array is, that a short number is one, and of a return which
# function's it is, but not where to
for name in "${names[@]}"; do
	for event in "kprobex/$name" "kpxtest/stock_$name"; do
		sed -n '/^\tfield:.* common_/d
			/ __probe_ret_ip;/d
			s/__probe_func/__probe_ip/g
			s/(%lx <- %lx)/(%lx)/
			s/ REC->__probe_ret_ip,//
			s/^\tfield:\([^;[]*\)\(\[[0-9]*\]\)*\([^;[]*\);\toffset:[0-9]*;\(.*\)$/\1 \3\4/p
			/^print fmt/ { s/%h*d/%d/g; p }' "$TRACING/events/$event/format" > "$TMP/${event%/*}"
	done
	diff "$TMP/kpxtest" "$TMP/kprobex" || fail "format of $name"
	[ "$(wc -l < "$TMP/kprobex")" -ge 4 ] || fail "format of $name: $(cat "$TMP/kprobex")"
done
assert_grep '^	field:u64 how\[3\];	offset:24;	size:24;	signed:0;$' "$EVENTS/f_file/format"
assert_grep '^	field:__data_loc char\[\]\[4\] names;	offset:[0-9]*;	size:16;	signed:1;$' "$EVENTS/f_names/format"

cat > "$TMP/load" <<- END
	#!/bin/bash
	: > '$TMP/we"ird \\ n'
	read -r _ < '$TMP/we"ird \\ n'
	cat '$TMP/none'
	"$CALL" thing 1 0
	"$CALL" thing 1 1
	"$CALL" f3 3 40000
	/bin/true a "b c" d
	/bin/true a bb
	exit 0
END
chmod +x "$TMP/load"

# same FILE WHAT: by name, what ours says behind the place, and what the stock event
# says; of a return the place is shown in another way. A line is "[stock_]NAME: TEXT".
# For a string that couldn't be read the tools say "", and of the stock event's the
# string behind it.
same() {
	local name
	for name in "${names[@]}"; do
		sed -n "s/^$name: *([^)]*) *//p" "$1" > "$TMP/kprobex"
		sed -n "s/^stock_$name: *([^)]*) *//p" "$1" > "$TMP/kpxtest"
		assert_eq "$(wc -l < "$TMP/kprobex")" "$(wc -l < "$TMP/kpxtest")" "$2: hits of $name"
		[ "$(wc -l < "$TMP/kprobex")" -ge 2 ] || fail "$2: $(wc -l < "$TMP/kprobex") hits of $name"
		paste -d '\n' "$TMP/kpxtest" "$TMP/kprobex" | awk '
			NR % 2 { stock = $0; next }
			$0 != stock && !/=""/ { print "stock: " stock "\nours:  " $0; bad = 1 }
			END { exit bad }' || fail "$2: $name differs"
	done
}

# expect FILE WHAT TEXT…: some line of kprobex' has it
expect() {
	local file=$1 what=$2 text
	shift 2
	for text; do
		grep -F -- "$text" "$file" | grep -q '^f_' || fail "$what: no '$text': $(grep '^f_[rtu]' "$file")"
	done
}
TEXTS=('comm="load"' 'n="the first thing" u={1,2,3,4,4294967295,6,7,8} s={116,104,101}'
	'bits=29 two={15,14} one={0xfedcba9876543210} text="text" h=60000' 'ret=40003 comm="call"'
 "path=\"$TMP/none\"")

# of the load alone, whatever this shell does meanwhile
LOADS='^ *\(load\|call\|true\|cat\)-.*\.[0-9]*: *\(\(stock_\)\?f_\)'
switch() {
	for name in "${names[@]}"; do
		echo "$1" > "$EVENTS/$name/enable"
		echo "$1" > "$TRACING/events/kpxtest/stock_$name/enable"
	done
}
at_exit 'switch 0'
switch 1
clear_trace
"$TMP/load" > "$TMP/out" 2>&1
switch 0
sed -n "s/$LOADS/\2/p" "$TRACING/trace" > "$TMP/tracefs"
same "$TMP/tracefs" tracefs
expect "$TMP/tracefs" tracefs "${TEXTS[@]}" "path=\"$TMP/we\"ird \\ n\"" \
	'names={"zero","one","two","three"} n="the first thing"' 'names={"vier",(fault),(fault),""}' \
	'path="/bin/true" argv={"/bin/true","a","b c"}' \
	'sym=kpxt_f3+0x0/'

# The tools have a reading of the print fmt of their own. It knows no array without
# a length: of the stock event's they say nought. And no array of strings, anybody's.
tools() { # FILE WHAT
	expect "$1" "$2" "${TEXTS[@]}"
	sed -i 's/={[-0-9xa-f,]*}/={}/g' "$1"
	assert_eq "$(grep -c '^stock_.*FAILED TO PARSE' "$1")" "$(grep -c '^f_.*FAILED TO PARSE' "$1")" "$2: not read"
	names=(f_file f_thing f_ret)
	same "$1" "$2"
	names=(f_file f_thing f_ret f_names f_user)
}

trace-cmd record -q -o "$TMP/trace.dat" -e 'kprobex:f_*' -e 'kpxtest:*' "$TMP/load" > "$TMP/out" 2>&1 ||
	fail "trace-cmd: $(cat "$TMP/out")"
trace-cmd report -i "$TMP/trace.dat" 2> /dev/null | sed -n "s/$LOADS/\2/p" > "$TMP/report"
clean_tracing
tools "$TMP/report" "trace-cmd report"

perf record -q -o "$TMP/data" -e 'kpxtest:*' -e 'kprobex:f_*' -- "$TMP/load" > "$TMP/out" 2>&1 ||
	fail "perf record: $(cat "$TMP/out")"
perf script -i "$TMP/data" -F event,trace 2> /dev/null |
	sed -n 's/^ *\(kprobex\|kpxtest\):\([a-z_]*:\)/\2/p' > "$TMP/script"
tools "$TMP/script" "perf script"
assert_book
