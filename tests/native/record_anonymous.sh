#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# What collect record --anonymize writes has no name, path, string or address of what was
# recorded, in no packet; but the same is the same, and the kernel's functions are named.
# shellcheck source=tests/native/lib.sh
. tests/native/lib.sh
need_recording
# System call 110 is getppid(2) there.
[ "$(uname -m)" = x86_64 ] || skip "knows getppid's number on x86_64 only"
event=raw_syscalls:sys_enter

# Which hierarchy perf follows is the machine's: record_cgroup_v1.sh changes it meanwhile.
steady=(flock --shared /proc/cgroups)
cgroup_point
secret="$TMP/secretfolder"
mkdir "$secret"
cp "$CALLS" "$secret/secretname"
cat > "$TMP/work" <<-END
	#!/bin/sh
	export SECRETVARIABLE=secretvalue
	sleep 0.3
	"$secret/secretname" 5000
	ls "$secret/secretargument" 2> /dev/null
	mkdir "${point:-$TMP}/secretcgroup-$$" 2> /dev/null && rmdir "${point:-$TMP}/secretcgroup-$$"
	true
END
chmod +x "$TMP/work"
program=(-e "u:$secret/secretname:main text=+0(+8(%si)):string where=%si")
collect -q -o "$TMP/try.pb" "${program[@]}" -- true 2> /dev/null || program=()
"${steady[@]}" collect -q -o "$TMP/try.pb" --all-cgroups -e $event -- true 2> /dev/null && program+=(--all-cgroups)
cgroup=(-e 'cgroup:*')
[ -d /sys/kernel/tracing/events/cgroup ] || cgroup=()

# record OPTION...: by a host of another name, of programs that are where they always are
record() {
	"${steady[@]}" unshare --uts sh -c 'hostname secrethost; shift 0; exec setarch -R "$@"' sh \
		collect -q -g --mmaps yes -e $event -e 'sched:*' -e task:task_rename \
		"${program[@]}" "${cgroup[@]}" "$@" -- "$TMP/work" secretword > /dev/null
}

record -o "$TMP/real.pb" --codec none
secrets=(secretfolder secretname secretword secrethost)
for name in "${secrets[@]}"; do
	grep -q "$name" "$TMP/real.pb" || fail "even the real trace has no $name"
done
secrets+=(secretargument SECRETVARIABLE secretvalue secretcgroup libc.so "$TMP")
boot=$(tr -d - < /proc/sys/kernel/random/boot_id)
collect dump --json -g "$TMP/real.pb" > "$TMP/real.json"

# clean FILE: nor have its packets' bodies any, whatever is compressed
clean() {
	collect dump --json -g "$1" > "$TMP/json" || fail "$1 isn't whole"
	collect report --json - < "$1" > "$TMP/report"
	tests/native/export/bodies.py "$1" > "$TMP/bodies"
	if grep -q "$boot" <(od -An -v -tx1 "$TMP/bodies" | tr -d ' \n'); then fail "$1 has the boot id"; fi
	nr=$(tests/native/export/anonymous.py "$TMP/real.json" "${secrets[@]}" -- \
		"$TMP/json" "$TMP/report" "$TMP/bodies") || fail "$1 isn't anonymous"
	[ "$nr" -gt 50 ] || fail "only $nr addresses to look for"
}

record -o "$TMP/plain.pb" --codec none --anonymize
record -o "$TMP/trace.pb" --anonymize
clean "$TMP/plain.pb"
for name in "${secrets[@]}"; do
	! grep -q "$name" "$TMP/plain.pb" || fail "the file has $name"
done
clean "$TMP/trace.pb"
collect verify "$TMP/trace.pb" > /dev/null || fail "verify"
collect report "$TMP/trace.pb" > "$TMP/text"
grep -q '^anonymous: .* words are left out$' "$TMP/text" || fail "the report doesn't say it"
assert_eq "$(number events.unexplained "$TMP/trace.pb")" 0 "unexplained system calls"

# The program that calls getppid: one name, in its rows and wherever it is in a string.
collect dump -f 'id==110' "$TMP/trace.pb" > "$TMP/calls"
comm=$(awk '{ print $3 }' "$TMP/calls" | sort | uniq -c | sort -rn | awk 'NR == 1 && $1 >= 5000 { print $2 }')
[[ $comm =~ ^a[0-9a-f]{12}$ ]] || fail "no token has the 5000 calls: $(head -n 1 "$TMP/calls")"
assert_eq "$(collect dump -f "comm==$comm && id==110" "$TMP/trace.pb" | wc -l)" \
	"$(collect dump -f 'comm==secretname && id==110' "$TMP/real.pb" | wc -l)" "its calls"
grep -q "comm=\"$comm\"" <(collect dump --event 'sched:*' --event task:task_rename "$TMP/trace.pb") ||
	fail "a string of the name has another token"

# frames FILE: what the chains of getppid's calls are, and how many of each. (The kernel
# goes by way of __traceiter_… while somebody else has the tracepoint, too.)
frames() {
	collect dump --json -g -f 'id==110' "$1" | /usr/bin/python3 -c 'import collections, json, sys
chains = collections.Counter()
for line in sys.stdin:
    stack = json.loads(line).get("stack", [])
    chains[";".join("%s+%d" % (f.get("symbol" if "symbol" in f and "file" not in f else "none", "file"), f["offset"])
                    for f in stack if "offset" in f
                    and not f.get("symbol", "").startswith("__traceiter_"))] += 1
for chain, n in chains.most_common(1):
    print(n >= 5000, chain)'
}
frames "$TMP/real.pb" > "$TMP/frames.real"
grep -q '^True .*;file+' "$TMP/frames.real" || fail "no chain goes on in the program: $(cat "$TMP/frames.real")"
frames "$TMP/trace.pb" | cmp - "$TMP/frames.real" || fail "the call chains aren't the same"
# Nor are the addresses of symbols the kernel's.
/usr/bin/python3 - "$TMP/json" <<-'END' || fail "a function is where the kernel has it"
	import json, sys
	where = {}
	for line in open("/proc/kallsyms"):
	    address, _, name = line.split()[:3]
	    where.setdefault(name, set()).add(int(address, 16))
	seen = 0
	for line in open(sys.argv[1]):
	    for f in json.loads(line).get("stack", []):
	        if "symbol" in f and f["symbol"] in where:
	            seen += 1
	            if int(f["address"], 16) - f["offset"] in where[f["symbol"]]:
	                sys.exit(f["symbol"])
	sys.exit(seen < 1000)
END
# Another recording has other tokens and other places.
cut -d' ' -f3 <(collect dump -f 'id==110' "$TMP/plain.pb") | grep -q "$comm" &&
	fail "two recordings have the same token"

# An export of it, and of a part of it, is anonymous as it is.
collect export -q --to csv -o "$TMP/csv" "$TMP/trace.pb"
tests/native/export/anonymous.py "$TMP/real.json" "${secrets[@]}" -- "$TMP/csv" > /dev/null ||
	fail "an export isn't anonymous"

# In parts, all of one recording; in dumps; and to somebody else.
record -o "$TMP/p.pb" --anonymize --rotate time=100ms --flush-interval 20ms
parts=("$TMP"/p.*.pb)
[ ${#parts[@]} -gt 1 ] || fail "only ${#parts[@]} parts"
for part in "${parts[@]}"; do clean "$part"; done
cat "${parts[@]}" > "$TMP/all.pb"
assert_eq "$(collect dump "$TMP/all.pb" | grep ' id=110 ' | awk '{ print $3 }' | sort | uniq -c |
	awk '$1 >= 5000' | wc -l)" 1 "names of what is in several parts"
# (of all parts together, which come last; of one alone the ledger is still open)
assert_eq "$(collect report --json "$TMP/all.pb" | /usr/bin/python3 -c '
import json, sys
print([e["unexplained"] for e in json.load(sys.stdin)["events"] if e["name"] == sys.argv[1]][-1])' $event)" \
	0 "unexplained system calls in all parts"

record -o "$TMP/d.pb" --anonymize --overwrite last=20s,end
clean "$TMP/d.000001.pb"
assert_eq "$(collect dump "$TMP/d.000001.pb" | grep ' id=110 ' | awk '{ print $3 }' | sort | uniq -c |
	awk '$1 >= 5000' | wc -l)" 1 "names in a dump"

collect receive --one -o "$TMP/received.pb" "unix:$TMP/socket" 2> "$TMP/err" &
receiver=$!
until_true 10 grep -q 'listening at' "$TMP/err"
record -o "unix:$TMP/socket" --anonymize
wait $receiver || fail "the receiver: $? $(cat "$TMP/err")"
clean "$TMP/received.pb"

status 2 collect top --anonymize
