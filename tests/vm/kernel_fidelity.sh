#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Beside the stock kprobe event: of ten functions in one group on one task the
# same counts, and record by record the same values.
# shellcheck disable=SC2016 # a definition's $ is for the kernel
. tests/vm/lib.sh
. tests/vm/targets.sh
need_module
need_targets
TRACING=/sys/kernel/tracing
[ -w "$TRACING/kprobe_events" ] || skip "the kernel has no kprobe events"
build kernel_fidelity

# both DEFINITION: ours called NAME, and the stock event kpxtest:stock_NAME
both() {
	local name=${1#*:}
	name=${name%% *}
	echo "$1" > "$KPX_DEV" || fail "ours: $1: $(tail -3 "$KPX_DEBUGFS/error_log")"
	at_exit "echo -:$name > $KPX_DEV"
	echo "${1/:/:kpxtest/stock_}" >> "$TRACING/kprobe_events" || fail "the stock event: $1"
	at_exit "echo -:kpxtest/stock_$name >> $TRACING/kprobe_events"
}

names=()
while read -r definition; do
	both "$definition"
	name=${definition#*:}
	names+=("${name%% *}")
done <<'DEFINITIONS'
p:fid_write vfs_write file=$arg1 buf=$arg2 count=$arg3:u64 pos=$arg4
p:fid_read vfs_read file=$arg1 buf=$arg2 count=$arg3:u64 pos=$arg4
p:fid_open do_sys_openat2 dfd=$arg1:s32 name=+0($arg2):ustring how=$arg3 flags=+0($arg3):x64 mode=+8($arg3):u64
p:fid_vopen vfs_open path=$arg1 file=$arg2
r:fid_open_ret do_sys_openat2 fd=$retval:s32
p:fid_getname getname_flags name=+0($arg1):ustring flags=$arg2:x32
p:fid_unlink do_unlinkat dfd=$arg1:s32 name=+0(+0($arg2)):string
p:fid_pipe alloc_pipe_info comm=$comm sp=$stack ret=$stack0
p:fid_f3 kpx_targets:kpxt_f3 $arg1 $arg2 $arg3 $arg4 $arg5 $arg6
r:fid_f3_ret kpx_targets:kpxt_f3 $retval
p:fid_f4 kpx_targets:kpxt_f4+0 a=%di:u8 b=%di:s16 c=%di:x32 d=%di:b4@2/32
DEFINITIONS
"$TMP/kernel_fidelity" "${names[@]}"

# values: both write to the trace, each after the other, for every hit
echo 65536 > "$TRACING/buffer_size_kb"
at_exit "echo 1408 > $TRACING/buffer_size_kb"
echo > "$TRACING/trace"
at_exit "echo > $TRACING/trace"
for name in "${names[@]}"; do
	echo 1 > "$TRACING/events/kprobex/$name/enable"
	at_exit "echo 0 > $TRACING/events/kprobex/$name/enable"
	echo 1 > "$TRACING/events/kpxtest/stock_$name/enable"
	at_exit "echo 0 > $TRACING/events/kpxtest/stock_$name/enable"
done
# what was there before may have been inside while one of them was enabled
older=$(sh -c 'echo $$')
ls -lR tests > "$TMP/ls"
cat "$TMP/ls" tests/vm/*.sh | gzip > "$TMP/gz"
for i in 3 4; do "$CALL" "f$i" 50 100 0x8000000000000001 3 4 5 6; done
for name in "${names[@]}"; do
	echo 0 > "$TRACING/events/kprobex/$name/enable"
	echo 0 > "$TRACING/events/kpxtest/stock_$name/enable"
done
cat "$TRACING/trace" > "$TMP/trace"
sed -n 's|.*entries-in-buffer.*: ||p' "$TMP/trace" | grep -qE '^([0-9]+)/\1 ' ||
	fail "events were lost: $(sed -n 3p "$TMP/trace")"
grep -oE ': (stock_)?fid_[a-z0-9_]+:' "$TMP/trace" | sort | uniq -c

# By task and event, one hit after the other. A return probe's place is shown
# in another way: behind it they are equal.
cat > "$TMP/compare" <<'AWK'
match($0, /: (stock_)?fid_[a-z0-9_]+: \([^)]*\)/) {
	values = substr($0, RSTART + RLENGTH)
	name = substr($0, RSTART + 2)
	sub(/:.*/, "", name)
	is_stock = sub(/^stock_/, "", name)
	match($0, /-[0-9]+ +\[/)
	pid = substr($0, RSTART + 1, RLENGTH - 2) + 0
	if (pid <= older)
		next
	key = pid " " name
	seen[key] = 1
	name_of[key] = name
	if (is_stock)
		stock[key, ++nr_stock[key]] = values
	else
		ours[key, ++nr_ours[key]] = values
}
END {
	for (key in seen) {
		if (nr_ours[key] != nr_stock[key]) {
			print "numbers differ: " key ": " nr_ours[key] + 0, nr_stock[key] + 0
			bad++
		}
		for (i = 1; i <= nr_ours[key]; i++) {
			records++
			if (ours[key, i] == stock[key, i])
				continue
			# of an empty string of the user the stock event
			# says, on some kernels, that it can't be read
			faults = stock[key, i]
			gsub(/=\(fault\)/, "=\"\"", faults)
			if (name_of[key] == "fid_getname" && ours[key, i] == faults)
				continue
			bad++
			print "values differ: " key ": " ours[key, i] " stock: " stock[key, i]
		}
	}
	print records + 0, bad + 0
}
AWK
awk -v older="$older" -f "$TMP/compare" "$TMP/trace" > "$TMP/compared"
head -20 "$TMP/compared"
read -r records bad <<< "$(tail -1 "$TMP/compared")"
[ "$records" -gt 1000 ] || fail "only $records records"
assert_eq "$bad" 0 "differences in $records records"
assert_book
