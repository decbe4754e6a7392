#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# perf's own tests of how it finds and parses events pass with the module and
# its probes there. What fails without the module, too, is told, and no failure.
# shellcheck disable=SC2016 # a definition's $ is for the kernel
. tests/vm/lib.sh
need_module
[ -n "${KPX_MODULE-}" ] || skip "KPX_MODULE isn't set"

# Those that look at sysfs' PMUs, at tracefs' events, or open a software event.
# Not "Parsing of PMU event table metrics": it is of perf's own tables, and takes
# 8 minutes here.
CASES=('Test event parsing' 'Parsing of all PMU events from sysfs' 'Parsing of given PMU events'
	'Parsing of aliased events' 'Parsing of terms' 'Parse perf pmu format'
	'PMU event table sanity' 'PMU event map aliases' 'Roundtrip evsel->name'
	'Parse with no sample_id_all bit set' 'Parse sched tracepoints fields'
	'Setup struct perf_event_attr')

# verdicts CASE…: "NUMBER VERDICT" for each case and each of its parts
verdicts() {
	perf test "$@" 2>&1 | tee -a "$TMP/perf" |
		sed -nE 's/^ *([0-9.]+): .* : *(Ok|Skip|FAILED!).*/\1 \2/p'
}

define 'p:test_if vfs_write count=$arg3:u64 if count > 10'
verdicts "${CASES[@]}" > "$TMP/with"
cat "$TMP/perf"
[ "$(grep -c Ok "$TMP/with")" -ge 9 ] || fail "perf's tests didn't run"

# perf looks at the events of the PMU "cpu" only, which no VM has here: ours takes
# its place, as a copy that says type 4 as the test demands.
# events FILE…: how that goes with these files below cpu/events
events() (
	rm -rf "$TMP/devices"
	mkdir -p "$TMP/devices/cpu/events"
	for device in /sys/bus/event_source/devices/*; do
		[ "${device##*/}" = kprobex ] || ln -s "$(readlink -f "$device")" "$TMP/devices"
	done
	cp -r "$KPX_SYS/format" "$TMP/devices/cpu"
	cp "$@" "$TMP/devices/cpu/events"
	echo 4 > "$TMP/devices/cpu/type"
	unshare -m sh -c 'mount --bind "$1" /sys/bus/event_source/devices &&
		exec perf test "Parsing of all PMU events from sysfs"' - "$TMP/devices" > "$TMP/perf" 2>&1 ||
		fail "no mount: $(cat "$TMP/perf")"
	sed -nE 's/^ *[0-9.]+: Parsing of all PMU events from sysfs .*: *(Ok|Skip|FAILED!).*/\1/p' "$TMP/perf"
)
plain=() hyphened=()
for file in "$KPX_SYS"/events/*; do
	case $file in
	*-*) hyphened+=("$file") ;;
	*) plain+=("$file") ;;
	esac
done
assert_eq "$(events "${plain[@]}")" Ok "perf test of our names: $(cat "$TMP/perf")"
assert_eq "$(events "${hyphened[@]}")" Ok "perf test of -ns, -missed and -filtered: $(cat "$TMP/perf")"
# A word without its PMU that is a name and the beginning of another: perf 6.1
# takes the one or the other. That is so whosever they are.
if [ "$(events "${plain[@]}" "${hyphened[@]}")" != Ok ]; then
	for name in one one-a one-b two two-a two-b; do echo config=1 > "$TMP/$name"; done
	assert_eq "$(events "$TMP"/one* "$TMP"/two*)" 'FAILED!' "perf test of others' names beside ours that fail"
	echo "perf can't tell NAME from NAME-ns where no PMU is given: nobody's"
fi

# What failed: without the module, too?
failed=$(sed -n 's/ FAILED!//p' "$TMP/with")
if [ -n "$failed" ]; then
	rmmod kprobex || fail "rmmod failed"
	at_exit 'module_loaded || insmod "$KPX_MODULE"'
	verdicts "${CASES[@]}" > "$TMP/without"
	for number in $failed; do
		grep -qx "$number FAILED!" "$TMP/without" || fail "perf test $number fails with the module only"
		echo "perf test $number fails without the module, too"
	done
fi
