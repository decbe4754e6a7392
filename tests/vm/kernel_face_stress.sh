#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# All at once: trace events that come and go KPX_ROUNDS times each, and are
# enabled, read and opened by perf meanwhile, and instances that come and go.
# shellcheck disable=SC2016,SC2317 # a definition's $ is for the kernel; workers are called by name
. tests/vm/lib.sh
need_module
. tests/vm/face.sh
[ -n "${KPX_MODULE-}" ] || skip "KPX_MODULE isn't set"
at_exit restore_module
ROUNDS=${KPX_ROUNDS:-25}
TARGET='do_sys_openat2 dfd=$arg1:s32 name=$arg2:x64'

# nothing that reading or writing a file would hit, or reading a ring wouldn't end
reload "probes=\"p:base $TARGET\""

remove() { printf '%s\n' "-:$1" > "$KPX_DEV"; }

rounds() {
	local refused
	for _ in $(seq "$ROUNDS"); do
		until printf 'p:stress%s %s\n' "$1" "$TARGET" > "$KPX_DEV"; do :; done
		# busy for as long as any of the others has it: that may be always
		refused=0
		until remove "stress$1"; do
			refused=$((refused + 1))
			[ $refused -ge 1000 ] || continue
			: > "$TMP/hold$1"
			sleep 0.02
		done
		[ $refused -lt 1000 ] || rm "$TMP/hold$1"
	done
}
# those who have events go on when no removal waits for them
may_have() { while [ -e "$TMP/hold1" ] || [ -e "$TMP/hold2" ]; do sleep 0.02; done; }
work_enable() {
	may_have
	echo 1 > "$EVENTS/stress$1/enable"
	echo 'dfd == -100' > "$EVENTS/stress$1/filter"
	echo 'hist:keys=dfd' > "$EVENTS/stress$1/trigger"
	echo '!hist:keys=dfd' > "$EVENTS/stress$1/trigger"
	echo 0 > "$EVENTS/stress$1/enable"
}
work_read() {
	cat "$EVENTS"/*/{format,trigger,filter,enable,hist,id} "$KPX_DEBUGFS/stats" "$TRACING/available_events"
	head -c 100000 "$TRACING/trace"
}
work_group() {
	may_have
	echo 1 > "$EVENTS/enable"
	echo 0 > "$EVENTS/enable"
	echo 1 > "$TRACING/events/kprobex_control/enable"
	echo 'kprobex:*' >> "$TRACING/set_event"
	echo > "$TRACING/set_event"
}
work_instance() {
	may_have
	mkdir "$TRACING/instances/kpx_s$1"
	echo 1 > "$TRACING/instances/kpx_s$1/events/kprobex/enable"
	cat "$TRACING/instances/kpx_s$1/trace"
	rmdir "$TRACING/instances/kpx_s$1"
}
work_perf() {
	may_have
	perf stat -a -e "kprobex:'stress1'" -e "kprobex:'stress2'" -e kprobex/stress1/ -- true
}
work_hit() { for _ in 1 2 3 4 5 6 7 8 9 10; do : < /dev/null; done; }

pids=
for worker in 'enable 1' 'enable 2' read group 'instance 1' perf hit; do
	(
		set +e
		trap - EXIT
		# shellcheck disable=SC2086 # two words
		while [ ! -e "$TMP/stop" ]; do work_$worker; done
	) > /dev/null 2>&1 &
	pids="$pids $!"
done
for name in 1 2; do
	(trap - EXIT && rounds "$name") 2> /dev/null &
	rounds_pids="${rounds_pids-} $!"
done
# shellcheck disable=SC2086 # several of them
wait $rounds_pids
touch "$TMP/stop"
# shellcheck disable=SC2086
wait $pids

# all can be taken away
echo > "$TRACING/set_event"
[ -z "$(ls -d "$EVENTS"/stress* 2> /dev/null)" ] || fail "events are left"
[ ! -d "$TRACING/instances/kpx_s1" ] || rmdir "$TRACING/instances/kpx_s1"
assert_book
clear_trace
echo 1 > "$EVENTS/base/enable"
work_hit
echo 0 > "$EVENTS/base/enable"
[ "$(grep -c ': base: ' "$TRACING/trace")" -ge 10 ] || fail "no hits afterwards"
rmmod kprobex || fail "still in use"
