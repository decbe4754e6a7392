#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# An idle machine's recording doesn't feed on itself: next to nothing of it is
# the collector's, and the file hardly grows.
# On one kernel: debian-6.1.
. tests/vm/lib.sh
need_module

# On a disk, so that writing the trace makes block requests, which are recorded.
modprobe -q virtio_blk || true
modprobe -q ext4 || true
[ -b /dev/vda ] || skip "no disk: run it in tools/vm --disk 128"
grep -qw ext4 /proc/filesystems || skip "this kernel has no ext4"
mkfs.ext4 -q /dev/vda
mkdir "$TMP/disk"
mount /dev/vda "$TMP/disk"
at_exit "umount $TMP/disk"

# One process looks at the size: a command each time would be a load.
cat > "$TMP/idle.py" <<'END'
import os, signal, subprocess, sys, time
out = sys.argv[1]
recording = subprocess.Popen(["collect", "-q", "-a", "-o", out,
                              "-e", "kprobex/vfs_write/", "-e", "kprobex/submit_bio/"])
sizes = []
null = os.open("/dev/null", os.O_WRONLY)
for _ in range(6):
    time.sleep(5)
    os.write(null, b"x")    # so that there is something to have a part of
    sizes.append(os.stat(out).st_size)
recording.send_signal(signal.SIGTERM)
if recording.wait():
    sys.exit("the recording failed")
growth = [b - a for a, b in zip(sizes, sizes[1:])]
print("sizes every 5 s:", sizes)
# What does come, a clock snapshot every 10 s at least, is small.
if max(growth[1:]) > 1500:
    sys.exit("it grows: %s" % sizes)
END
sleep 3		# what the boot still does
/usr/bin/python3 "$TMP/idle.py" "$TMP/disk/i.pb" || fail "see above"

collect dump "$TMP/disk/i.pb" > "$TMP/dump"
own=$(awk '$3 == "collect"' "$TMP/dump" | wc -l)
all=$(wc -l < "$TMP/dump")
[ "$all" -gt 0 ] || fail "nothing was recorded: this shows nothing"
[ $((own * 20)) -le "$all" ] || fail "$own of $all events are the collector's own"
# It did write, and that was left out rather than missing.
collect report --json "$TMP/disk/i.pb" | /usr/bin/python3 -c '
import json, sys
sys.exit(not json.load(sys.stdin)["totals"]["self"])' || fail "the collector's own writes weren't seen as such"
echo "$own of $all events are the collector's own"
