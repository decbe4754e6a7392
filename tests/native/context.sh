#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# What addresses were: symbols of the kernel, files that a process has mapped, a
# library that it opens meanwhile, and what hides them.
. tests/native/lib.sh
need_recording
command -v protoc > /dev/null || skip "needs protoc"
protoc --python_out="$TMP" --proto_path=proto proto/kprobex.proto
out=$TMP/t.pb

# A library whose function makes the calls, so that it is in their chains.
cat > "$TMP/lib.c" <<'END'
#include <sys/syscall.h>
int call(void)
{
	long ret;
	for (int i = 0; i < 100; i++)
		__asm__ volatile("syscall" : "=a"(ret) : "a"(SYS_getppid) : "rcx", "r11", "memory");
	return ret > 0;
}
END
cat > "$TMP/main.c" <<'END'
#include <dlfcn.h>
int main(int argc, char **argv)
{
	void *lib = dlopen(argv[argc - 1], RTLD_NOW);
	int (*call)(void) = lib ? (int (*)(void))dlsym(lib, "call") : 0;
	return call ? !call() : 2;
}
END
gcc -shared -fPIC -Wl,--build-id -o "$TMP/lib.so" "$TMP/lib.c"
gcc -Wl,--build-id -o "$TMP/main" "$TMP/main.c" -ldl

collect -q -g -o "$out" -e raw_syscalls:sys_enter -- sh -c "$TMP/main $TMP/lib.so"
collect dump -g "$out" > "$TMP/dump"
[ "$(grep -c $'^\t0x' "$TMP/dump")" -gt 200 ] || fail "no frames"
[ "$(grep -c "^	0x[0-9a-f]* $TMP/lib.so+0x[0-9a-f]*\$" "$TMP/dump")" -ge 100 ] ||
	fail "the library's calls have not the library: $(grep -A9 ' main .* id=110 ' "$TMP/dump" | head)"
grep -q "^	0x[0-9a-f]* $TMP/main+0x" "$TMP/dump" || fail "no frames of the program"

# The one-line form has the same events, without them.
assert_eq "$(collect dump "$out" | cksum)" "$(grep -v $'^\t' "$TMP/dump" | cksum)" "lines of dump"

# On a machine that has none of it: no /proc, no /sys, none of the files.
unshare --mount bash -c 'mount -t tmpfs none /proc && mount -t tmpfs none /sys &&
	rm -f "$3/main" "$3/lib.so"; exec "$0" dump -g "$1" > "$2"' \
	"$(command -v collect)" "$out" "$TMP/dump.elsewhere" "$TMP" || fail "dump fails elsewhere"
cmp "$TMP/dump" "$TMP/dump.elsewhere" || fail "it reads differently elsewhere"

# Against the kernel's own list, and readelf.
gcc -shared -fPIC -Wl,--build-id -o "$TMP/lib.so" "$TMP/lib.c"
collect report --json "$out" > "$TMP/report.json"
/usr/bin/python3 - "$TMP" "$out" <<'END' || fail "symbols or build-ids differ"
import json, os, re, subprocess, sys
tmp, trace = sys.argv[1:]
sys.path.insert(0, tmp)
import kprobex_pb2 as pb

starts = {}
for line in open("/proc/kallsyms"):
    address, _, name = line.split()[:3]
    starts.setdefault(name, set()).add(int(address, 16))
kernel = unknown = 0
for line in open(tmp + "/dump"):
    m = re.match(r"\t0x(f{8}[0-9a-f]{8})(?: (\S+)\+0x([0-9a-f]+))?", line)
    if not m: continue
    kernel += 1
    if not m[2]:
        unknown += 1
    elif int(m[1], 16) - int(m[3], 16) not in starts.get(m[2], ()):
        sys.exit("not in kallsyms: " + line)
if not kernel or unknown:
    sys.exit("%d of %d kernel frames are unknown" % (unknown, kernel))

ids, kinds = {}, set()
for packet in pb.Trace.FromString(open(trace, "rb").read()).packet:
    head = pb.Head.FromString(packet.head)
    kinds.add(head.WhichOneof("kind"))
    if head.WhichOneof("kind") != "maps": continue
    body = subprocess.run(["zstd", "-dc"], input=packet.data, stdout=subprocess.PIPE, check=True).stdout
    maps = pb.Maps.FromString(body)
    assert len(maps.start) == head.maps.entries == len(maps.pid) == len(maps.file_index)
    for f in maps.file: ids[f.path.decode()] = f.build_id.hex()
checked = 0
for path, got in ids.items():
    if not os.path.isfile(path) or path == tmp + "/main": continue
    notes = subprocess.run(["readelf", "-n", path], stdout=subprocess.PIPE, text=True).stdout
    want = re.search(r"Build ID: ([0-9a-f]+)", notes)
    if got != (want[1] if want else ""):
        sys.exit("%s: build-id %s, but readelf says %s" % (path, got, want and want[1]))
    checked += 1
if checked < 3 or tmp + "/lib.so" not in ids or "symbols" not in kinds:
    sys.exit("only %s in %s" % (ids, kinds))
report = json.load(open(tmp + "/report.json"))["traces"][0]
context, host = report["context"], report["host"]
assert context["symbols"] > 2 and context["maps"] >= checked, context
assert not context["symbols_denied"] and context["clock_snapshots"] >= 2, context
assert host["cpus_possible"] and host["memory_bytes"] and host["os_release"], host
END

# Without need of user addresses there are no mappings; unless asked for.
collect -q -o "$out" -e raw_syscalls:sys_enter -- true
collect report --json "$out" | grep -q '"maps":0,' || fail "mappings that nobody needs"
collect -q --mmaps yes -o "$out" -e raw_syscalls:sys_enter -- true
collect report "$out" | grep -q '^context: .* [1-9][0-9]* mappings' || fail "no mappings of --mmaps yes"
collect -q --mmaps no -g -o "$out" -e raw_syscalls:sys_enter -- true
collect report --json "$out" | grep -q '"maps":0,' || fail "mappings of --mmaps no"
status 2 collect --mmaps maybe -o "$out" -- true
says "auto, yes or no"

# A process that is there: what it had mapped before.
mkfifo "$TMP/go"
"$CALLS" -w 100 1 < "$TMP/go" &
pid=$!
exec 3> "$TMP/go"
recording -q -g -o "$out" -e raw_syscalls:sys_enter -p "$pid" --flush-interval 50
echo go >&3
exec 3>&-
wait "$pid" || fail "the process failed"
wait "$collector" || fail "collect -p failed: $(cat "$TMP/err")"
collect dump -g "$out" | grep -q '^	0x[0-9a-f]* /.*+0x' || fail "no mappings from before"

# Who may not see the kernel's addresses is told, in the log and in the trace.
mkdir -m 777 "$TMP/nobody"
chmod 711 "$TMP"
if setpriv --reuid=65534 --inh-caps=+perfmon --ambient-caps=+perfmon \
	"$(command -v collect)" -m 64K -g -o "$TMP/nobody/t.pb" -e page-faults -- ls / > /dev/null 2> "$TMP/err" &&
	! setpriv --reuid=65534 grep -q '^0*[1-9a-f]' /proc/kallsyms; then
	says "kptr_restrict"
	collect report "$TMP/nobody/t.pb" | grep -q '^context: .*hidden' || fail "the trace doesn't say that symbols are hidden"
	collect report --json "$TMP/nobody/t.pb" | grep -q '"symbols_denied":true' || fail "nor does the JSON"
else
	echo "as nobody nothing can be recorded, or nothing is hidden: not looked at" >&2
fi
