#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# BPF programs are attached in order, stay as long as it was said and no longer,
# and what is refused is refused with words; unloading leaves no program behind.
# In the debug kernel, too: 30 s.
. tests/vm/lib.sh
. tests/vm/targets.sh
need_module
need_targets
build kernel_bpf_attach
bpf=$TMP/kernel_bpf_attach
echo 2 > /proc/sys/kernel/perf_event_paranoid

there=$("$bpf" programs)
"$bpf" || fail "kernel_bpf_attach"
assert_book

# programs_are N WHAT: they go a grace period or two after their last user
programs_are() {
	for _ in $(seq 500); do
		[ "$("$bpf" programs)" != "$1" ] || return 0
		sleep 0.1
	done
	fail "$2: $("$bpf" programs) programs, want $1: $(bpftool prog list)"
}
programs_are "$there" "after all tests"

# what is attached without a descriptor goes with the module, and doesn't hold it
at_exit restore_module
"$bpf" plain || fail "plain"
assert_eq "$("$bpf" programs)" $((there + 5)) "attached programs"
rmmod kprobex || fail "rmmod under programs"
programs_are "$there" "unloaded"

# a link holds it
insmod "$KPX_MODULE"
"$bpf" link > "$TMP/link" &
pid=$!
at_exit "kill $pid 2> /dev/null"
for _ in $(seq 1000); do [ ! -s "$TMP/link" ] || break; sleep 0.05; done
assert_grep ready "$TMP/link"
assert_fails 'in use' rmmod kprobex
assert_eq "$(column vfs_write programs)" 1 "programs under the link"
kill -9 "$pid"
wait "$pid" || :
rmmod kprobex || fail "rmmod after the link"
programs_are "$there" "unloaded after a link"
