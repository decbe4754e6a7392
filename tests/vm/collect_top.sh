#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# collect top files: which files a process writes, how much, how slowly, to the byte;
# and collect stat of the same calls.
# On one kernel: debian-6.1.
. tests/vm/lib.sh
need_module
[ -r /sys/kernel/btf/vmlinux ] || skip "the kernel has no BTF"

mkdir "$TMP/a folder"
cat > "$TMP/vector.py" <<- 'END'
	import os, sys
	f = os.open(sys.argv[1], os.O_CREAT | os.O_WRONLY)
	for i in range(7):
	    os.writev(f, [b"abc", b"defg"])
END
cat > "$TMP/load" <<- END
	dd if=/dev/zero "of=$TMP/a folder/one" bs=1000 count=50 status=none
	dd if=/dev/zero of=$TMP/two bs=64 count=300 status=none
	dd if=$TMP/two of=/dev/null bs=4096 status=none
	echo hello | cat > $TMP/three
	/usr/bin/python3 $TMP/vector.py $TMP/four
	cp $TMP/two $TMP/copy # by copy_file_range(2)
	echo none > /dev/full
	:
END

# row CELL…: one row has all of them, in this order
row() {
	pattern="^ *$1"
	for cell in "${@:2}"; do pattern="$pattern(  .*)?  +$cell"; done
	[ "$(grep -cE -- "$pattern\$" "$TMP/out")" = 1 ] || fail "no row $* in:
$(cat "$TMP/out")"
}

collect top files --rows 1000 -I 60s -- sh "$TMP/load" > "$TMP/out" 2> "$TMP/err" || fail "top files: $(cat "$TMP/err")"
assert_grep '^files: [0-9,]+ calls, .* in .*; 0 lost' "$TMP/out"
row 50 50,000 write 'dd \([0-9]+\)' "$TMP/a folder/one"
row 300 19,200 write 'dd \([0-9]+\)' "$TMP/two"
row 6 19,200 read 'dd \([0-9]+\)' "$TMP/two" # five full ones, and the end
row 1 6 write 'cat \([0-9]+\)' "$TMP/three"
row 2 6 read 'cat \([0-9]+\)' 'pipe:\[[0-9]+\]'
row 7 49 writev 'python3 \([0-9]+\)' "$TMP/four"
# (on overlayfs it is two calls, one within the other, of two files of that name)
assert_grep "^ *[12] .* 19,200 .* copy  +cp \([0-9]+\)  +$TMP/copy\$" "$TMP/out"
row 1 0 1 write 'sh \([0-9]+\)' /dev/full # which failed
! grep -q "(others)" "$TMP/out" || fail "others: $(cat "$TMP/out")"

# Only writes, of one process that runs, most bytes first.
cat > "$TMP/writer.py" <<- 'END'
	import os, sys, time
	f = os.open(sys.argv[1], os.O_CREAT | os.O_WRONLY)
	g = os.open(sys.argv[2], os.O_CREAT | os.O_WRONLY)
	while not os.path.exists(sys.argv[3]):
	    time.sleep(0.05)
	for i in range(20):
	    os.write(f, b"x" * 100)
	for i in range(10):
	    os.write(g, b"x" * 1000)
END
/usr/bin/python3 "$TMP/writer.py" "$TMP/five" "$TMP/six" "$TMP/go" &
writer=$!
collect top writes -p "$writer" > "$TMP/out" 2> "$TMP/err" &
top=$!
for _ in $(seq 600); do
	! grep -q '^writes' "$TMP/out" || break
	sleep 0.1
done
touch "$TMP/go"
wait "$top" || fail "top -p: $(cat "$TMP/err")"
tail -n 2 "$TMP/out" > "$TMP/last"
assert_grep "^ *10 .* 10,000 .* python3 .*$TMP/six\$" <(head -n 1 "$TMP/last")
assert_grep "^ *20 .* 2,000 .* python3 .*$TMP/five\$" <(tail -n 1 "$TMP/last")

# ---- stat
dd=(dd if=/dev/zero "of=$TMP/x" bs=777 count=50 status=none)
collect stat --json -o "$TMP/json" -e kprobex/vfs_write/ --sum count -- "${dd[@]}" ||
	fail "stat"
/usr/bin/python3 - "$TMP/json" <<- 'END' || fail "stat --json: $(cat "$TMP/json")"
	import json, sys
	(line,) = open(sys.argv[1])
	(write,) = json.loads(line)["events"]
	assert write["count"] == 50 and write["field"] == "count" and write["sum"] == 38850, write
	assert 0 < write["time_ns"] < 60e9 and write["missed"] == 0, write
END
at=5 # an instruction begins there, or behind endbr64 at 9
collect stat -o "$TMP/out" -e kprobex/vfs_write+$at/ -- true 2> /dev/null || at=9
collect stat -o "$TMP/out" -e 'kprobex/vfs_write,unit=2,field=count/' -e 'p:w vfs_write count' \
	-e kprobex/vfs_write+$at/ -e context-switches -- "${dd[@]}"
assert_grep '^ *50 .* 38,850 +777 +vfs_write,unit=2,field=count$' "$TMP/out"
assert_grep '^ *50 .*[mun]?s +[0-9.]+[mun]?s +- +- +w$' "$TMP/out"
assert_grep "^ *50 +[0-9,]+ +- +- +- +- +vfs_write\\+0x$at\$" "$TMP/out" # it has no time
assert_grep '^ *[0-9,]+ +[0-9,.]+ +- +- +- +- +context-switches$' "$TMP/out"
collect stat -o "$TMP/out" --no-time -e kprobex/vfs_write/ -- "${dd[@]}"
assert_grep '^COUNT +/S +EVENT$' "$TMP/out"
collect stat -o "$TMP/out" -e kprobex/vfs_write,unit=1/ --by comm -- "${dd[@]}"
assert_grep '^ *50 .* 38,850 .* dd$' "$TMP/out"
collect stat -o "$TMP/out" --hist count -e kprobex/vfs_write/ -- "${dd[@]}"
assert_grep '^ *512 +50  ####' "$TMP/out"
collect stat -o "$TMP/out" -I 0.2 -e kprobex/vfs_write/ 2> "$TMP/err" &
stat=$!
at_exit "kill $stat 2> /dev/null || :"
for _ in $(seq 600); do
	[ "$(grep -c ' vfs_write$' "$TMP/out")" -lt 3 ] || break
	sleep 0.1
done
kill -TERM "$stat"
wait "$stat" || fail "stat -I: $(cat "$TMP/err")"
[ "$(grep -c ' vfs_write$' "$TMP/out")" -ge 3 ] || fail "intervals: $(cat "$TMP/out")"
assert_fails "vfs_write has no argument nix" collect stat -e kprobex/vfs_write/ --sum nix -- true
assert_fails "these events have no latency to sort by" collect top -e kprobex/vfs_write/ --sort latency -- true

# Without BTF there are no names of arguments, but system calls.
mount -t tmpfs none /sys/kernel/btf
at_exit 'umount /sys/kernel/btf 2> /dev/null'
collect top files --rows 1000 -I 60s -- sh "$TMP/load" > "$TMP/out" || fail "top without BTF"
assert_grep "^\(.*this kernel has no BTF.*: files' names are /proc's" "$TMP/out"
row 300 19,200 write 'dd \([0-9]+\)' '.*'
umount /sys/kernel/btf

# Where it isn't loaded it says what to do, and looks at system calls.
rmmod kprobex
at_exit 'module_loaded || insmod "$KPX_MODULE"'
collect top files --rows 1000 -I 60s -- sh "$TMP/load" > "$TMP/out" || fail "top without the module"
assert_grep "kprobex isn't loaded .modprobe kprobex." "$TMP/out"
row 300 19,200 write 'dd \([0-9]+\)' '.*'
assert_fails "the kernel module kprobex isn't loaded" collect stat -e kprobex/vfs_write/ -- true
