#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# A flight recorder: what is dumped is the last, all of it, and the books close.
. tests/native/lib.sh
need_recording
# System call 110 is getppid(2) there, and 186 gettid(2).
[ "$(uname -m)" = x86_64 ] || skip "knows getppid's number on x86_64 only"
event=raw_syscalls:sys_enter

getppids() { # FILE: the calls of CALLS in it (a shell makes one itself)
	collect dump "$1" > "$TMP/dump" || fail "$1 isn't whole"
	grep -c ' calls .* id=110 ' "$TMP/dump" || true
}

# closes FILE: its account does, and it is as many rows as that says
closes() {
	collect verify "$1" > /dev/null || fail "verify $1"
	assert_eq "$(number unexplained "$1")" 0 "unexplained in $1"
	assert_eq "$(($(number overwritten "$1") + $(number rows "$1")))" "$(number count "$1")" \
		"count of $1"
}

# The signals come when nobody calls anything: so each dump has an account that is
# of it alone. What is older than 3 s isn't in the first; what that has isn't in the
# second.
mkfifo "$TMP/go" "$TMP/go.t"
cat > "$TMP/s.sh" <<-END
	exec 3<> "$TMP/go"
	$CALLS 20000
	echo > "$TMP/zero"
	read x <&3
	$CALLS 30000
	echo > "$TMP/one"
	read x <&3
	$CALLS 1000
	echo > "$TMP/two"
	read x <&3
END
collect -o "$TMP/s.pb" --overwrite last=3s --flush-interval 20ms -e $event -- \
	sh "$TMP/s.sh" 2> "$TMP/s.err" &
pid=$!
until_true 10 test -e "$TMP/zero"
# Longer than 3 s, by what the recorder may be late to its ring. It goes on below.
sleep 5.5 &
old=$!

# On a condition, and so long after it; once. nice(1) asks getpriority(2), 140.
cat > "$TMP/t.sh" <<-END
	exec 3<> "$TMP/go.t"
	$CALLS 3000
	nice > /dev/null
	$CALLS 400
	read x <&3
	$CALLS 55
	nice > /dev/null
END
collect -o "$TMP/t.pb" --overwrite last=20s --flush-interval 20ms --after 3s \
	--trigger "$event if (id == 140 || id == 1000000) && id & 4" -e $event -- \
	sh "$TMP/t.sh" 2> "$TMP/err" &
triggered=$!
until_true 10 grep -q 'dumped to .*t.000001.pb' "$TMP/err"
echo > "$TMP/go.t"
wait $triggered || fail "status $?"
assert_eq "$(getppids "$TMP/t.000001.pb")" 3400 "calls until so long after the trigger"
closes "$TMP/t.000001.pb"
assert_eq "$(grep -c ' nice .* id=140 ' "$TMP/dump")" 1 "what set it off"
[ ! -e "$TMP/t.000002.pb" ] || fail "the trigger made two dumps"
first=$(grep -n ' id=140 ' "$TMP/dump" | cut -d: -f1)
assert_eq "$(tail -n "+$first" "$TMP/dump" | grep -c ' calls .* id=110 ')" 400 "calls after it"

# By size: the last of them are there, without a gap. (A ring has room for all.)
collect -o "$TMP/z.pb" --overwrite size=1M,end -m 64M --flush-interval 20ms --codec none -e $event \
	-- sh -c "for i in 1 2 3 4 5; do dd if=/dev/zero of=/dev/null bs=1 count=50000 2> /dev/null; done; $CALLS 777" \
	2> "$TMP/err"
closes "$TMP/z.000001.pb"
assert_eq "$(getppids "$TMP/z.000001.pb")" 777 "the last calls"
[ "$(number overwritten "$TMP/z.000001.pb")" -gt 100000 ] || fail "it had room for all"
[ "$(stat -c %s "$TMP/z.000001.pb")" -lt 2000000 ] || fail "more than there was room for"

# The first again, with its signals.
reads() { # FILE: and, when that is there, what the shell does is nothing but read(2)
	[ -e "$1" ] && read -r call _ < "/proc/$(pgrep -P $pid)/syscall" && [ "$call" = 0 ]
}
wait $old
echo > "$TMP/go"
until_true 10 reads "$TMP/one"
sleep 0.1
[ ! -e "$TMP/s.000001.pb" ] || fail "a dump that nobody asked for"
kill -USR2 $pid
until_true 10 grep -q 'dumped to .*s.000001.pb' "$TMP/s.err"
echo > "$TMP/go"
until_true 10 reads "$TMP/two"
kill -USR2 $pid
until_true 10 grep -q 'dumped to .*s.000002.pb' "$TMP/s.err"
echo > "$TMP/go"
wait $pid || fail "status $?"
[ ! -e "$TMP/s.pb" ] || fail "there's a file beside the dumps"
[ ! -e "$TMP/s.000003.pb" ] || fail "a dump at the end that nobody asked for"
assert_eq "$(getppids "$TMP/s.000001.pb")" 30000 "calls in the first"
assert_eq "$(getppids "$TMP/s.000002.pb")" 1000 "calls in the second"
closes "$TMP/s.000001.pb"
closes "$TMP/s.000002.pb"
[ "$(number overwritten "$TMP/s.000001.pb")" -ge 20000 ] || fail "what was overwritten isn't told"
assert_eq "$(number overwritten "$TMP/s.000002.pb")" 0 "overwritten in the second"
collect report "$TMP/s.000002.pb" | grep -q '^dump 2 of recording' || fail "a dump doesn't say which"
cat "$TMP"/s.*.pb > "$TMP/both"
assert_eq "$(number count "$TMP/both")" \
	"$(($(number rows "$TMP/both") + $(number overwritten "$TMP/both")))" "both together"
collect report "$TMP/both" | grep -q 'ends early' && fail "both together end early"
collect dump "$TMP/s.000002.pb" | grep -q ' calls ' || fail "names of processes that ended"

# When it ends before that time is over, the dump is made at the end.
status 0 collect -o "$TMP/e.pb" --overwrite last=20s --after 10s --trigger "$event if id == 140" \
	-e $event -- sh -c "$CALLS 100; nice; $CALLS 100"
assert_eq "$(getppids "$TMP/e.000001.pb")" 200 "calls of one that ended early"
closes "$TMP/e.000001.pb"
collect report "$TMP/e.000001.pb" > "$TMP/report"
grep -q '^total .* complete$' "$TMP/report" ||
	fail "nothing was overwritten, and it isn't complete"

# Nothing was asked for.
status 0 collect -o "$TMP/n.pb" --overwrite last=1s --trigger "$event if id == 1000000" \
	-e $event -- "$CALLS" 10
says "nothing was dumped"
[ -z "$(find "$TMP" -name 'n.*')" ] || fail "a file that nobody asked for"

# A disk that is full is told; what is kept stays for the next dump.
mkdir "$TMP/small"
mount -t tmpfs -o size=128k tmpfs "$TMP/small" || skip "can't mount a tmpfs"
mounted "$TMP/small"
head -c 120K /dev/zero > "$TMP/small/ballast"
cat > "$TMP/work.sh" <<-END
	exec 3<> "$TMP/go"
	$CALLS 30000
	echo > "$TMP/three"
	read x <&3
	$CALLS 10
END
collect -o "$TMP/small/f.pb" --overwrite last=60s,end --flush-interval 20ms -e $event -- \
	sh "$TMP/work.sh" 2> "$TMP/err" &
pid=$!
until_true 10 test -e "$TMP/three"
kill -USR2 $pid
until_true 10 grep -q 'cannot dump to .*No space left' "$TMP/err"
[ ! -e "$TMP/small/f.000001.pb" ] || fail "a dump that isn't whole is left"
rm "$TMP/small/ballast"
echo > "$TMP/go"
wait $pid || fail "status $?"
assert_eq "$(getppids "$TMP/small/f.000002.pb")" 30010 "calls in the dump after one that failed"
closes "$TMP/small/f.000002.pb"
# At the end there is no next dump: that is a failure.
head -c 120K /dev/zero > "$TMP/small/ballast" 2> /dev/null || true
status 1 collect -o "$TMP/small/g.pb" --overwrite last=60s,end -e $event -- "$CALLS" 30000
says "g.000001.pb: "
says "No space left"
[ ! -e "$TMP/small/g.000001.pb" ] || fail "a dump that isn't whole is left at the end"
rm "$TMP/small/ballast"

# One on the way, and one at the end, which begins where that one ended.
status 0 collect --strict -o "$TMP/b.pb" --overwrite last=60s,end -e $event -- sh -c \
	"$CALLS 2000; kill -USR2 \$PPID; until grep -q dumped $TMP/err; do sleep 0.05; done; $CALLS 300"
assert_eq "$(getppids "$TMP/b.000001.pb")" 2000 "calls until the signal"
assert_eq "$(getppids "$TMP/b.000002.pb")" 300 "calls until the end"
cat "$TMP"/b.*.pb > "$TMP/both"
closes "$TMP/both"
collect report "$TMP/both" > "$TMP/report"
grep -q '^total .* complete$' "$TMP/report" || fail "all is there, and isn't complete"

# With call chains what is kept has symbols, too.
status 0 collect -g -o "$TMP/g.pb" --overwrite last=10s,end -e $event -- "$CALLS" 100
collect dump -g "$TMP/g.000001.pb" > "$TMP/dump" || fail "dump -g"
closes "$TMP/g.000001.pb"

status 2 collect --overwrite end -e $event -- true
status 2 collect --overwrite last=now -e $event -- true
status 2 collect --overwrite size=1K -e $event -- true
status 1 collect -o - --overwrite size=1M -e $event -- true
says "-o trace.pb"
status 1 collect --overwrite last=1s --rotate size=1M -e $event -- true
says "exclude each other"
status 1 collect --trigger $event -e $event -- true
says "--overwrite"
status 1 collect --overwrite last=1s --after 2s --trigger $event -e $event -- true
says "longer"
status 1 collect --overwrite last=1s --trigger "$event if nix == 1" -e $event -- true
says "                         ^"
