#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# A reader that is slow when the recording is stopped gets all of it. One that is
# left, by stopping again, doesn't, and that is an error.
. tests/native/lib.sh
need_recording
event=raw_syscalls:sys_enter
numbered=build/tests/native/numbered
[ -x "$numbered" ] || skip "$numbered isn't built (make tests)"

cat > "$TMP/read.py" <<'END'
# read.py WHERE OUT GO BYTES: nothing until there's GO, and those bytes slowly then. (Of a
# UNIX socket more is taken when three quarters of 200 KB are read: four times in two seconds.)
import os, socket, sys, time
where, out, go, slow = sys.argv[1:4] + [int(sys.argv[4])]
if where.startswith("unix:"):
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(where[5:])
elif where.startswith("tcp:"):
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
    listening.bind(("127.0.0.1", int(where[4:])))
if ":" in where:
    listening.listen()
    print(listening.getsockname(), flush=True)
    fd = listening.accept()[0].detach()
else:
    fd = os.open(where, os.O_RDONLY)
while not os.path.exists(go):
    time.sleep(0.05)
with open(out, "wb") as file:
    while data := os.read(fd, 8192):
        file.write(data)
        if file.tell() < slow:
            time.sleep(0.02)
END

# begin NAME ADDRESS BYTES [CALLS]: a reader, and a recording of 1.5 MB that waits to be
# stopped. (A ring has room for so many calls, and none is like another.)
begin() {
	/usr/bin/python3 "$TMP/read.py" "$2" "$TMP/$1.pb" "$TMP/go" "$3" > "$TMP/$1.at" &
	readers="$readers $!"
	address=$2
	case $2 in
	*:*) until_true 10 test -s "$TMP/$1.at" ;;
	esac
	case $2 in
	tcp:*) address=tcp:127.0.0.1:$(sed 's/.*, //; s/)//' "$TMP/$1.at") ;;
	esac
	collect -q -o "$address" --codec none -e $event -- sh -c \
		"$numbered run $TMP/$1.state ${4-140000}; touch $TMP/$1.done; exec sleep 400" 2> "$TMP/$1.err" &
	pid[$1]=$!
}

declare -A pid
readers=""
mkfifo "$TMP/fifo"
begin pipe "$TMP/fifo" 1300000
begin unix "unix:$TMP/s" 1300000
begin tcp tcp:0 1300000
begin left "unix:$TMP/l" 100000000 600000
for name in pipe unix tcp left; do
	until_true 60 test -e "$TMP/$name.done"
done
# Who takes nothing for two seconds then isn't waited for.
touch "$TMP/go"
kill -TERM "${pid[@]}"

until_true 20 grep -q 'stopping again' "$TMP/left.err"
kill -TERM "${pid[left]}"
code=0
wait "${pid[left]}" || code=$?
assert_eq $code 1 "status when the reader is left"
grep -q 'bytes have not arrived' "$TMP/left.err" || fail "$(cat "$TMP/left.err")"

# 143: it was stopped, and so was its command.
for name in pipe unix tcp; do
	code=0
	wait "${pid[$name]}" || code=$?
	assert_eq $code 143 "status with a slow reader of $name: $(cat "$TMP/$name.err")"
done
for reader in $readers; do
	wait "$reader"
done
for name in pipe unix tcp; do
	collect verify "$TMP/$name.pb" > "$TMP/out" || fail "$name: $(cat "$TMP/out")"
	assert_eq "$(number unexplained "$TMP/$name.pb")" 0 "unexplained by $name"
	[ "$(number rows "$TMP/$name.pb")" -ge 140000 ] || fail "calls are missing by $name"
done
