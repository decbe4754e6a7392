#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# tools/drgn-kprobex shows what debugfs shows: of the running kernel, and of a
# dump after the kernel has gone on.
# shellcheck disable=SC2016 # a definition's $ is for the kernel
. tests/vm/lib.sh
need_module
[ -n "${KPX_MODULE-}" ] || skip "KPX_MODULE isn't set"
/usr/bin/python3 -c 'import drgn' 2> /dev/null || skip "python3-drgn isn't installed"
readelf -SW "$KPX_MODULE" | grep -q '\.debug_info' ||
	skip "this kernel's modules are built without debug information"

# is FILE EXPRESSION WANT: EXPRESSION about the probe test_drgn
is() {
	got=$(/usr/bin/python3 -c 'import json, sys
probes = {probe["name"]: probe for probe in json.load(open(sys.argv[1]))["probes"]}
p = probes["test_drgn"]
print(eval(sys.argv[2]))' "$1" "$2") || fail "$2 of $1: $(cat "$1")"
	assert_eq "$got" "$3" "$2 of $1"
}

# Few things call vfs_fallocate, and on tmpfs each call is one.
touch /dev/shm/test_drgn
at_exit 'rm -f /dev/shm/test_drgn'
fallocations() {
	for _ in $(seq "$1"); do fallocate -l 4096 /dev/shm/test_drgn; done
}

define 'p:test_drgn vfs_fallocate+0 mode=$arg2:u32'
tools/drgn-kprobex --json > "$TMP/idle"
is "$TMP/idle" 'p["target"], p["events"], p["entered"]' "('vfs_fallocate', 0, 0)"
is "$TMP/idle" '[(a["armed"], a["classes"]) for a in p["attachments"] if a["armed"]]' '[]'

# One task that hits it 7 times and stays, under two events of two classes.
cat > "$TMP/load" << 'END'
import os, sys, time
with open("/dev/shm/test_drgn", "w") as file:
    for _ in range(7):
        os.posix_fallocate(file.fileno(), 0, 4096)
with open(sys.argv[1] + ".new", "w") as file:
    print(os.getpid(), file=file)
os.rename(sys.argv[1] + ".new", sys.argv[1])
time.sleep(600)
END
perf stat -i -e kprobex/test_drgn/ -e kprobex/test_drgn,skip_self=1/ -- \
	/usr/bin/python3 "$TMP/load" "$TMP/ready" 2> /dev/null &
perf=$!
at_exit "wait $perf; no_events test_drgn"
for _ in $(seq 400); do [ ! -e "$TMP/ready" ] || break; sleep 0.05; done
[ -e "$TMP/ready" ] || fail "the load doesn't start"
at_exit "kill $(cat "$TMP/ready")"
# … and two hits without a listener
fallocations 2

# shows FILE: all of that, as the module's own statistics have it
shows() {
	for counter in entered offered no_listener recursion self; do
		is "$1" "p['$counter']" "$(column test_drgn $counter)"
	done
	is "$1" 'p["entered"], p["offered"], p["no_listener"], p["missed"]' '(9, 7, 2, 0)'
	is "$1" 'p["id"]' "$(column test_drgn id)"
	is "$1" 'p["events"]' 2
	is "$1" '[a["armed"] for a in p["attachments"] if a["classes"]]' '[True]'
	is "$1" '[a["text"] for a in p["attachments"] if a["classes"]]' "['call']"
	is "$1" '[c["users"] for a in p["attachments"] for c in a["classes"]]' '[1, 1]'
	is "$1" '[c["skip_pid"] for a in p["attachments"] for c in a["classes"]]' "[None, $perf]"
	is "$1" 'probes["eventfd_write"]["entered"]' 0
}
tools/drgn-kprobex --json > "$TMP/live"
shows "$TMP/live"

tools/drgn-kprobex > "$TMP/table"
assert_grep '^probes:$' "$TMP/table"
assert_grep '^ +[0-9]+  test_drgn +vfs_fallocate +yes +2 +9 ' "$TMP/table"
assert_grep '^ +[0-9]+  test_drgn .* yes +call +0 +2$' "$TMP/table"
assert_grep " $perf +1 " "$TMP/table"

# a dump says what was, in the guest's own words
mkdir -p build/vm
dump=build/vm/dump-$KPX_KERNEL-$$
at_exit "rm -f $dump"
dump_memory "$dump"
cp "$KPX_DEBUGFS/stats" "$TMP/stats"
fallocations 3
tools/drgn-kprobex --json > "$TMP/live"
is "$TMP/live" 'p["entered"]' 12
tools/drgn-kprobex --json --module "$KPX_MODULE" "$dump" > "$TMP/dump"
KPX_DEBUGFS=$TMP shows "$TMP/dump"
cmp <(grep release "$TMP/dump") <(grep release "$TMP/live") || fail "another kernel's name"

# what it can't read it says
assert_fails 'No such file' tools/drgn-kprobex "$TMP/nothing"
assert_fails "no kernel's dump" tools/drgn-kprobex /bin/true
assert_fails 'needs root' setpriv --reuid 65534 --clear-groups tools/drgn-kprobex
strip -g -o "$TMP/stripped.ko" "$KPX_MODULE"
assert_fails 'no debug information' tools/drgn-kprobex --module "$TMP/stripped.ko"
/usr/bin/python3 - "$KPX_MODULE" "$TMP/other.ko" << 'END'
import sys
content = bytearray(open(sys.argv[1], "rb").read())
content[content.index(b"\x14\0\0\0\3\0\0\0GNU\0") + 12] ^= 1
open(sys.argv[2], "wb").write(content)
END
assert_fails 'another build id' tools/drgn-kprobex --module "$TMP/other.ko"
