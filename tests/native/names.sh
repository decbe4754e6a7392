#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# What the kernel's BTF says of functions: collect list, definitions by name, and
# the words for what isn't there. No module is needed.
# shellcheck source=tests/native/lib.sh
# shellcheck disable=SC2016 # a definition's $ is for the kernel
. tests/native/lib.sh
[ -r /sys/kernel/btf/vmlinux ] || skip "the kernel has no BTF"
grep -q ' vfs_write$' /proc/kallsyms || skip "/proc/kallsyms has no vfs_write"

# becomes DEFINITION PATTERN: what the module would be given
becomes() {
	status 0 collect probe add -n "$1"
	grep -qE -- "$2" "$TMP/out" || fail "$1 became $(cat "$TMP/out")"
}

refused() { # WORDS DEFINITION
	status 1 collect probe add -n "$2"
	says "$1"
}

offset='\+[0-9]+'
becomes 'p vfs_write' '^p:vfs_write vfs_write$'
becomes p:vfs_write '^p:vfs_write vfs_write$'
becomes 'p:w vfs_write count if count > 4096' '^p:w vfs_write count=\$arg3:u64 if count > 4096$'
becomes 'r vfs_read ret=$retval' '^r:vfs_read__return vfs_read ret=\$retval$'
becomes 'p vfs_write file->f_path.dentry->d_name.name' \
	"^p:vfs_write vfs_write name=\+0\($offset\($offset\(\\\$arg1\)\)\):string\$"
becomes 'p vfs_write i=file->f_inode->i_ino' "^p:vfs_write vfs_write i=$offset\($offset\(\\\$arg1\)\):u64\$"
becomes 'p tcp_v4_connect sk->__sk_common.skc_dport' \
	"^p:tcp_v4_connect tcp_v4_connect skc_dport=$offset\(\\\$arg1\):be16\$"
becomes 'p tcp_v4_connect to=sk->__sk_common.skc_daddr:ip4 from=sk->__sk_common.skc_rcv_saddr' \
	"^p:tcp_v4_connect tcp_v4_connect to=\\+0\(\\\$arg1\):ip4 from=$offset\(\\\$arg1\):be32\$"
status 0 collect probe add --all-args --dry-run 'p vfs_write if count > 1'
assert_eq "$(cat "$TMP/out")" \
	'p:vfs_write vfs_write file=$arg1:x64 buf=$arg2:x64 count=$arg3:u64 pos=$arg4:x64 if count > 1' \
	"all arguments"
becomes 'p:vfs vfs_*' '^p:vfs vfs_\*$'

refused "did you mean vfs_write" 'p vfs_wrte count'
refused "coutn isn't an argument of the function, which has file, buf, count, pos" 'p vfs_write coutn'
refused "struct file has no member f_flagz; did you mean f_flags" 'p vfs_write file->f_flagz'
refused "file is a pointer: what it points to is behind a ->" 'p vfs_write file.f_flags'
refused "is a struct: name a member of it" 'p vfs_write file->f_path'
refused "only a function's entry or return has arguments with names" 'p vfs_write+8 count'
refused "isn't a definition, such as 'p:NAME" 'vfs_write count'
refused "isn't a definition, such as 'p:NAME" sched:sched_switch
refused "a probe on an address needs a name" 'p 0xffffffff81000000'

# System calls have their arguments from tracefs.
if [ -e /sys/kernel/tracing/events/syscalls/sys_enter_openat/format ]; then
	becomes 'p sys_openat filename flags' '^p:sys_openat sys_openat filename=\+0\(\$arg2\):ustring flags=\$arg3:s32$'
	refused "isn't an argument of the system call openat: it has dfd=" 'p sys_openat path'
fi

# ---- list
status 0 collect list vfs_write
grep -q '^  .*vfs_write(struct file \*file, const char \*buf, size_t count, loff_t \*pos)$' "$TMP/out" ||
	fail "the prototype of vfs_write: $(cat "$TMP/out")"
status 0 collect list 'vfs_writ*' 'sched_switch'
grep -q 'vfs_writev(' "$TMP/out" || fail "no vfs_writev: $(cat "$TMP/out")"
grep -q '^  sched:sched_switch$' "$TMP/out" || fail "no sched:sched_switch: $(cat "$TMP/out")"
status 0 collect list
grep -qE '^ *[0-9]+ functions(, of which [0-9]+ can be probed)?: collect list' "$TMP/out" || fail "$(cat "$TMP/out")"
status 0 collect list --json vfs_write sched_switch
/usr/bin/python3 -c '
import json, sys
found = json.load(open(sys.argv[1]))
assert found["functions"][0]["name"] == "vfs_write", found
assert found["functions"][0]["probing"] in ("ftrace", "kprobe"), found
assert found["tracepoints"] == [{"name": "sched:sched_switch"}], found' "$TMP/out"
status 1 collect list vfs_wrte
assert_eq "$(grep -c . "$TMP/err")" 1 "lines about vfs_wrte"
says "collect list: no probe, function or tracepoint is called vfs_wrte; did you mean vfs_write"
status 1 collect list sched_swich
says "is called sched_swich; did you mean sched_switch"
status 1 collect list sched:sched_swich
says "no such tracepoint: sched:sched_swich; did you mean sched_switch?"
status 1 collect list no_such_thing_at_all
says "called no_such_thing_at_all (a function may be inlined wherever it's called, or not built in)"
status 1 collect list 'no_such_thing_*' vfs_write
says "no probe, function or tracepoint matches no_such_thing_*"
grep -q 'vfs_write(' "$TMP/out" || fail "what matched isn't listed: $(cat "$TMP/out")"

# ---- the module's
if [ ! -e /sys/bus/event_source/devices/kprobex ]; then
	for verb in "add p:vfs_write" "del vfs_write" list "show vfs_write"; do
		# shellcheck disable=SC2086 # words
		status 1 collect probe $verb
		says "the kernel module kprobex isn't loaded"
	done
fi
status 2 collect probe
says "add, del, list or show?"
status 2 collect probe remove x
says "no such verb: 'remove'"
status 2 collect probe add
says "add which definition?"

# ---- the same as bpftool's, of functions drawn at random
/usr/bin/python3 tests/native/prototypes.py 200
