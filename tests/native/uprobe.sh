#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Probes in programs: functions, returns, offsets and USDT probes of real ones, and
# the words for what can't be had.
# shellcheck source=tests/native/lib.sh
# shellcheck disable=SC2016 # a probe's $ is for the kernel
. tests/native/lib.sh
need_recording
EVENTS=/sys/kernel/tracing/uprobe_events
[ -w "$EVENTS" ] || skip "the kernel has no user-space probes"
[ "$(uname -m)" = x86_64 ] || skip "the registers are those of x86-64"
SDT=$PWD/build/tests/native/sdt
GREET=$PWD/build/tests/native/greet.so
out=$TMP/t.pb

# Of recordings that have ended, and had before we look again; others may run, end and tidy
# up meanwhile.
recorders() { sed -n 's/^.:collect_\([0-9]*\).*/\1/p' "$EVENTS" | sort -u; }
left() {
	recorders | while read -r pid; do
		[ -e "/proc/$pid" ] || echo "$pid"
	done > "$TMP/ended"
	recorders | comm -12 "$TMP/ended" -
}
left > "$TMP/before"
clean() {
	left | comm -13 "$TMP/before" - > "$TMP/left"
	[ ! -s "$TMP/left" ] || fail "$1 left probes behind: $(cat "$TMP/left" "$EVENTS")"
}

record() { # ARGUMENT…: of collect
	rm -f "$out"
	status 0 collect -q -o "$out" "$@"
	cp "$TMP/err" "$TMP/notes"
	status 0 collect dump "$out"
	clean "$*"
}

has() { # PATTERN COUNT
	assert_eq "$(grep -cE -- "$1" "$TMP/out")" "$2" "lines with $1 in: $(head -50 "$TMP/out")"
}

# follow PID ARGUMENT…: in the background, $! is it; from when it records, which what the
# process does all the time shows
follow() {
	pid=$1
	shift
	rm -f "$out"
	collect -q -o "$out" --flush-interval 50 "$@" -e raw_syscalls:sys_enter -p "$pid" &
	until_true 10 recorded
}
recorded() { collect dump "$out" | grep -q sys_enter; }

offset_of() { # FUNCTION FILE
	status 0 collect list --json -u "$2" "$1"
	/usr/bin/python3 -c 'import json, sys; print(hex(json.load(sys.stdin)["functions"][0]["offset"]))' < "$TMP/out"
}

# ---- bash's readline, at its entry and its return
printf 'echo hello\nexit\n' > "$TMP/typed"
record -e 'ur:/bin/bash:readline line=+0($retval):string' -e 'u:bash:readline prompt=+0(%di):string' \
	-- script -qec 'bash --norc --noprofile -i' /dev/null < "$TMP/typed"
has ' bash:readline__return: line="echo hello"$' 1
has ' bash:readline__return: line="exit"$' 1
has ' bash:readline: prompt=".*[#$] "$' 2
at=$(offset_of readline /bin/bash)
record -e "p:myapp /bin/bash:$at" -e "r:my/app /bin/bash:$at got=\$retval" -e "uprobe:/bin/bash:$at" \
	-e 'uretprobe:/bin/bash:readline' -- script -qec 'bash --norc --noprofile -i' /dev/null < "$TMP/typed"
has ' myapp:$' 2
has ' my:app: got=0x[0-9a-f]+$' 2
has " bash:$at:\$" 2
has ' bash:readline__return:$' 2
rm -f "$out"
status 0 collect "p:myapp /bin/bash:$at" -q -o "$out" -- bash --norc -c :
[ -s "$out" ] || fail "a definition without a verb recorded nothing"
assert_eq "$(collect report --json "$out" | grep -o '"name":"myapp"')" '"name":"myapp"' "the name in the report"
clean "a definition without a verb"

# ---- an offset in a function, of a program named by its path
record -e "u:$SDT:main,u:$SDT:main%return,u:./build/tests/native/sdt:main+0" -- "$SDT" 1
has ' sdt:main:$' 1
has ' sdt:main\+0:$' 1
has ' sdt:main__return:$' 1

# What can't be read isn't what is empty.
record -e "u:$SDT:main bad=+0(%di):string n=+0(%di):u32 reg=%di name=+0(+0(%si)):string" -- "$SDT" 1
has ' sdt:main: bad=\(fault\) n=0 reg=0x2 name=".*/sdt"$' 1

# ---- USDT: all widths and signs, semaphores, places, and what is left out
record -e "usdt:$SDT:*:*" -- "$SDT" 2
has ' widths:signed: arg1=-8 arg2=-16000 arg3=-32000000 arg4=-64000000000$' 2
has ' widths:unsigned: arg1=200 arg2=60000 arg3=4000000000 arg4=18446744073709551614$' 2
has ' test:guarded: arg1=0 arg2=0 arg3=-7 arg4=5$' 1
has ' test:guarded: arg1=1 arg2=2 arg3=-7 arg4=6$' 1
has ' test:places: arg1=[01]$' 2
has ' test:places: arg1=1000$' 2
has ' test:types: arg1=-?[01]$' 4
has ' test:types: arg1=-1$' 1
has ' test:odd: arg2=1 arg4=6$' 1
assert_eq "$(grep -c 'is left out' "$TMP/notes")" 2 "what is left out: $(cat "$TMP/notes")"
grep -q 'arg1 of test:odd is left out: it is in 1@(%rdi,%rsi,1), and the kernel can.t take what has an index' \
	"$TMP/notes" || fail "$(cat "$TMP/notes")"
assert_eq "$(number unexplained "$out")" 0 "unexplained"
# So it is of who only counts.
status 0 collect stat -o "$TMP/counts" -e "usdt:$SDT:test:odd" -- "$SDT" 2
says "arg1 of test:odd is left out: it is in 1@(%rdi,%rsi,1)"

# The semaphore is up while it's recorded, of a process that ran before, too.
assert_eq "$("$SDT" 1)" down "the semaphore when nobody records"
"$SDT" 3 "$TMP/go" > "$TMP/semaphore" &
waiting=$!
follow "$waiting" -e "usdt:$SDT:guarded"
touch "$TMP/go"
wait "$waiting" "$!"
assert_eq "$(cat "$TMP/semaphore")" up "the semaphore when it is recorded"
assert_eq "$(collect dump "$out" | grep -c ' test:guarded: arg1=')" 3 "of a process that ran before"
clean "a recording of a process"

# ---- what a program was stripped of is in a file of its build-id
if [ -d /usr/lib/debug ]; then
	objcopy --only-keep-debug "$SDT" "$TMP/symbols"
	objcopy --strip-all "$SDT" "$TMP/stripped"
	id=$(readelf -n "$SDT" | sed -n 's/.*Build ID: //p')
	status 1 collect list -u "$TMP/stripped" widths
	unshare -m sh -euc 'mount -t tmpfs none /usr/lib/debug
		mkdir -p "/usr/lib/debug/.build-id/${1%"${1#??}"}"
		cp "$2/symbols" "/usr/lib/debug/.build-id/${1%"${1#??}"}/${1#??}.debug"
		exec collect -q -o "$2/t.pb" -e "u:$2/stripped:main" -- "$2/stripped"' sh "$id" "$TMP" > /dev/null
	assert_eq "$(collect dump "$out" | grep -c ' stripped:main:')" 1 "a stripped program's main"
fi

# ---- a shared library, of two processes
record -a -e "u:$GREET:greet pid=%di:s32" -e "ur:$GREET:greet next=\$retval:s32" \
	-- sh -c "LD_PRELOAD=$GREET /bin/true; LD_PRELOAD=$GREET /bin/cat /dev/null"
has ' true .* greet.so:greet: pid=[0-9]+$' 1
has ' cat .* greet.so:greet: pid=[0-9]+$' 1
has ' greet.so:greet__return: next=[0-9]+$' 2
record -e u:libc:getpid -- env LD_PRELOAD="$GREET" /bin/true
[ "$(grep -c ' libc:getpid:$' "$TMP/out")" -ge 1 ] || fail "no getpid() of libc: $(cat "$TMP/out")"

# ---- a file that is deleted while a process has it
cp "$SDT" "$TMP/gone"
"$TMP/gone" 1 "$TMP/go2" > /dev/null &
pid=$!
until_true 10 grep -q "$TMP/gone" "/proc/$pid/maps"
rm "$TMP/gone"
status 1 collect -q -o "$out" -e "u:$TMP/gone:main" -p "$pid"
says "the file $TMP/gone was deleted or replaced, but is still mapped: name it as /proc/$pid/map_files/"
map=$(sed -n 's/.*name it as \([^ ]*\) .*/\1/p' "$TMP/err")
follow "$pid" -e "usdt:$map:widths:signed,usdt:/proc/$pid/exe:widths:unsigned"
touch "$TMP/go2"
wait "$pid" "$!"
status 0 collect dump "$out"
has ' widths:signed: ' 1
has ' widths:unsigned: ' 1
clean "a deleted file"

# ---- what another mount namespace sees
unshare -m sh -c "mount -t tmpfs none /mnt && cp $SDT /mnt/inner && touch $TMP/there && exec /mnt/inner 1 $TMP/go3" > /dev/null &
pid=$!
until_true 10 test -e "$TMP/there"
until_true 10 grep -q /mnt/inner "/proc/$pid/maps"
status 1 collect -q -o "$out" -e u:/mnt/inner:main -- true
says "what a container sees as that is /proc/PID/root/mnt/inner"
follow "$pid" -e "usdt:/proc/$pid/root/mnt/inner:widths:signed"
touch "$TMP/go3"
wait "$pid" "$!"
assert_eq "$(collect dump "$out" | grep -c ' widths:signed: ')" 1 "in another mount namespace"

# ---- what is left behind: nothing
sleep 100 &
pid=$!
for signal in TERM HUP; do
	rm -f "$out"
	collect -q -o "$out" -e u:libc:getpid -p "$pid" &
	collect=$!
	until_true 10 grep -q "collect_$collect/" "$EVENTS"
	kill -$signal "$collect"
	wait "$collect" || :
	clean "SIG$signal"
done
# (whoever else records a program's probes may tidy up first: that isn't always)
for _ in 1 2 3 4 5; do
	rm -f "$out"
	collect -q -o "$out" -e u:libc:getpid -p "$pid" &
	collect=$!
	until_true 10 grep -q "collect_$collect/" "$EVENTS"
	kill -KILL "$collect"
	wait "$collect" 2>/dev/null || :
	! grep -q "collect_$collect/" "$EVENTS" || break
done
kill "$pid"
grep -q "collect_$collect/" "$EVENTS" || fail "a killed recording left nothing"
record -e u:libc:getpid -- true
grep -q "collect_$collect/" "$EVENTS" && fail "what a killed recording left is there still"

# ---- words
rm -f "$out"
refused() { # WORDS EVENT
	status 1 collect -q -o "$out" -e "$2" -- true
	says "$1"
	[ ! -e "$out" ] || fail "a file was left for $2"
	clean "$2"
}
refused "has no function called readlin; did you mean readline" u:/bin/bash:readlin
refused "there is no readline+0xffff" u:/bin/bash:readline+0xffff
refused "the offset 0x7fffffff is behind the end of /bin/bash" 'p:myapp /bin/bash:0x7fffffff'
refused "is no code" u:/bin/bash:0x10
refused "there is no file $TMP/none" "u:$TMP/none:main"
refused "there is no program no-such-program in \$PATH" u:no-such-program:main
refused "/etc/passwd isn't an ELF file" u:/etc/passwd:main
refused "isn't an ELF file but a script" "u:$PWD/tests/native/uprobe.sh:main"
head -c 5000 "$SDT" > "$TMP/cut"
refused "$TMP/cut is cut or damaged" "u:$TMP/cut:main"
cp "$SDT" "$TMP/a file"
refused "the kernel takes no probes in files with blanks" "usdt:$TMP/a file:guarded"
cp "$SDT" "$TMP/dà"
refused "some letters such as à in their path" "usdt:$TMP/dà:guarded"
refused "has no USDT probes" usdt:/bin/bash:any
refused "has no USDT probe guarde; did you mean guarded?" "usdt:$SDT:guarde"
status 1 collect -q -o "$out" -e "u:/bin/bash:readline x=%di:nothing" -- true
says "the kernel refuses the probe bash:readline: "
grep -q '^ *\^$' "$TMP/err" || fail "no caret: $(cat "$TMP/err")"
clean "a bad argument"
refused "conditions are for the probes of kprobex" 'u:/bin/bash:readline if x'
refused "two different events would be called sdt:main" "u:$SDT:main,u:./build/tests/../tests/native/sdt:main"

# A semaphore where the file has nothing: the probe's note is changed to say so.
/usr/bin/python3 - "$SDT" "$TMP/nosem" <<-'END'
	import struct, sys
	data = bytearray(open(sys.argv[1], "rb").read())
	at = data.index(b"test\0guarded\0")
	data[at - 8:at] = struct.pack("<Q", 0x7f000000)
	open(sys.argv[2], "wb").write(data)
END
refused "the semaphore of the probe test:guarded is missing" "usdt:$TMP/nosem:test:guarded"

# Who may not.
nobody() { setpriv --reuid 65534 --regid 65534 --clear-groups "$(command -v collect)" "$@"; }
status 1 nobody -q -o /dev/null -e u:/bin/bash:readline -- true
says "no permission to probe programs"

# ---- list
status 0 collect list --usdt "$SDT"
grep -qE '^  test:guarded +1 place   semaphore  arg1:s32 arg2:s64 arg3:s32 arg4:s64$' "$TMP/out" ||
	fail "collect list --usdt: $(cat "$TMP/out")"
grep -qE '^  test:places +2 places ' "$TMP/out" || fail "collect list --usdt: $(cat "$TMP/out")"
status 0 collect list --json --usdt "$SDT" 'test:*'
/usr/bin/python3 -c '
import json, sys
probes = {p["name"]: p for p in json.load(open(sys.argv[1]))["usdt"]}
assert sorted(probes) == ["guarded", "odd", "places", "types"], probes
assert probes["guarded"]["semaphore"] and not probes["odd"]["semaphore"], probes
assert probes["places"]["places"] == 2, probes
assert probes["odd"]["arguments"][1] == {"name": "arg2", "type": "u64"}, probes
assert "index" in probes["odd"]["arguments"][0]["reason"], probes' "$TMP/out"
status 0 collect list -u bash 'readlin*'
grep -qE '^  readline  +at 0x[0-9a-f]+, [0-9]+ bytes$' "$TMP/out" || fail "collect list -u: $(cat "$TMP/out")"
status 1 collect list -u bash redline
says "did you mean readline?"
status 1 collect list --usdt bash
says "has no USDT probes"
status 2 collect list -u bash --usdt bash
says "exclude each other"
status 1 collect probe add -n 'p:x /bin/bash:readline'
says "collect record -e takes it"

# ---- counters
if ! collect -q -o "$out" -e cycles -- true 2> "$TMP/err"; then
	says "this machine has no counter for the event cycles ("
	status 1 collect -q -o "$out" -e r1a8 -- true
	says "this machine has no counter for the event r1a8"
fi
rm -f "$out"
status 0 collect -q -o "$out" -e cpu-clock/period=1000000/ -e task-clock/freq=100/ -- \
	/usr/bin/python3 -c 'for i in range(2000000): pass'
status 0 collect report "$out"
grep -q '^cpu-clock/period=1000000/ ' "$TMP/out" || fail "$(cat "$TMP/out")"
