#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# --all-cgroups: each event is told of which control group it is, by the path that it had,
# also if that was made meanwhile and is gone; by whatever reads the trace.
. tests/native/lib.sh
need_recording
event=raw_syscalls:sys_enter
out=$TMP/t.pb
rows='id==110 && comm==calls'

name=kpx-all-$$
need_cgroup "$name"
# They go when the last that was in them is buried.
gone() {
	for dir in "$top/late" "$top/one/deep" "$top/one" "$top/a \"b" "$top"; do
		[ ! -d "$dir" ] || rmdir "$dir" || return
	done 2>/dev/null
}
trap 'status=$?; for i in 1 2 3 4 5 6 7 8 9 10; do gone && break; sleep 0.1; done; (exit "$status"); cleanup' EXIT
mkdir "$top/one" "$top/one/deep" "$top/a \"b"

# So many calls by programs in there. One group is made, and goes, while it is recorded;
# and again, with the same path.
cat > "$TMP/work" <<END
into() { sh -c 'echo \$\$ > "\$0/cgroup.procs"; exec $CALLS \$1' "\$1" "\$2"; }
gone() { for i in 1 2 3 4 5 6 7 8 9 10; do rmdir "\$1" && break; sleep 0.1; done; }
into "$top/one" 1000
into "$top/one/deep" 200
mkdir -p "$top/late" && into "$top/late" 3000 && gone "$top/late"
mkdir -p "$top/late" && into "$top/late" 40 && gone "$top/late"
into '$top/a "b' 5
END
LC_ALL=C sort > "$TMP/want" <<END
/$name/a "b 5
/$name/late 3040
/$name/one 1000
/$name/one/deep 200
END
same() { # WHAT: $TMP/got is what is wanted
	LC_ALL=C sort "$TMP/got" | diff "$TMP/want" - || fail "$1"
}
number_them() { # of one path a line
	LC_ALL=C sort | uniq -c | sed 's/^ *\([0-9]*\) \(.*\)$/\2 \1/'
}
counts() { # FILE: as text; programs of that name elsewhere are others'
	collect dump -f "$rows" "$1" | sed -n "s,.* cgroup=\"\(/$name/[^\"]*\)\".*,\1,p" | sed 's/\\x22/"/' | number_them > "$TMP/got"
}
paths() { # of JSON Lines
	/usr/bin/python3 -c '
import json, sys
for line in sys.stdin: print(json.loads(line)["cgroup"])'
}
json() { # the same
	paths | number_them > "$TMP/got"
}

status 0 collect -q --strict --all-cgroups -o "$out" -e $event -- bash "$TMP/work"
counts "$out"
same "calls by cgroup"
collect verify "$out" > "$TMP/verdict" || fail "verify: $(cat "$TMP/verdict")"

# Whatever else is recorded: all of the system, with stacks, two events by their types,
# with a period in one of them, by ids, from software events; and in parts.
for more in "-a -e sched:sched_process_exec" "-g -e sched:sched_switch" "-g -e cpu-clock"; do
	# shellcheck disable=SC2086 # several arguments
	status 0 collect -q --all-cgroups -o "$TMP/more.pb" -e $event $more -- bash "$TMP/work"
	counts "$TMP/more.pb"
	same "calls by cgroup with $more"
	assert_eq "$(collect dump "$TMP/more.pb" | grep -vc ' cgroup="/')" 0 "events without a cgroup, with $more"
done
# Each part of a series has the names by itself, also of what an earlier one saw begin, and
# of what came and went just before its end.
cat "$TMP/work" - > "$TMP/parts" <<END
for i in 1 2 3 4 5 6 7 8; do mkdir -p "$top/late" && into "$top/late" 10 && gone "$top/late"; sleep 0.05; done
mkdir -p '$top/late'
echo \$\$ > '$top/late/cgroup.procs'
sleep 0.5
$CALLS 7
echo \$\$ > '$top/one/cgroup.procs'
END
status 0 collect -q --all-cgroups --rotate time=100ms --flush-interval 20ms -o "$TMP/part.pb" -e $event -- bash "$TMP/parts"
[ -e "$TMP/part.000004.pb" ] || fail "there are few parts"
for part in "$TMP"/part.*.pb; do collect dump -f "$rows" "$part"; done | sed -n 's/.* cgroup="\([^"]*\)".*/\1/p' |
	sed 's/\\x22/"/' | number_them | LC_ALL=C sort > "$TMP/got"
sed 's/ 3040$/ 3127/' "$TMP/want" | diff - "$TMP/got" || fail "calls in all parts"
for _ in 1 2 3 4 5 6 7 8 9 10; do rmdir "$top/late" && break; sleep 0.1; done

# Told apart, and filtered; by those below, too.
collect report --by cgroup -f "$rows" "$out" > "$TMP/report"
grep -qE "^ *3,040 .* /$name/late\$" "$TMP/report" || fail "report --by cgroup: $(cat "$TMP/report")"
assert_eq "$(collect dump -f "$rows && cgroup ~ '/$name/one*'" "$out" | wc -l)" 1200 "calls in and below a cgroup"
assert_eq "$(collect dump -f "$rows && !(cgroup == '/$name/one')" "$out" | wc -l)" 3245 "calls elsewhere"

# While it happens, too.
if [ -d /sys/kernel/tracing/events/syscalls/sys_enter_getppid ]; then
	collect stat -e syscalls:sys_enter_getppid --by comm,cgroup -o "$TMP/stat" -- \
		bash -c "$(cat "$TMP/work"); sleep 1; into '$top/one' 7" > "$TMP/out" 2>&1
	grep -qE "^ *1,007 .* calls +/$name/one\$" "$TMP/stat" || fail "stat --by cgroup: $(cat "$TMP/stat" "$TMP/out")"
fi

# Other readers, and other forms.
collect dump --json -f "$rows" "$out" | json
same "dump --json"
collect export -q --to json -o - -f "$rows" "$out" | json
same "export --to json"
collect export -q --to csv -o - -f "$rows" "$out" | /usr/bin/python3 -c '
import csv, sys
for row in csv.DictReader(sys.stdin): print(row["cgroup"].replace("\\x22", "\""))' | number_them > "$TMP/got"
same "export --to csv"
PYTHONPATH=tools/python /usr/bin/python3 - "$out" > "$TMP/got" <<'END'
import collections, kprobex, sys
table = kprobex.open(sys.argv[1])["raw_syscalls:sys_enter"]
count = collections.Counter(c for c, comm, call in zip(table.cgroups, table.comms, table.id) if (comm, call) == ("calls", 110))
for path, n in count.items(): print(path, n)
END
same "the Python package's table"
collect dump "$out" > "$TMP/ours"
PYTHONPATH=tools/python /usr/bin/python3 -c '
import kprobex, sys
for row in kprobex.open(sys.argv[1]).rows(): print(row)' "$out" | cmp - "$TMP/ours"
protoc --proto_path=proto --python_out="$TMP" kprobex.proto
tests/read_trace.py "$TMP" "$out" | cmp - "$TMP/ours"

# What is repaired or merged has them; another trace's ids are others.
head -c "$(($(stat -c %s "$out") - 100))" "$out" > "$TMP/cut.pb"
status 4 collect repair -o "$TMP/whole.pb" "$TMP/cut.pb"
counts "$TMP/whole.pb"
same "what was repaired"
status 0 collect merge -o "$TMP/merged.pb" "$out" "$TMP/more.pb"
assert_eq "$(collect dump -f "$rows && cgroup ~ '/$name/late'" "$TMP/merged.pb" | wc -l)" 6080 "calls in a merged trace"

# perf.data and back.
collect export -q --to perf.data -o "$TMP/perf.data" "$out"
status 0 collect import -o "$TMP/import.pb" "$TMP/perf.data"
counts "$TMP/import.pb"
same "exported and imported again"
if perf --version > "$TMP/version" 2>&1; then
	collect export -q --to perf.data -o "$TMP/calls.data" -f "$rows" "$out"
	perf report -i "$TMP/calls.data" --stdio --sort cgroup -F sample,cgroup -t '|' 2> "$TMP/err" |
		sed -n 's,^ *\([0-9]*\) *| *\(/.*[^ ]\) *$,\2 \1,p' > "$TMP/got"
	same "perf report --sort cgroup"
	perf record -q -m 16M --all-cgroups -o "$TMP/theirs.data" -e $event -- bash "$TMP/work" > /dev/null 2>&1 &&
		status 0 collect import -o "$TMP/theirs.pb" "$TMP/theirs.data" && counts "$TMP/theirs.pb" && same "perf's recording"
fi

# Nothing of the names is left in what is anonymous; and groups are told apart still.
collect export -q --anonymize --to json -o - -f "$rows" "$out" > "$TMP/anonymous"
! grep -qE "kpx-all|late|deep" "$TMP/anonymous" || fail "names in an anonymous export"
assert_eq "$(paths < "$TMP/anonymous" | sort | uniq -c | awk '{ print $1 }' | sort -n | tr '\n' ' ')" "5 200 1000 3040 " "tokens"

# Without: as ever, and who asks is told.
status 0 collect -q -o "$TMP/no.pb" -e $event -- true
! collect dump "$TMP/no.pb" | grep -q cgroup= || fail "a cgroup that wasn't asked for"
status 1 collect report --by cgroup "$TMP/no.pb"
says "which control group a thread was in isn't recorded: collect record --all-cgroups does that"
status 1 collect dump -f 'cgroup == x' "$TMP/no.pb"
says "collect record --all-cgroups has them"
sed 's/^perf_event\(.*\)1$/perf_event\10/' /proc/cgroups > "$TMP/cgroups"
rm "$TMP/no.pb"
# shellcheck disable=SC2016 # bash -c expands it
status 1 unshare -m bash -c 'mount --bind "$0/cgroups" /proc/cgroups && collect --all-cgroups -o "$0/no.pb" -e '$event' -- true' "$TMP"
says "it is without CONFIG_CGROUP_PERF"
[ ! -e "$TMP/no.pb" ] || fail "a file was left"
