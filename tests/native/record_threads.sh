#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Several threads read the rings and one writes: what was done is in the file,
# nothing of ours is, and a file that takes nothing makes nobody hang.
. tests/native/lib.sh
need_recording
[ "$(uname -m)" = x86_64 ] || skip "knows getppid's number on x86_64 only"
event=raw_syscalls:sys_enter

# ours ARGUMENT…: the collector's process id is $ours
ours() {
	collect "$@" &
	ours=$!
	wait $ours || fail "collect $*: exit status $?"
}

# Others may be calling, too.
cp "$CALLS" "$TMP/mine-$$"

# All of the system: each CPU's ring is read, by one thread or another.
for threads in 1 2; do
	ours -q -a -m 64M --threads $threads -o "$TMP/t.pb" -e $event -- "$TMP/mine-$$" 100000 4
	collect dump "$TMP/t.pb" > "$TMP/dump" || fail "the file isn't whole"
	assert_eq "$(number lost "$TMP/t.pb")" 0 "lost with $threads threads"
	assert_eq "$(number unexplained "$TMP/t.pb")" 0 "unexplained with $threads threads"
	assert_eq "$(grep -c " mine-$$ .* id=110 " "$TMP/dump")" 400000 "calls with $threads threads"
	assert_eq "$(grep -c " $ours/" "$TMP/dump")" 0 "events of our own"
	[ "$(awk '{ print $2 }' "$TMP/dump" | sort -u | wc -l)" -gt 1 ] || [ "$(nproc)" = 1 ] ||
		fail "all events are of one CPU"
done

# Of software events, which take no filter, ours are dropped as they are read.
ours -q -a --threads 2 -o "$TMP/s.pb" -e context-switches -c 1 --flush-interval 10 -- \
	sh -c 'for i in 1 2 3 4 5 6 7 8; do sleep 0.05; done'
collect dump "$TMP/s.pb" > "$TMP/dump"
assert_eq "$(grep -c " $ours/" "$TMP/dump")" 0 "switches of our own"
[ "$(number own_dropped "$TMP/s.pb")" -gt 0 ] || fail "no own event was dropped"

# A reader that is slow, and little memory: lost is what the rings had no room
# for, it is counted, and nobody hangs. (A hit may come as the event is stopped.)
slow() { # what comes, when all calls were made
	until [ -e "$TMP/over" ]; do sleep 0.05; done
	rm "$TMP/over"
	cat > "$TMP/p.pb"
}
collect -q -a --threads 2 --memory 64K -m 64K -o - -e $event -- \
	sh -c "$CALLS 400000; touch $TMP/over" 2> "$TMP/err" | slow
status 0 collect dump "$TMP/p.pb"
lost=$(number lost "$TMP/p.pb")
[ "$lost" -gt 0 ] || fail "nothing was lost to a slow reader"
stopped=$(number stopped "$TMP/p.pb")
[ "$stopped" -le "$(getconf _NPROCESSORS_ONLN)" ] || fail "$stopped hits when it was stopped"
assert_eq "$(($(number delivered "$TMP/p.pb") + lost + stopped))" "$(number count "$TMP/p.pb")" \
	"delivered + lost with a slow reader"
assert_eq "$(number unexplained "$TMP/p.pb")" 0 "unexplained with a slow reader"

# The same with memory for all of it: the pipe keeps nobody from reading. A ring has room
# for the calls of a second and a half, but not for all.
collect -q --threads 2 -m 16M -o - -e $event -- sh -c \
	"for i in 1 2 3 4 5 6 7 8 9 10; do $CALLS 20000; sleep 0.2; done; touch $TMP/over" 2> "$TMP/err" | slow
status 0 collect dump "$TMP/p.pb"
assert_eq "$(number lost "$TMP/p.pb")" 0 "lost to a reader that is slow"
assert_eq "$(grep -c ' calls .* id=110 ' "$TMP/out")" 200000 "calls with a slow reader"

# A full disk ends it, whoever has something to write.
mkdir "$TMP/small"
if mount -t tmpfs -o size=64k tmpfs "$TMP/small"; then
	mounted "$TMP/small"
	status 1 collect -a --threads 2 -o "$TMP/small/x.pb" -g -e $event --flush-interval 20 -- \
		"$CALLS" 2000000 2
	says "No space left"
	status 4 collect dump "$TMP/small/x.pb"
	grep -q damaged "$TMP/err" && fail "half a packet was left on a full disk"
fi

# While it records, an event is in the file after the flush interval, though the
# ring is all but empty.
recording -q -a -o "$TMP/f.pb" -e sched:sched_process_exec --flush-interval 50
cp /bin/true "$TMP/rarely-run"
"$TMP/rarely-run"
seen() {
	collect dump "$TMP/f.pb" 2> /dev/null | grep -q rarely-run
}
until_true 20 seen
kill -TERM $collector
wait $collector || fail "status $? of a recording that was stopped: $(cat "$TMP/err")"

for bad in 0 65 x 1x ''; do
	status 2 collect --threads "$bad" -o "$TMP/x.pb" -e $event -- true
	says "--threads"
done
status 2 collect --memory 1K -o "$TMP/x.pb" -e $event -- true
says "--memory"
