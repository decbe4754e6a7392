#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Where nobody has mounted tracefs, root's collect does, and who may not is told
# how.
. tests/native/lib.sh
need_recording

# In a mount namespace of its own; debugfs would show tracefs, too.
without() { # COMMAND…
	# shellcheck disable=SC2016 # the inner shell's
	unshare -m sh -euc 'umount -q /sys/kernel/debug || :
		umount /sys/kernel/tracing; exec "$@"' sh "$@"
}

without collect -q -o "$TMP/t.pb" -e raw_syscalls:sys_enter -- "$CALLS" 100
[ "$(collect dump "$TMP/t.pb" | grep -c ' id=110 ')" = 100 ] || fail "not recorded"

if without setpriv --reuid 65534 --clear-groups "$(command -v collect)" -o /dev/null \
	-e raw_syscalls:sys_enter -- true 2> "$TMP/err"; then
	fail "a user without tracefs could record"
fi
grep -q 'mount -t tracefs' "$TMP/err" || fail "says: $(cat "$TMP/err")"
