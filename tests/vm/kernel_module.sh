#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A probe in another module: the module may go and come back, below an open event too.
. tests/vm/lib.sh
need_module
modprobe -q dummy numdummies=0 2> /dev/null || skip "no module dummy"
at_exit 'modprobe -qr dummy || :'

hits() {
	perf stat -x, -o "$TMP/stat" -a -e kprobex/in_module/ -- \
		sh -c 'ip link add kpx0 type dummy && ip link del kpx0' 2> "$TMP/err" ||
		fail "$(cat "$TMP/err" "$TMP/stat")"
	awk -F, '/kprobex/ { print $1 }' "$TMP/stat"
}

define 'p:in_module dummy:dummy_setup'
assert_eq "$(hits)" 1 "hits in a module"
no_events in_module
modprobe -r dummy || fail "the probed module doesn't unload"
# the open says ENOENT; perf stat makes that of it
perf stat -a -e kprobex/in_module/ -- true 2> "$TMP/err" || :
assert_grep 'not supported' "$TMP/err"
modprobe dummy numdummies=0
assert_eq "$(hits)" 1 "hits after it came back"

# gone and back below an open event
hold in_module -a -e kprobex/in_module/
modprobe -r dummy || fail "the probed module doesn't unload below an event"
modprobe dummy numdummies=0
assert_eq "$(hits)" 1 "hits after it came back below an event"
let_go
no_events in_module
assert_book
