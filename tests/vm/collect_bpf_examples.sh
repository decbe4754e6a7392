#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The examples of tests/bpf are used as each one's head says.
# On one kernel: debian-6.12.
# shellcheck disable=SC2016 # $1, $2 are the inner shell's
. tests/vm/lib.sh
need_module
collect=$PWD/build/collect
for name in sizes latency pidfilter dispatch; do
	cp "build/tests/bpf/$name.bpf.o" "$TMP" || fail "$name.bpf.o isn't built"
done
cd "$TMP" || exit

# recorded WANT WHAT: what collect dump shows of dd's writes
recorded() {
	"$collect" dump trace.pb > lines || fail "dump"
	assert_eq "$(grep -c ' dd .* vfs_write: ' lines || :)" "$1" "$2"
}

# run COMMAND: with collect's options in $@ behind it
run() {
	command=$1
	shift
	"$collect" -o trace.pb "$@" -- bash -c "$command" > out 2>&1 ||
		fail "collect $*: $(cat out)"
}

# 50 writes of 1000 bytes are in the slot of 10 bits, and in the recording
run 'dd if=/dev/zero of=/dev/null bs=1000 count=50 status=none
	bpftool -j map dump name sizes > sizes' \
	-a --bpf sizes.bpf.o:sizes_asked -e kprobex/vfs_write/
recorded 50 "writes beside sizes"
python3 -c '
import json
slots = [int.from_bytes(bytes(int(b, 16) for b in e["value"]), "little")
         for e in json.load(open("sizes"))]
assert len(slots) == 65 and 50 <= slots[10] <= 60, slots' || fail "$(cat sizes)"

define 'p:read_in vfs_read'
define 'r:read_out vfs_read'
at_exit "for name in read_in read_out; do echo -:\$name > $KPX_DEV; done"
run 'dd if=/dev/zero of=/dev/null bs=1000 count=50 status=none
	bpftool -j map dump name latencies > latencies' \
	-a --bpf latency.bpf.o -e kprobex/read_in/ -e kprobex/read_out/
python3 -c '
import json
n = 0
for e in json.load(open("latencies")):
    key = bytes(int(b, 16) for b in e["key"])
    if key.startswith(b"dd\0"):
        n += int.from_bytes(bytes(int(b, 16) for b in e["value"]), "little")
# and those of the libraries, at its start
assert 50 <= n <= 80, n' || fail "$(cat latencies)"

# the pid of the one dd that is wanted; another one is dropped
run 'bytes() { printf "%d %d %d %d" $(($1 & 255)) $(($1 >> 8 & 255)) $(($1 >> 16 & 255)) 0; }
	bpftool map update name pidfilter key 0 0 0 0 value $(bytes $$) &&
	dd if=/dev/zero of=/dev/null bs=1000 count=50 status=none
	exec dd if=/dev/zero of=/dev/null bs=1000 count=30 status=none' \
	-a --bpf pidfilter.bpf.o -e kprobex/vfs_write/
recorded 30 "the writes of one process"

# the large ones alone
run 'dd if=/dev/zero of=/dev/null bs=100 count=50 status=none
	dd if=/dev/zero of=/dev/null bs=10 count=50 status=none
	dd if=/dev/zero of=/dev/null bs=8k count=20 status=none' \
	-a --bpf dispatch.bpf.o:dispatch -e kprobex/vfs_write/
recorded 20 "the large writes"
assert_book
