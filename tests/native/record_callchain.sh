#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Call chains: of both parts, of one, of so many entries.
. tests/native/lib.sh
need_recording
event=raw_syscalls:sys_enter
out=$TMP/t.pb

# chains ARGUMENT…: for each call of a program "KERNEL USER", entries of each part
chains() {
	collect -q -o "$out" -e $event "$@" -- "$CALLS" 200 || fail "collect $*"
	collect dump "$out" | /usr/bin/python3 -c '
import re, sys
for line in sys.stdin:
    if " id=110 " not in line: continue
    stack = re.search(r"stack=([0-9a-fx,;<> -]*)", line)
    ips = [int(ip, 16) for ip in re.findall(r"0x[0-9a-f]+", stack.group(1))] if stack else []
    # Marks of contexts are among the last page.
    ips = [ip for ip in ips if ip < 2**64 - 4096]
    kernel = sum(ip >= 2**63 for ip in ips)
    print(kernel, len(ips) - kernel)' > "$TMP/chains"
	assert_eq "$(wc -l < "$TMP/chains")" 200 "calls with $*"
}
all() { # CONDITION of k, u; WHAT
	awk "{ k = \$1; u = \$2; if (!($1)) bad++ } END { exit bad > 0 }" "$TMP/chains" ||
		fail "$2: $(sort "$TMP/chains" | uniq -c)"
}

chains -g
all "k > 0 && u > 0" "both parts of -g"
chains --call-graph fp
all "k > 0 && u > 0" "both parts of fp"
chains --call-graph kernel
all "k > 0 && u == 0" "only the kernel's part"
chains --call-graph user
all "k == 0 && u > 0" "only the user's part"
chains --call-graph user -g --call-graph no
all "k + u == 0" "none"
chains -g --max-stack 2
all "k + u > 0 && k + u <= 2" "two entries"

status 1 collect -o "$TMP/no.pb" -g --max-stack 65535 -e $event -- true
says "65535 entries of a call chain (--max-stack) are more than kernel.perf_event_max_stack, $(cat /proc/sys/kernel/perf_event_max_stack)"
refused() { # TEXT ARGUMENT…
	text=$1
	shift
	status 2 collect -o "$TMP/no.pb" -e $event "$@" -- true
	says "$text"
}
refused "--max-stack takes a number from 1 to 65535, not '0'" -g --max-stack 0
refused "--max-stack is of call chains" --max-stack 5
refused "--max-stack is of call chains" --max-stack 5 -g --call-graph no
refused "--call-graph takes fp, kernel, user or no, not 'x'" --call-graph x
refused "call chains are by frame pointers" --call-graph dwarf,4096
[ ! -e "$TMP/no.pb" ] || fail "a mistake left a file"
