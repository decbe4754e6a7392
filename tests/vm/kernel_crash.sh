#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What tools/crash-kprobex gives crash's gdb to do, done by gdb: on the running
# kernel, with the three addresses that crash would take from a vmlinux.
. tests/vm/lib.sh
. tests/vm/targets.sh
need_module
[ -n "${KPX_MODULE-}" ] || skip "KPX_MODULE isn't set"
command -v gdb > /dev/null || skip "gdb isn't installed"
readelf -SW "$KPX_MODULE" | grep -q '\.debug_info' ||
	skip "this kernel's modules are built without debug information"
need_kinds

# of NAME TYPE: that variable of the kernel, without its type
of() {
	awk -v name="$1" -v type="$2" '$3 == name { print "((" type " *)0x" $1 ")"; exit }' /proc/kallsyms
}
sed -e "s/nr_cpu_ids/*$(of nr_cpu_ids 'unsigned int')/" \
	-e "s/__per_cpu_offset/$(of __per_cpu_offset 'unsigned long')/" \
	-e "s/__cpu_possible_mask\.bits/$(of __cpu_possible_mask 'unsigned long')/" \
	tools/crash-kprobex.gdb > "$TMP/script"
sections=/sys/module/kprobex/sections
symbols=$(cat $sections/.text)
for name in .data .bss; do
	symbols="$symbols -s $name $(cat $sections/$name)"
done
# gdb goes by the sections only if none has an address yet: 6.12's linker gives some
objcopy --change-section-address '*=0' "$KPX_MODULE" "$TMP/kprobex.ko"
gdb -nx -batch -ex 'set confirm off' -ex "add-symbol-file $TMP/kprobex.ko $symbols" \
	-ex 'core-file /proc/kcore' -x "$TMP/script" > "$TMP/out" 2> "$TMP/err" < /dev/null || :
grep -q '^attachments:$' "$TMP/out" || { cat "$TMP/out" "$TMP/err"; fail "gdb stopped, see above"; }

# its counters are those of the module's own statistics
wrong=$(/usr/bin/python3 - "$TMP/out" "$KPX_DEBUGFS/stats" << 'END' 2>&1
import sys
lines = [line.split() for line in open(sys.argv[1])]
lines = lines[lines.index(["counters:"]) + 1:lines.index(["attachments:"])]
shown = {line[0]: dict(zip(lines[0], line)) for line in lines[1:]}
lines = [line.split() for line in open(sys.argv[2])]
for line in lines[1:]:
    row = dict(zip(lines[0][1:], line))
    counters = shown.pop(row["id"])
    assert len(counters) == 13, counters
    for key, value in counters.items():
        assert row.get(key, value) == value, (key, value, row)
[nameless] = shown.values()
assert (nameless["entered"], nameless["offered"]) == ("7", "7"), nameless
END
) || { cat "$TMP/out" "$TMP/err"; fail "$wrong"; }

# each on its line
line() { # NAME REST
	assert_grep "^ +$(column "$1" id)  $2" "$TMP/out"
}
line vfs_write 'vfs_write +0 +1  vfs_write persistent$'
line dn_field 'dn_field +3 +1  kpx_targets:kpxt_f0$'
line dn_many 'dn_many +1 +3  kpx_targets:kpxt_f2$'
line dn_alias 'dn_alias +0 +0  kpx_targets:kpxt_f5 alias$'
line dn_orphan 'dn_orphan +1 +1  kpx_targets:kpxt_f8 orphan$'
assert_grep '^ +[0-9]+  +1 +1  kpx_targets:kpxt_f6 interned$' "$TMP/out"
assert_grep '^ +[0-9]+  dn_nameless +1 +1  kpx_targets:kpxt_f7 nameless$' "$TMP/out"

# armed, what the text says, address, events, the trace event's users, misses
line dn_int3 'int3 +1  0xcc int3  0x[0-9a-f]{16} +1 +0 +0 +0$'
line dn_jump 'jump +1  0xe9 jump  0x[0-9a-f]{16} +1 +0 +0 +0$'
line dn_anchor 'anchor +1  0xcc int3  0x[0-9a-f]{16} +1 +0 +0 +0$'
line dn_field 'ftrace +1  0xe8 call  0x[0-9a-f]{16} +3 +0 +0 +0$'
line dn_return 'return +1  0xe8 call  0x[0-9a-f]{16} +1 +0 +0 +8$'
line dn_returns '(return|fprobe) +1  0xe8 call  0x[0-9a-f]{16} +1 +0 +0 +[34]$'
line dn_missed 'anchor +1  0x(cc int3|e9 jump)  0x[0-9a-f]{16} +1 +0 +6 +0$'
line dn_orphan 'ftrace +1  0xe8 call  0x[0-9a-f]{16} +1 +1 +0 +0$'

class='^ +class 0x[0-9a-f]{16} '
assert_grep "$class users 2  sampling 0  counting 2  skip_pid 0  field 0  unit KPX_UNIT_FIELD\$" "$TMP/out"
assert_grep "$class users 1  sampling 1  counting 0  skip_pid 0  field 1  unit KPX_UNIT_FIELD\$" "$TMP/out"
assert_grep "$class users 1  sampling 0  counting 1  skip_pid 0  field 0  unit KPX_UNIT_NS\$" "$TMP/out"
assert_eq "$(grep -cE "$class" "$TMP/out")" 15 "classes"
