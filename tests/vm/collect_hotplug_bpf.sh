#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A BPF program that is loaded on a CPU that came back, or that came later, is in the
# trace: the kernel tells the events of that CPU only.
# On one kernel: debian-6.12.
. tests/vm/lib.sh
online=/sys/devices/system/cpu/cpu1/online
[ -w "$online" ] || skip "there is no CPU that can be switched off"
at_exit "echo 1 > $online"
out=$TMP/t.pb
protoc --python_out="$TMP" --proto_path=proto proto/kprobex.proto

# Recorded is one thread on CPU 0: text of the kernel is everybody's.
recording() {
	rm -f "$out"
	sleep 400 &
	sleeper=$!
	at_exit "kill $sleeper 2> /dev/null || :"
	collect -q -o "$out" --flush-interval 100ms -e sched:sched_process_exit -p $sleeper 2> "$TMP/err" &
	collector=$!
	at_exit "kill $collector 2> /dev/null || :"
	for _ in $(seq 1000); do
		[ -s "$out" ] && break
		sleep 0.1
	done
	sleep 1
}

load_on_cpu_1() { # a program of a name of its own
	taskset -c 1 bpftrace -e "tracepoint:syscalls:sys_enter_$1 { @ = count(); } interval:ms:200 { exit(); }" \
		> "$TMP/bpftrace" 2>&1 || fail "bpftrace: $(cat "$TMP/bpftrace")"
}

ended() { # NUMBER of programs at least
	kill "$sleeper"
	wait "$collector" || fail "collect failed: $(cat "$TMP/err")"
	/usr/bin/python3 - "$TMP" "$out" "$1" <<'END' || fail "see above"
import subprocess, sys
sys.path.insert(0, sys.argv[1])
import kprobex_pb2 as pb
came = 0
for packet in pb.Trace.FromString(open(sys.argv[2], "rb").read()).packet:
    head = pb.Head.FromString(packet.head)
    if head.WhichOneof("kind") != "ksymbols": continue
    body = subprocess.run(["zstd", "-dc"], input=packet.data, stdout=subprocess.PIPE, check=True).stdout
    for symbol in pb.Ksymbols.FromString(body).symbol:
        came += symbol.name.startswith(b"bpf_prog_") and b"sys_enter" in symbol.name and not symbol.unregistered
print("programs:", came)
sys.exit(came < int(sys.argv[3]))
END
}

# Away and back, slowly and fast.
recording
load_on_cpu_1 getppid
echo 0 > "$online"
sleep 1.5
echo 1 > "$online"
sleep 1.5
load_on_cpu_1 getpgid
echo 0 > "$online"
echo 1 > "$online"
sleep 1.5
load_on_cpu_1 getsid
ended 3

# Not there at first.
echo 0 > "$online"
recording
echo 1 > "$online"
sleep 1.5
load_on_cpu_1 getppid
ended 1
