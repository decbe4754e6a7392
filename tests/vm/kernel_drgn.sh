#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# tools/drgn-kprobex shows what debugfs shows, and more: of the running kernel, and
# of a dump after the kernel has gone on.
# On one kernel: debian-6.1.
# shellcheck disable=SC2016 # a definition's $ is for the kernel
. tests/vm/lib.sh
. tests/vm/targets.sh
need_module
[ -n "${KPX_MODULE-}" ] || skip "KPX_MODULE isn't set"
/usr/bin/python3 -c 'import drgn' 2> /dev/null || skip "python3-drgn isn't installed"
readelf -SW "$KPX_MODULE" | grep -q '\.debug_info' ||
	skip "this kernel's modules are built without debug information"

# Few things call vfs_fallocate, and on tmpfs each call is one.
touch /dev/shm/test_drgn
at_exit 'rm -f /dev/shm/test_drgn'
fallocations() {
	for _ in $(seq "$1"); do fallocate -l 4096 /dev/shm/test_drgn; done
}

define 'p:test_drgn vfs_fallocate+0 mode=$arg2:u32'
need_kinds
define 'p:test_gone kpx_targets:kpxt_f9'

# One task that hits it 7 times and stays, under two events of two classes.
cat > "$TMP/load" << 'END'
import os, sys, time
with open("/dev/shm/test_drgn", "w") as file:
    for _ in range(7):
        os.posix_fallocate(file.fileno(), 0, 4096)
with open(sys.argv[1] + ".new", "w") as file:
    print(os.getpid(), file=file)
os.rename(sys.argv[1] + ".new", sys.argv[1])
time.sleep(600)
END
perf stat -i -e kprobex/test_drgn/ -e kprobex/test_drgn,skip_self=1/ -- \
	/usr/bin/python3 "$TMP/load" "$TMP/ready" 2> /dev/null &
perf=$!
at_exit "wait $perf; no_events test_drgn"
for _ in $(seq 400); do [ ! -e "$TMP/ready" ] || break; sleep 0.05; done
[ -e "$TMP/ready" ] || fail "the load doesn't start"
at_exit "kill $(cat "$TMP/ready")"
# … and two hits without a listener
fallocations 2

cat > "$TMP/check" << 'END'
import json, sys
shown = json.load(open(sys.argv[1]))
by_id = {probe["id"]: probe for probe in shown["probes"]}
probes = {probe["name"] or probe["target"]: probe for probe in shown["probes"]}

def same(got, want, what):
    if got != want:
        sys.exit("%s is %s, want %s" % (what, got, want))

# all that the module's own statistics say
lines = [line.split() for line in open(sys.argv[2])]
for line in lines[1:]:
    row = dict(zip(lines[0][1:], line))
    probe = by_id.pop(int(row["id"]))
    for key, value in row.items():
        if key == "mechanism":
            there = {"return" if a["mechanism"] in ("return", "fprobe") else
                     {"call": "ftrace"}.get(a["text"], a["text"])
                     for a in probe["attachments"] if a["armed"]}
            same(there, set(value.split("+")) - {"-"}, "what is there of %s" % probe["name"])
        elif key in ("name", "target"):
            same(probe[key] or "-", value, "the %s of probe %s" % (key, row["id"]))
        else:
            key = {"targets": "sites"}.get(key, key)
            got = probe[key] + (probe["filtered_bpf"] if key == "filtered" else 0)
            same(got, int(value), "%s of %s" % (key, probe["name"]))
    same(probe["nameless"], False, "nameless of %s" % probe["name"])
same(len(lines) > 10, True, "probes in the statistics")
same([probe["name"] for probe in by_id.values()], ["dn_nameless"], "what they don't show")
same(shown["unwatched"], int(open(sys.argv[3]).read()), "unwatched")

# what kernel_kinds did; what isn't said is 0, or False
def probe(name, attachments, **more):
    want = {"sites": 1, "events": 1, **more}
    for key, value in probes[name].items():
        if key not in ("id", "name", "target", "attachments"):
            same(value, want.get(key, type(value)(0)), "%s of %s" % (key, name))
    same(len(probes[name]["attachments"]), len(attachments), "the attachments of " + name)
    for got, want in zip(probes[name]["attachments"], attachments):
        attachment(name, got, dict(zip(("mechanism", "text", "classes"), want[:3]), **want[3]))

def attachment(name, got, want):
    want = {"armed": True, "events": sum(one["users"] for one in want["classes"]), **want}
    for key, value in got.items():
        same(value, want.get(key, 0), "%s of %s" % (key, name))

def event_class(unit="hits", **more):
    return {"unit": unit, "field": None, "argument": None, "single": False,
            "skip_pid": None, "users": 1, "sampling": 0, "counting": 1, **more}

hits = [event_class()]
probe("dn_int3", [("int3", "int3", hits, {})], entered=3, offered=3)
probe("dn_jump", [("jump", "jump", hits, {})], entered=4, offered=4)
probe("dn_anchor", [("anchor", "int3", hits, {})], entered=5, offered=5)
probe("dn_field", [("ftrace", "call", [
    event_class("field", field=0, argument="a", users=2, counting=2),
    event_class("field", field=1, argument="b", single=True, sampling=1, counting=0)], {})],
      events=3, entered=5, offered=5, clamped=2)
probe("dn_if", [("ftrace", "call", [event_class("filtered")], {})],
      entered=10, filtered=5, no_listener=5)
# of twice 3 calls, and of the 5 that are for dn_returns
probe("dn_return", [("return", "call", hits, {"missed_return": 8})],
      entered=3, offered=3, calls=3, returns=3, missed_return=8)
probe("dn_outer", [("int3", "int3", [event_class(sampling=1, counting=0)], {})],
      entered=9, offered=9)
# those while it was disarmed aren't its
text = probes["dn_missed"]["attachments"][0]["text"]
same(text in ("int3", "jump"), True, "'%s' of dn_missed" % text)
probe("dn_missed", [("anchor", text, hits, {"missed_kprobe": 6})], missed_kprobe=6)
probe("dn_ns", [("ftrace", "call", hits, {}), ("return", "call", [event_class("ns")], {})],
      events=2, entered=5, offered=5, calls=3, returns=2, in_flight=1)
probe("dn_many", [("ftrace", "call", hits, {})], sites=3, entered=3, offered=3)
# where the kernel has fprobes they share two instances, else one is recurse's
is_new = tuple(map(int, shown["release"].split(".")[:2])) >= (6, 7)
got, missed = (3, 3) if is_new else (2, 4)
probe("dn_returns", [("fprobe" if is_new else "return", "call", hits, {"missed_return": missed})],
      sites=2, entered=got, offered=got, calls=got, returns=got, missed_return=missed)
probe("dn_alias", [], sites=0, events=0, alias=True)
probe("kpx_targets:kpxt_f6", [("ftrace", "call", hits, {})],
      interned=True, entered=6, offered=6)
probe("dn_nameless", [("ftrace", "call", hits, {})], nameless=True, entered=7, offered=7)
probe("dn_orphan", [("ftrace", "call", [], {"events": 1, "face_users": 1})],
      orphan=True, entered=8, offered=8)
# not those of another task's events, which come and go with it
probe("test_drgn", [("ftrace", "call", [event_class(counting=0), event_class(
    skip_pid=int(sys.argv[4]), counting=0)], {})],
      persistent=True, events=2, entered=9, offered=7, no_listener=2)
probe("eventfd_write", [], persistent=True, events=0)
END

# shows FILE: all of that
shows() {
	wrong=$(/usr/bin/python3 "$TMP/check" "$1" "$KPX_DEBUGFS/stats" \
		"$KPX_DEBUGFS/unwatched" $perf 2>&1) || { cat "$1"; fail "$1: $wrong"; }
}
tools/drgn-kprobex --json > "$TMP/live"
shows "$TMP/live"

# a dump says what was, in the guest's own words
mkdir -p build/vm
dump=build/vm/dump-$KPX_KERNEL-$$
at_exit "rm -f $dump"
dump_memory "$dump"
cp "$KPX_DEBUGFS/stats" "$KPX_DEBUGFS/unwatched" "$TMP"
fallocations 3
kill $KINDS
wait $KINDS || fail "kernel_kinds"
# its child, which is inside, ends behind it
for _ in $(seq 500); do rmmod kpx_targets 2> "$TMP/rmmod" && break; sleep 0.05; done
[ ! -d /sys/module/kpx_targets ] || fail "rmmod kpx_targets: $(cat "$TMP/rmmod")"
tools/drgn-kprobex --json --module "$KPX_MODULE" "$dump" > "$TMP/dump"
KPX_DEBUGFS=$TMP shows "$TMP/dump"
cmp <(grep release "$TMP/dump") <(grep release "$TMP/live") || fail "another kernel's name"

# what it has become
tools/drgn-kprobex > "$TMP/table"
for title in probes counters attachments classes; do
	assert_grep "^$title:\$" "$TMP/table"
done
! grep ' dn_' "$TMP/table" || fail "they are still there"
assert_grep '^ +[0-9]+  test_drgn +vfs_fallocate +1 +2 +0  persistent$' "$TMP/table"
assert_grep '^ +[0-9]+  test_gone +kpx_targets:kpxt_f9 +1 +0 +0  persistent,gone$' "$TMP/table"
assert_eq "$(sed -n '/^counters:$/,/^attachments:$/p' "$TMP/table" | awk -v id="$(column test_drgn id)" '
	NR == 2 { for (i = 1; i <= NF; i++) at[$i] = i }
	$1 == id { print $at["entered"], $at["no_listener"], $at["offered"], $at["self"] }')" \
	"12 5 7 0" "entered, no_listener, offered and self in the table"
assert_grep '^ +[0-9]+  test_drgn +ftrace +yes +call +2 +0 +0 +0 +0 +2$' "$TMP/table"
assert_grep " ftrace +hits +- +- +no +$perf +1 +0 +0$" "$TMP/table"

# what it can't read it says
assert_fails 'No such file' tools/drgn-kprobex "$TMP/nothing"
assert_fails "no kernel's dump" tools/drgn-kprobex /bin/true
assert_fails 'needs root' setpriv --reuid 65534 --clear-groups tools/drgn-kprobex
strip -g -o "$TMP/stripped.ko" "$KPX_MODULE"
assert_fails 'no debug information' tools/drgn-kprobex --module "$TMP/stripped.ko"
/usr/bin/python3 - "$KPX_MODULE" "$TMP/other.ko" << 'END'
import sys
content = bytearray(open(sys.argv[1], "rb").read())
content[content.index(b"\x14\0\0\0\3\0\0\0GNU\0") + 12] ^= 1
open(sys.argv[2], "wb").write(content)
END
assert_fails 'another build id' tools/drgn-kprobex --module "$TMP/other.ko"
