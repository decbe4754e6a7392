#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# collect --bpf: each write is in each of the maps that a program on its probe
# writes to, once and with the right fields; a program that filters by process
# does so exactly, and the report says so; what can't be is refused in words.
# On one kernel: debian-6.1.
# shellcheck disable=SC2016 # a definition's $ is for the kernel
. tests/vm/lib.sh
need_module
bpf=build/tests/bpf
out=$TMP/b.pb
protoc --proto_path=proto --python_out="$TMP" kprobex.proto

# report EXPRESSION: of python, with the report as r, its events by name as e. One
# process answers all: under emulation each start of it takes its time.
coproc ASKED { exec /usr/bin/python3 -u -c '
import json, subprocess, sys
for question in sys.stdin:
    r = json.loads(subprocess.check_output(["collect", "report", "--json", sys.argv[1]]))
    e = {event["name"]: event for event in r["events"]}
    print(eval(question))' "$out"; }
report() {
	local answer
	echo "$1" >&"${ASKED[1]}"
	read -r answer <&"${ASKED[0]}" || answer="no answer to $1"
	echo "$answer"
}

record() {
	rm -f "$out"
	collect -q -o "$out" "$@" 2> "$TMP/err" || fail "recording $*: $? $(cat "$TMP/err")"
	collect dump "$out" > "$TMP/dump" || fail "dump of $*"
	tests/read_trace.py "$TMP" "$out" | cmp - "$TMP/dump" || fail "read_trace.py reads $* otherwise"
}

# rows EVENT TEXT: how many of that event have the text
rows() { grep " $1: " "$TMP/dump" | grep -c -- "$2" || :; }

define 'p:w vfs_write count=$arg3:u64 if count == 777'
# r's name can't be p:'s
printf 'r:rw vfs_write ret=$retval:s64 if ret == 777\n' > "$KPX_DEV"
at_exit "echo '-:rw' > $KPX_DEV"
N=1000
dd=(dd if=/dev/zero of=/dev/null bs=777 "count=$N" status=none)

# All programs of the object, each on the probe of its kind; and the books close.
record --bpf "$bpf/collect_probe.bpf.o,cookie=0x1234" -e kprobex/w/ -e kprobex/rw/ -- "${dd[@]}"
fields='comm="dd" colour=-1 three=5 minus=-3 wide=1095522080376 inner.low=-2 inner.bytes={1,0,255} pointer=0xffff800000001000 shorts={0,65535,0} names={"ab","wxyz"} yes=1 either=04030201$'
for map in ring array; do
	assert_eq "$(rows bpf:$map " count=777 cookie=4660 $fields")" $N "records in $map"
	assert_eq "$(rows bpf:$map '')" $N "all records in $map"
done
assert_eq "$(rows bpf:returns ' value=777$')" $N "records in returns"
assert_eq "$(rows bpf:returns '')" $N "all records in returns"
for event in w rw bpf:ring bpf:array bpf:returns; do
	assert_eq "$(report "e['$event']['delivered'], e['$event']['count'], e['$event']['unexplained']")" \
		"($N, $N, 0)" "the book of $event: $(collect report "$out")"
done
assert_eq "$(report '[e[n]["complete"] for n in ("w", "rw", "bpf:ring", "bpf:array", "bpf:returns")]')" \
	"[True, True, True, True, False]" "complete: $(collect report "$out")"
assert_eq "$(report '[e[n]["lost"] for n in ("bpf:ring", "bpf:array", "bpf:returns")]')" \
	"[0, 0, None]" "lost"
assert_eq "$(report '[[(p["name"], p["cookie"], p["runs"]) for p in e[n]["bpf"]["programs"]] for n in ("w", "rw")]')" \
	"[[('both', 4660, $N)], [('result', 4660, $N)]]" "programs"
assert_eq "$(report 'e["w"]["bpf"]["runs"], e["w"]["bpf"]["filtered"], e["w"]["bpf"]["busy"]')" \
	"($N, 0, 0)" "runs"
collect report "$out" > "$TMP/report"
assert_grep '^w: the BPF program both \(id [0-9]+, cookie 0x1234\) ran 1000 times$' "$TMP/report"
assert_grep '^bpf:returns +1000 +1000 +unknown +.*lower bound, because .*unknown' "$TMP/report"
assert_grep '^bpf:returns: times are when the collector first saw a record$' "$TMP/report"
assert_grep 'bpf:returns: its program .*returns_lost' "$TMP/err"
# A record is at its time, and of its thread, as the probe's own event is.
/usr/bin/python3 - "$TMP/dump" <<- 'END' || fail "times and threads, see above"
	import re, sys
	rows = {}
	for line in open(sys.argv[1]):
	    time, cpu, comm, ids, event, text = line.rstrip("\n").split(" ", 5)
	    rows.setdefault(event, []).append((int(time.replace(".", "")), int(cpu), comm, ids, text))
	for ring, array, probe in zip(rows["bpf:ring:"], rows["bpf:array:"], rows["w:"]):
	    said = int(re.search("time_ns=(\\d+)", ring[4]).group(1))
	    assert ring[0] == said and ring[1] == -1, ring
	    assert said <= array[0] and array[1] == probe[1], (array, probe)
	    assert ring[2:4] == array[2:4] == probe[2:4] and ring[2] == "dd", (ring, array, probe)
	    assert abs(array[0] - probe[0]) < 10**9, (array, probe)
	assert {r[3] for r in rows["bpf:returns:"]} == {"-1/-1"}
END

# What nobody counts isn't "0 lost", and isn't whole.
got=0
collect -o "$out" --strict --bpf "$bpf/collect_probe.bpf.o:kretprobe/vfs_write" -e kprobex/rw/ -- \
	"${dd[@]}" 2> "$TMP/err" || got=$?
assert_eq "$got" 3 "status of --strict without a counter: $(cat "$TMP/err")"
assert_grep 'events were lost, or may have been' "$TMP/err"
assert_grep ' events, unknown losses, ' "$TMP/err"
collect -q -o "$out" --strict --bpf "$bpf/collect_layouts.bpf.o" -e kprobex/w/ -- "${dd[@]}" 2> "$TMP/err" ||
	fail "status of --strict with counters: $? $(cat "$TMP/err")"

# Records of a type that can't be taken apart are kept; arrays are no time or thread.
record --bpf "$bpf/collect_layouts.bpf.o" -e kprobex/w/ -- "${dd[@]}"
assert_grep "bpf:deep: the type of its records can't be taken apart" "$TMP/err"
assert_eq "$(rows bpf:deep ' payload=01000000000000000102030405060708$')" $N "records of an odd type: $(grep -m1 bpf:deep "$TMP/dump")"
assert_eq "$(rows bpf:several ' time_ns={1,2} tid={3,4,5} last=6$')" $N "records with arrays"
assert_eq "$(grep -c ' -1/-1 bpf:several: ' "$TMP/dump")" $N "records with arrays, without a thread"
assert_eq "$(report '[e[n]["time"] for n in ("bpf:deep", "bpf:several")]')" "['read', 'read']" "times"

# They are gone with the collector.
assert_eq "$(column w programs)" 0 "programs that are left"

# One program of it, by section and by function; on probes of the other kind, too.
record --bpf "$bpf/collect_probe.bpf.o:kretprobe/vfs_write" -e kprobex/rw/ -- "${dd[@]}"
assert_eq "$(rows bpf:returns '')/$(rows bpf:ring '')" "$N/0" "records of the return's program"
record --bpf "$bpf/collect_probe.bpf.o:both" -e kprobex/w/ -e kprobex/rw/ -- "${dd[@]}"
assert_eq "$(rows bpf:array '')/$(rows bpf:returns '')" "$((2 * N))/0" "records of both probes"
# A probe has a program once, however many events are of it.
record --bpf "$bpf/collect_probe.bpf.o:both" -e kprobex/w/ -e kprobex/w,period=10/ -- "${dd[@]}"
assert_eq "$(rows bpf:array '')/$(rows bpf:ring '')" "$N/$N" "records with two events"

# A filter: the hits of one process are kept, those of another dropped.
writer() { # COUNT: its pid is $writer
	mkfifo "$TMP/go$1"
	# shellcheck disable=SC2016 # the shell's own
	sh -c 'read -r _ < "$1"; exec dd if=/dev/zero of=/dev/null bs=777 count="$2" status=none' - "$TMP/go$1" "$1" &
	writer=$!
}
writer 300
kept=$writer
writer 500
dropped=$writer
record --bpf "$bpf/collect_probe.bpf.o:kprobe/filter,cookie=$kept" -a -e kprobex/w/ -- \
	sh -c 'echo > "$1/go300"; echo > "$1/go500"; while [ -d "/proc/$2/fd" ] || [ -d "/proc/$3/fd" ]; do
		case $(cat "/proc/$2/stat" "/proc/$3/stat" 2>/dev/null) in *") "[RSD]*) sleep 0.05 ;; *) exit 0 ;; esac
	done' - "$TMP" "$kept" "$dropped"
wait "$kept" "$dropped"
assert_eq "$(report 'e["w"]["delivered"], e["w"]["count"], e["w"]["unexplained"], e["w"]["complete"]')" \
	"(300, 300, 0, True)" "what the filter let through: $(collect report "$out")"
assert_eq "$(report 'e["w"]["bpf"]["filtered"]')" 500 "what the filter dropped"
assert_eq "$(grep -c " $kept/$kept w: count=777" "$TMP/dump")" 300 "hits of the process"
assert_eq "$(report '[(p["name"], p["cookie"], p["runs"]) for p in e["w"]["bpf"]["programs"]]')" \
	"[('only_the_process_of_the_cookie', $kept, 800)]" "the filter's runs"
# filtered is of both kinds: by the definition's "if", too
assert_eq "$(report 'e["w"]["filtered"] - e["w"]["bpf"]["filtered"] > 0')" True "filtered: $(report 'e["w"]')"

# A collector that doesn't come to run loses, counted, and the books close.
rm -f "$out"
collect -q -o "$out" -a -m 64K --flush-interval 100ms --bpf "$bpf/collect_probe.bpf.o:both" -e kprobex/w/ \
	-e sched:sched_process_exit 2> "$TMP/err" &
pid=$!
records "$out" 0 1
kill -STOP $pid
dd if=/dev/zero of=/dev/null bs=777 count=20000 status=none
kill -TERM $pid
kill -CONT $pid
wait $pid || fail "status of a collector that lost: $?"
for event in w bpf:ring bpf:array; do
	assert_eq "$(report "e['$event']['delivered'] + e['$event']['lost'], e['$event']['unexplained'], e['$event']['complete']")" \
		"(20000, 0, False)" "the book of $event: $(collect report "$out")"
	[ "$(report "e['$event']['lost']")" -gt 1000 ] || fail "$event lost nothing: $(collect report "$out")"
	assert_eq "$(report "e['$event']['delivered']")" "$(collect dump "$out" | grep -c " $event: ")" "dumped of $event"
done

# One that is killed leaves no program behind, and a file that can be read.
rm -f "$out"
collect -q -o "$out" -a --flush-interval 50 --bpf "$bpf/collect_probe.bpf.o:both" -e kprobex/w/ \
	-e sched:sched_process_exit 2> "$TMP/err" &
pid=$!
records "$out" 0 1
assert_eq "$(column w programs)" 1 "programs of one that runs"
dd if=/dev/zero of=/dev/null bs=777 count=100 status=none
for _ in $(seq 100); do
	collect dump "$out" > "$TMP/dump" 2> /dev/null || :
	[ "$(rows bpf:ring '')/$(rows bpf:array '')/$(rows w '')" != 100/100/100 ] || break
	sleep 0.1
done
kill -KILL $pid
wait $pid || :
no_events w
assert_eq "$(column w programs)" 0 "programs of one that was killed"
got=0
collect dump "$out" > "$TMP/dump" 2> "$TMP/err" || got=$?
assert_eq "$got" 4 "status of a dump of a file that is cut"
assert_eq "$(rows bpf:ring '')/$(rows bpf:array '')/$(rows w '')" 100/100/100 "records before the end"

# A CPU that goes, or comes, has no event for an array; whom a program asked says so.
online=/sys/devices/system/cpu/cpu1/online
if [ -w "$online" ]; then
	record --bpf "$bpf/collect_probe.bpf.o:both" -e kprobex/w/ -- \
		sh -c 'dd if=/dev/zero of=/dev/null bs=777 count=100 status=none; echo 0 > "$1"' - "$online"
	echo 1 > "$online"
	assert_eq "$(report '[(e[n]["delivered"], e[n]["lost"]) for n in ("bpf:ring", "bpf:array")]')" \
		"[(100, 0), (100, None)]" "lost when a CPU went: $(collect report "$out")"
fi

# With call chains: of what has a context.
record -g --bpf "$bpf/collect_probe.bpf.o:both" -e kprobex/w/ -- "${dd[@]}"
assert_eq "$(rows bpf:array ' stack=0xf.*,0x')" $N "records with call chains"
assert_eq "$(rows bpf:ring ' stack=')" 0 "call chains of a ring buffer's records"

# What can't be is refused, in words, and leaves no file.
refused() { # WORDS OPTION…
	words=$1
	shift
	rm -f "$out"
	got=0
	LC_ALL=C "${as[@]}" collect -o "$out" "$@" -- true > "$TMP/fails" 2>&1 || got=$?
	assert_eq "$got" 1 "exit status of $*: $(cat "$TMP/fails")"
	grep -qF -- "$words" "$TMP/fails" || fail "'$*' says '$(cat "$TMP/fails")', want '$words'"
	[ ! -e "$out" ] || fail "a file was left for $*"
}
as=()
probe=(-e kprobex/w/)
refused "no event here is a probe's" --bpf "$bpf/collect_probe.bpf.o" -e sched:sched_switch
refused 'cannot read the BPF object /nowhere/a.o: No such file' --bpf /nowhere/a.o "${probe[@]}"
refused 'it should be what clang -O2 -g -target bpf -c makes' --bpf README.md "${probe[@]}"
refused 'has no section or function nothing; it has: kprobe/vfs_write (both), kretprobe/vfs_write (result)' \
	--bpf "$bpf/collect_probe.bpf.o:nothing" "${probe[@]}"
refused 'has no program for a probe' --bpf "$bpf/collect_refused.bpf.o" "${probe[@]}"
refused 'trace of build/tests/bpf/collect_refused.bpf.o (section tp/raw_syscalls/sys_enter) is of type tracepoint' \
	--bpf "$bpf/collect_refused.bpf.o:trace" "${probe[@]}"
refused 'is asked for twice' --bpf "$bpf/collect_probe.bpf.o" --bpf "./$bpf/collect_probe.bpf.o:both" "${probe[@]}"
refused 'is asked for twice' --bpf "$bpf/collect_probe.bpf.o" --bpf "$bpf/collect_probe.bpf.o:both" "${probe[@]}"
refused 'cookie takes a number' --bpf "$bpf/collect_probe.bpf.o,cookie=x" "${probe[@]}"
refused "the kernel's verifier refuses a program of build/tests/bpf/collect_bad.bpf.o" \
	--bpf "$bpf/collect_bad.bpf.o" "${probe[@]}"
assert_grep "^R[0-9] invalid mem access '(inv|scalar)'" "$TMP/fails"
refused 'cannot attach the BPF program multi to w: ' --bpf "$bpf/collect_refused.bpf.o:multi" "${probe[@]}"
assert_grep 'multi to w: .*(multi|MULTI)' "$TMP/fails"
as=(setpriv --bounding-set "-sys_admin,-bpf")
refused 'no permission to load the BPF object' --bpf "$bpf/collect_probe.bpf.o" "${probe[@]}"
assert_eq "$(column w programs)/$(column w events)" 0/0 "programs and events that are left"
assert_book
