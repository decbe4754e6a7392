#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Each name below events/ is an event for perf: listed, opened with and without
# terms, and it counts what it says. What perf would read as something else is no
# name for a probe.
# shellcheck disable=SC2016 # a definition's $ is for the kernel
. tests/vm/lib.sh
need_module
EVENTS=$KPX_SYS/events

define 'p:names_if vfs_write file=$arg1 count=$arg3:u64 if count != 20'
define 'r:names_ret vfs_write ret=$retval:s64'
at_exit "echo -:names_ret > $KPX_DEV"
# 100 writes of 20 bytes, 50 of them by a child
LOAD=(sh -c 'dd if=/dev/zero of=/dev/null bs=20 count=50 status=none; exec dd if=/dev/zero of=/dev/null bs=20 count=50 status=none')

# stat OPTION…: perf stat of the load; then counted EVENT gives "COUNT UNIT"
stat() {
	perf stat -x, -o "$TMP/stat" "$@" -- "${LOAD[@]}" > "$TMP/out" 2>&1 ||
		fail "perf stat $*: $(cat "$TMP/out" "$TMP/stat")"
}
counted() { awk -F, -v event="$1" 'index($0, "," event ",") { print $1, $2 }' "$TMP/stat"; }

# the files: all are read as terms that the PMU has
for file in "$EVENTS"/*; do
	case $file in
	*.unit) assert_eq "$(cat "$file")" ns "$file" ;;
	*) grep -qxE 'probe=0x[0-9a-f]+(,period=1|,unit=[134])?' "$file" || fail "$file: $(cat "$file")" ;;
	esac
done
names=()
for file in "$EVENTS"/*; do
	case $file in
	*.unit) ;;
	*) names+=("${file##*/}") ;;
	esac
done
[ "${#names[@]}" -ge 17 ] || fail "only ${names[*]}"

# perf list shows these and nothing else of ours
perf list kprobex 2> /dev/null | sed -n 's|^ *kprobex/\([^ ]*\)/ .*Kernel PMU event.*|\1|p' | sort > "$TMP/listed"
printf '%s\n' "${names[@]}" | sort | diff - "$TMP/listed" || fail "perf list"

# all at once; -missed is for whole CPUs
options=() missed=()
for name in "${names[@]}"; do
	case $name in
	*-missed) missed+=(-e "kprobex/$name/") ;;
	*) options+=(-e "kprobex/$name/") ;;
	esac
done
stat "${options[@]}"
for name in "${names[@]}"; do
	read -r n unit <<< "$(counted "kprobex/$name/")"
	case $name in
	*-missed) continue ;;
	vfs_write | names_ret | names_if-filtered) assert_eq "$n $unit" "100 " "$name" ;;
	names_if | eventfd_write | eventfd_write-ns) assert_eq "$n" 0 "$name" ;;
	names_if-ns) assert_eq "$n $unit" "0 ns" "$name" ;;
	*-ns) [ "$n" -gt 0 ] && assert_eq "$unit" ns "the unit of $name" ;;
	*) assert_between "$n" 4 200 "$name" ;;
	esac
done
stat -a "${missed[@]}"
for name in "${names[@]}"; do
	case $name in
	*-missed) assert_grep "^[0-9]+,,kprobex/$name/," "$TMP/stat" ;;
	esac
done

# each with terms of perf's own, and by perf's other spelling of a name
spellings() { echo "a_$1 kprobex/$1,period=7/ kprobex/event=$1/ kprobex/skip_self=1,$1/"; }
options=() missed=()
for name in "${names[@]}"; do
	terms=(-e "kprobex/$name,name=a_$name/" -e "kprobex/$name,period=7/"
		-e "kprobex/event=$name/" -e "kprobex/skip_self=1,$name/")
	case $name in
	*-missed) missed+=("${terms[@]}") ;;
	*) options+=("${terms[@]}") ;;
	esac
done
stat "${options[@]}"
mv "$TMP/stat" "$TMP/counted"
stat -a "${missed[@]}"
cat "$TMP/counted" >> "$TMP/stat"
! grep '<not' "$TMP/stat" || fail "names with terms"
assert_eq "$(grep -c '^[0-9]' "$TMP/stat")" $((4 * ${#names[@]})) "names with terms"
for name in "${names[@]}"; do
	for event in $(spellings "$name"); do
		read -r n unit <<< "$(counted "$event")"
		case $name in
		vfs_write | names_ret | names_if-filtered) assert_eq "$n" 100 "$event" ;;
		*) [ "$n" -ge 0 ] || fail "$event: '$n'" ;;
		esac
	done
done

# the terms of format/, beside each other in one group: the same hits
stat -e '{kprobex/vfs_write/,kprobex/vfs_write,mode=0/,kprobex/vfs_write,mode=1/,kprobex/vfs_write,mode=3/,kprobex/vfs_write,unit=0/,kprobex/vfs_write,skip_self=1/}'
assert_eq "$(grep -c '^100,' "$TMP/stat")" 6 "a group: $(cat "$TMP/stat")"
stat -e 'kprobex/names_if,unit=4/' -e 'kprobex/vfs_write,unit=2,field=2/' -e 'kprobex/names_ret,unit=2,field=0/'
assert_eq "$(counted 'kprobex/names_if,unit=4/')" "100 " "unit=4"
assert_eq "$(counted 'kprobex/vfs_write,unit=2,field=2/')" "2000 " "unit=2,field=2"
assert_eq "$(counted 'kprobex/names_ret,unit=2,field=0/')" "2000 " "unit=2 of a return"
assert_fails "unknown term 'nosuch'" perf stat -e kprobex/vfs_write,nosuch=1/ -- true

# words that perf takes for something else aren't taken: a number of config's
# ("read" is one), a term, the PMU itself
for name in r1 read rBAD r0x1 kprobex config period name cpu probe unit; do
	assert_fails 'Invalid argument' bash -c "echo 'p:$name vfs_read' > $KPX_DEV"
	assert_grep "RESERVED_NAME\(14\): '$name'" "$KPX_DEBUGFS/error_log"
done
# and those that look like it are names
near=(r r0x ready rabbit read_ mem cycles stack user faults kprobe u k event umask max instructions L1)
for name in "${near[@]}"; do
	define "p:$name vfs_write n=\$arg3:u64"
done
options=()
for name in "${near[@]}"; do options+=(-e "kprobex/$name/" -e "kprobex/$name-ns/" -e "kprobex/$name,unit=2,field=0/"); done
stat "${options[@]}"
for name in "${near[@]}"; do
	assert_eq "$(counted "kprobex/$name/")" "100 " "a probe called $name"
	assert_eq "$(counted "kprobex/$name,unit=2,field=0/")" "2000 " "the bytes of a probe called $name"
	assert_grep "^[1-9][0-9]*,ns,kprobex/$name-ns/," "$TMP/stat"
done
assert_book
