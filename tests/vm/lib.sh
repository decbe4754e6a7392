# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# For the tests in this folder: ". tests/vm/lib.sh" with the checkout as working
# directory. Gives a temporary folder $TMP that goes at the end, clean-up steps
# (at_exit), and assertions; each says what was wrong and ends the test with 1.

set -eu

KPX_DEV=/dev/kprobex
KPX_SYS=/sys/bus/event_source/devices/kprobex
KPX_DEBUGFS=/sys/kernel/debug/kprobex
TMP=$(mktemp -d)
EXIT_STEPS=""

fail() {
	echo "FAIL: $*" >&2
	exit 1
}

skip() {
	echo "SKIP: $*" >&2
	exit 77
}

# at_exit COMMAND: run at the end, the last one first
at_exit() {
	EXIT_STEPS="$1
$EXIT_STEPS"
}

cleanup() {
	status=$?
	set +e
	eval "$EXIT_STEPS"
	rm -rf "$TMP"
	exit "$status"
}
trap cleanup EXIT
trap 'exit 129' HUP INT TERM

# The module is there at the end as it was at the start, with its default probes.
module_loaded() { [ -d /sys/module/kprobex ]; }

need_root() {
	[ "$(id -u)" = 0 ] || skip "needs root"
}

need_module() {
	need_root
	[ -d /sys/kernel/debug/tracing ] || mount -t debugfs debugfs /sys/kernel/debug 2>/dev/null || :
	if ! module_loaded; then
		[ -n "${KPX_MODULE-}" ] || skip "KPX_MODULE isn't set"
		insmod "$KPX_MODULE" || fail "the module doesn't load"
		at_exit 'rmmod kprobex'
	fi
	# Debian's default of 3 would do for root; other tests may have changed it
	PARANOID=$(cat /proc/sys/kernel/perf_event_paranoid)
	at_exit "echo $PARANOID > /proc/sys/kernel/perf_event_paranoid"
}

# reload [PARAMETER…]: unload and load again; the defaults come back at the end
reload() {
	[ -n "${KPX_MODULE-}" ] || skip "KPX_MODULE isn't set"
	rmmod kprobex || fail "rmmod failed"
	insmod "$KPX_MODULE" "$@"
}

# restore_module: at the end of a test that reloads
restore_module() {
	! module_loaded || rmmod kprobex
	insmod "$KPX_MODULE"
}

# build NAME [32]: the helper NAME.c, with what is in a folder NAME beside it, as
# $TMP/NAME, or as the 32-bit program $TMP/NAME32. make has built it already,
# before the VM was started: under emulation a compiler takes its time.
build() {
	made=build/tests/vm${2-}/$1
	if [ -x "$made" ] && [ -z "$(find "tests/vm/$1"* tests/vm/*.h \
		kernel/include -newer "$made" -name '*.[ch]')" ]; then
		cp "$made" "$TMP/$1${2-}"
		return
	fi
	# shellcheck disable=SC2046 # several files
	gcc -std=gnu11 -O1 -Wall -Wextra -Ikernel/include/uapi -o "$TMP/$1${2-}" \
		${2:+-m32 -idirafter /usr/include/x86_64-linux-gnu} \
		$(find "tests/vm/$1.c" "tests/vm/$1/" -name '*.c' 2> /dev/null) \
		$(case $1 in kernel_bpf_*) echo -lbpf ;; esac) -pthread || fail "$1.c doesn't compile"
}

# count EVENT COMMAND…: what perf stat counts; the command's output is dropped
count() {
	event=$1
	shift
	perf stat -x, -o "$TMP/stat" -e "$event" -- "$@" > "$TMP/out" 2>&1 ||
		fail "perf stat -e $event $*: $(cat "$TMP/out" "$TMP/stat")"
	awk -F, '/^[0-9<]/ { print $1; exit }' "$TMP/stat"
}

# samples: how many samples $TMP/data holds
samples() {
	perf script -i "$TMP/data" -F event 2> "$TMP/script.err" | grep -c kprobex || :
}

assert_eq() { # GOT WANT WHAT
	[ "$1" = "$2" ] || fail "$3: got '$1', want '$2'"
}

assert_between() { # GOT LOW HIGH WHAT
	if [ "$1" -lt "$2" ] || [ "$1" -gt "$3" ]; then
		fail "$4: got $1, want $2 to $3"
	fi
}

assert_grep() { # PATTERN FILE
	grep -qE -- "$1" "$2" || fail "no '$1' in $2: $(head -c 2000 "$2")"
}

# assert_fails STATUS-TEXT COMMAND…: it fails, and says the text
assert_fails() {
	want=$1
	shift
	if LC_ALL=C "$@" > "$TMP/fails" 2>&1; then
		fail "'$*' should have failed"
	fi
	grep -qF -- "$want" "$TMP/fails" || fail "'$*' says '$(cat "$TMP/fails")', want '$want'"
}

# define LINE: as a user would; undefined at the end if it's "p:NAME …" or "r:NAME …"
define() {
	# bash's own echo writes once, and its status is write(2)'s
	printf '%s\n' "$1" > "$KPX_DEV" || fail "can't define '$1': $(tail -4 "$KPX_DEBUGFS/error_log")"
	case $1 in
	p:* | r:*)
		name=${1#?:}
		name=${name%% *}
		at_exit "[ ! -e $KPX_SYS/events/$name ] || echo '-:$name' > $KPX_DEV"
		;;
	esac
}

# column NAME COLUMN: of debugfs' stats
column() {
	awk -v name="$1" -v column="$2" '
		NR == 1 { for (i = 2; i <= NF; i++) if ($i == column) at = i - 1 }
		NR > 1 && $2 == name { print $at }' "$KPX_DEBUGFS/stats"
}

# The book closes: entered = no_listener + offered + recursion + self + filtered.
assert_book() {
	awk 'NR > 1 && !/^#/ && $4 != $5 + $6 + $7 + $8 + $9 { print; bad = 1 } END { exit bad }' \
		"$KPX_DEBUGFS/stats" || fail "a probe's book doesn't close"
}

# hold NAME OPTION…: perf stat with these options has that probe's event open until
# let_go
hold() {
	probe=$1
	shift
	rm -f "$TMP/held"
	mkfifo "$TMP/held"
	perf stat "$@" -- cat "$TMP/held" > "$TMP/holder" 2>&1 &
	HOLDER=$!
	at_exit "kill $HOLDER 2> /dev/null || :"
	for _ in $(seq 500); do
		[ "$(column "$probe" events)" = 0 ] || return 0
		sleep 0.05
	done
	fail "perf stat $* opens no event of $probe: $(cat "$TMP/holder")"
}
let_go() {
	: > "$TMP/held"
	wait "$HOLDER"
}

# records FILE CPU…: waits until a collector, which has sched:sched_process_exit as its
# last event, has one of each of these CPUs in its file
records() {
	trace=$1
	shift
	for cpu; do
		for _ in $(seq 200); do
			taskset -c "$cpu" true
			collect dump "$trace" > "$TMP/begun" 2> /dev/null || :
			awk -v cpu="$cpu" '$2 == cpu && $5 == "sched:sched_process_exit:" { n++ }
				END { exit !n }' "$TMP/begun" && continue 2
			sleep 0.1
		done
		fail "nothing of CPU $cpu is recorded"
	done
}

# no_events NAME: waits until closed events are gone
no_events() {
	for _ in $(seq 500); do
		[ "$(column "$1" events)" = 0 ] && return
		sleep 0.05
	done
	fail "$1 still has $(column "$1" events) events"
}

# dump_memory FILE: this machine's, as an ELF vmcore; FILE is below the checkout
dump_memory() {
	modprobe qemu_fw_cfg 2> /dev/null || fail "no qemu_fw_cfg: the dump would lack VMCOREINFO"
	port=$(grep -lx control /sys/class/virtio-ports/*/name)
	port=${port%/name}
	exec 9<> "/dev/${port##*/}"
	echo "dump $1" >&9
	read -r answer <&9
	exec 9>&-
	assert_eq "$answer" ok "QEMU's answer to 'dump $1'"
}

# memory_now: lines "NAME NUMBER", how many objects of each kind the kernel has.
# The module should be unloaded: what it frees late is waited for. What file
# systems keep isn't listed: it comes and goes with the tests' files.
memory_now() {
	sync
	sleep 2
	# What only speeds things up goes: caches, per-CPU lists, KASAN's quarantine.
	# More than once: an overlay's entries hold those of the file system below,
	# and these a kmalloc-96 each, of 9p.
	for _ in 1 2 3; do
		echo 3 > /proc/sys/vm/drop_caches
	done
	for cache in /sys/kernel/slab/*/shrink; do
		echo 1 > "$cache"
	done
	awk 'NR > 2 && $1 !~ /^(9p|p9|v9fs|fs?cache|ovl|dentry|names_cache|radix|vmap|kmemleak_scan)|inode|debug_objects|buffer_head|bio/ {
		print $1, $2, $5 }' /proc/slabinfo
	awk '/^Percpu:/ { print "percpu-kB", $2 }' /proc/meminfo
	# exactly, where the kernel counts them
	awk '$1 == "nr_cur_alloc" && !n++ { print "percpu", $3 }' \
		/sys/kernel/debug/percpu_stats 2> /dev/null || :
}

# assert_memory_flat BEFORE: that file of memory_now's against what there is now,
# which goes to BEFORE.now. What a kernel does on its own moves a cache by some
# dozens of objects, of which it counts all of a slab that a CPU works with, and
# per-CPU memory by a chunk; a leak of one object for every probe or event is
# hundreds. A leak stays: what a kernel only holds for a while (files of tasks that
# are just going, an overlay's entries that were in use when the caches were
# dropped) gets several chances to go.
assert_memory_flat() {
	for _ in 1 2 3 4 5 6; do
		memory_now > "$1.now"
		if memory_grown "$1" "$1.now" > "$1.grown"; then
			cat "$1.grown"
			return
		fi
		sleep 5
	done
	cat "$1.grown"
	fail "memory isn't flat"
}

# memory_grown BEFORE AFTER: fails if something has; prints what moved.
memory_grown() {
	awk '
		NR == FNR { before[$1] = $2; next }
		{
			grown = $2 - before[$1]
			allowed = 100 + 4 * $3
			if ($1 == "percpu") allowed = 4
			if ($1 == "percpu-kB") allowed = 1024
			if ($1 == "kmemleak_object") allowed = 400
			if (grown > 50 || $1 ~ /^percpu/)
				printf "%s: %d, then %d\n", $1, before[$1], $2
			if (grown > allowed) {
				printf "%s has grown by %d\n", $1, grown
				bad = 1
			}
		}
		END { exit bad }' "$1" "$2"
}
