#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# --cgroup: whoever is in it, below it, and only while it is there.
. tests/native/lib.sh
need_recording
event=raw_syscalls:sys_enter
out=$TMP/t.pb
dump=$TMP/dump

name=kpx-test-$$
need_cgroup "$name"
mkdir "$top/in" "$top/in/deep" "$top/out"
# What is left in them is ours, and is the test's last act.
remove() {
	for dir in "$top/in/deep" "$top/in" "$top/out" "$top"; do
		while read -r pid; do kill -KILL "$pid"; done < "$dir/cgroup.procs"
		for _ in 1 2 3 4 5 6 7 8 9 10; do
			rmdir "$dir" && break
			sleep 0.05
		done
	done 2>/dev/null
}
trap 'status=$?; remove; (exit "$status"); cleanup' EXIT

# A program that makes as many calls as each line says, and answers.
cat > "$TMP/calls.py" <<'END'
import os, sys
open("/proc/self/comm", "w").write(sys.argv[1])
print("ready", flush=True)
for line in sys.stdin:
    for i in range(int(line)): os.getppid()
    print("done", flush=True)
END
# program NAME FD: begins one, with lines to it at FD
declare -A pid
program() {
	mkfifo "$TMP/$1"
	: > "$TMP/$1.said"
	/usr/bin/python3 "$TMP/calls.py" "$1" < "$TMP/$1" >> "$TMP/$1.said" &
	pid[$1]=$!
	eval "exec $2> \"$TMP/$1\""
	until_true 10 test -s "$TMP/$1.said"
}
calls() { # FD NAME N
	lines=$(wc -l < "$TMP/$2.said")
	echo "$3" >&"$1"
	until_true 20 answered "$2" "$lines"
}
answered() {
	[ "$(wc -l < "$TMP/$1.said")" -gt "$2" ]
}
into() { # NAME CGROUP
	echo "${pid[$1]}" > "$2/cgroup.procs"
}
count_of() {
	awk -v id="${pid[$1]}/${pid[$1]}" '$4 == id' "$dump" | grep -c ' id=110 '
}

program direct 4
program deep 5
program outside 6
program mover 7
into direct "$top/in"
into deep "$top/in/deep"
into outside "$top/out"

# The path is whole or begins at the mount point; one below another is no second.
for path in "$top/in" "$name/in" "/$name/in" "$top/in --cgroup $name/in/deep --cgroup $top/in"; do
	# shellcheck disable=SC2086 # several arguments
	recording -q --strict -o "$out" -e $event --flush-interval 50 --cgroup $path
	calls 7 mover 100
	calls 4 direct 1000
	calls 5 deep 2000
	calls 6 outside 3000
	into mover "$top/in/deep"
	calls 7 mover 4000
	into mover "$top/out"
	calls 7 mover 500
	kill -TERM "$collector"
	wait "$collector" || fail "collect --cgroup $path failed: $(cat "$TMP/err")"
	collect dump "$out" > "$dump"
	assert_eq "$(count_of direct)" 1000 "calls in $path"
	assert_eq "$(count_of deep)" 2000 "calls below $path"
	assert_eq "$(count_of outside)" 0 "calls outside of $path"
	assert_eq "$(count_of mover)" 4000 "calls of one that moves in and out"
	assert_eq "$(awk '/ id=110 / { print $3 }' "$dump" | sort -u | tr '\n' ' ')" "deep direct mover " "names"
	assert_eq "$(number unexplained "$out")" 0 "unexplained"
done

# A command that is in it; several events, with stacks.
# shellcheck disable=SC2016 # the shell that is recorded expands it
status 0 collect -q -g -o "$out" -e $event,sched:sched_switch,page-faults --cgroup "$name/out" -- \
	sh -c 'echo $$ > "$0/cgroup.procs"; exec "$1" 1500' "$top/out" "$CALLS"
collect dump "$out" > "$dump"
assert_eq "$(grep -c ' calls .* id=110 ' "$dump")" 1500 "calls of a command that joined"
for what in $event sched:sched_switch page-faults; do
	grep -q " $what: " "$dump" || fail "no $what in the cgroup"
done

refused() { # STATUS TEXT ARGUMENT…
	want=$1 text=$2
	shift 2
	status "$want" collect -o "$TMP/no.pb" -e $event "$@"
	says "$text"
	[ ! -e "$TMP/no.pb" ] || fail "a file was left by: $*"
}
refused 1 "there is no cgroup 'no/such' below $point" --cgroup no/such
refused 1 "there is no cgroup '/no/such' below $point" --cgroup /no/such
refused 1 "'$TMP' is no cgroup that perf can follow: those are the folders below $point" --cgroup "$TMP"
refused 1 "is no cgroup that perf can follow" --cgroup "$(printf '../%.0s' {1..9})$TMP"
refused 2 "--cgroup takes the path of a cgroup" --cgroup ''
refused 2 "--cgroup and -a exclude each other" --cgroup / -a
refused 2 "--cgroup and -p exclude each other" --cgroup / -p 1
refused 2 "--cgroup and -t exclude each other" --cgroup / -t 1

# Nobody is in it yet: it says so, and goes on.
mkdir "$top/empty"
status 0 collect -o "$out" -e $event --cgroup "$name/empty" --duration 100ms
rmdir "$top/empty"
[ ! -e "$top/cgroup.events" ] || says "nothing is in the cgroup $top/empty yet"
assert_eq "$(number count "$out")" 0 "events in an empty cgroup"
