# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# For tests that probe kpx_targets.ko: ". tests/vm/targets.sh" behind lib.sh.

TARGETS=/sys/kernel/debug/kpx_targets
TARGETS_MODULE=build/targets/${KPX_KERNEL-}/kpx_targets.ko

# need_targets: loaded until the end
need_targets() {
	[ -e "$TARGETS_MODULE" ] || fail "$TARGETS_MODULE isn't built"
	[ -d "$TARGETS" ] || insmod "$TARGETS_MODULE" || fail "kpx_targets.ko doesn't load"
	at_exit '! [ -d /sys/module/kpx_targets ] || rmmod kpx_targets'
	# a program that calls them: "$CALL" NAME TURNS WORD…
	CALL=$TMP/call
	printf '#!/bin/sh\necho "$*" > %s/call\n' "$TARGETS" > "$CALL"
	chmod +x "$CALL"
}

# call NAME TURNS WORD…: in this shell
call() {
	echo "$*" > "$TARGETS/call"
}

# body FUNCTION: where its first instruction behind ftrace's is, as SYMBOL+OFFSET
body() {
	local offset
	for offset in 5 9; do # without and with an endbr
		printf 'p:kpx_body %s+%d\n' "$1" "$offset" > "$KPX_DEV" 2> /dev/null || continue
		echo -:kpx_body > "$KPX_DEV"
		echo "$1+$offset"
		return
	done
	fail "no instruction behind the entry of $1"
}

# need_kinds: a probe of each kind, of kernel_kinds.c, until the end or $KINDS'
need_kinds() {
	need_targets
	build kernel_kinds
	"$TMP/kernel_kinds" "$TMP/kinds" &
	KINDS=$!
	at_exit "kill $KINDS 2> /dev/null; wait $KINDS"
	for _ in $(seq 400); do [ ! -e "$TMP/kinds" ] || return 0; sleep 0.05; done
	fail "kernel_kinds doesn't get ready"
}

# kernel_functions: those that ftrace knows and whose name is one function's, in
# no order: "ADDRESS NAME"
kernel_functions() {
	awk 'NR == FNR { if (NF == 1) known[$1] = 1; next }
		/ [tT] [A-Za-z0-9_]+$/ { seen[$3]++; at[$3] = $1 }
		END { for (name in known) if (seen[name] == 1) print at[name], name }' \
		/sys/kernel/tracing/available_filter_functions /proc/kallsyms
}
