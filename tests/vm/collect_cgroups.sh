#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# collect --all-cgroups with the module's events: as many of each control group as there
# were hits in it, entries and returns, alone and beside other events.
# On one kernel: debian-6.12.
. tests/vm/lib.sh
need_module
point=$(awk '$3 == "cgroup2" { print $2 }' /proc/mounts | head -n 1)
[ -n "$point" ] || skip "no cgroups are mounted"
# The kernel gives groups their perf_event once somebody, elsewhere systemd, hands down any
# controller from the topmost; who hasn't is told what to do.
mkdir "$point/kpxt"
at_exit "rmdir '$point/kpxt'"
if collect --all-cgroups -o "$TMP/t.pb" -e kprobex/vfs_write/ -- true 2>&1 | grep -o 'echo +pids > .*control' > "$TMP/mend"; then
	assert_eq "$(cat "$TMP/mend")" "echo +pids > $point/cgroup.subtree_control" "what to do"
fi
echo +pids > "$point/cgroup.subtree_control"
at_exit "echo -pids > '$point/cgroup.subtree_control'"

cat > "$TMP/work" <<- END
	into() { sh -c 'echo \$\$ > "\$0/cgroup.procs"; exec dd if=/dev/zero of=/dev/null bs=10 count=\$1 status=none' "\$1" "\$2"; }
	mkdir "$point/kpxt/made"
	into "$point/kpxt" 300
	into "$point/kpxt/made" 20
	sleep 0.2
	rmdir "$point/kpxt/made"
END

collect --all-cgroups -o "$TMP/t.pb" -e kprobex/vfs_write/ -- true 2> "$TMP/err"
! grep 'takes all cgroups' "$TMP/err" || fail "it says so of groups that are told apart"

# groups: the counts of dd's, by event and path
groups() {
	collect dump -f "comm==dd && $2" "$1" | sed -n 's/^.* \([^ ]*\): .*cgroup="\([^"]*\)".*/\1 \2/p' |
		LC_ALL=C sort | uniq -c | sed 's/^ *//' > "$TMP/groups"
}

collect -q --strict --all-cgroups -o "$TMP/t.pb" -e kprobex/vfs_write/ -- bash "$TMP/work"
groups "$TMP/t.pb" count==10
diff - "$TMP/groups" <<- END || fail "one event"
	300 vfs_write /kpxt
	20 vfs_write /kpxt/made
END
collect report --by cgroup -f 'comm==dd && count==10' "$TMP/t.pb" > "$TMP/report"
assert_grep '^ *300 .* 3,000 .* /kpxt$' "$TMP/report"

# Several, on all of the system, with call chains.
collect -q --all-cgroups -o "$TMP/t.pb" -e kprobex/vfs_write/ -e 'r:kpxt_ret ksys_write ret=$retval:s64' \
	-e context-switches -g -a -- bash "$TMP/work"
groups "$TMP/t.pb" "(count==10 || ret==10)"
diff - "$TMP/groups" <<- END || fail "several events"
	300 kpxt_ret /kpxt
	20 kpxt_ret /kpxt/made
	300 vfs_write /kpxt
	20 vfs_write /kpxt/made
END
