#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Arguments and members by name: what collect records of them is what the call had;
# probes that stay, on one function, on many, on a system call; and what bpftrace
# sees of the same calls.
# shellcheck disable=SC2016 # a definition's $ is for the kernel
. tests/vm/lib.sh
need_module
out=$TMP/n.pb
[ -r /sys/kernel/btf/vmlinux ] || skip "the kernel has no BTF"
dd=(dd if=/dev/zero "of=$TMP/the file" bs=777 count=50 status=none)

record() { # EVENT COMMAND…: its dump is in $TMP/dump
	event=$1
	shift
	collect -q -o "$out" -e "$event" -- "$@" || fail "recording $event: $?"
	collect dump "$out" > "$TMP/dump" || fail "dump of $event"
}

rows() { # PATTERN
	grep -cE -- "$1" "$TMP/dump" || :
}

# A function that nobody defined: all its arguments.
record kprobex/ksys_write/ "${dd[@]}"
assert_eq "$(rows ' dd .* ksys_write: fd=1 buf=0x[0-9a-f]+ count=777$')" 50 "dd's calls of ksys_write"

# A file's name, and other members.
record 'p:w vfs_write count file->f_path.dentry->d_name.name low=file->f_flags' "${dd[@]}"
assert_eq "$(rows ' dd .* w: count=777 name="the file" low=[0-9]+$')" 50 "dd's writes by file"
record 'r vfs_write count ret=$retval:s64 if ret == 777' "${dd[@]}"
assert_eq "$(rows ' dd .* vfs_write__return: count=777 ret=777$')" 50 "dd's returns"
record 'p:large vfs_write count if count > 777' "${dd[@]}"
assert_eq "$(rows ' dd ')" 0 "dd's writes of more"

# As perf-tools' kprobe.
collect p:ksys_write -q -o "$out" -- "${dd[@]}"
assert_eq "$(collect dump "$out" | grep -c ' dd .* ksys_write:')" 50 "hits of collect p:ksys_write"
collect -q -o "$out" -e 'kprobex/ksys_wr*/' -- "${dd[@]}"
[ "$(collect dump "$out" | grep -c ' dd ')" -ge 50 ] || fail "hits of kprobex/ksys_wr*/"

# What failed has a name, where it's asked for.
record 'r:opened sys_openat ret=$retval:s64 if ret < 0' sh -c 'cat /no/such/file 2> /dev/null || :'
[ "$(rows ' cat .* opened: ret=-2$')" -ge 1 ] || fail "cat's failed openat: $(cat "$TMP/dump")"
collect dump --errno "$out" > "$TMP/dump"
[ "$(rows ' cat .* opened: ret=-2\(ENOENT\)$')" -ge 1 ] || fail "dump --errno: $(cat "$TMP/dump")"
collect report "$out" > "$TMP/report"
assert_grep '^ .*distinct: (.* )?-2 ENOENT \([0-9]+ times\)' "$TMP/report"

# A system call, by its name.
record kprobex/sys_openat/ cat "$TMP/the file"
[ "$(rows " cat .* sys_openat: dfd=-100 filename=\"$TMP/the.*file\" flags=0 mode=0\$")" = 1 ] ||
	fail "cat's openat: $(cat "$TMP/dump")"

# The value of an argument, of a function without a probe.
record 'kprobex/ksys_write,unit=2,field=count/' "${dd[@]}"
assert_eq "$(rows ' dd .* ksys_write,unit=2,field=count: fd=1 .*count=777')" 50 "dd's bytes"

# ---- probes that stay
collect probe add 'p:kpxt_w vfs_write count file->f_path.dentry->d_name.name'
at_exit 'collect probe del kpxt_w 2> /dev/null'
assert_fails "there is a probe of this name already" collect probe add 'p:kpxt_w vfs_read'
collect probe list > "$TMP/list"
assert_grep '^kpxt_w  *p:kpxt_w vfs_write count=' "$TMP/list"
n=$(count kprobex/kpxt_w/ "${dd[@]}")
assert_between "$n" 50 60 "hits of the probe by perf"
record kprobex/kpxt_w/ "${dd[@]}"
assert_eq "$(rows ' dd .* kpxt_w: count=777 name="the file"$')" 50 "the probe's"
collect probe show kpxt_w > "$TMP/show"
assert_grep 'hits  *1[0-9][0-9]  ' "$TMP/show"
collect -q -a -o "$out" -e kprobex/kpxt_w/ -- collect probe show --json kpxt_w > "$TMP/json"
/usr/bin/python3 - "$TMP/json" <<- 'END' || fail "show --json: $(cat "$TMP/json")"
	import json, sys
	(probe,) = json.load(open(sys.argv[1]))
	assert probe["name"] == "kpxt_w" and probe["events"] > 0, probe
	assert probe["ftrace"] or probe["jump"] or probe["int3"], probe
END
collect probe del kpxt_w
assert_fails "there is no probe kpxt_w" collect probe del kpxt_w
assert_fails "there is no probe kpxt_w" collect probe show kpxt_w

# One probe on many functions.
collect probe add 'p:kpxt_many ksys_*'
at_exit 'collect probe del kpxt_many 2> /dev/null'
collect probe show --json kpxt_many > "$TMP/json"
nr=$(collect list --json 'ksys_*' | grep -c '"probing":"ftrace"')
assert_eq "$(/usr/bin/python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))[0]["functions"])' "$TMP/json")" \
	"$nr" "functions of ksys_*"
n=$(count kprobex/kpxt_many/ "${dd[@]}")
[ "$n" -ge 100 ] || fail "ksys_* has $n hits of dd's 50 reads and 50 writes"
collect probe del kpxt_many

# ---- what can't be had
refused() { # WORDS EVENT
	assert_fails "$1" collect -o "$TMP/r.pb" -e "$2" -- true
	[ ! -e "$TMP/r.pb" ] || fail "a file was left for $2"
}
refused "cuont isn't an argument of the function, which has file, buf, count, pos" 'p vfs_write cuont:u32'
refused "has no member f_psth; did you mean f_path" 'p vfs_write file->f_psth.dentry'
assert_fails "two different events would be called vfs_write" collect -o "$TMP/r.pb" \
	-e 'p vfs_write count' -e 'p vfs_write pos' -- true
refused "no such function" 'p no_such_function x'
refused "no such function in the running kernel: zzqq_inlined (inlined everywhere, or not built in)" kprobex/zzqq_inlined/
refused "no such function in the running kernel: zzqq_inlined (inlined everywhere, or not built in)" 'p zzqq_inlined x'
refused "no function of the running kernel matches no_such_*" 'p no_such_*'
assert_fails "permission" setpriv --reuid=65534 --clear-groups collect probe add p:vfs_write
collect list do_int3 > "$TMP/list"
assert_grep "can't be probed: it's on the kernel's blacklist" "$TMP/list"

# ---- prototypes are those that bpftool shows of this kernel's BTF
/usr/bin/python3 tests/native/prototypes.py 200 || fail "prototypes differ"

# ---- the same values as bpftrace's, of the same calls
cat > "$TMP/run" <<- END
	exec collect -q -o "$out" -e 'p:w vfs_write count:u64 file->f_path.dentry->d_name.name' -- ${dd[0]} ${dd[1]} "${dd[2]}" ${dd[3]} ${dd[4]} ${dd[5]}
END
# (the headers that it would look for instead aren't needed, nor all there)
BPFTRACE_KERNEL_SOURCE="" bpftrace -c "/bin/sh $TMP/run" -e 'kfunc:vfs_write /comm == "dd"/ {
	printf("%d %s\n", args->count, str(args->file->f_path.dentry->d_name.name)); }' \
	> "$TMP/bpftrace" 2> "$TMP/err" || fail "bpftrace: $(cat "$TMP/err")"
collect dump "$out" > "$TMP/dump"
sed -n 's/^.* dd .* w: count=\([0-9]*\) name="\(.*\)"$/\1 \2/p' "$TMP/dump" > "$TMP/ours"
grep -E '^[0-9]+ ' "$TMP/bpftrace" > "$TMP/theirs"
assert_eq "$(wc -l < "$TMP/ours")" 50 "dd's writes"
diff "$TMP/ours" "$TMP/theirs" || fail "bpftrace saw others"
assert_book
