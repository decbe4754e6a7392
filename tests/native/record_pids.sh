#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Several processes, and threads: those and no others are recorded, until the last
# of them has ended.
. tests/native/lib.sh
need_recording
event=raw_syscalls:sys_enter
out=$TMP/t.pb
dump=$TMP/dump

# waiting NAME N [THREADS]: in the background, until a line goes to its fifo
waiting() {
	mkfifo "$TMP/$1"
	"$CALLS" -w "$2" "${3:-1}" < "$TMP/$1" &
	pid=$!
}

follow() { # ARGUMENT…: from when it records
	recording -q --strict -o "$out" -e $event --flush-interval 50 "$@"
}

calls_of() { # PATTERN of PID/TID
	awk -v id="$1" '$4 ~ "^" id "$"' "$dump" | grep -c ' id=110 '
}

# Three wait; two are recorded, named in one list and again.
for list in "-p A,B" "-p A -p B" "-p B,A,B -t A"; do
	rm -f "$TMP/a" "$TMP/b" "$TMP/c"
	waiting a 3000 2 && a=$pid && exec 3> "$TMP/a"
	waiting b 5000 1 && b=$pid && exec 4> "$TMP/b"
	waiting c 7000 1 && c=$pid && exec 5> "$TMP/c"
	list=${list//A/$a}
	# shellcheck disable=SC2086 # several arguments
	follow ${list//B/$b}
	echo go >&5
	wait "$c" || fail "the process failed"
	echo go >&3
	wait "$a" || fail "the process failed"
	sleep 0.3
	kill -0 "$collector" || fail "it ended with the first of two processes"
	echo go >&4
	exec 3>&- 4>&- 5>&-
	wait "$b" || fail "the process failed"
	wait "$collector" || fail "collect $list failed: $(cat "$TMP/err")"
	collect dump "$out" > "$dump"
	assert_eq "$(calls_of "$a/.*")" 6000 "calls of the first process of $list"
	assert_eq "$(calls_of "$b/.*")" 5000 "calls of the second process of $list"
	assert_eq "$(calls_of "$c/.*")" 0 "calls of the process that isn't recorded"
	assert_eq "$(awk '{ print $3 }' "$dump" | sort -u)" calls "their names"
done

# One thread of three, and one that it starts. The process goes on without it.
cat > "$TMP/threads.py" <<'END'
import os, sys, threading
def calls(n):
    for i in range(n): os.getppid()
def thread(name, n, go):
    print(name, threading.get_native_id(), file=ids, flush=True)
    go.wait()
    calls(n)
    if name != "one": return
    child = threading.Thread(target=calls, args=(500,))
    child.start()
    child.join()
ids = open(sys.argv[1], "w")
go = threading.Event()
threads = [threading.Thread(target=thread, args=(name, n, go)) for name, n in (("one", 2000), ("two", 1000))]
for t in threads: t.start()
sys.stdin.readline()
calls(300)
go.set()
for t in threads: t.join()
sys.stdin.readline()
END
mkfifo "$TMP/go"
/usr/bin/python3 "$TMP/threads.py" "$TMP/ids" < "$TMP/go" &
pid=$!
exec 3> "$TMP/go"
both_there() {
	[ "$(wc -l < "$TMP/ids")" = 2 ]
}
until_true 10 both_there
one=$(sed -n 's/one //p' "$TMP/ids")
two=$(sed -n 's/two //p' "$TMP/ids")
follow -t "$one"
echo go >&3
wait "$collector" || fail "collect -t failed: $(cat "$TMP/err")"
kill -0 "$pid" || fail "the recording of a thread lasted as long as its process"
collect dump "$out" > "$dump"
assert_eq "$(calls_of "$pid/$one")" 2000 "calls of the thread"
assert_eq "$(calls_of "$pid/$two")" 0 "calls of the other thread"
assert_eq "$(calls_of "$pid/$pid")" 0 "calls of the first thread"
assert_eq "$(grep -c ' id=110 ' "$dump")" 2500 "calls of the thread and of what it started"

# What isn't there is named, and leaves no file.
refused() { # STATUS TEXT ARGUMENT…
	want=$1 text=$2
	shift 2
	status "$want" collect -o "$TMP/no.pb" -e $event "$@"
	says "$text"
	[ ! -e "$TMP/no.pb" ] || fail "a file was left by: $*"
}
refused 1 "there is no process 4194303" -p "$pid,4194303"
refused 1 "there is no thread 4194303" -t "$pid" -t 4194303
refused 1 "there is no thread $one" -t "$one"
refused 2 "-p takes ids such as 12 or 12,34, not '1,x'" -p 1,x
refused 2 "-p takes ids" -p ''
refused 2 "-p takes ids" -p 1,
refused 2 "-t takes ids" -t 0
refused 2 "-t takes ids" -t 99999999999999999999
refused 2 "-a and -t exclude each other" -a -t "$pid"
sleep 5 &
sleeping=$!
kill -STOP "$sleeping"
echo go >&3
exec 3>&-
wait "$pid" || fail "the process failed"
refused 1 "there is no process $pid" -p "$sleeping,$pid"
kill -KILL "$sleeping"
# A zombie: python that doesn't wait for its child.
/usr/bin/python3 -c 'import os, sys
pid = os.fork()
if not pid: os._exit(0)
os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
print(pid, flush=True)
sys.stdin.readline()' < <(sleep 5) > "$TMP/zombie" &
until_true 10 test -s "$TMP/zombie"
refused 1 "there is no process $(cat "$TMP/zombie")" -p "$(cat "$TMP/zombie")"
