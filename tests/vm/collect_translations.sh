#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Each line of collect-translations(7) that is ours, run as it stands there: it ends
# well and shows what happens. Where the other tool is here, it counts the same.
# They take long under emulation: every second block is for 6.1, the others are for
# other kernels; KPX_ALL_LINES=1 runs all.
. tests/vm/lib.sh
need_module
[ -r /sys/kernel/btf/vmlinux ] || skip "the kernel has no BTF"
page=$PWD/cmd/collect-translations.7
readme=$PWD/README.md
cd "$TMP"

# blocks.N.ours and blocks.N.theirs, of each literal block in a section
awk '/^\.Sh / { section = $0 } /^\.Bd/ { inside = 1; n++; next } /^\.Ed/ { inside = 0 }
	inside && section !~ /DESCRIPTION/ { gsub(/\\e/, "\\"); sub(/^\\&/, "")
		print > ("block." n "." ($1 == "collect" ? "ours" : "theirs")) }' "$page"
nr=$(cat block.*.ours | grep -c .)
[ "$nr" -ge 40 ] || fail "only $nr lines of ours are in the page"

# The README's table has lines of the page.
awk -F '|' '/^#/ { inside = /One-liners/ } inside && /^\| `/ { gsub(/^ *`|` *$/, "", $2); gsub(/^ *`|` *$/, "", $3); print $2; print $3 }' \
	"$readme" > table
[ "$(grep -c . table)" -ge 8 ] || fail "the README's table: $(cat table)"
while IFS= read -r line; do
	grep -qxF -- "$line" block.*.ours block.*.theirs || fail "the README's '$line' isn't in the page"
done < table

# ---- something to look at
ip link set lo up
cat > load.py <<- 'END'
	import os, pty, signal, socket, threading, time
	server = socket.create_server(("127.0.0.1", 8080))
	def serve():
	    while True:
	        peer, _ = server.accept()
	        peer.recv(100)
	        peer.close()
	threading.Thread(target=serve, daemon=True).start()
	shell, terminal = pty.fork()
	if not shell:
	    os.execl("/bin/bash", "bash", "--norc", "-i")
	null = os.open("/dev/null", os.O_WRONLY)
	zero = os.open("/dev/zero", os.O_RDONLY)
	def turn():
	    with socket.create_connection(("127.0.0.1", 8080)) as client:
	        client.sendall(b"hello")
	    try:
	        open("/no/such/file")
	    except OSError:
	        pass
	    os.kill(os.getpid(), 0)
	    os.write(null, os.read(zero, 1 << 20))
	    os.write(terminal, b"ls /\n")
	    os.read(terminal, 1 << 16)
	turn()
	os.close(os.open("turned", os.O_CREAT | os.O_WRONLY))
	while True:
	    time.sleep(0.1)
	    turn()
END
/usr/bin/python3 load.py & PID=$!
at_exit "kill $PID"
export PID
until [ -e turned ]; do sleep 0.1; done

# shows LINE: is what it printed, or recorded, of something?
shows() {
	case $1 in
	"collect list"*) grep -q '^  ' out ;;
	"collect stat"*--hist*) grep -qE '^ .* [1-9][0-9,]*  #' out ;;
	"collect stat"* | "collect top"*) grep -qE '^ *([0-9.]+s +)?[1-9][0-9,]*  ' out ;;
	"collect report"*) grep -qE '  (complete|lower bound)' out ;;
	*dump*) grep -qE '^[0-9]+\.[0-9]{9} [0-9]+ .* [^ ]+:( |$)' out ;;
	*) collect dump trace.pb | grep -q . ;;
	esac
}

# run LINE: once more if it shows nothing, which one that looks for a second only may
run() {
	for _ in 1 2 3; do
		timeout 120 bash -euo pipefail -c "$1" > out 2>&1 < /dev/null || fail "$1: $?: $(tail -n 20 out)"
		! shows "$1" || return 0
	done
	fail "'$1' shows nothing: $(head -n 20 out)"
}

# mine NR: is the block with that number for this kernel?
mine() {
	[ "${KPX_ALL_LINES-}" = 1 ] && return
	case $(uname -r) in
	6.1.*) [ $(($1 % 2)) = 1 ] ;;
	*) [ $(($1 % 2)) = 0 ] ;;
	esac
}

SECONDS=0 nr=0
for block in $(printf '%s\n' block.*.ours | sort -t . -k 2n); do
	nr=$((nr + 1))
	mine $nr || continue
	rm -f trace.pb
	while IFS= read -r line; do
		begun=$SECONDS
		run "$line"
		echo "$((SECONDS - begun)) s: $line"
	done < "$block"
done

# ---- the same numbers
# theirs WORDS: what the block with these words prints by the other tool
theirs() {
	block=$(grep -lF -- "$1" block.*.theirs) || fail "no block has '$1'"
	export BPFTRACE_KERNEL_SOURCE=""
	timeout 120 bash -euo pipefail "$block" > theirs 2>&1 < /dev/null || fail "$block: $? $(cat "$block" theirs)"
	timeout 120 bash -euo pipefail "${block%theirs}ours" > ours 2>&1 < /dev/null || fail "ours of $block: $?"
}

same() { # WHAT THEIRS OURS
	[ "${2:-0}" -gt 0 ] || fail "$1: they have '$2': $(cat theirs)"
	assert_between "${3:-0}" $(($2 - 2)) $(($2 + 2)) "$1, of which they have $2"
	echo "$1: theirs $2, ours $3"
}

cell() { # COLUMN PATTERN FILE: of the row that matches
	awk -v c="$1" -v p="$2" '$0 ~ p { gsub(",", "", $c); print $c; exit }' "$3"
}

# Each is compared on one kernel, too.
if mine 1; then
	theirs "perf stat -e cpu-clock"
	same "perf stat's openat" "$(cell 1 sys_enter_openat theirs)" "$(cell 1 sys_enter_openat ours)"
fi
if mine 2; then
	theirs "do_sys_openat2%return"
	same "perf probe's returns" "$(perf script 2> /dev/null | grep -c do_sys_openat2)" "$(grep -c ' do_sys_openat2__return: ' ours)"
	perf probe -q --del do_sys_openat2__return
fi
if mine 3; then
	theirs "perf trace -s ls"
	same "perf trace's openat" "$(cell 2 '^ *openat ' theirs)" "$(cell 1 ' openat ' ours)"
fi
if mine 4; then
	theirs "sys_enter_openat /pid == cpid/"
	same "bpftrace's openat" "$(sed -n 's/^@: //p' theirs)" "$(cell 1 sys_enter_openat ours)"
fi
if mine 5; then
	theirs "@bytes = sum(arg2)"
	same "bpftrace's vfs_read" "$(sed -n 's/^@: //p' theirs)" "$(cell 1 ' vfs_read$' ours)"
fi
if mine 6; then
	theirs "trace-cmd record -F -e syscalls:sys_enter_openat ls"
	same "trace-cmd's openat" "$(grep -c '^ *ls-.*sys_enter_openat' theirs)" "$(grep -c ' ls .* syscalls:sys_enter_openat: ' ours)"
fi
assert_book
