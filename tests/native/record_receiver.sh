#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# A receiver whose disk is full gets the rest when there's room again; one notices a
# sender that is gone without a word; and by IPv6 it's the same.
. tests/native/lib.sh
need_recording
event=raw_syscalls:sys_enter

receive() { # NAME ARGUMENT…: in the background, once it listens; its PID in $receiver
	name=$1
	shift
	collect receive "$@" 2> "$TMP/$name.err" &
	receiver=$!
	until_true 10 grep -q 'listening at' "$TMP/$name.err"
	address=$(sed -n 's/.*listening at //p' "$TMP/$name.err" | head -n 1)
}

# A sender that vanishes: in repair mode a socket is closed without telling the peer.
# It had begun a trace, and the connection is quiet then.
receive gone -o "$TMP/g.pb" tcp:127.0.0.1:0
gone=$receiver
collect -q -o "$TMP/whole.pb" -e $event -- true
/usr/bin/python3 - "$TMP/whole.pb" "${address##*:}" <<'END' || skip "no TCP_REPAIR"
import socket, sys, time
s = socket.create_connection(("127.0.0.1", int(sys.argv[2])))
s.sendall(open(sys.argv[1], "rb").read()[:-200])
time.sleep(0.5)
TCP_REPAIR = 19
s.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR, 1)
s.close()
END
until_true 10 grep -q 'begins' "$TMP/gone.err"

# The disk is full, and the sender tries again until there's room.
mkdir "$TMP/small"
mount -t tmpfs -o size=256k tmpfs "$TMP/small" || skip "can't mount a tmpfs"
mounted "$TMP/small"
receive full -1 -o "$TMP/small/f.pb" "unix:$TMP/s"
full=$receiver
# (A ring has room for all calls, as none may be missing.)
collect -q -m 64M -o "unix:$TMP/s" --codec none -e $event -- "$CALLS" 400000 2> "$TMP/err" &
collector=$!
until_true 60 grep -q 'free some space' "$TMP/full.err"
until_true 10 grep -q 'lost unix:' "$TMP/err"
mount -o remount,size=64m "$TMP/small"
wait $collector || fail "the sender to a full disk: $(cat "$TMP/err")"
wait $full || fail "the receiver on a full disk: $(cat "$TMP/full.err")"
collect verify "$TMP/small/f.pb" > "$TMP/out" || fail "not whole after a full disk: $(cat "$TMP/out")"
assert_eq "$(number unexplained "$TMP/small/f.pb")" 0 "unexplained after a full disk"
[ "$(number rows "$TMP/small/f.pb")" -ge 400000 ] || fail "calls are missing after a full disk"
umount "$TMP/small"
mount -t tmpfs -o size=64k tmpfs "$TMP/small"

# It stays full: the sender says what it couldn't, and what came reads.
receive stays -1 -o "$TMP/small/f.pb" "unix:$TMP/s"
status 1 collect -q -o "unix:$TMP/s" --reconnect 1s --codec none -e $event -- "$CALLS" 100000
says "cannot write unix:"
kill $receiver
code=0
wait $receiver || code=$?
assert_eq $code 4 "status of a receiver of a trace that isn't whole"
status 4 collect verify "$TMP/small/f.pb"

# By IPv6.
if grep -q '^00000000000000000000000000000001 ' /proc/net/if_inet6 2> /dev/null; then
	receive six -1 -o "$TMP/six.pb" 'tcp:[::1]:0'
	[[ $address == 'tcp:[::1]:'* ]] || fail "it listens at $address"
	collect -q -o "$address" -e $event -- "$CALLS" 1000
	wait $receiver || fail "receive by IPv6: $(cat "$TMP/six.err")"
	collect verify "$TMP/six.pb" > "$TMP/out" || fail "not whole by IPv6: $(cat "$TMP/out")"
else
	echo "there is no IPv6 here"
fi

until_true 60 grep -q 'g\..*pb: ' "$TMP/gone.err"
until_true 60 grep -q 'ended: \|has gone' "$TMP/gone.err"
kill $gone
wait $gone || code=$?
assert_eq $code 4 "status when a sender has gone"
