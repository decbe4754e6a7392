#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# collect doctor with the module and without: costs that are positive and in an
# order that holds on every machine; each switch, with the command that mends it,
# and that command does.
# On one kernel: debian-6.1.
. tests/vm/lib.sh
need_module
echo 2 > /proc/sys/kernel/perf_event_paranoid

doctor() { # WANTED-STATUS
	status=0
	collect doctor > "$TMP/text" 2> "$TMP/err" || status=$?
	assert_eq "$status" "$1" "doctor's status: $(cat "$TMP/err" "$TMP/text")"
}

mend() { # NAME: of what is wrong
	sed -n "/^  [a-z]*  *${1//\//\\/} /,/mend: / s/.*mend: //p" "$TMP/text"
}

cp "$KPX_DEV" "$TMP/before"
doctor 0
assert_grep '^No problems, no warnings: probes and tracepoints can be recorded\.$' "$TMP/text"
assert_grep '^  ok +kprobex +loaded, version [0-9.]+$' "$TMP/text"
assert_grep '^  ok +perf_event_open +allowed' "$TMP/text"
cmp "$TMP/before" "$KPX_DEV" || fail "it left a probe behind"

# They are measured, and differences of what is: where the machine stops meanwhile they
# may be anything. So one of three must be right.
cat > "$TMP/costs.py" <<- 'END'
	import json, sys
	doctor = json.load(open(sys.argv[1]))
	costs = doctor["costs"]
	assert sorted(costs) == ["ftrace", "int3", "jump", "return", "tracepoint", "u:", "u:, step"], costs
	assert doctor["call_ns"] > 0
	for name, cost in costs.items():
	    assert cost["counted_ns"] > 0 and cost["recorded_ns"] > 0, (name, cost)
	    # the exceptions of a program's probe outweigh its record
	    assert name.startswith("u:") or cost["counted_ns"] < cost["recorded_ns"], (name, cost)
	# an exception takes longer than a jump, on any machine
	assert costs["int3"]["counted_ns"] > costs["jump"]["counted_ns"], costs
END
costs_are_right() {
	for _ in 1 2 3; do
		collect doctor --json > "$TMP/json" || fail "doctor --json"
		! /usr/bin/python3 "$TMP/costs.py" "$TMP/json" 2> "$TMP/wrong" || return 0
	done
	fail "costs: $(cat "$TMP/wrong" "$TMP/json")"
}
costs_are_right

# What is switched off, and on again by what it says.
switch_off() { # NAME FILE STATUS
	echo 0 > "$2"
	doctor "$3"
	command=$(mend "$1")
	[ -n "$command" ] || fail "nothing mends $1: $(cat "$TMP/text")"
	eval "$command" > "$TMP/mended" || fail "'$command' failed"
	assert_eq "$(cat "$2")" 1 "$2 after '$command'"
}
switch_off kprobes-optimization /proc/sys/debug/kprobes-optimization 0
assert_grep '^  jump +not measured: this kernel' "$TMP/text"
switch_off ftrace_enabled /proc/sys/kernel/ftrace_enabled 1
switch_off kprobes/enabled /sys/kernel/debug/kprobes/enabled 1
assert_grep '^1 problem, no warnings: not everything can be recorded here\.$' "$TMP/text"
doctor 0

# Debian's paranoia, for who has CAP_PERFMON alone.
perfmon=(setpriv "--bounding-set=-all,+perfmon" --inh-caps=-all)
echo 3 > /proc/sys/kernel/perf_event_paranoid
"${perfmon[@]}" collect doctor > "$TMP/text" && fail "CAP_PERFMON isn't enough above 2"
assert_eq "$(mend perf_event_paranoid)" "sysctl -w kernel.perf_event_paranoid=2" "what mends a 3"
eval "$(mend perf_event_paranoid)" > "$TMP/mended"
"${perfmon[@]}" collect doctor > "$TMP/text" || fail "CAP_PERFMON is enough: $(cat "$TMP/text")"
assert_grep '^  ftrace +[0-9]+ +[0-9]+ ' "$TMP/text"

# Nobody, and who may read the device but not more.
chmod 755 "$TMP"
install -m 755 build/collect "$TMP/collect"
nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups)
"${nobody[@]}" "$TMP/collect" doctor > "$TMP/text" && fail "nobody can't record"
assert_grep '^  problem +/dev/kprobex +can.t be opened$' "$TMP/text"
chmod 644 "$KPX_DEV"
at_exit "chmod 640 $KPX_DEV"
"${nobody[@]}" "$TMP/collect" doctor > "$TMP/text" && fail "nobody can't record, whatever he reads"
assert_grep '^  ftrace +not measured: it takes the module, and permission$' "$TMP/text"
assert_grep '^  tracepoint +not measured: ' "$TMP/text"

if [ -n "${KPX_MODULE-}" ]; then
	at_exit restore_module
	for _ in $(seq 500); do rmmod kprobex 2> /dev/null && break; sleep 0.05; done
	doctor 1
	assert_grep '^  problem  kprobex +not loaded$' "$TMP/text"
	case $(mend kprobex) in
	*"insmod build/kernel/$(uname -r)/kprobex.ko") ;;
	*) fail "what mends it: $(mend kprobex)" ;;
	esac
	dep=/lib/modules/$(uname -r)/modules.dep
	echo "extra/kprobex.ko:" >> "$dep"
	at_exit "sed -i '/^extra.kprobex.ko:/d' $dep"
	doctor 1
	assert_eq "$(mend kprobex)" "modprobe kprobex" "what loads it"
fi
