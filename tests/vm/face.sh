# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# For the tests of the trace events, behind tests/vm/lib.sh and need_module.

TRACING=/sys/kernel/tracing
[ -e "$TRACING/events" ] || mount -t tracefs tracefs "$TRACING"
EVENTS=$TRACING/events/kprobex

clear_trace() { : > "$TRACING/trace"; }

clean_tracing() {
	echo > "$TRACING/set_event"
	echo 1 > "$TRACING/tracing_on"
	clear_trace
}
clean_tracing
at_exit clean_tracing

# writes BYTES N: N writes of so many bytes by a dd
writes() { dd if=/dev/zero of=/dev/null bs="$1" count="$2" status=none; }

# lines COUNT [EVENT]: dd's lines of the ring with that field "count"
lines() { grep -E "^ +dd-.*: ${2-[a-z]+}: .* count=$1( |$)" "$TRACING/trace" || :; }
