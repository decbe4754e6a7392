#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# 10,000 processes that live for a moment: what each does is recorded, under its
# own name, however the parent is followed; in no more memory than for few.
. tests/native/lib.sh
need_recording
event=raw_syscalls:sys_enter
out=$TMP/t.pb
forks=build/tests/native/forks
[ -x "$forks" ] || skip "$forks isn't built (make tests)"

# Each kid once, and under its name, unless it is told that records of tasks were
# lost; then as many may be unnamed.
check() { # N WHAT
	# (Of -a, others are at work when it is switched off.)
	if [ "$2" != -a ]; then
		assert_eq "$(number unexplained "$out")" 0 "unexplained of $2"
		assert_eq "$(number events.count "$out")" "$(number delivered "$out")" "all of $2 is delivered"
	fi
	collect dump "$out" | /usr/bin/python3 -c '
import re, sys
nr, what = int(sys.argv[1]), sys.argv[2]
names, ids = set(), set()
for line in sys.stdin:
    if " id=110 " not in line: continue
    time, cpu, comm, id, rest = line.split(" ", 4)
    if not re.fullmatch("kid[0-9]+", comm):
        if what == "-a": continue # it is of somebody else
        sys.exit("%s: a kid is called %s" % (what, comm))
    names.add(comm); ids.add((id, comm))
    if len(set(id.split("/"))) != 1: sys.exit("%s: thread and process are %s" % (what, id))
if len(names) != nr or len(ids) != nr:
    sys.exit("%s: %d names of %d kids, %d ids, without %s" % (what, len(names), nr, len(ids),
             sorted({"kid%d" % i for i in range(nr)} - names)[:5]))' "$1" "$2" ||
		fail "tasks of $2"
}

# following OPTION N: forks N, followed; the collector's memory in KiB is in $kib
following() {
	rm -f "$TMP/go"
	mkfifo "$TMP/go"
	"$forks" -w "$2" < "$TMP/go" &
	pid=$!
	exec 3> "$TMP/go"
	rm -f "$out"
	# The collector is the only child of this one.
	/usr/bin/python3 -c '
import resource, subprocess, sys
status = subprocess.call(sys.argv[1:])
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(status)' collect -q --strict -m 4M -o "$out" -e $event --flush-interval 50 "$1" "$pid" > "$TMP/kib" &
	collector=$!
	until_true 20 child_polls "$collector"
	echo go >&3
	exec 3>&-
	wait "$pid" || fail "forks failed"
	wait "$collector" || fail "collect $1 failed"
	kib=$(cat "$TMP/kib")
	check "$2" "$1"
}

following -p 500
few=$kib
following -p 10000
[ "$kib" -le $((few + 4096)) ] || fail "$kib KiB for 10,000 processes, $few KiB for 500"
following -t 500
status 0 collect -q --strict -m 4M -o "$out" -e $event -- "$forks" 1000
check 1000 "a command"
# All of the system: what happens besides isn't counted here, and has room in the ring.
status 0 collect -q -a -m 64M -o "$out" -e $event --flush-interval 50 -- "$forks" 1000
check 1000 "-a"
