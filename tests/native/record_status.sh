#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The exit status is the command's, and each mistake has its words, leaving no
# file behind.
. tests/native/lib.sh
need_recording
event=raw_syscalls:sys_enter
out=$TMP/x.pb

status 0 collect -o "$out" -e $event -- true
says "$out: "
says " 0 lost, "
status 7 collect -o "$out" -e $event -- sh -c 'exit 7'
# shellcheck disable=SC2016 # the shell that is recorded expands it
status 143 collect -o "$out" -e $event -- sh -c 'kill -TERM $$'
rm -f "$out"

refused() { # STATUS TEXT ARGUMENT…
	want=$1 text=$2
	shift 2
	status "$want" collect -o "$out" "$@"
	says "$text"
	[ ! -e "$out" ] || fail "a file was left by: $*"
}

refused 127 "command not found" -e $event -- no-such-command
refused 126 "not an executable file" -e $event -- /etc/passwd
refused 1 "did you mean sys_enter" -e raw_syscalls:sys_entr -- true
refused 1 "there is no system 'no_such'" -e no_such:event -- true
refused 1 "did you mean page-faults" -e page-fauts -- true
refused 1 "the closing / is missing" -e kprobex/vfs_write -- true
refused 1 "CPU 4095 is not online" -C 0,4095 -e $event -- true
refused 1 "bad list of CPUs" -C one -e $event -- true
refused 1 "there is no process 4194303" -p 4194303 -e $event
refused 1 "there is no thread 4194303" -t 4194303 -e $event
refused 1 "perf_event_max_sample_rate" -F 2000000000 -e $event -- true
refused 2 "unknown option -x" -x
refused 2 "unknown option -x" -xg
refused 2 "unknown option --xyz" --xyz=1
refused 2 "--quiet takes no value" --quiet=1 -g
refused 2 "A command goes after --" -e $event ls
refused 2 "no command after --" -e $event --
refused 2 "-c and -F exclude each other" -c 1 -F 1 -- true
refused 2 "-a and -p exclude each other" -a -p 1
refused 2 "-m takes a size" -m 1X -- true
refused 2 "-m takes 1G at most" -m 2G -- true
refused 2 "takes a number from 1" -c 0 -- true
refused 2 "collect record: -e takes a value" -e
refused 2 "--event takes a value" --event
if [ ! -e /sys/bus/event_source/devices/kprobex ]; then
	refused 1 "the kernel module kprobex isn't loaded" -e kprobex/vfs_write/ -- true
	refused 1 "the kernel module kprobex isn't loaded" -- true
fi

status 1 collect -o "$TMP/no/such/x.pb" -e $event -- touch "$TMP/ran"
says "$TMP/no/such/x.pb"
status 1 collect -o "$TMP" -e $event -- touch "$TMP/ran"
says "directory"
[ ! -e "$TMP/ran" ] || fail "the command ran, though nothing could be recorded"

# As somebody who may not: the words say what it takes.
chmod 755 "$TMP"
if command -v setpriv > /dev/null && [ "$(cat /proc/sys/kernel/perf_event_paranoid)" -ge 2 ]; then
	status 1 setpriv --reuid=65534 --clear-groups build/collect -a \
		-o /dev/null -e cs -- true
	says "perf_event_paranoid"
fi

status 0 collect record --help
grep -q 'Examples:' "$TMP/out" || fail "the help has no examples"
