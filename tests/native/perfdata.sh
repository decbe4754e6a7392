#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# collect export --to perf.data and collect import, against perf itself: what perf script
# shows of our file is what collect dump shows of the trace, and the reverse.
# shellcheck source=tests/native/lib.sh
. tests/native/lib.sh
need_recording
command -v perf >/dev/null || skip "there's no perf"

rows() { # PERF.DATA ROWS: all that perf has of each sample
	perf script -i "$1" -s tests/native/perf/rows.py > "$2" 2> "$TMP/err" ||
		fail "perf script $1: $(cat "$TMP/err")"
}
same() { # WHAT LEFT RIGHT
	/usr/bin/python3 tests/native/perf/compare.py "$@" > "$TMP/out" 2> "$TMP/err" ||
		fail "$*: $(cut -c 1-1500 "$TMP/err")"
}
to_perf() { # TRACE PERF.DATA
	collect export -q --to perf.data -o "$2" "$1" || fail "export of $1"
}
counts() { # PERF.DATA: EVENT SAMPLES of each, as perf report counts
	perf report -i "$1" --stats 2> /dev/null |
		sed -nE '/ stats:$/{ s///; h; n; s/.*SAMPLE events: +([0-9]+).*/ \1/; H; g; s/\n//p }' |
		grep -v '^Aggregated' | sort
}
delivered() { # TRACE: the same, as its ledger has them
	collect report --json "$1" | /usr/bin/python3 -c '
import json, sys
for event in json.load(sys.stdin)["events"]:
    if event["delivered"]: print(event["name"], event["delivered"])' | sort
}

# ---- a trace for perf --------------------------------------------------------

collect -q -o "$TMP/t.pb" -g -e 'raw_syscalls:*' -e 'sched:*' -e cpu-clock/period=500000/ \
	-e u:libc:malloc -- sh -c 'ls -l / > /dev/null; head -c 200 /dev/zero | wc -c > /dev/null'
to_perf "$TMP/t.pb" "$TMP/t.data"
collect dump -g "$TMP/t.pb" > "$TMP/t.dump"
rows "$TMP/t.data" "$TMP/t.rows"
same dump "$TMP/t.rows" "$TMP/t.dump"
grep -q ' with call chains' "$TMP/out" || fail "nothing was compared"

assert_eq "$(counts "$TMP/t.data")" "$(delivered "$TMP/t.pb")" "perf report's counts"

# Which threads began, of whom, and ended; and their names are told in time.
tasks() { # PERF.DATA FORK|EXIT: (PID:TID)[:(PID:TID)] of each, by time
	perf script -i "$1" --show-task-events 2> /dev/null |
		grep -o "PERF_RECORD_$2([0-9:]*):([0-9:]*)"
}
collect dump --event sched:sched_process_fork "$TMP/t.pb" |
	sed -nE 's/.* [0-9]+\/([0-9]+) sched:.* parent_pid=([0-9]+) .* child_pid=([0-9]+)( .*)?$/PERF_RECORD_FORK(\3:\3):(\2:\1)/p' > "$TMP/forks"
[ "$(wc -l < "$TMP/forks")" -ge 2 ] || fail "only $(wc -l < "$TMP/forks") forks"
tasks "$TMP/t.data" FORK > "$TMP/forks.perf"
cmp "$TMP/forks" "$TMP/forks.perf" || fail "forks: $(diff "$TMP/forks" "$TMP/forks.perf" | head -4)"
collect dump --event sched:sched_process_exit "$TMP/t.pb" |
	sed -nE 's/.* ([0-9]+)\/([0-9]+) sched:.*/PERF_RECORD_EXIT(\1:\2):(0:0)/p' | sort > "$TMP/exits"
[ "$(wc -l < "$TMP/exits")" -ge 3 ] || fail "only $(wc -l < "$TMP/exits") exits"
tasks "$TMP/t.data" EXIT | sort > "$TMP/exits.perf"
cmp "$TMP/exits" "$TMP/exits.perf" || fail "exits: $(diff "$TMP/exits" "$TMP/exits.perf" | head -4)"
perf script -i "$TMP/t.data" -D 2> /dev/null > "$TMP/raw" || fail "perf script -D"
! grep -qi 'out of order' "$TMP/raw" || fail "records are out of order"

# Through a pipe, and without anything of this machine.
collect export -q --to perf.data -o - "$TMP/t.pb" |
	perf script -i - -s tests/native/perf/rows.py > "$TMP/pipe.rows" 2> /dev/null
same rows "$TMP/t.rows" "$TMP/pipe.rows"
perf script -i "$TMP/t.data" --symfs "$TMP/empty" --kallsyms /dev/null \
	-s tests/native/perf/rows.py > "$TMP/alone.rows" 2> /dev/null
same rows "$TMP/t.rows" "$TMP/alone.rows"
grep -q '"do_syscall_64' "$TMP/alone.rows" || fail "perf has no symbols of the kernel"
perf report -i "$TMP/t.data" --stdio -g none > /dev/null 2> "$TMP/err"
! grep -q kptr_restrict "$TMP/err" || fail "perf report warns: $(cat "$TMP/err")"
perf report -i "$TMP/t.data" --header-only > "$TMP/header"
grep -q "^# os release : $(uname -r)" "$TMP/header" || fail "no release in the header"
grep -q "^# cmdline : .*collect" "$TMP/header" || fail "no command line in the header"
perf buildid-list -i "$TMP/t.data" | grep -q 'libc.so' || fail "no build-ids"

# ---- perf's files ------------------------------------------------------------

# through NAME ARGUMENT…: perf record, the trace of it, and a perf.data of that
through() {
	name=$1
	shift
	perf record -q -o "$TMP/$name.data" "$@" > /dev/null 2> "$TMP/err" ||
		fail "perf record: $(cat "$TMP/err")"
	back "$name"
}
back() { # NAME
	status 0 collect import "$TMP/$1.data" -o "$TMP/$1.pb"
	rows "$TMP/$1.data" "$TMP/$1.rows"
	collect dump -g "$TMP/$1.pb" > "$TMP/$1.dump"
	same dump "$TMP/$1.rows" "$TMP/$1.dump"
	to_perf "$TMP/$1.pb" "$TMP/$1.again"
	rows "$TMP/$1.again" "$TMP/$1.again.rows"
	same rows "$TMP/$1.rows" "$TMP/$1.again.rows"
	collect verify "$TMP/$1.pb" > /dev/null || fail "the trace of $1 isn't whole"
}
through all -g -e 'raw_syscalls:*' -e sched:sched_switch -e sched:sched_process_exec \
	-e cpu-clock -- sh -c 'ls -l / | wc'
assert_eq "$(tasks "$TMP/all.again" FORK)" "$(tasks "$TMP/all.data" FORK)" "forks of perf's file"
assert_eq "$(tasks "$TMP/all.again" EXIT | grep -o 'EXIT([0-9:]*)')" \
	"$(tasks "$TMP/all.data" EXIT | grep -o 'EXIT([0-9:]*)')" "exits of perf's file"
grep -qF 'sched:sched_process_exec: filename="/' "$TMP/all.dump" || fail "no string of a tracepoint"
# (what perf hears of mappings is the same while we hear of them, too)
collect -q -a --mmaps yes -o "$TMP/ours.pb" -e sched:sched_process_exec -- \
	perf record -q --no-buildid-mmap -o "$TMP/beside.data" -e raw_syscalls:sys_enter -- ls -l / \
	> /dev/null 2> "$TMP/err" || fail "perf record beside ours: $(cat "$TMP/err")"
perf script -i "$TMP/beside.data" --show-mmap-events 2> /dev/null > "$TMP/maps"
grep -q 'PERF_RECORD_MMAP2 .*/libc.so' "$TMP/maps" || fail "perf heard of no mappings"
! grep 'PERF_RECORD_MMAP2 .* <[0-9a-f]*>\]' "$TMP/maps" || fail "perf was given build-ids, which it did not ask for"
collect report "$TMP/ours.pb" | grep -q '^context: .* [1-9][0-9]* mappings' || fail "we heard of none"
back beside
through packed -z -g -e raw_syscalls:sys_enter -e cpu-clock -- ls -l /
through one -k CLOCK_MONOTONIC -e raw_syscalls:sys_enter -- ls /
collect report "$TMP/one.pb" | grep -q ", $(date -u +%Y)-" || fail "no date with a clock"
perf record -q -o - -e raw_syscalls:sys_enter -e page-faults -- ls / 2> /dev/null > "$TMP/pipe.data"
collect import - -o "$TMP/stdin.pb" < "$TMP/pipe.data" 2> /dev/null || fail "import of a pipe"
back pipe

# Losses: as many as perf counts, in the ledger and again in perf report.
perf record -q -m 1 -o "$TMP/lost.data" -e raw_syscalls:sys_enter -- \
	dd if=/dev/zero of=/dev/null bs=1 count=60000 > /dev/null 2>&1
status 0 collect import "$TMP/lost.data" -o "$TMP/lost.pb"
total_lost() { # PERF.DATA: as perf report has it
	perf report -i "$1" --stdio 2> /dev/null | sed -n 's/^# Total Lost Samples: //p'
}
lost=$(total_lost "$TMP/lost.data")
[ "$lost" -gt 0 ] || fail "perf lost nothing with a ring of a page"
assert_eq "$(number events.lost "$TMP/lost.pb")" "$lost" "lost samples"
assert_eq "$(number events.unexplained "$TMP/lost.pb")" 0 "unexplained"
to_perf "$TMP/lost.pb" "$TMP/lost.again"
assert_eq "$(total_lost "$TMP/lost.again")" "$lost" "lost samples, as perf report has them"

# What has no place is said.
perf record -q -o "$TMP/left.data" --call-graph dwarf,1024 -e cpu-clock -- ls / > /dev/null 2>&1
status 0 collect import "$TMP/left.data" -o "$TMP/left.pb"
says "copies of user stacks are left out"

# What another perf writes: records that are compressed in its way, and samples that a
# BPF filter dropped, which aren't lost.
edited() { # WHAT PERF.DATA OUT
	/usr/bin/python3 tests/native/perf/edit.py "$@" || fail "edit.py $*"
}
edited compressed2 "$TMP/packed.data" "$TMP/packed2.data"
status 0 collect import "$TMP/packed2.data" -o "$TMP/packed2.pb"
collect dump -g "$TMP/packed2.pb" > "$TMP/packed2.dump"
cmp "$TMP/packed.dump" "$TMP/packed2.dump" || fail "what perf 6.16 compresses isn't read"
edited filtered "$TMP/one.data" "$TMP/filtered.data"
status 0 collect import "$TMP/filtered.data" -o "$TMP/filtered.pb"
assert_eq "$(number filtered "$TMP/filtered.pb")" 1234 "samples that a filter dropped"
assert_eq "$(number lost "$TMP/filtered.pb")" 0 "they aren't lost"
assert_eq "$(number unexplained "$TMP/filtered.pb")" 0 "unexplained"

# Somebody else had asked for build-ids, and the kernel marked perf's records, too.
build_ids() { # TRACE: BUILD-ID PATH, as perf has them of our export
	to_perf "$1" "$TMP/ids.data"
	perf buildid-list -i "$TMP/ids.data" | sort
}
for how in all mmap; do
	perf record -q --no-buildid-mmap --buildid-$how -g -o "$TMP/ids-$how.data" -e raw_syscalls:sys_enter -- \
		ls / > /dev/null 2> "$TMP/err" || fail "perf record --buildid-$how: $(cat "$TMP/err")"
	status 0 collect import "$TMP/ids-$how.data" -o "$TMP/ids-$how.pb"
	build_ids "$TMP/ids-$how.pb" | grep -v kernel > "$TMP/ids-$how"
	grep -q '^[0-9a-f]\{40\} /.*/libc.so' "$TMP/ids-$how" || fail "build-ids of an import: $(cat "$TMP/ids-$how")"
done
cmp "$TMP/ids-all" "$TMP/ids-mmap" || fail "build-ids of the file's table and of records differ"
edited marked "$TMP/ids-all.data" "$TMP/marked.data"
status 0 collect import "$TMP/marked.data" -o "$TMP/marked.pb"
build_ids "$TMP/marked.pb" | grep -v kernel | cmp "$TMP/ids-all" - ||
	fail "device and inode are taken for a build-id"

# ---- cut, damaged, mistaken --------------------------------------------------

edited far "$TMP/one.data" "$TMP/far.data"
status 4 collect import "$TMP/far.data" -o "$TMP/far.pb"

for part in 3 5 8; do
	for name in packed all pipe; do
		size=$(stat -c %s "$TMP/$name.data")
		# (odd: not where a record ends, which a pipe may, too)
		head -c $((size * part / 10 | 1)) "$TMP/$name.data" > "$TMP/cut.data"
		got=0
		collect import "$TMP/cut.data" -o "$TMP/cut.pb" 2> "$TMP/err" || got=$?
		[ $got = 4 ] || fail "$name cut at $part/10: status $got: $(cat "$TMP/err")"
		collect verify "$TMP/cut.pb" > /dev/null || fail "what is left of $name isn't a trace"
	done
done
# A file has its formats behind the data; one that is cut keeps its records whole.
status 1 collect import "$TMP/t.pb" -o "$TMP/no.pb"
says "isn't a perf.data file"
[ ! -e "$TMP/no.pb" ] || fail "a mistake left a file"
status 1 collect import "$TMP/all.data" -o "$TMP/all.data"
says "is the file that is read"
status 2 collect import "$TMP/all.data"
# ---- many --------------------------------------------------------------------

collect -q -m 64M -o "$TMP/big.pb" -e raw_syscalls:sys_enter -e raw_syscalls:sys_exit -- \
	dd if=/dev/zero of=/dev/null bs=1 count=$((MANY / 4 + 1000)) 2> /dev/null
events=$(number delivered "$TMP/big.pb")
[ "$events" -gt "$MANY" ] || fail "only $events events"
to_perf "$TMP/big.pb" "$TMP/big.data"
perf script -i "$TMP/big.data" --ns -F time,event 2> /dev/null | tr -d ' ' > "$TMP/big.perf"
collect dump "$TMP/big.pb" | cut -d ' ' -f 1,5 --output-delimiter=: > "$TMP/big.dump"
cmp "$TMP/big.perf" "$TMP/big.dump" || fail "many events: $(diff "$TMP/big.perf" "$TMP/big.dump" | head -4)"
assert_eq "$(wc -l < "$TMP/big.perf")" "$events" "events in perf script"
