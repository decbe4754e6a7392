#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Without CAP_PERFMON nothing is defined and nothing is opened, whatever
# perf_event_paranoid and the file's mode say.
# In the debug kernel, too: 20 s.
# shellcheck disable=SC2016 # a definition's $ is for the kernel
. tests/vm/lib.sh
need_module
build kernel_attr
nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups)
chmod 755 "$TMP"

assert_eq "$(stat -c '%a %U:%G' "$KPX_DEV")" "640 root:root" "the device's mode"
assert_fails 'Permission denied' "${nobody[@]}" cat "$KPX_DEV"
for paranoid in -1 2 3; do
	echo "$paranoid" > /proc/sys/kernel/perf_event_paranoid
	"${nobody[@]}" "$TMP/kernel_attr" nobody || fail "nobody, paranoid $paranoid"
	"$TMP/kernel_attr" root || fail "root, paranoid $paranoid"
done
# root without the capabilities; with CAP_PERFMON alone
drop=(setpriv --bounding-set=-all --inh-caps=-all --ambient-caps=-all)
"${drop[@]}" --reuid=0 bash -c 'exec "$0" nobody' "$TMP/kernel_attr" || fail "root without capabilities"
echo 2 > /proc/sys/kernel/perf_event_paranoid
setpriv --bounding-set=-all,+perfmon --inh-caps=-all "$TMP/kernel_attr" perfmon ||
	fail "CAP_PERFMON alone"

# a descriptor of the privileged in the hands of the unprivileged, and the reverse
chmod 666 "$KPX_DEV"
at_exit "chmod 640 $KPX_DEV"
assert_fails 'Permission denied' "${nobody[@]}" bash -c 'echo "p:x vfs_read" > /dev/kprobex'
assert_fails 'Permission denied' "${nobody[@]}" bash -c 'echo "p:x vfs_read" >&9' 9> "$KPX_DEV"
"${nobody[@]}" cat "$KPX_DEV" > "$TMP/list" || fail "its readers may list"
assert_grep vfs_write "$TMP/list"
"$TMP/kernel_attr" confused || fail "a descriptor that was opened without privilege"
[ ! -e "$KPX_SYS/events/x" ] || fail "x was defined"
