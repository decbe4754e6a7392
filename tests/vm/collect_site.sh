#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What collect probe show says of a probe's place: its address and instructions, the
# way of a hit, and why it isn't a quicker one; and of what it can't know.
# On one kernel: debian-6.1.
. tests/vm/lib.sh
need_module
[ -r /proc/kcore ] || skip "the kernel has no /proc/kcore"

show() { # NAME…: while they're open; in $TMP/show
	events=()
	for name; do events+=(-e "kprobex/$name/"); done
	collect -q -a -o "$TMP/n.pb" "${events[@]}" -- sh -c "sleep 1; collect probe show --path $*" > "$TMP/show"
}

# At a function's entry: the address is kallsyms's, and the call ftrace's.
collect probe add 'p:kpxt_entry ksys_write' 'r:kpxt_ret ksys_write' 'p:kpxt_sys sys_openat'
at_exit 'collect probe del kpxt_entry kpxt_ret kpxt_sys 2> /dev/null'
collect probe show --path kpxt_entry > "$TMP/show"
assert_grep '^  called by +none: no event is open' "$TMP/show"
assert_grep '^  path +ksys_write: not to the module: no event is open' "$TMP/show"
address=$(awk '$3 == "ksys_write" { print $1 }' /proc/kallsyms)
show kpxt_entry
assert_grep "^  site +0x$address  ksys_write$" "$TMP/show"
assert_grep '^ +nothing is quicker$' "$TMP/show"
assert_grep '^    \+[0-9a-fx]+ +(e8 ).* callq? 0x[0-9a-f]+  # ' "$TMP/show"
assert_grep "^  path +ksys_write: .*ftrace's callback -> kprobex -> the events' rings" "$TMP/show"
show kpxt_sys
assert_grep '^  site .*  __x64_sys_openat$' "$TMP/show"
show kpxt_ret
assert_grep '^  called by +a return hook$' "$TMP/show"
assert_grep '^  path .*a hook that has the function return to it -> kprobex' "$TMP/show"

# Within: a jump, and an int3 with the reason. The offset is where an instruction is.
offset=$(sed -n 's/^    +\(0x[0-9a-f]*\) .*push.*/\1/p' "$TMP/show" | head -n 1)
[ -n "$offset" ] || fail "no instruction to probe in $(cat "$TMP/show")"
collect probe add "p:kpxt_in ksys_write+$offset"
at_exit 'collect probe del kpxt_in'
show kpxt_in
assert_grep "^  site .*  ksys_write\+$offset$" "$TMP/show"
if grep -q '^  called by *a jump' "$TMP/show"; then
	assert_grep '^ +no ftrace: it calls at a function' "$TMP/show"
	assert_grep "^    \+$offset +e9 .* jmp 0x[0-9a-f]+  # " "$TMP/show"
fi
optimization=$(cat /proc/sys/debug/kprobes-optimization)
at_exit "echo $optimization > /proc/sys/debug/kprobes-optimization"
echo 0 > /proc/sys/debug/kprobes-optimization
show kpxt_in
assert_grep '^  called by +int3$' "$TMP/show"
assert_grep '^ +no jump: jumps are off \(sysctl debug.kprobes-optimization=1' "$TMP/show"
assert_grep "^    \+$offset +cc +int3" "$TMP/show"
assert_grep "^  path +ksys_write\+$offset: int3 -> .*the kprobe's handler -> kprobex" "$TMP/show"

# For programs.
collect -q -a -o "$TMP/n.pb" -e kprobex/kpxt_in/ -- sh -c "sleep 1; collect probe show --json kpxt_in" > "$TMP/json"
/usr/bin/python3 - "$TMP/json" "$address" "$offset" <<- 'END' || fail "show --json: $(cat "$TMP/json")"
	import json, sys
	(probe,) = json.load(open(sys.argv[1]))
	assert probe["address"] == int(sys.argv[2], 16) + int(sys.argv[3], 16), probe
	assert probe["symbol"] == "ksys_write" and probe["offset"] == int(sys.argv[3], 16), probe
	assert probe["code"].startswith("cc") and "jumps are off" in probe["why"], probe
END

# Who may not see addresses is told so.
restrict=$(cat /proc/sys/kernel/kptr_restrict)
at_exit "echo $restrict > /proc/sys/kernel/kptr_restrict"
echo 2 > /proc/sys/kernel/kptr_restrict
collect probe show kpxt_entry > "$TMP/show"
assert_grep '^  site +the kernel hides its addresses: it takes root \(kernel.kptr_restrict\)' "$TMP/show"
