#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A named probe is the trace event kprobex:NAME: its files under tracefs,
# filters, triggers, instances, perf's tracepoint, side by side with the PMU.
# shellcheck disable=SC2016 # a definition's $ is for the kernel
. tests/vm/lib.sh
need_module
. tests/vm/face.sh

define 'p:face vfs_write file=$arg1:x64 count=$arg3:u32 neg=$arg3:s8 low=$arg3:x16'
EVENT=$EVENTS/face
assert_eq "$(cd "$EVENT" && echo ./*)" "./enable ./filter ./format ./hist ./id ./trigger" "files"

# format: the record's layout, and the print fmt of kprobe_events
sed -n 's/^\tfield:\(.*\);\toffset:\(.*\);\tsize:\(.*\);\tsigned:\(.*\);$/\1 \2 \3 \4/p' \
	"$EVENT/format" | grep -v ' common_' > "$TMP/fields"
printf '%s\n' 'unsigned long __probe_ip 8 8 0' 'u64 file 16 8 0' 'u32 count 24 4 0' \
	's8 neg 28 1 1' 'u16 low 30 2 0' > "$TMP/want"
diff "$TMP/want" "$TMP/fields" || fail "format's fields"
assert_eq "$(sed -n 's/^print fmt: //p' "$EVENT/format")" \
	'"(%lx) file=0x%Lx count=%u neg=%hhd low=0x%x", REC->__probe_ip, REC->file, REC->count, REC->neg, REC->low' \
	"print fmt"
assert_eq "$(sed -n 's/^ID: //p' "$EVENT/format")" "$(cat "$EVENT/id")" "id"
grep -qx 'kprobex:face' "$TRACING/available_events" || fail "not in available_events"

# enable: every hit is in the ring, with its values
echo 1 > "$EVENT/enable"
writes 300 10
echo 0 > "$EVENT/enable"
assert_eq "$(cat "$EVENT/enable")" 0 "enable"
lines 300 > "$TMP/lines"
assert_eq "$(wc -l < "$TMP/lines")" 10 "lines of 10 writes: $(cat "$TRACING/trace")"
assert_eq "$(grep -cE ': face: \(vfs_write\+0x[04]/0x[0-9a-f]+\) file=0xffff[0-9a-f]{12} count=300 neg=44 low=0x12c$' "$TMP/lines")" \
	10 "the lines' form: $(head -1 "$TMP/lines")"

# off is off
clear_trace
writes 300 5
assert_eq "$(lines 300 | wc -l)" 0 "lines when it's off"

# filter
echo 'count == 7 || neg == -1' > "$EVENT/filter"
assert_eq "$(cat "$EVENT/filter")" 'count == 7 || neg == -1' "filter"
echo 1 > "$EVENT/enable"
writes 7 3
writes 255 4
writes 256 5
echo 0 > "$EVENT/enable"
assert_eq "$(lines 7 | wc -l) $(lines 255 | wc -l) $(lines 256 | wc -l)" "3 4 0" "filtered lines"
assert_grep 'count=255 neg=-1 low=0xff$' "$TRACING/trace"
! echo 'nosuch > 1' > "$EVENT/filter" 2> /dev/null || fail "a wrong filter was taken"
echo 0 > "$EVENT/filter"
clear_trace

# a histogram: armed without a ring
echo 'hist:keys=count:vals=low' > "$EVENT/trigger"
assert_fails 'Device or resource busy' bash -c "echo -:face > $KPX_DEV"
writes 11 6
writes 12 2
cat "$EVENT/hist" > "$TMP/hist"
echo '!hist:keys=count:vals=low' > "$EVENT/trigger"
assert_grep '\{ count: +11 \} hitcount: +6 +low: +66$' "$TMP/hist"
assert_grep '\{ count: +12 \} hitcount: +2 +low: +24$' "$TMP/hist"

# triggers that switch: on at a hit of one event, off at a hit of another
define 'p:door vfs_read count=$arg3:u32'
echo 'enable_event:kprobex:face:1 if count == 77' > "$EVENTS/door/trigger"
writes 20 1
dd if=/dev/zero of=/dev/null bs=77 count=1 status=none
writes 20 4
assert_eq "$(lines 20 | wc -l)" 4 "lines behind enable_event"
echo '!enable_event:kprobex:face:1 if count == 77' > "$EVENTS/door/trigger"
echo 0 > "$EVENT/enable"
clear_trace
echo 'traceoff if count == 31' > "$EVENT/trigger"
echo 1 > "$EVENT/enable"
writes 30 1
writes 31 1
writes 30 1
assert_eq "$(cat "$TRACING/tracing_on")" 0 "tracing_on behind traceoff"
echo '!traceoff' > "$EVENT/trigger"
echo 1 > "$TRACING/tracing_on"
assert_eq "$(lines 30 | wc -l)" 1 "lines until traceoff"
echo 0 > "$EVENT/enable"
clear_trace

# a stack trace is that of the probed function
echo stacktrace > "$EVENT/trigger"
writes 32 1
echo '!stacktrace' > "$EVENT/trigger"
assert_grep '=> vfs_write$' "$TRACING/trace"
clear_trace

# only one process
mkfifo "$TMP/go"
sh -c 'echo $$ > "$1"/set_event_pid; : > "$2/ready"; read -r _ < "$2/go"
	exec dd if=/dev/zero of=/dev/null bs=33 count=3 status=none' - "$TRACING" "$TMP" &
pid=$!
until [ -e "$TMP/ready" ]; do sleep 0.02; done
echo 1 > "$EVENT/enable"
writes 33 5
echo > "$TMP/go"
wait "$pid"
echo 0 > "$EVENT/enable"
echo > "$TRACING/set_event_pid"
assert_eq "$(lines 33 | wc -l)" 3 "lines of one process"
clear_trace

# an instance of its own, with its own filter and histogram
A=$TRACING/instances/kpx_a
mkdir "$A"
at_exit "! [ -d $A ] || rmdir $A"
echo 'count == 41' > "$A/events/kprobex/face/filter"
echo 1 > "$A/events/kprobex/face/enable"
echo 1 > "$EVENT/enable"
writes 41 3
writes 42 2
echo 0 > "$EVENT/enable"
writes 41 1
echo 0 > "$A/events/kprobex/face/enable"
assert_eq "$(lines 41 | wc -l) $(lines 42 | wc -l)" "3 2" "the top instance"
assert_eq "$(grep -c 'count=41 ' "$A/trace") $(grep -c 'count=42 ' "$A/trace")" "4 0" "the other instance"
rmdir "$A"
clear_trace

# perf's tracepoint: every hit, with fields and filters, beside the PMU
record() { perf record -q -o "$TMP/data" "$@" > "$TMP/out" 2>&1 || fail "record $*: $(cat "$TMP/out")"; }
# perf 6.1 takes a name that some PMU has as an alias for nothing else, unless quoted
record -e "kprobex:'face'" -e kprobex/face/ -- dd if=/dev/zero of=/dev/null bs=150 count=1000 status=none
perf script -i "$TMP/data" -F event > "$TMP/script" 2> /dev/null
assert_eq "$(grep -c 'kprobex:face' "$TMP/script") $(grep -c 'kprobex/face/' "$TMP/script")" "1000 1000" \
	"tracepoint and PMU together"
record -e "kprobex:'face'" --filter 'count > 100' -- \
	sh -c 'dd if=/dev/zero of=/dev/null bs=100 count=20 status=none; dd if=/dev/zero of=/dev/null bs=101 count=30 status=none'
perf script -i "$TMP/data" -F comm,event,trace > "$TMP/script" 2> /dev/null
assert_eq "$(grep -c '^ *dd kprobex:face: \+(ffffffff[0-9a-f]*) file=0xffff[0-9a-f]* count=101 neg=101 low=0x65$' "$TMP/script")" \
	30 "filtered samples: $(head -3 "$TMP/script")"
assert_eq "$(grep -c count=100 "$TMP/script" || :)" 0 "samples that the filter drops"
assert_eq "$(count "kprobex:'face'" dd if=/dev/zero of=/dev/null bs=1 count=500 status=none)" 500 "perf stat"

# perf and tracefs together
echo 1 > "$EVENT/enable"
assert_eq "$(count "kprobex:'face'" dd if=/dev/zero of=/dev/null bs=51 count=40 status=none)" 40 "perf stat beside tracefs"
echo 0 > "$EVENT/enable"
assert_eq "$(lines 51 | wc -l)" 40 "tracefs beside perf stat"

# in use, it can't be removed
hold face -a -e "kprobex:'face'"
assert_fails 'Device or resource busy' bash -c "echo -:face > $KPX_DEV"
let_go

# the clash of names, both ways
if [ -e "$TRACING/kprobe_events" ]; then
	echo 'p:kprobex/stock vfs_write' >> "$TRACING/kprobe_events"
	assert_fails 'File exists' bash -c "echo 'p:stock vfs_read' > $KPX_DEV"
	echo '-:kprobex/stock' >> "$TRACING/kprobe_events"
	define 'p:stock vfs_read'
	assert_fails 'File exists' bash -c "echo 'p:kprobex/stock vfs_write' >> $TRACING/kprobe_events"
fi

# an event probe can't be put on it: nothing would hold the event
if [ -e "$TRACING/dynamic_events" ]; then
	! echo 'e:kpx_on_face kprobex.face count=$count' >> "$TRACING/dynamic_events" 2> /dev/null ||
		fail "an event probe holds on to a face"
fi
assert_book
