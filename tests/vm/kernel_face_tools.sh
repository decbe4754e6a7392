#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The tools that people use with trace events take a probe's: perf script with
# named fields, trace-cmd, bpftrace.
# shellcheck disable=SC2016 # a definition's $ is for the kernel
. tests/vm/lib.sh
need_module
. tests/vm/face.sh

define 'p:tool vfs_write file=$arg1:x64 count=$arg3:u64 half=$arg3:s16'

# perf: the kernel's print fmt in user space, and the fields by name
perf record -q -o "$TMP/data" -e "kprobex:'tool'" -- dd if=/dev/zero of=/dev/null bs=40000 count=3 status=none \
	> "$TMP/out" 2>&1 || fail "perf record: $(cat "$TMP/out")"
perf script -i "$TMP/data" -F comm,trace > "$TMP/script" 2> /dev/null
assert_eq "$(grep -cE '^ *dd +\(ffffffff[0-9a-f]+\) file=0xffff[0-9a-f]{12} count=40000 half=-25536$' "$TMP/script")" 3 \
	"perf script: $(head -3 "$TMP/script")"
cat > "$TMP/fields.py" <<'END'
def kprobex__tool(name, context, cpu, s, ns, pid, comm, chain,
                  probe_ip, file, count, half, sample):
    print(name, comm, hex(probe_ip >> 32), hex(file >> 48), count, half)
END
perf script -i "$TMP/data" -s "$TMP/fields.py" > "$TMP/python" 2> "$TMP/err" || fail "perf script -s: $(cat "$TMP/err")"
# (perf's python reads an s16 as unsigned)
assert_eq "$(sort -u "$TMP/python") $(wc -l < "$TMP/python")" "kprobex__tool dd 0xffffffff 0xffff 40000 40000 3" \
	"perf script -s"
perf evlist -i "$TMP/data" --trace-fields > "$TMP/evlist" 2> /dev/null
assert_grep 'kprobex:tool.*: trace_fields: __probe_ip,file,count,half$' "$TMP/evlist"
perf report -i "$TMP/data" --stdio -s count > "$TMP/report" 2> /dev/null
assert_grep '100.00% +40000 *$' "$TMP/report"

# trace-cmd, with a filter and a trigger
trace-cmd record -q -o "$TMP/trace.dat" -e kprobex:tool -f 'count == 123' \
	dd if=/dev/zero of=/dev/null bs=123 count=4 status=none > "$TMP/out" 2>&1 || fail "trace-cmd: $(cat "$TMP/out")"
trace-cmd report -i "$TMP/trace.dat" > "$TMP/report" 2> /dev/null
assert_eq "$(grep -cE '^ +dd-.* tool: +\(ffffffff[0-9a-f]+\) file=0xffff[0-9a-f]{12} count=123 half=123$' "$TMP/report")" 4 \
	"trace-cmd report: $(tail -3 "$TMP/report")"
trace-cmd report -R -i "$TMP/trace.dat" > "$TMP/report" 2> /dev/null
assert_eq "$(grep -cE ' tool: +__probe_ip=(0x)?ffffffff[0-9a-f]+ file=0xffff[0-9a-f]+ count=123 half=123$' "$TMP/report")" 4 \
	"trace-cmd report -R: $(tail -3 "$TMP/report")"
trace-cmd reset > /dev/null 2>&1

# bpftrace. Of the kernel's headers these VMs have a part: it is to use BTF
bpf() { unshare -m sh -c 'mount -t tmpfs none /lib/modules && exec bpftrace "$@"' - "$@"; }
bpf -lv 'tracepoint:kprobex:tool' > "$TMP/list" 2>&1
assert_eq "$(tr -s ' \n' ' ' < "$TMP/list")" \
	"tracepoint:kprobex:tool unsigned long __probe_ip u64 file u64 count s16 half " "bpftrace -lv"
bpf -e 'tracepoint:kprobex:tool /comm == "dd"/ { @n = count(); @bytes = sum(args->count); @half = min(args->half); }' \
	-c '/usr/bin/dd if=/dev/zero of=/dev/null bs=40000 count=5 status=none' > "$TMP/bpf" 2>&1 ||
	fail "bpftrace: $(cat "$TMP/bpf")"
assert_grep '^@n: 5$' "$TMP/bpf"
assert_grep '^@bytes: 200000$' "$TMP/bpf"
assert_grep '^@half: -25536$' "$TMP/bpf"

# nobody is left
[ "$(cat "$EVENTS/tool/enable")" = 0 ] || fail "still enabled"
printf '%s\n' '-:tool' > "$KPX_DEV" || fail "still in use"
